"""Who asks: an agent through a session or an API key, and what they may see."""

from dataclasses import dataclass

from schemas.config import Agent, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The rights of an agent at this moment. The row policies in Postgres say the same; this is for what does not pass Postgres."""

    agent_id: str
    name: str
    email: str
    role: Role
    teams: frozenset[str]

    @classmethod
    def of(cls, agent_id: str, agent: Agent) -> "Viewer":
        """From the agent's configuration."""
        return cls(agent_id=agent_id, name=agent.name, email=agent.email, role=agent.role, teams=frozenset(agent.teams))

    @property
    def admin(self) -> bool:
        """Whether they may change the desk."""
        return self.role == "admin"

    def sees(self, team: str | None) -> bool:
        """A ticket without a team is seen by every agent; admins see all."""
        return team is None or self.role == "admin" or team in self.teams


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A viewer and how they proved who they are."""

    viewer: Viewer
    login_id: str
    """Id of the session or of the API key."""
    cookie: bool
    """True for a session: unsafe requests need a right Origin."""

    @property
    def agent_id(self) -> str:
        """The agent behind it."""
        return self.viewer.agent_id

    @property
    def scope(self) -> str:
        """What an Idempotency-Key is scoped to."""
        return f"agent:{self.viewer.agent_id}"
