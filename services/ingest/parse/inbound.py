"""A parsed mail as the contract's `InboundMessage`."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from schemas import base
from schemas.inbound import BounceRecipient, InboundMessage
from services.ingest.parse.addresses import Address
from services.ingest.parse.attachments import Attachment
from services.ingest.parse.model import ParsedMail
from services.runtime.ids import event_id, object_id

_ORIGINAL: Final = "original.eml"
# With these the parts that were read are not the whole mail: the original must be at hand.
_INCOMPLETE: Final = frozenset(
    ("mail-too-large", "headers-cut", "too-deep", "too-many-parts", "text-cut", "unparsable", "too-slow", "too-many-attachments")
)


def inbound_id(raw_id: str) -> str:
    """`ce_id` of the message made of a raw record."""
    return event_id("inbound", raw_id)


def conversation_key(mail: ParsedMail, raw_id: str) -> str:
    """The root Message-ID as far as this mail knows it: mails of one thread meet in one partition."""
    return next((found for found in (*mail.references[:1], *mail.in_reply_to[:1], mail.message_id) if found), raw_id)


def needs_original(mail: ParsedMail) -> bool:
    """Whether the raw mail goes along as a file, because something of it was cut."""
    return bool(mail.error) or not _INCOMPLETE.isdisjoint(mail.flags)


def to_inbound(mail: ParsedMail, raw: bytes, *, raw_id: str, mailbox: str, received_at: datetime, place: tuple[int, int]) -> InboundMessage:
    """The message; `place` is partition and offset of the raw record. Ids depend on nothing but `raw_id` and `received_at`."""
    digest = hashlib.sha256(raw).hexdigest()
    files = kept_files(mail, raw_id=raw_id, at=received_at)
    if needs_original(mail):
        files.append(_original(raw, digest, raw_id=raw_id, at=received_at))
    flags = [*mail.flags, *(("forwarded",) if mail.forwarded else ())]
    return InboundMessage(
        id=object_id(received_at, "inbound", raw_id),
        mailbox=mailbox,
        raw_key=raw_id,
        raw_sha256=digest,
        raw_partition=place[0],
        raw_offset=place[1],
        body_hash=body_hash(mail.text),
        received_at=received_at,
        from_=_address(mail.sender[0]) if mail.sender else base.Address(),
        from_count=2 if "two-from" in mail.flags else len(mail.sender[:1]),
        to=_addresses(mail.to),
        cc=_addresses(mail.cc),
        reply_to=_addresses(mail.reply_to),
        envelope_to=[address.lower() for address in mail.evidence.delivered_to],
        return_path=mail.evidence.return_path,
        subject=mail.subject,
        date=mail.date,
        message_id=mail.message_id or None,
        in_reply_to=list(mail.in_reply_to),
        references=list(mail.references),
        kind=mail.kind,
        text=mail.text,
        html=mail.html or None,
        reply=mail.reply,
        reply_html=mail.reply_html or None,
        quoted=mail.quoted,
        quoted_html=mail.quoted_html or None,
        signature=mail.signature,
        body_marker=mail.evidence.marker or None,
        forwarded_from=_address(mail.forwarded.sender) if mail.forwarded and mail.forwarded.sender else None,
        attachments=files,
        flags=flags,
        loop=mail.evidence.loop or None,
        authentication_results=list(mail.evidence.authentication_results),
        bounce=bounced(mail),
        returned_message_id=mail.bounce.original_message_id or None if mail.bounce else None,
    )


def body_hash(text: str) -> str:
    """sha256 of the words of a text: the same mail in another folder or epoch has the same, whatever its line ends became."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def _address(address: Address) -> base.Address:
    return base.Address(name=address.name, address=address.address.lower())


def _addresses(addresses: tuple[Address, ...]) -> list[base.Address]:
    return [_address(address) for address in addresses]


def kept_files(mail: ParsedMail, *, raw_id: str, at: datetime) -> list[base.Attachment]:
    """The files of a mail as a message names them; their bytes are found by their hash."""
    return [_file(item, number, raw_id=raw_id, at=at) for number, item in enumerate(mail.attachments)]


def _file(item: Attachment, number: int, *, raw_id: str, at: datetime) -> base.Attachment:
    return base.Attachment(
        id=object_id(at, "attachment", raw_id, number),
        name=item.name,
        type=item.type,
        size=item.size,
        sha256=item.sha256,
        inline=item.inline,
        content_id=item.content_id or None,
    )


def _original(raw: bytes, digest: str, *, raw_id: str, at: datetime) -> base.Attachment:
    return base.Attachment(
        id=object_id(at, "attachment", raw_id, "original"), name=_ORIGINAL, type="message/rfc822", size=len(raw), sha256=digest
    )


def bounced(mail: ParsedMail) -> list[BounceRecipient]:
    """Whom a bounce says it could not reach."""
    return [
        BounceRecipient(
            recipient=item.recipient.lower(),
            status=item.status or None,
            action=item.action or None,
            permanent=item.status.startswith("5") or (not item.status and item.action == "failed"),
        )
        for item in (mail.bounce.recipients if mail.bounce else ())
    ]
