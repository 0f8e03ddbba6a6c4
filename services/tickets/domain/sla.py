"""Service level targets: deadlines, pauses, what is due next. Pure; seconds and UTC times."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.tickets.domain.desk import Desk
from services.tickets.domain.state import Sla, Ticket

WARN_AT = 0.8
"""Part of a target after which agents are warned."""


def targets(desk: Desk, priority: str, *, created_at: datetime, sla: Sla) -> Sla:
    """The SLA for this priority: deadlines recomputed from creation, target and all pauses so far. Pauses are kept."""
    found = desk.sla_for(priority)
    if found is None:
        return replace(sla, policy=None, first_response_seconds=None, resolution_seconds=None, first_response_due=None, resolution_due=None)
    policy, target = found
    shift = timedelta(seconds=sla.paused_seconds)
    return replace(
        sla,
        policy=policy,
        first_response_seconds=target.first_response_seconds,
        resolution_seconds=target.resolution_seconds,
        first_response_due=created_at + timedelta(seconds=target.first_response_seconds) + shift,
        resolution_due=created_at + timedelta(seconds=target.resolution_seconds) + shift,
        warned=(),
        breached=(),
    )


def pause(sla: Sla, at: datetime) -> Sla:
    """The clock stops. A second pause changes nothing."""
    return sla if sla.paused_since else replace(sla, paused_since=at)


def resume(sla: Sla, at: datetime) -> Sla:
    """The clock runs again; both deadlines move by the length of the pause."""
    if sla.paused_since is None:
        return sla
    length = max(0.0, (at - sla.paused_since).total_seconds())
    shift = timedelta(seconds=length)
    return replace(
        sla,
        paused_since=None,
        paused_seconds=sla.paused_seconds + length,
        first_response_due=sla.first_response_due + shift if sla.first_response_due else None,
        resolution_due=sla.resolution_due + shift if sla.resolution_due else None,
    )


def open_clocks(ticket: Ticket) -> dict[str, datetime]:
    """The deadlines that still count: `first_response` until the first public human reply, `resolution` until resolved."""
    sla = ticket.sla
    if ticket.status in {"resolved", "closed"} or sla.paused_since is not None:
        return {}
    clocks: dict[str, datetime] = {}
    if sla.first_response_due and ticket.first_response_at is None:
        clocks["first_response"] = sla.first_response_due
    if sla.resolution_due:
        clocks["resolution"] = sla.resolution_due
    return clocks


def state(ticket: Ticket) -> str:
    """The SLA's state as the contract names it."""
    sla = ticket.sla
    if ticket.status in {"resolved", "closed"}:
        met = ticket.resolved_at is None or sla.resolution_due is None or ticket.resolved_at <= sla.resolution_due
        return "fulfilled" if met and not sla.breached else "failed"
    if sla.breached:
        return "failed"
    if sla.paused_since is not None:
        return "paused"
    return "first_response_due" if ticket.first_response_at is None else "resolution_due"
