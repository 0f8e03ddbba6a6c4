"""Sessions and API keys: opaque secrets, stored by hash, cached for a minute, dropped when `identity.changes` says so."""

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from services.gateway.database import Database
from services.gateway.directory import Directory
from services.gateway.identity.principal import Principal
from services.gateway.identity.store import KEY_PREFIX, digest, new_key
from services.runtime.ids import new_object_id

SESSION_DAYS = 14
_CACHE_SECONDS = 60.0
_CACHE_MOST = 50_000

_BY_KEY = text("SELECT id::text, agent_id::text FROM identity.api_key WHERE key_hash = :hash AND revoked_at IS NULL")
_BY_TOKEN = text("SELECT id::text, agent_id::text FROM identity.session WHERE token_hash = :hash AND expires_at > now()")
_OPEN = text(
    "INSERT INTO identity.session (token_hash, id, agent_id, expires_at, user_agent) VALUES (:hash, :id, :agent, :expires, :browser)"
)  # fmt: skip
_CLOSE = text("DELETE FROM identity.session WHERE id = :id")
_CLOSE_OTHERS = text("DELETE FROM identity.session WHERE agent_id = :agent AND id <> :keep RETURNING id::text")
_CREDENTIAL = text("SELECT agent_id::text, password_hash FROM identity.credential WHERE email = :email")
_NEW_KEY = text("INSERT INTO identity.api_key (id, key_hash, agent_id, name) VALUES (:id, :hash, :agent, :name)")
_REVOKE = text("UPDATE identity.api_key SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL RETURNING agent_id::text")
_PUT_CREDENTIAL = text(
    "INSERT INTO identity.credential (agent_id, email, password_hash) VALUES (:agent, :email, :hash) "
    "ON CONFLICT (agent_id) DO UPDATE SET email = excluded.email, password_hash = excluded.password_hash, updated_at = now()"
)


@dataclass(frozen=True, slots=True)
class _Login:
    login_id: str
    agent_id: str
    cookie: bool
    until: float


class Sessions:
    """Turns a secret into a principal. Everything else about logins that touches the tables is here too."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database, self._directory = database, directory
        self._cache: dict[bytes, _Login] = {}

    async def by_key(self, key: str) -> Principal | None:
        """Who an API key stands for."""
        return await self._principal(key, cookie=False) if key.startswith(KEY_PREFIX) and len(key) < 200 else None

    async def by_cookie(self, token: str) -> Principal | None:
        """Who a session cookie stands for."""
        return await self._principal(token, cookie=True) if 20 < len(token) < 200 else None

    async def _principal(self, secret: str, *, cookie: bool) -> Principal | None:
        hashed = digest(secret)
        login = self._cache.get(hashed)
        if login is None or login.until < time.monotonic() or login.cookie is not cookie:
            login = await self._look_up(hashed, cookie=cookie)
        if login is None:
            return None
        viewer = self._directory.viewer(login.agent_id) or await self._directory.find_viewer(login.agent_id)
        return Principal(viewer=viewer, login_id=login.login_id, cookie=cookie) if viewer else None

    async def _look_up(self, hashed: bytes, *, cookie: bool) -> _Login | None:
        async with self._database.identity() as connection:
            row = (await connection.execute(_BY_TOKEN if cookie else _BY_KEY, {"hash": hashed})).first()
        if row is None:
            self._cache.pop(hashed, None)
            return None
        if len(self._cache) >= _CACHE_MOST:
            self._cache.clear()
        login = _Login(row[0], row[1], cookie, time.monotonic() + _CACHE_SECONDS)
        self._cache[hashed] = login
        return login

    def forget(self, *, agent_id: str | None = None, login_ids: frozenset[str] = frozenset()) -> None:
        """Drop cached logins: those named, or all of an agent where none is named."""
        for hashed, login in list(self._cache.items()):
            if login.login_id in login_ids or (not login_ids and login.agent_id == agent_id):
                del self._cache[hashed]

    async def credential(self, email: str) -> tuple[str, str] | None:
        """(agent id, password hash) of an account."""
        async with self._database.identity() as connection:
            row = (await connection.execute(_CREDENTIAL, {"email": email})).first()
        return (row[0], row[1]) if row else None

    async def open(self, agent_id: str, browser: str) -> tuple[str, str]:
        """A new session: (its id, the secret for the cookie)."""
        token, session = secrets.token_urlsafe(32), new_object_id()
        expires = datetime.now(UTC) + timedelta(days=SESSION_DAYS)
        async with self._database.identity() as connection:
            await connection.execute(
                _OPEN, {"hash": digest(token), "id": session, "agent": agent_id, "expires": expires, "browser": browser[:200]}
            )
        return session, token

    async def close(self, session_id: str) -> None:
        """End a session."""
        async with self._database.identity() as connection:
            await connection.execute(_CLOSE, {"id": session_id})
        self.forget(login_ids=frozenset((session_id,)))

    async def close_others(self, agent_id: str, *, keep: str) -> list[str]:
        """End all other sessions of an agent; their ids."""
        async with self._database.identity() as connection:
            ended = list((await connection.execute(_CLOSE_OTHERS, {"agent": agent_id, "keep": keep})).scalars())
        self.forget(login_ids=frozenset(ended))
        return ended

    async def add_key(self, agent_id: str, name: str) -> tuple[str, str]:
        """A new API key: (its id, the key, shown this once)."""
        key, key_id = new_key(), new_object_id()
        async with self._database.identity() as connection:
            await connection.execute(_NEW_KEY, {"id": key_id, "hash": digest(key), "agent": agent_id, "name": name})
        return key_id, key

    async def revoke_key(self, key_id: str) -> str | None:
        """End a key; whose it was, None if there is none."""
        async with self._database.identity() as connection:
            row = (await connection.execute(_REVOKE, {"id": key_id})).first()
        self.forget(login_ids=frozenset((key_id,)))
        return row[0] if row else None

    async def put_credential(self, agent_id: str, email: str, password_hash: str) -> None:
        """Set an agent's login."""
        async with self._database.identity() as connection:
            await connection.execute(_PUT_CREDENTIAL, {"agent": agent_id, "email": email.strip().lower(), "hash": password_hash})
