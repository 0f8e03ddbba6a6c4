"""Whether a customer was content (CSAT): asked once per resolution, answered by a signed link, without a login."""

from datetime import datetime, timedelta

from schemas.base import Actor, Address, Named
from schemas.commands import RateTicket, TimerFired
from schemas.ticket import Message
from services.runtime import mail_templates
from services.runtime.ids import object_id
from services.runtime.public_links import rating_path
from services.tickets.domain import limits, outgoing
from services.tickets.domain.state import Json
from services.tickets.domain.turn import Rejected, Turn

TIMER = "ask_rating"
RATING = "rating"
"""Flag of the note that holds a customer's comment."""
_DONE = {"resolved", "closed"}
_REACHED = {"queued", "sending", "sent", "delayed", "unknown"}
_HUMAN = {None, "human"}


def due(turn: Turn) -> datetime | None:
    """When the customer of a ticket that is being resolved is asked how it went; None: not at all.

    Known at this moment already: what was imported with its end, incidents (their requester is one of ours) and desks that do not ask.
    """
    ticket = turn.ticket
    imported = ticket.correlation_reason == "imported" and not ticket.reopen_count
    if not wanted(turn) or imported or ticket.merged_into or ticket.children or ticket.incident_of or not turn.texts.requester_email:
        return None
    return turn.at + timedelta(minutes=turn.desk.settings.csat_after_minutes)


def wanted(turn: Turn) -> bool:
    """Whether the ticket's mailbox asks, or the desk where the mailbox leaves it to it."""
    mailbox = turn.desk.mailboxes.get(turn.texts.mailbox or "")
    says = mailbox.csat if mailbox else "desk"
    return turn.desk.settings.csat if says == "desk" else says == "on"


def ask(turn: Turn, action: TimerFired, *, thread: list[Message]) -> None:
    """The time has come: the mail that asks, or an event that says why there is none. A stale timer changes nothing."""
    now = turn.ticket.rating_due
    if now is None or abs((now - action.due_at).total_seconds()) >= 0.001:
        return
    turn.actor = Actor(kind="system")
    reason = _withheld(turn, thread)
    if reason:
        turn.emit("rating_withheld", {"reason": reason}, rating_due=None)
        return
    to = Address(address=turn.texts.requester_email or "")  # their name may be a stranger's words
    said = [m for m in thread if m.kind in {"customer", "agent"} and m.message_id and not m.taken_back]
    last = next((m.message_id for m in reversed(said) if m.kind == "customer"), None)
    message_id = outgoing.write(
        turn, outgoing.RATING_REQUEST, to=to, said=_words(turn), answers=last, references=[m.message_id for m in said if m.message_id]
    )
    turn.emit("rating_asked", {"message_id": message_id}, rating_due=None, message_count=turn.ticket.message_count + 1)


def _withheld(turn: Turn, thread: list[Message]) -> str:
    """Why the customer is not asked, '' where they are."""
    ticket, address = turn.ticket, (turn.texts.requester_email or "").lower()
    first = next((m for m in thread if m.kind == "customer"), None)
    if ticket.merged_into or ticket.status not in _DONE:
        return "not_resolved"
    if not wanted(turn):
        return "switched_off"
    if first is None or first.mail_kind not in _HUMAN or "quarantine" in ticket.flags:
        return "automatic"
    if not any(m.kind == "agent" and not m.taken_back and m.delivery.state in _REACHED for m in thread):
        return "unanswered"  # spam and mistakes are closed without a word
    if address in turn.desk.own_addresses() or turn.desk.agent_by_address(address):
        return "own_address"
    if not turn.desk.mailboxes:
        return "no_mailbox"
    if address in turn.suppressed:
        return "suppressed"
    return limits.withheld(turn.sent.get(address, limits.Sent()), at=turn.at, likeness="", settings=turn.desk.settings)


def _words(turn: Turn) -> mail_templates.Rendered:
    desk, ticket = turn.desk, turn.ticket
    template = mail_templates.chosen("csat", ticket.language, fallback=desk.settings.language, own=desk.templates)
    page = f"{desk.address}{rating_path(turn.keys, ticket_id=ticket.id, cycle=ticket.reopen_count)}?lang={template.language}"
    urls = {"url": page, "good_url": f"{page}&answer=good", "bad_url": f"{page}&answer=bad"}
    return mail_templates.render(template, {"number": ticket.number, "desk_name": desk.settings.desk_name, **urls})


def rate(turn: Turn, action: RateTicket) -> None:
    """The customer's answer, once per resolution. The comment is a note: words of a person stand in no event."""
    ticket = turn.ticket
    if ticket.merged_into:
        raise Rejected(409, "merged", "This ticket was merged into another.")
    if action.cycle > ticket.reopen_count or (ticket.rated_cycle is not None and action.cycle <= ticket.rated_cycle):
        raise Rejected(409, "rated", "This was answered already.")
    turn.actor = Actor(kind="customer", id=ticket.requester_id)
    data: Json = {"score": action.score, "cycle": action.cycle}
    count = ticket.message_count
    comment = action.comment.strip()
    if comment:
        message_id = object_id(turn.at, turn.cause, "comment")
        author = Named(id=ticket.requester_id, name=turn.texts.requester_name)
        turn.put(
            Message(
                id=message_id, ticket_id=ticket.id, home_ticket_id=ticket.id, kind="note", channel="internal", author=author, body_text=comment,
                flags=[RATING, f"rated_{action.score}"], created_at=turn.at,
            )
        )  # fmt: skip
        data["message_id"], count = message_id, count + 1
    turn.emit("rated", data, rating=action.score, rated_at=turn.at, rated_cycle=action.cycle, rating_due=None, message_count=count)
