"""What the world sees of a ticket: the value of `ticket.state`, which REST and the live stream serve as it is."""

from datetime import datetime
from typing import Any

from schemas.base import Named
from schemas.ticket import Correlation, NextStep, Requester, SlaView, TicketState
from services.tickets.domain import sla
from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Texts, Ticket
from services.tickets.domain.timers import of_ticket

_NEXT = {
    "sla_first_response": "first_response_breach",
    "sla_resolution": "resolution_breach",
    "auto_close": "auto_close",
    "snooze": "snooze_end",
    "ask_rating": "ask_rating",
}


def _fields(**named: Any) -> dict[str, Any]:
    """Fields for `model_construct`: decided values need no second validation, which would cost more than the decision."""
    return named


def ticket_state(ticket: Ticket, texts: Texts, desk: Desk) -> TicketState:
    """The ticket as its readers see it."""
    fields = _fields(
        id=ticket.id, number=ticket.number, version=ticket.version, subject=texts.subject, status=ticket.status, hold_reason=ticket.hold_reason,
        priority=ticket.priority, channel=ticket.channel, team=_team(ticket.team_id, desk), assignee=_agent(ticket.assignee_id, desk),
        requester=Requester.model_construct(id=ticket.requester_id, name=texts.requester_name, email=texts.requester_email), mailbox=texts.mailbox, tags=list(texts.tags),
        created_at=ticket.created_at, updated_at=ticket.updated_at, snippet=texts.snippet, unread=ticket.unread, message_count=ticket.message_count,
        first_response_at=ticket.first_response_at, resolved_at=ticket.resolved_at, resolved_by=_agent(ticket.resolved_by, desk),
        resolved_by_ai=ticket.resolved_by_ai, created_by=_agent(ticket.created_by, desk), escalation_count=ticket.escalation_count,
        reopen_count=ticket.reopen_count, original_team=_team(ticket.original_team_id, desk), merged_into=ticket.merged_into, linked_to=ticket.linked_to,
        parent_id=ticket.parent_id, children=list(ticket.children), incident_of=ticket.incident_of,
        snoozed_until=ticket.snoozed_until, flags=list(ticket.flags), rating=ticket.rating, rated_at=ticket.rated_at, ai_waiting=ticket.ai_waiting, sla=_sla(ticket, desk),
        correlation=Correlation.model_construct(reason=ticket.correlation_reason, score=ticket.correlation_score or 0.0) if ticket.correlation_reason else None,
    )  # fmt: skip
    return TicketState.model_construct(**fields)


def _team(team_id: str | None, desk: Desk) -> Named | None:
    return Named.model_construct(id=team_id, name=desk.team_name(team_id)) if team_id else None


def _agent(agent_id: str | None, desk: Desk) -> Named | None:
    return Named.model_construct(id=agent_id, name=desk.agent_name(agent_id)) if agent_id else None


def _sla(ticket: Ticket, desk: Desk) -> SlaView:
    fields = _fields(
        policy=ticket.sla.policy, state=sla.state(ticket), first_response_due=ticket.sla.first_response_due, resolution_due=ticket.sla.resolution_due,
        paused=ticket.sla.paused_since is not None, next=next_step(ticket, desk),
    )  # fmt: skip
    return SlaView.model_construct(**fields)


def next_step(ticket: Ticket, desk: Desk) -> NextStep | None:
    """The next thing that will happen by itself."""
    due = {k: at for k, at in of_ticket(ticket, auto_close_days=desk.settings.auto_close_days).items() if k in _NEXT}
    if not due:
        return None
    kind = min(due, key=lambda k: due[k])
    return NextStep.model_construct(what=_NEXT[kind], at=due[kind])


def sla_due(ticket: Ticket) -> datetime | None:
    """The nearest open deadline: what the list sorts by under `sla`."""
    return min(sla.open_clocks(ticket).values(), default=None)


def as_json(state: TicketState) -> dict[str, Any]:
    """The document as plain JSON values."""
    return state.model_dump(mode="json", by_alias=True)


def to_json(state: TicketState) -> bytes:
    """The document as a record's value."""
    return state.to_json()
