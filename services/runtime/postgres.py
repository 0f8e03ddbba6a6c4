"""Postgres addresses and connections. `DATABASE_URL` is the admin's; each service uses its own role (architecture.md 6)."""

import hashlib
import hmac
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.rows import TupleRow

from services.runtime.settings import Settings

Role = Literal["helpdesk_tickets", "helpdesk_gateway"]


def role_password(settings: Settings, role: Role) -> str:
    """The role's password, derived from the secret key so that migrations and services agree without keeping it anywhere."""
    key = settings.secret_key.get_secret_value().encode() or b"helpdesk"
    return hmac.new(key, f"postgres:{role}".encode(), hashlib.sha256).hexdigest()[:32]


def role_url(settings: Settings, role: Role) -> str:
    """`DATABASE_URL` with this role's name and password."""
    parts = urlsplit(settings.database_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(role_password(settings, role))}@{host}"))


def connect(settings: Settings, role: Role, *, autocommit: bool = False) -> psycopg.Connection[TupleRow]:
    """A connection as this role, schema helpdesk first."""
    return psycopg.connect(
        role_url(settings, role),
        autocommit=autocommit,
        application_name=settings.instance or "helpdesk",
        # A process that is stopped in the middle of a transaction (SIGSTOP, a frozen machine) gives its locks up after a minute.
        options="-c search_path=helpdesk,public -c TimeZone=UTC -c idle_in_transaction_session_timeout=60000",
        connect_timeout=10,
    )
