"""Mail that opens no ticket and addresses that get none: their rows, and what is told of them."""

from datetime import datetime

from schemas.inbound import InboundMessage
from schemas.mail import ParkedMail, ParkedState, Suppression
from schemas.topics import MAIL_PARKED, MAIL_SUPPRESSIONS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.tickets.domain.limits import BREAKER, Suppressed
from services.tickets.store.rows import json_text
from services.tickets.store.working_set import WorkingSet

_SOURCE = "tickets"


def park(work: WorkingSet, key: str, mail: InboundMessage, reason: str, at: datetime, *, state: ParkedState) -> None:
    """A mail that opens no ticket on purpose. Its words are kept only where somebody may still want them in a ticket."""
    raw = {
        "topic": mail.raw_topic, "key": mail.raw_key, "partition": mail.raw_partition, "offset": mail.raw_offset, "sha256": mail.raw_sha256,
    }  # fmt: skip
    words = json_text(
        mail.model_dump(mode="json", by_alias=True) if state == "parked" else {"message_id": mail.message_id, "raw_key": mail.raw_key}
    )
    work.rows.add("parked_mail", key, mail.mailbox, reason, json_text(raw), words, at, state, mail.from_.address.lower())
    _tell(work, ParkedMail(
        id=key, mailbox=mail.mailbox, reason=reason, state=state, kind=mail.kind, sender=mail.from_, subject=mail.subject, at=at,
    ), cause=key)  # fmt: skip


def settle(work: WorkingSet, mail: ParkedMail, *, cause: str) -> None:
    """A parked mail was released or deleted: its words leave the list."""
    work.settled_mails.add(mail.id)
    work.rows.add("parked_mail_settled", mail.id, mail.state, mail.settled_at, mail.settled_by, mail.ticket_id)
    _tell(work, mail, cause=cause)


def _tell(work: WorkingSet, mail: ParkedMail, *, cause: str) -> None:
    work.rows.out(Outgoing(
        topic=MAIL_PARKED.name, key=mail.id, value=mail.to_json(), id=event_id("parked", mail.id, mail.state, cause), type="helpdesk.mail.parked.v1",
        source=_SOURCE, time=mail.settled_at or mail.at, causation_id=cause, subject=mail.id,
    ))  # fmt: skip


def suppress(work: WorkingSet, address: str, why: Suppressed, at: datetime, *, cause: str) -> None:
    """No more mail to an address; for a loop, for an hour. What ends by itself, or stops less, gives way."""
    known = work.suppressed.get(address)
    if known is not None and (known.kind != "loop" or why.kind == "loop") and (known.stops_replies or not why.stops_replies):
        return
    until = at + BREAKER if why.kind == "loop" else None
    work.suppressed[address] = why
    work.rows.add("suppression", address, why.kind, why.reason, at, until)
    told = Suppression(address=address, kind=why.kind, reason=why.reason, at=at, until=until)
    _tell_suppression(work, address, told.to_json(), cause=cause)


def lift(work: WorkingSet, address: str, *, cause: str) -> None:
    """Mail to an address again."""
    work.suppressed.pop(address, None)
    waiting = work.rows.tables.get("suppression", [])
    waiting[:] = [row for row in waiting if row[0] != address]
    work.rows.add("suppression_lifted", address)
    _tell_suppression(work, address, None, cause=cause)


def _tell_suppression(work: WorkingSet, address: str, value: bytes | None, *, cause: str) -> None:
    work.rows.out(Outgoing(
        topic=MAIL_SUPPRESSIONS.name, key=address, value=value, id=event_id("suppression", address, cause), type="helpdesk.mail.suppression.v1",
        source=_SOURCE, causation_id=cause, subject=address,
    ))  # fmt: skip
