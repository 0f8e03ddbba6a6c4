"""What comes back to a message of ours (email.md 6): it bounced, it is delayed, or its receiver complains."""

from schemas.base import Actor
from schemas.inbound import BounceRecipient, InboundMessage
from schemas.ticket import Delivery, Message
from services.tickets.domain import delivery
from services.tickets.domain.limits import Suppressed
from services.tickets.domain.turn import Turn

_SYSTEM = Actor(kind="system")
_LEFT = {"sent", "sending", "unknown", "delayed"}


def came_back(turn: Turn, message: Message, mail: InboundMessage, *, proven: bool) -> bool:
    """Decide what a bounce or complaint about a message changes; False where it changes nothing.

    `proven`: one of our signatures came back with it. Without, anybody could have written it: the agent is told, no address is suppressed.
    """
    if mail.kind == "feedback-report":
        return proven and _complained(turn, message, mail)
    if message.delivery.state not in _LEFT:
        return False
    about = _about(message, mail)
    lasting = [b for b in about if b.permanent]
    if not (lasting or not mail.bounce):
        return _delayed(turn, message, about)
    status = next((b.status for b in lasting if b.status), None)
    delivery.fail(turn, message, state="bounced", reason=f"The receiving server returned it{f' ({status})' if status else ''}.")
    if proven:
        for bounced in _ours(message, lasting):
            turn.suppress[bounced] = Suppressed("bounce", f"its server returned mail ({status or 'for good'})")
    return True


def _receivers(message: Message) -> list[str]:
    return [a.address.lower() for a in [*message.to, *message.cc, *message.bcc]]


def _about(message: Message, mail: InboundMessage) -> list[BounceRecipient]:
    """What the notice says of addresses that we wrote to; of a message to one person it may name where that one's mail is forwarded."""
    receivers = _receivers(message)
    named = [b for b in mail.bounce if b.recipient.lower() in receivers]
    return named or (list(mail.bounce) if len(receivers) == 1 else [])


def _ours(message: Message, lasting: list[BounceRecipient]) -> list[str]:
    """Only whom we wrote to is suppressed: a notice cannot name others."""
    receivers = _receivers(message)
    named = [b.recipient.lower() for b in lasting if b.recipient.lower() in receivers]
    return named or (receivers if len(receivers) == 1 else [])


def _delayed(turn: Turn, message: Message, about: list[BounceRecipient]) -> bool:
    waiting = next((b for b in about if b.action == "delayed" or (b.status or "").startswith("4")), None)
    if waiting is None:
        return False
    reason = f"The receiving server tries again{f' ({waiting.status})' if waiting.status else ''}."
    turn.put(message.model_copy(update={"delivery": Delivery(state="delayed", reason=reason, attempts=message.delivery.attempts)}))
    kind = f"{delivery.what_of(message)}_delayed"
    turn.emit(kind, {"message_id": message.id, "code": None, "status": waiting.status}, actor=_SYSTEM)
    return True


def _complained(turn: Turn, message: Message, mail: InboundMessage) -> bool:
    receivers = _receivers(message)
    named = [b.recipient.lower() for b in mail.bounce if b.recipient.lower() in receivers] or receivers[:1]
    for address in named:
        turn.suppress[address] = Suppressed("complaint", "its owner reported our mail as unwanted")
    turn.emit("complained", {"message_id": message.id}, actor=_SYSTEM, unread=message.kind == "agent" or turn.ticket.unread)
    return bool(named)
