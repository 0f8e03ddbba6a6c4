"""The desk's configuration as decisions see it: an immutable snapshot of `config_entry`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from schemas.config import Agent, Block, Mailbox, MailTemplate, Priority, Settings, Sla, Team

_FALLBACK_PRIORITIES = {
    "critical": Priority(name="Critical", order=0),
    "high": Priority(name="High", order=1),
    "medium": Priority(name="Medium", order=2),
    "low": Priority(name="Low", order=3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Teams, agents, priorities, targets, mailboxes and settings at one configuration generation."""

    generation: int = 0
    settings: Settings = field(default_factory=Settings)
    address: str = ""
    """Where a customer's browser finds the desk, without a slash at the end; '' = nowhere."""
    teams: Mapping[str, Team] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    priorities: Mapping[str, Priority] = field(default_factory=lambda: dict(_FALLBACK_PRIORITIES))
    slas: Mapping[str, Sla] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    templates: Mapping[str, MailTemplate] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    """By address or domain, lower case."""

    def team_name(self, team_id: str | None) -> str:
        """The team's name, '' if unknown."""
        team = self.teams.get(team_id or "")
        return team.name if team else ""

    def agent_name(self, agent_id: str | None) -> str:
        """The agent's name, '' if unknown."""
        agent = self.agents.get(agent_id or "")
        return agent.name if agent else ""

    def agent_by_address(self, address: str) -> str | None:
        """Id of the active agent who writes from an address."""
        return next((i for i, a in self.agents.items() if a.active and a.email.lower() == address), None) if address else None

    def members(self, team_id: str) -> list[str]:
        """Ids of the team's available members who may own tickets, in a fixed order."""
        return sorted(i for i, a in self.agents.items() if team_id in a.teams and a.active and a.available and a.role in {"agent", "lead"})

    def in_team(self, agent_id: str, team_id: str) -> bool:
        """Whether the agent belongs to the team."""
        agent = self.agents.get(agent_id)
        return agent is not None and team_id in agent.teams

    def may_see(self, agent_id: str, team_id: str | None) -> bool:
        """Team visibility as in the row policies: admins see all, a ticket without a team is everybody's."""
        agent = self.agents.get(agent_id)
        return agent is not None and agent.active and (agent.role == "admin" or team_id is None or team_id in agent.teams)

    def priority_order(self, key: str) -> int:
        """0 is the most urgent; unknown keys come last."""
        priority = self.priorities.get(key)
        return priority.order if priority else 99

    def default_priority(self) -> str:
        """The desk's default, or its middle one if that does not exist."""
        wanted = self.settings.default_priority
        return wanted if wanted in self.priorities else sorted(self.priorities, key=self.priority_order)[len(self.priorities) // 2]

    def sla_for(self, priority: str) -> tuple[str, Sla] | None:
        """The policy for a priority: its id and targets."""
        return next(((i, s) for i, s in sorted(self.slas.items()) if s.priority == priority), None)

    def own_addresses(self) -> set[str]:
        """Every address we receive mail at."""
        return {m.address.lower() for m in self.mailboxes.values()}

    def day(self, at: datetime) -> date:
        """The calendar day of a moment in the desk's time zone."""
        return at.astimezone(ZoneInfo(self.settings.time_zone)).date()
