"""A message as RFC 5322 bytes (email.md 5). Pure: the same message gives the same bytes at every attempt."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from schemas.base import Attachment
from schemas.ticket import Message, Outbound
from services.notify import headers
from services.notify.bodies import letter
from services.notify.errors import AddressRefusedError, UnsendableMessageError
from services.runtime.body_marker import marker_html
from services.runtime.mail_html import html_document

_BODY = SMTP.clone(cte_type="7bit")
"""No server is asked whether it takes 8-bit bodies."""
_WRITTEN = _BODY.clone(max_line_length=998)
"""For header parameters. Bodies are encoded with the default length: quoted-printable lines may not exceed 76 (RFC 2045 6.7)."""
_RECENT_REFERENCES = 20
_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}")

Fetched = Callable[[str], bytes]
"""The content of a blob by its sha256; already fetched, so it does not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What SMTP needs. `sender` '' is the null sender."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


def compose(message: Message, *, blob: Fetched) -> Mail:
    """The mail of a message that has an `outbound`.

    UnsendableMessageError (HeaderRefusedError, AddressRefusedError) when it cannot be written; trying again will not help then.
    """
    out = message.outbound
    if out is None:
        raise UnsendableMessageError("the message says nothing about how to send it")
    recipients = _recipients(out)
    sender = out.mailbox if out.envelope_from is None else out.envelope_from
    body = _body(message, blob)
    _fix_boundaries(body, message.id)
    data = _header_block(message, out).encode("ascii") + body.as_bytes(policy=_WRITTEN)
    return Mail(sender=sender and headers.mail_address(sender), recipients=recipients, data=data)


def trimmed(references: list[str]) -> list[str]:
    """The first id and the last 20, each once."""
    unique = list(dict.fromkeys(references))
    return unique if len(unique) <= _RECENT_REFERENCES + 1 else [unique[0], *unique[-_RECENT_REFERENCES:]]


def _recipients(out: Outbound) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for who in (*out.to, *out.cc, *out.bcc):
        address = headers.mail_address(who.address)
        found.setdefault(address.lower(), address)
    if not out.to or not found:
        raise AddressRefusedError("", "the message has no recipient")
    return tuple(found.values())


def _header_block(message: Message, out: Outbound) -> str:
    message_id = headers.ids_line("Message-ID", [out.message_id])
    if not message_id:
        raise UnsendableMessageError("the message has no valid Message-ID")
    automatic = "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n" if out.automatic else ""
    return "".join(
        (
            headers.address_line("From", [out.from_]),
            headers.address_line("To", out.to),
            headers.address_line("Cc", out.cc),
            headers.address_line("Reply-To", [out.reply_to] if out.reply_to else []),
            headers.text_line("Subject", out.subject),
            f"Date: {format_datetime(message.created_at)}\r\n",
            message_id,
            headers.ids_line("In-Reply-To", [out.in_reply_to] if out.in_reply_to else []),
            headers.ids_line("References", trimmed(out.references)),
            headers.text_line("X-Helpdesk-Loop", out.loop),
            automatic,
            _unsubscribing(out),
        )
    )


def _unsubscribing(out: Outbound) -> str:
    """RFC 2369 and, where the desk has an https address, RFC 8058. Automatic mail only: a person's answer is nothing to unsubscribe from."""
    ways = [way for way in (out.unsubscribe_url, out.unsubscribe) if way]
    if not ways or not out.automatic:
        return ""
    one_click = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if out.unsubscribe_url else ""
    return f"List-Unsubscribe: {(',' + headers.CRLF + ' ').join(map(headers.uri, ways))}\r\n{one_click}"


def _body(message: Message, blob: Fetched) -> EmailMessage:
    html = message.body_html or ""
    text, page_html = letter(message)
    page_html += marker_html(message.outbound.message_id) if message.outbound else ""
    mail = EmailMessage(policy=_BODY)
    mail.set_content(_encodable(text), charset="utf-8")
    mail.add_alternative(_encodable(html_document(page_html)), subtype="html", charset="utf-8")
    page = mail.get_payload(1)
    attached: list[Attachment] = []
    for file in message.attachments:
        if file.inline and file.content_id and isinstance(page, EmailMessage) and f"cid:{file.content_id.strip('<>')}" in html:
            _add_inline(page, file, blob(file.sha256))
        else:
            attached.append(file)
    for file in attached:
        maintype, subtype = _type(file)
        mail.add_attachment(blob(file.sha256), maintype=maintype, subtype=subtype, filename=_file_name(file))
    return mail


def _add_inline(page: EmailMessage, file: Attachment, data: bytes) -> None:
    maintype, subtype = _type(file)
    cid = headers.clean("Content-ID", (file.content_id or "").strip("<>"))
    page.add_related(data, maintype=maintype, subtype=subtype, cid=f"<{cid}>", filename=_file_name(file), disposition="inline")


def _file_name(file: Attachment) -> str:
    return headers.clean("The name of an attachment", file.name) or "attachment"


def _type(file: Attachment) -> tuple[str, str]:
    """A forwarded mail or anything odd travels as bytes: message/* may not be base64 (RFC 2046 5.2)."""
    kind = file.type if _TYPE.fullmatch(file.type) else "application/octet-stream"
    maintype, _, subtype = kind.partition("/")
    return maintype, subtype


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _multiparts(part: EmailMessage) -> Iterator[EmailMessage]:
    for each in part.walk():
        if each.is_multipart() and isinstance(each, EmailMessage):
            yield each


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    for n, part in enumerate(_multiparts(mail)):
        part.set_boundary("=_" + hashlib.sha256(f"{message_id}/{n}".encode()).hexdigest()[:40])


def blobs_needed(message: Message) -> list[tuple[str, str]]:
    """(sha256, name) of each file that `compose` will ask for."""
    return list({a.sha256: (a.sha256, a.name) for a in message.attachments}.values())
