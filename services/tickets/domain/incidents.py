"""One ticket for many about the same: it is answered once, and each customer gets a mail of their own (ai.md, radar)."""

from collections.abc import Callable, Sequence

from schemas.base import Named
from schemas.commands import AddReply, ChangeTicket, OpenIncident, TakeBackReply
from schemas.ticket import Delivery, Message
from services.runtime.ids import object_id
from services.tickets.domain import changes, conversation, opening
from services.tickets.domain.state import Texts
from services.tickets.domain.turn import Rejected, Turn

MOST_CHILDREN = 100
_TAKEN = {"undo", "scheduled", "held"}
_DONE = {"resolved", "closed"}
Thread = Callable[[str], list[Message]]


def open_incident(turn: Turn, children: Sequence[Turn], action: OpenIncident, *, number: str, requester: Named) -> None:
    """A ticket that belongs to nobody's mail, and its children linked to it. A ticket has one incident only."""
    if not action.subject.strip():
        raise Rejected(422, "subject", "An incident needs a subject.")
    if not 1 <= len(children) <= MOST_CHILDREN:
        raise Rejected(422, "ticket_ids", f"An incident has 1 to {MOST_CHILDREN} tickets.")
    for child in children:
        if child.ticket.parent_id or child.ticket.children or child.ticket.merged_into:
            raise Rejected(409, "taken", f"{child.ticket.number} belongs to an incident already, or is one, or was merged.")
    turn.texts = Texts(subject=action.subject.strip(), snippet=conversation.snippet(action.body_text), requester_name=requester.name,
                       requester_email=action.requester.address.lower())  # fmt: skip
    urgent = min((c.ticket.priority for c in children), key=turn.desk.priority_order)
    opening.begin(turn, number=number, requester_id=requester.id, channel="internal", message_id=action.message_id, priority=urgent,
                  team_id=_common_team(children), correlation=("incident", 1.0), created_by=turn.actor.id)  # fmt: skip
    turn.emit("incident_opened", {"children": len(children)}, children=tuple(c.ticket.id for c in children), incident_of=action.signal_id,
              last_customer_message_id=None, message_count=0, unread=False)  # fmt: skip
    told = action.body_text.strip() or f"Incident of {len(children)} tickets: {', '.join(c.ticket.number for c in children)}."
    conversation.write_note(turn, action.message_id, told)
    for child in children:
        child.emit("joined_incident", {"incident": turn.ticket.id}, parent_id=turn.ticket.id)


def _common_team(children: Sequence[Turn]) -> str | None:
    """A team all of them have; with several nobody is left out: no team is seen by every agent."""
    teams = {c.ticket.team_id for c in children}
    return teams.pop() if len(teams) == 1 else None


def reply(turn: Turn, children: Sequence[Turn], action: AddReply, *, thread: Thread) -> None:
    """The answer on the incident, and a copy of it to the customer of each open child, with the same window to take it back."""
    text = conversation.plain_text(action.body_text, action.body_html)
    if not text:
        raise Rejected(422, "body", "A reply needs words.")
    reached = [c for c in children if c.ticket.status != "closed" and not c.ticket.merged_into and _gets_mail(c)]
    if not reached:
        raise Rejected(409, "no_children", "No open ticket of this incident has a customer to answer.")
    delivery = conversation.delivery_of(turn, action)
    turn.put(
        Message(
            id=action.message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="agent", channel="internal",
            author=conversation.author_of(turn, by_ai=False), subject=turn.texts.subject, body_text=text, body_html=conversation.safe_html(action.body_html),
            attachments=action.attachments, created_at=turn.at, delivery=Delivery(state="sent") if delivery.state == "queued" else delivery,
            status_after=action.status_after,
        )
    )  # fmt: skip
    conversation.replied(turn, action, state=delivery.state, unedited=None)
    for child in reached:
        copy = action.model_copy(
            update={"message_id": object_id(turn.at, turn.cause, "copy", child.ticket.id), "to": [], "cc": [], "suggestion_id": None}
        )
        conversation.reply(child, copy, thread=thread(child.ticket.id), copy_of=action.message_id)
    turn.result_message_id = action.message_id


def _gets_mail(child: Turn) -> bool:
    """One customer whose address gets no mail must not keep it from the others."""
    address = child.texts.requester_email
    suppressed = child.suppressed.get(address) if address else None
    return bool(address) and not (suppressed and suppressed.stops_replies)


def take_back(turn: Turn, children: Sequence[Turn], action: TakeBackReply) -> None:
    """The answer and every copy of it that has not left yet."""
    if turn.message(action.message_id).delivery.state not in _TAKEN:
        raise Rejected(409, "too_late", "This reply is on its way already.")
    for child in children:
        for copy, before in list(child.ticket.before_reply.items()):
            if before.get("copy_of") == action.message_id and child.message(copy).delivery.state in _TAKEN:
                conversation.take_back(child, TakeBackReply(message_id=copy))
    conversation.take_back(turn, action)


def change(turn: Turn, children: Sequence[Turn], action: ChangeTicket) -> None:
    """An incident resolved without an answer resolves its open tickets, each with an event of its own, unless `children` says no.

    Nobody is written to: customers are told by a public answer only. An incident that is opened again opens those that were
    resolved with it and have not been touched since.
    """
    before = turn.ticket
    changes.change(turn, action)
    if action.children is False:
        return
    was_done, is_done = before.status in _DONE, turn.ticket.status in _DONE
    for child in children:
        ticket = child.ticket
        if ticket.merged_into:
            continue
        if is_done and not was_done and ticket.status not in _DONE:
            changes.set_status(child, "resolved", reason="incident")
        elif was_done and not is_done and ticket.status == "resolved" and ticket.resolved_at == before.resolved_at:
            changes.set_status(child, "open", reason="incident")
