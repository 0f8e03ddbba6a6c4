"""The desk's configuration in memory: who the agents are and what they may see, kept current by `config.state`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text

from schemas.config import Agent, Settings
from services.gateway.database import Database
from services.gateway.identity.principal import Viewer
from services.runtime.telemetry import log

_ALL = text("SELECT kind, id, version, value FROM helpdesk.config_entry WHERE kind <> 'article'")
_ONE = text("SELECT version, value FROM helpdesk.config_entry WHERE kind = :kind AND id = :id")


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of configuration; value None = deleted."""

    version: int
    value: dict[str, Any] | None


class Directory:
    """Newest version wins, whether it came from the table or from the log. `changed` is called with kind and id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: dict[tuple[str, str], Entry] = {}
        self._viewers: dict[str, Viewer] = {}
        self.changed: list[Callable[[str, str], None]] = []

    async def load(self) -> None:
        """Read all of it but the articles."""
        async with self._database.identity() as connection:
            for kind, key, version, value in await connection.execute(_ALL):
                self.put(kind, key, Entry(version, value))

    async def refresh(self, kind: str, key: str) -> Entry | None:
        """Read one entry again from Postgres, e.g. after a command changed it."""
        async with self._database.identity() as connection:
            row = (await connection.execute(_ONE, {"kind": kind, "id": key})).first()
        if row is not None:
            self.put(kind, key, Entry(row[0], row[1]))
        return self._entries.get((kind, key))

    def put(self, kind: str, key: str, entry: Entry) -> None:
        """Take an entry unless a newer one is known."""
        known = self._entries.get((kind, key))
        if kind == "article" or (known is not None and known.version >= entry.version):
            return
        self._entries[kind, key] = entry
        if kind == "agent":
            self._put_agent(key, entry)
        for tell in self.changed:
            tell(kind, key)

    def _put_agent(self, agent_id: str, entry: Entry) -> None:
        self._viewers.pop(agent_id, None)
        if entry.value is None:
            return
        try:
            agent = Agent.model_validate(entry.value)
        except ValidationError:
            log.error("agent entry is not valid", agent=agent_id)
            return
        if agent.active:
            self._viewers[agent_id] = Viewer.of(agent_id, agent)

    def viewer(self, agent_id: str) -> Viewer | None:
        """The rights of an active agent."""
        return self._viewers.get(agent_id)

    async def find_viewer(self, agent_id: str) -> Viewer | None:
        """`viewer`, asking Postgres for an agent who is not known yet."""
        if ("agent", agent_id) not in self._entries:
            await self.refresh("agent", agent_id)
        return self._viewers.get(agent_id)

    def value(self, kind: str, key: str) -> dict[str, Any] | None:
        """One entry's value."""
        entry = self._entries.get((kind, key))
        return entry.value if entry else None

    def values(self, kind: str) -> dict[str, dict[str, Any]]:
        """All living entries of a kind by id."""
        return {key: e.value for (k, key), e in self._entries.items() if k == kind and e.value is not None}

    def team_name(self, team_id: str) -> str:
        """A team's name, its id where it is unknown."""
        return str((self.value("team", team_id) or {}).get("name", team_id))

    @property
    def settings(self) -> Settings:
        """The desk's settings, defaults where nothing is set."""
        return Settings.model_validate(self.value("setting", "desk") or {})
