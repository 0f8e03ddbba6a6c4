"""Decisions about a ticket's fields: status, hold, priority, team, assignee, tags, subject, snooze, escalation, timers."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from schemas.base import Actor
from schemas.commands import ChangeTicket, EscalateTicket, SnoozeTicket, TimerFired
from services.tickets.domain import satisfaction, sla
from services.tickets.domain.state import Json, Sla, Texts, Ticket
from services.tickets.domain.timers import of_ticket
from services.tickets.domain.turn import Rejected, Turn

MAX_SUBJECT = 998
_DONE = {"resolved", "closed"}


def mark_human(ticket: Ticket, actor: Actor, what: str) -> tuple[str, ...]:
    """`human_set` after an agent decided `what`."""
    if actor.kind != "agent" or what in ticket.human_set:
        return ticket.human_set
    return tuple(sorted({*ticket.human_set, what}))


def change(turn: Turn, action: ChangeTicket) -> None:
    """Set the named fields, in an order that lets each see the former: team before assignee, status last."""
    wanted = set(action.set)
    if turn.ticket.merged_into:
        raise Rejected(409, "merged", "This ticket was merged into another; change that one.")
    if "subject" in wanted:
        set_subject(turn, action.subject or "")
    if "tags" in wanted:
        set_tags(turn, action.tags)
    if "priority" in wanted:
        set_priority(turn, action.priority or "")
    if "team_id" in wanted:
        set_team(turn, action.team_id, rotate="assignee_id" not in wanted)
    if "assignee_id" in wanted:
        set_assignee(turn, action.assignee_id)
    if "status" in wanted or "hold_reason" in wanted:
        set_status(turn, action.status or turn.ticket.status, hold_reason=action.hold_reason)


def set_subject(turn: Turn, subject: str) -> None:
    """Agents may correct a subject; its text is not in the event."""
    clean = " ".join(subject.split())
    if not clean or len(clean) > MAX_SUBJECT:
        raise Rejected(422, "subject", f"A subject has 1 to {MAX_SUBJECT} characters.")
    if clean != turn.texts.subject:
        turn.texts = _texts(turn, subject=clean)
        turn.emit("subject_changed")


def set_tags(turn: Turn, tags: list[str]) -> None:
    """Replace the tags; the event only counts what came and went, for a tag's text may name a person."""
    clean = tuple(dict.fromkeys(t for t in (" ".join(x.split()) for x in tags) if t))
    if any(len(t) > 64 for t in clean) or len(clean) > 50:
        raise Rejected(422, "tags", "At most 50 tags of at most 64 characters each.")
    before = set(turn.texts.tags)
    if clean != turn.texts.tags:
        turn.texts = _texts(turn, tags=clean)
        turn.emit("tags_changed", {"added": len(set(clean) - before), "removed": len(before - set(clean))})


def set_priority(turn: Turn, priority: str) -> None:
    """Another priority has other targets: the deadlines are recomputed."""
    if priority not in turn.desk.priorities:
        raise Rejected(422, "priority", f"There is no priority '{priority}'. The desk has: {', '.join(turn.desk.priorities)}.")
    t = turn.ticket
    if priority == t.priority and not (turn.actor.kind == "agent" and "priority" not in t.human_set):
        return
    now = sla.targets(turn.desk, priority, created_at=t.created_at or turn.at, sla=t.sla)
    turn.emit(
        "priority_changed",
        {"from": t.priority, "to": priority},
        priority=priority,
        sla=now,
        human_set=mark_human(t, turn.actor, "priority"),
    )


