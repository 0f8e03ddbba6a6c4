"""Credentials and keys as rows, written from outside a running gateway: the seed and the command line."""

import hashlib
import secrets

from services.gateway.identity.passwords import hash_password
from services.runtime.ids import new_object_id
from services.runtime.postgres import connect
from services.runtime.settings import Settings

KEY_PREFIX = "hd_"

_CREDENTIAL = """
INSERT INTO identity.credential (agent_id, email, password_hash) VALUES (%s, %s, %s)
ON CONFLICT (agent_id) DO UPDATE SET email = excluded.email, password_hash = excluded.password_hash, updated_at = now()
"""
_KEY = """
INSERT INTO identity.api_key (id, key_hash, agent_id, name) VALUES (%s, %s, %s, %s)
ON CONFLICT (key_hash) DO UPDATE SET agent_id = excluded.agent_id, name = excluded.name, revoked_at = NULL RETURNING id::text
"""


def new_key() -> str:
    """A fresh API key: `hd_` and 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a key or session token: high-entropy secrets need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def put_credential(settings: Settings, agent_id: str, email: str, password: str) -> None:
    """Set an agent's login. Idempotent; the latest password counts."""
    with connect(settings, "helpdesk_gateway") as connection:
        connection.execute(_CREDENTIAL, (agent_id, email.strip().lower(), hash_password(password)))


def put_api_key(settings: Settings, agent_id: str, name: str, key: str) -> str:
    """Store a given key for an agent; its id. Idempotent: the same key again only gets the new name."""
    with connect(settings, "helpdesk_gateway") as connection:
        row = connection.execute(_KEY, (new_object_id(), digest(key), agent_id, name)).fetchone()
        assert row is not None
        return str(row[0])
