"""What leaves the desk: threaded, signed, addressed. Pure; sending itself is notify's."""

from schemas.base import Address
from schemas.commands import AddReply
from schemas.config import Mailbox
from schemas.inbound import InboundMessage
from schemas.ticket import Delivery, Message, Outbound
from services.runtime.ids import object_id
from services.tickets.domain import limits, signed_ids
from services.tickets.domain.desk import Desk
from services.tickets.domain.turn import Rejected, Turn

_RECENT_REFERENCES = 20


def outbound(turn: Turn, message_id: str, *, to: list[Address], cc: list[Address], subject: str, automatic: bool, answers: str | None,
              references: list[str], name: str = "") -> Outbound:  # fmt: skip
    """All that sending needs, fixed now. Rejected(409) when the desk has no mailbox."""
    desk, ticket = turn.desk, turn.ticket
    mailbox = desk.mailboxes.get(turn.texts.mailbox or "") or next((m for _, m in sorted(desk.mailboxes.items())), None)
    if mailbox is None:
        raise Rejected(409, "no_mailbox", "The desk has no mailbox to send from; add one first.")
    own_id = signed_ids.message_id(turn.keys, ticket_id=ticket.id, message_id=message_id, domain=mailbox.address.partition("@")[2])
    reply_to = None
    if mailbox.plus_addressing and to:
        reply_to = Address(
            address=signed_ids.reply_address(turn.keys, mailbox=mailbox.address, ticket_id=ticket.id, recipient=to[0].address)
        )
    shown = f"{name} · {desk.settings.desk_name}" if name else desk.settings.desk_name
    unique = list(dict.fromkeys(references))
    return Outbound(
        mailbox=mailbox.address, envelope_from=_automatic_sender(mailbox) if automatic else None, from_=Address(name=shown, address=mailbox.address), reply_to=reply_to, to=to, cc=cc,
        subject=subject, message_id=own_id, in_reply_to=answers, loop=signed_ids.loop_value(turn.keys, message_id), automatic=automatic,
        references=unique if len(unique) <= _RECENT_REFERENCES else [unique[0], *unique[-_RECENT_REFERENCES:]],
    )  # fmt: skip


def _automatic_sender(mailbox: Mailbox) -> str:
    """The null sender, or the mailbox itself where the server knows no plus addresses (the sample's server refuses the null sender)."""
    return "" if mailbox.plus_addressing else mailbox.address


def recipients(action: AddReply, *, requester: Address | None, desk: Desk) -> tuple[list[Address], list[Address]]:
    """(to, cc) of a reply: what the agent chose, the requester by default, never one of our own mailboxes, nobody twice."""
    own = desk.own_addresses()
    seen: set[str] = set()

    def keep(addresses: list[Address]) -> list[Address]:
        out = []
        for a in addresses:
            key = a.address.strip().lower()
            if key and key not in own and key not in seen:
                seen.add(key)
                out.append(Address(name=a.name, address=key))
        return out

    to = keep(action.to or ([requester] if requester else []))
    return to, keep(action.cc)


def confirm(turn: Turn, inbound: InboundMessage, *, to: Address) -> None:
    """The confirmation: number and estimated time, nothing quoted from the mail. It changes no status and is no first response."""
    settings = turn.desk.settings
    if not settings.confirmations:
        return
    alike = limits.likeness_of(inbound)
    reason = "suppressed" if to.address in turn.suppressed else ""
    reason = reason or limits.withheld(turn.sent.get(to.address, limits.Sent()), at=turn.at, likeness=alike, settings=settings)
    if reason == limits.AUTOMATS:
        turn.suppress[to.address] = limits.Suppressed("loop", "Its mails answered ours with the same words again and again")
    if reason:
        turn.emit("confirmation_withheld", {"reason": reason})
        return
    message_id = object_id(turn.at, turn.cause, "confirmation")
    seconds = turn.ticket.sla.first_response_seconds
    text = (
        f"Hello,\n\nwe have received your message and opened ticket {turn.ticket.number}.\n"
        + (f"You can expect an answer within {_human_duration(seconds)}.\n" if seconds else "")
        + f"\nTo add something, just reply to this mail.\n\n{turn.desk.settings.desk_name}\n"
    )
    mail = outbound(turn, message_id, to=[to], cc=[], subject=f"We have received your message [{turn.ticket.number}]", automatic=True,
                         answers=inbound.message_id, references=[r for r in [*inbound.references, inbound.message_id] if r])  # fmt: skip
    turn.put(
        Message(
            id=message_id, ticket_id=turn.ticket.id, home_ticket_id=turn.ticket.id, kind="system", from_=mail.from_, to=[to], subject=mail.subject,
            body_text=text, created_at=turn.at, delivery=Delivery(state="queued"), message_id=mail.message_id, outbound=mail,
        )
    )  # fmt: skip
    turn.automatic_to.append((to.address, message_id, alike))
    turn.emit("confirmation_queued", {"message_id": message_id}, message_count=turn.ticket.message_count + 1)


def _human_duration(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            n = round(seconds / size)
            return f"{n} {word}{'s' if n != 1 else ''}"
    return f"{seconds} seconds"