def set_team(turn: Turn, team_id: str | None, *, rotate: bool = True) -> None:
    """Move to a team (None: no team). An assignee who is not in it is cleared; the next in rotation gets it."""
    t = turn.ticket
    if team_id is not None and team_id not in turn.desk.teams:
        raise Rejected(422, "team", f"There is no team {team_id}.")
    if team_id == t.team_id:
        return
    changes: Json = {"team_id": team_id, "human_set": mark_human(t, turn.actor, "team")}
    if t.assignee_id and (team_id is None or not turn.desk.in_team(t.assignee_id, team_id)):
        changes["assignee_id"] = None
    turn.emit("team_changed", {"from": t.team_id, "to": team_id}, **changes)
    if rotate and team_id and turn.ticket.assignee_id is None:
        _rotate(turn, team_id)


def _rotate(turn: Turn, team_id: str) -> None:
    members = turn.desk.members(team_id)
    if not turn.desk.teams[team_id].round_robin or not members:
        return
    place = turn.rotation.get(team_id, 0)
    turn.rotation[team_id] = place + 1
    chosen = members[place % len(members)]
    turn.emit("assigned", {"to": chosen, "reason": "round_robin", "of": len(members)}, actor=Actor(kind="system"), assignee_id=chosen)


def set_assignee(turn: Turn, assignee_id: str | None) -> None:
    """Give the ticket to an agent (None: nobody). The agent must be able to see it."""
    t = turn.ticket
    if assignee_id is not None:
        agent = turn.desk.agents.get(assignee_id)
        if agent is None or not agent.active:
            raise Rejected(422, "assignee", f"There is no agent {assignee_id}.")
        if agent.role == "light":
            raise Rejected(422, "assignee", "Light agents do not own tickets.")
        if not turn.desk.may_see(assignee_id, t.team_id):
            raise Rejected(422, "assignee", "That agent is not in the ticket's team.")
    if assignee_id != t.assignee_id:
        turn.emit(
            "assigned",
            {"from": t.assignee_id, "to": assignee_id, "reason": "manual"},
            assignee_id=assignee_id,
            human_set=mark_human(t, turn.actor, "assignee"),
        )


def set_status(turn: Turn, status: str, *, hold_reason: str | None = None, reason: str | None = None) -> None:
    """The transitions of the contract; on hold pauses the clocks, resolved names who did it, open after resolved is a reopening."""
    t = turn.ticket
    if hold_reason is not None:
        if status != "on_hold":
            raise Rejected(422, "hold_reason", "A hold reason goes with the status 'on_hold'.")
        if hold_reason not in turn.desk.settings.hold_reasons:
            raise Rejected(422, "hold_reason", f"The desk's hold reasons are: {', '.join(turn.desk.settings.hold_reasons)}.")
    if status == t.status and (status != "on_hold" or hold_reason == t.hold_reason):
        return
    if t.status in _DONE and status not in _DONE:
        reopen(turn, status=status, hold_reason=hold_reason)
        return
    data: Json = {"from": t.status, "to": status}
    if reason:
        data["reason"] = reason
    turn.emit("status_changed", data, **status_changes(turn, status, hold_reason=hold_reason, data=data))


def status_changes(turn: Turn, status: str, *, hold_reason: str | None, data: Json) -> Json:
    """The folded fields that a status brings with it. A pause that ends is written into `data` with start and end."""
    t = turn.ticket
    clocks = t.sla
    changes: Json = {"status": status, "hold_reason": hold_reason if status == "on_hold" else None}
    if status == "on_hold":
        clocks = sla.pause(clocks, turn.at)
    elif clocks.paused_since is not None:
        data["pause"] = {"start": clocks.paused_since, "end": turn.at, "reason": t.hold_reason}
        clocks = sla.resume(clocks, turn.at)
    if clocks != t.sla:
        changes["sla"] = clocks
    if status in _DONE and t.status not in _DONE:
        changes |= {
            "resolved_at": turn.at,
            "resolved_by": turn.actor.id if turn.actor.kind == "agent" else None,
            "resolved_by_ai": turn.actor.kind == "ai",
        }
        changes |= {"snoozed_until": None, "unread": False if turn.actor.kind == "agent" else t.unread}
        changes["ai_waiting"] = False
        asked = satisfaction.due(turn)
        changes |= {"rating_due": asked} if asked else {}
    if status == "closed":
        changes["closed_at"] = turn.at
    return changes


