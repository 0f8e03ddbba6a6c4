"""The folded state of a ticket. Events carry decided results, so folding never looks at configuration or a clock."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """Targets in seconds, and where the ticket stands. Deadlines = creation + target + pauses; `paused_seconds` are the ended pauses."""

    policy: str | None = None
    first_response_seconds: int | None = None
    resolution_seconds: int | None = None
    first_response_due: datetime | None = None
    resolution_due: datetime | None = None
    paused_since: datetime | None = None
    paused_seconds: float = 0.0
    warned: tuple[str, ...] = ()
    breached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """All that `ticket.events` can tell of a ticket: ids, codes, times and scores."""

    id: str
    number: str = ""
    version: int = 0
    status: str = "open"
    hold_reason: str | None = None
    priority: str = "medium"
    channel: str = "email"
    language: str = ""
    """ISO 639-1 of the first message, '' where nothing can be said: what automatic mail is written in."""
    team_id: str | None = None
    assignee_id: str | None = None
    requester_id: str = ""
    created_by: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    unread: bool = False
    message_count: int = 0
    last_customer_message_id: str | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolved_by_ai: bool = False
    closed_at: datetime | None = None
    escalation_count: int = 0
    reopen_count: int = 0
    original_team_id: str | None = None
    merged_into: str | None = None
    linked_to: str | None = None
    parent_id: str | None = None
    children: tuple[str, ...] = ()
    incident_of: str | None = None
    snoozed_until: datetime | None = None
    correlation_reason: str | None = None
    correlation_score: float | None = None
    flags: tuple[str, ...] = ()
    human_set: tuple[str, ...] = ()
    """What a human has decided: `team`, `priority`, `assignee`, `reply`; leaves the assistant nothing but suggestions."""
    ai_request_id: str | None = None
    ai_waiting: bool = False
    """A suggestion of the assistant waits for an agent's answer."""
    ai_before: Json = field(default_factory=dict)
    """Team and priority as they were before the assistant last set them, to be put back."""
    ai_answered: bool = False
    """The last answer was the assistant's own."""
    rating_due: datetime | None = None
    """When the customer is asked how this resolution went; None: not (again)."""
    rating: str | None = None
    rated_at: datetime | None = None
    rated_cycle: int | None = None
    """Which resolution was rated, counted as `reopen_count` is."""
    sla: Sla = field(default_factory=Sla)
    before_reply: dict[str, Json] = field(default_factory=dict)
    """Per reply still in its undo window: the fields to put back when it is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What a human typed or is called: never in `ticket.events`, kept beside the folded state."""

    subject: str = ""
    snippet: str = ""
    tags: tuple[str, ...] = ()
    requester_name: str = ""
    requester_email: str | None = None
    mailbox: str | None = None
    """Address of the mailbox the ticket came to; answers leave from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One decided event before it has an id: its type, semantic data, and the folded fields that change."""

    type: str
    time: datetime
    version: int
    actor: Json
    data: Json
    changes: Json

    def payload(self) -> Json:
        """`data` of the published event; `changes` lets anybody fold it."""
        return {**self.data, "changes": self.changes} if self.changes else self.data


_TIMES = {"created_at", "updated_at", "first_response_at", "resolved_at", "closed_at", "snoozed_until", "rating_due", "rated_at"}
_SLA_TIMES = {"first_response_due", "resolution_due", "paused_since"}
_TUPLES = {"flags", "human_set", "children"}
_TICKET_FIELDS = {f.name for f in fields(Ticket)}
_SLA_FIELDS = {f.name for f in fields(Sla)}


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value  # type: ignore[return-value]


def sla_from(value: Json | Sla) -> Sla:
    """An Sla from its JSON form; unknown fields are ignored."""
    if isinstance(value, Sla):
        return value
    known: Json = {
        k: _time(v) if k in _SLA_TIMES else tuple(v) if k in {"warned", "breached"} else v for k, v in value.items() if k in _SLA_FIELDS
    }
    return Sla(**known)


def coerce(changes: Json) -> Json:
    """Changes with times, tuples and the SLA in their inner types, from their JSON or inner form; unknown fields are dropped."""
    out: Json = {}
    for name, value in changes.items():
        if name not in _TICKET_FIELDS:
            continue
        if name in _TIMES:
            out[name] = _time(value)
        elif name in _TUPLES:
            out[name] = tuple(value)
        elif name == "sla":
            out[name] = sla_from(value)
        else:
            out[name] = value
    return out


def evolve(ticket: Ticket | None, *, ticket_id: str, version: int, time: datetime, changes: Json) -> Ticket:
    """Fold one event. `ticket` None for the first. The version is the event's; a former version is kept as it is (a repetition)."""
    base = ticket or Ticket(id=ticket_id)
    if version <= base.version:
        return base
    return replace(base, **{"updated_at": time, **coerce(changes), "version": version})


def ticket_from(value: Json) -> Ticket:
    """A Ticket from its stored JSON."""
    return Ticket(**coerce(value))


def texts_from(value: Json) -> Texts:
    """Texts from their stored JSON."""
    return Texts(**{**value, "tags": tuple(value.get("tags", ()))})
