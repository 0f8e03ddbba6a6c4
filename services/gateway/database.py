"""Postgres as the gateway's role. Each request reads in one transaction whose scope row policies take from `helpdesk.user`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.runtime.postgres import role_url
from services.runtime.settings import Settings

_SCOPE = text("SELECT set_config('helpdesk.user', :user, true)")


def create_engine(settings: Settings) -> AsyncEngine:
    """The pool of this process: as many connections as two cores can keep busy, and some for bursts."""
    url = role_url(settings, "helpdesk_gateway").replace("postgresql://", "postgresql+psycopg://", 1)
    return create_async_engine(
        url, pool_size=8, max_overflow=12, pool_timeout=5, pool_recycle=1800,
        connect_args={"options": "-c search_path=helpdesk,public -c TimeZone=UTC -c jit=off", "connect_timeout": 5, "application_name": settings.instance},
    )  # fmt: skip


class Database:
    """The only way of this service to its tables."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @asynccontextmanager
    async def seen_by(self, agent_id: str) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees what this agent may see."""
        async with self.engine.begin() as connection:
            await connection.execute(_SCOPE, {"user": agent_id})
            yield connection

    @asynccontextmanager
    async def identity(self) -> AsyncIterator[AsyncConnection]:
        """A transaction without a user: identity and configuration only, no ticket is visible."""
        async with self.engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()
