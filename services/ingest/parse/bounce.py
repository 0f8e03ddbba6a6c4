"""What a bounce or a complaint says: RFC 3464 first, then X-Failed-Recipients, then the words of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.ingest.parse.charsets import decode_raw_header, decode_text, storable
from services.ingest.parse.tree import Part, read_headers
from services.ingest.parse.words import decode_words, unfold


@dataclass(frozen=True, slots=True)
class Bounce:
    """`status` is an enhanced code such as 5.1.1 or ''; `original_message_id` is of the mail that came back, if it says so."""

    recipient: str
    action: str
    status: str
    diagnostic: str
    original_message_id: str


_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS: Final = re.compile(r"<?([\w.+=~'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})>?")
_ID: Final = re.compile(r"^message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_TEXT_CHARS: Final = 20_000


def read_bounce(root: Part, leaves: list[Part], text: str) -> Bounce:
    """Every field may be empty: the tickets service decides what a bounce proves."""
    recipient = action = status = diagnostic = original = ""
    for part in leaves:
        kind = part.content_type
        if kind in ("message/delivery-status", "message/global-delivery-status"):
            recipient, action, status, diagnostic = _delivery_status(part.content())
        elif kind in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global") and not original:
            found = read_headers(part.content().lstrip(b"\r\n")).header("message-id")
            original = storable(decode_raw_header(unfold(found)))
    recipient = recipient or _first_address(root.header("x-failed-recipients"))
    head = text[:_TEXT_CHARS]
    if not recipient:
        recipient = _first_address(head)
    if not status and (found_status := _STATUS.search(head)):
        status = found_status[1]
    if not original and (found_id := _ID.search(text[: 5 * _TEXT_CHARS])):
        original = found_id[1]
    return Bounce(recipient, action or "failed", status, diagnostic[:500], original)


def _delivery_status(data: bytes) -> tuple[str, str, str, str]:
    recipient = action = status = diagnostic = ""
    for block in re.split(r"\r?\n\s*\r?\n", decode_text(data[:_TEXT_CHARS])):
        fields = read_headers(block.strip().encode("utf-8") + b"\n\n")
        if not (fields.header("final-recipient") or fields.header("original-recipient")):
            continue
        named = fields.header("final-recipient") or fields.header("original-recipient")
        recipient = _first_address(named.partition(";")[2] or named)
        action = decode_words(fields.header("action")).lower()
        found = _STATUS.search(fields.header("status"))
        status = found[1] if found else ""
        diagnostic = decode_words(fields.header("diagnostic-code"))
        if action in ("failed", "delayed"):
            break
    return recipient, action, status, diagnostic


def _first_address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[1] if found else ""
