"""Raw bytes to `ParsedMail`, without an exception for whatever they hold."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from services.ingest.parse import limits
from services.ingest.parse.addresses import Address, parse_addresses
from services.ingest.parse.attachments import Attachment, read_attachment
from services.ingest.parse.body import Body, read_body
from services.ingest.parse.bounce import read_bounce
from services.ingest.parse.charsets import decode_raw_header, decode_text, storable
from services.ingest.parse.forwarded import Forwarded, find_forwarded, forwarded_file
from services.ingest.parse.kind import Kind, kind_of
from services.ingest.parse.model import Evidence, ParsedMail
from services.ingest.parse.reply import find_reply
from services.ingest.parse.sealed import protection_of
from services.ingest.parse.tree import Part, read_tree
from services.ingest.parse.words import decode_words, unfold

_ID: Final = re.compile(r"<([^<>]{1,900})>")
_BARE_ID: Final = re.compile(r"^[^\s<>]{1,900}$")
_NUMBER: Final = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d{6}-\d{3,9}\b")
_MONTHS: Final = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
_USUAL_DATE: Final = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{1,2}) ("
    + "|".join(_MONTHS)
    + r") ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([01][0-9])([0-5][0-9])(?: \([A-Z]+\))?$"
)
_RECIPIENT_HEADERS: Final = ("delivered-to", "x-original-to", "envelope-to")
_WORD_IN_ID: Final = re.compile(r"=\?[^?]{1,40}\?[bqBQ]\?")


def parse_mail(raw: bytes) -> ParsedMail:
    """Everything the helpdesk wants to know about a mail. Never raises; pure; linear in the size of the mail.

    One whose body breaks the reading (or takes more memory than there is) has what its headers say, and its beginning as text.
    """
    flags: set[str] = set()
    try:
        return _parse(read_tree(raw, flags), flags)
    except Exception as error:
        broken = _minimal(raw, flags, f"{type(error).__name__}: {error}")
    head = parse_headers(raw)
    if head.error:
        return broken
    return replace(head, text=broken.text, reply=broken.reply, flags=tuple(sorted({*head.flags, *broken.flags})), error=broken.error)


def parse_headers(raw: bytes) -> ParsedMail:
    """What the headers alone say, for a mail whose body costs too much. Never raises."""
    end = min((at for at in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n")) if at >= 0), default=len(raw))
    head = raw[: min(end, limits.HEADER_BYTES)]
    lines = [line for line in head.split(b"\n") if not line.lower().startswith(b"content-")]
    only = b"\n".join(lines) + b"\n\n"
    flags: set[str] = set()
    try:
        return _parse(read_tree(only, flags), flags)
    except Exception as error:
        return _minimal(only, flags, f"{type(error).__name__}: {error}")


def unread_mail(raw: bytes) -> ParsedMail:
    """Nothing but the beginning of a mail as text."""
    return _minimal(raw[: limits.HEADER_BYTES], set(), "")


def _parse(root: Part, flags: set[str]) -> ParsedMail:
    subject = decode_words(root.header("subject"))[: limits.SUBJECT_CHARS]
    sender = _addresses(root, "from")
    body = read_body(root, flags)
    kind, reason = kind_of(root, list(body.leaves), sender=sender[0] if sender else None, subject=subject, text=body.text)
    reply = find_reply(body)
    reply_to = _addresses(root, "reply-to")
    to, cc = _addresses(root, "to"), _addresses(root, "cc")
    references = _ids(root, "references")
    in_reply_to = _ids(root, "in-reply-to")
    message_id = _ids(root, "message-id")
    _flag_senders(root, sender, reply_to, flags)
    flags.update(protection_of(root, body.leaves, body.text))
    if not message_id:
        flags.add("no-message-id")
    if not body.text.strip() and not body.files:
        flags.add("no-text")
    return ParsedMail(
        subject=subject,
        sender=sender,
        to=to,
        cc=cc,
        reply_to=reply_to,
        date=_date(root.header("date"), flags),
        message_id=message_id[0] if message_id else "",
        in_reply_to=in_reply_to,
        references=references,
        kind=kind,
        kind_reason=reason,
        text=body.text,
        html=body.html,
        reply=reply.text,
        reply_html=reply.html,
        quoted=reply.quoted,
        quoted_html=reply.quoted_html,
        signature=reply.signature,
        forwarded=_forwarded(body, subject, kind),
        attachments=_attachments(body, flags),
        bounce=read_bounce(root, list(body.leaves), body.text) if kind in ("bounce", "feedback-report") else None,
        evidence=_evidence(root, (*to, *cc), (*in_reply_to, *reversed(references)), subject, marker=body.marker),
        flags=tuple(sorted(flags)),
        error="",
    )


def _forwarded(body: Body, subject: str, kind: Kind) -> Forwarded | None:
    found = find_forwarded(body.text, subject)
    if found is not None or kind in ("bounce", "feedback-report"):
        return found
    return forwarded_file(body.leaves, subject, alone=not body.text.strip())


def _addresses(root: Part, name: str) -> tuple[Address, ...]:
    values = root.headers.get(name)
    if not values:
        return ()
    if len(values) == 1:
        return parse_addresses(values[0])
    return tuple(address for value in values for address in parse_addresses(value))[: limits.ADDRESSES]


def _ids(root: Part, name: str) -> tuple[str, ...]:
    """Message ids of a header, in order, the newest fifty when there are more."""
    raw = root.header(name)
    if not raw:
        return ()
    # Python's own default policy writes long ids as encoded words.
    line = decode_words(raw) if _WORD_IN_ID.search(raw) else storable(decode_raw_header(unfold(raw)))
    found = [f"<{''.join(item.split())}>" for item in _ID.findall(line)]
    if not found and _BARE_ID.match(line):
        found = [f"<{line}>"]
    return tuple(dict.fromkeys(found[-limits.REFERENCES :]))


def _flag_senders(root: Part, sender: tuple[Address, ...], reply_to: tuple[Address, ...], flags: set[str]) -> None:
    count = len(root.headers.get("from", ()))
    if count > 1:
        flags.add("two-from")
    elif not sender:
        flags.add("no-from")
    elif len(sender) > 1:
        flags.add("several-senders")
    if sender and reply_to and {a.address.lower() for a in reply_to} != {sender[0].address.lower()}:
        flags.add("reply-to-differs")


def _date(raw: str, flags: set[str]) -> datetime | None:
    if not raw:
        flags.add("no-date")
        return None
    if found := _USUAL_DATE.match(raw):
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        offset = (60 * int(hours) + int(minutes)) * (-1 if sign == "-" else 1)
        try:
            at = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
            return at - timedelta(minutes=offset)
        except (ValueError, OverflowError):
            flags.add("bad-date")
            return None
    try:
        date = parsedate_to_datetime(unfold(raw))
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        flags.add("bad-date")
        return None


def _attachments(body: Body, flags: set[str]) -> tuple[Attachment, ...]:
    if not body.files:
        return ()
    if len(body.files) > limits.ATTACHMENTS:
        flags.add("too-many-attachments")
    return tuple(
        read_attachment(part, html=body.html, number=number) for number, part in enumerate(body.files[: limits.ATTACHMENTS], start=1)
    )


def _evidence(root: Part, recipients: tuple[Address, ...], parents: tuple[str, ...], subject: str, *, marker: str) -> Evidence:
    delivered = [a.address for name in _RECIPIENT_HEADERS for value in root.headers.get(name, ()) for a in parse_addresses(value)]
    addresses = dict.fromkeys([*delivered, *(a.address for a in recipients)])
    return_path = root.headers.get("return-path")
    return Evidence(
        delivered_to=tuple(delivered)[: limits.ADDRESSES],
        recipients=tuple(addresses)[: limits.ADDRESSES],
        parents=tuple(dict.fromkeys(parents))[: limits.REFERENCES],
        numbers=tuple(dict.fromkeys(_NUMBER.findall(subject))),
        loop=storable(decode_raw_header(unfold(root.header("x-helpdesk-loop")))),
        return_path=storable(decode_raw_header(unfold(return_path[0]))).strip("<>") if return_path else None,
        authentication_results=tuple(
            storable(decode_raw_header(unfold(value)))[:4_000] for value in root.headers.get("authentication-results", ())
        )[:10],
        marker=marker,
    )


def _minimal(raw: bytes, flags: set[str], error: str) -> ParsedMail:
    text = decode_text(raw[: limits.HEADER_BLOCK_BYTES])
    return ParsedMail(
        subject="", sender=(), to=(), cc=(), reply_to=(), date=None, message_id="", in_reply_to=(), references=(), kind="human",
        kind_reason="", text=text, html="", reply=text, reply_html="", quoted="", quoted_html="", signature="", forwarded=None,
        attachments=(), bounce=None, evidence=Evidence((), (), (), (), "", None, ()), flags=tuple(sorted({*flags, "unparsable"})), error=error[:500],
    )  # fmt: skip
