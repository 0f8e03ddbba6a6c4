"""Merging tickets and moving messages between them. Both are events, so both can be told and undone by moving back."""

from schemas.commands import MergeTicket
from schemas.ticket import Message
from services.tickets.domain import changes, outgoing
from services.tickets.domain.turn import Rejected, Turn


def merge(source: Turn, target: Turn, action: MergeTicket, *, thread: list[Message]) -> None:
    """All messages of the source go to the target (their home stays), and the source is closed with a pointer to it."""
    if action.into == source.ticket.id:
        raise Rejected(422, "into", "A ticket cannot be merged into itself.")
    if source.ticket.merged_into:
        raise Rejected(409, "merged", "This ticket was merged already.")
    if target.ticket.merged_into:
        raise Rejected(409, "merged", "The target was itself merged into another ticket.")
    visible = [m for m in thread if not m.taken_back and m.channel != outgoing.NOTICE]
    for message in thread:
        source.put(message.model_copy(update={"ticket_id": target.ticket.id}))
    newest = max((m for m in visible if m.kind == "customer"), key=lambda m: m.created_at, default=None)
    newer = newest is not None and source.ticket.unread
    target.emit(
        "merged_from",
        {"from": source.ticket.id, "messages": len(visible)},
        message_count=target.ticket.message_count + len(visible),
        unread=target.ticket.unread or newer,
    )
    changes.set_status(source, "closed", reason="merged")
    source.emit("merged", {"into": target.ticket.id, "messages": len(visible)}, merged_into=target.ticket.id, message_count=0, unread=False,
                **({"rating_due": None} if source.ticket.rating_due else {}))  # fmt: skip


def move(source: Turn, target: Turn, message: Message) -> None:
    """One message goes to another ticket."""
    if message.taken_back:
        raise Rejected(409, "taken_back", "This message was taken back.")
    source.put(message.model_copy(update={"ticket_id": target.ticket.id}))
    if message.message_id and message.kind == "customer":
        source.moved_refs[message.message_id] = target.ticket.id
    source.emit(
        "message_moved", {"message_id": message.id, "into": target.ticket.id}, message_count=max(0, source.ticket.message_count - 1)
    )
    target.emit("message_arrived", {"message_id": message.id, "from": source.ticket.id}, message_count=target.ticket.message_count + 1)
    source.result_message_id = message.id