def reopen(turn: Turn, *, status: str = "open", hold_reason: str | None = None, **more: Any) -> None:
    """A resolved ticket comes back: resolver and date cleared, counted."""
    t = turn.ticket
    changes: Json = {
        "status": status, "hold_reason": hold_reason, "resolved_at": None, "resolved_by": None, "resolved_by_ai": False, "closed_at": None,
        "reopen_count": t.reopen_count + 1, **({"rating_due": None} if t.rating_due else {}),
    }  # fmt: skip
    if status == "on_hold":
        changes["sla"] = sla.pause(t.sla, turn.at)
    turn.emit("reopened", {"from": t.status, "to": status, "count": t.reopen_count + 1}, **changes, **more)


def escalate(turn: Turn, action: EscalateTicket) -> None:
    """Move to the team's escalation team. Without a team it goes to the first team of the desk."""
    t = turn.ticket
    if t.merged_into:
        raise Rejected(409, "merged", "This ticket was merged into another.")
    team = turn.desk.teams.get(t.team_id or "")
    if team is None:
        ordered = sorted(turn.desk.teams.items(), key=lambda item: (item[1].order, item[0]))
        if not ordered:
            raise Rejected(409, "no_team", "The desk has no team to escalate to.")
        target = ordered[0][0]
    elif team.escalates_to is None or team.escalates_to not in turn.desk.teams:
        raise Rejected(409, "no_escalation", f"{team.name} has no escalation team.")
    else:
        target = team.escalates_to
    count = t.escalation_count + 1
    turn.emit(
        "escalated",
        {"from": t.team_id, "to": target, "count": count},
        escalation_count=count,
        original_team_id=t.original_team_id or t.team_id,
    )
    set_team(turn, target)


def snooze(turn: Turn, action: SnoozeTicket) -> None:
    """Hide until a moment in the future; None ends it."""
    if action.until is None:
        wake(turn, "asked")
    elif action.until <= turn.at:
        raise Rejected(422, "until", "Snooze needs a moment in the future.")
    elif turn.ticket.status in _DONE:
        raise Rejected(409, "done", "A resolved ticket needs no snooze.")
    else:
        turn.emit("snoozed", {"until": action.until}, snoozed_until=action.until)


def wake(turn: Turn, why: str) -> None:
    """End a snooze, with the reason."""
    if turn.ticket.snoozed_until is not None:
        turn.emit("woken", {"reason": why}, snoozed_until=None)


def timer(turn: Turn, action: TimerFired) -> None:
    """A ticket's timer came due. Stale ones (another due time now, or none) change nothing."""
    due = of_ticket(turn.ticket, auto_close_days=turn.desk.settings.auto_close_days).get(action.kind)
    if due is None or not _same_moment(due, action.due_at):
        return
    t = turn.ticket
    if action.kind == "auto_close":
        set_status(turn, "closed", reason="auto_close")
    elif action.kind == "snooze":
        wake(turn, "time")
    elif action.kind.startswith("sla_warn_"):
        what = action.kind.removeprefix("sla_warn_")
        turn.emit("sla_warned", {"what": what, "due": due}, sla=_with(t, warned=(*t.sla.warned, what)))
    elif action.kind.startswith("sla_"):
        what = action.kind.removeprefix("sla_")
        turn.emit("sla_breached", {"what": what, "due": due}, sla=_with(t, breached=(*t.sla.breached, what)))


def _with(ticket: Ticket, **marks: tuple[str, ...]) -> Sla:
    return replace(ticket.sla, **marks)  # type: ignore[arg-type]


def _same_moment(a: datetime, b: datetime) -> bool:
    return abs((a - b).total_seconds()) < 0.001


def _texts(turn: Turn, **new: Any) -> Texts:
    return replace(turn.texts, **new)
