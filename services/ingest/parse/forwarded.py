"""Who wrote a forwarded mail first: the header block that the forwarding program copied in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.ingest.parse import phrases
from services.ingest.parse.addresses import Address, parse_addresses
from services.ingest.parse.tree import Part, read_headers
from services.ingest.parse.words import decode_words


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What the copied header says; `date` as written there. Unproven: anybody can type it."""

    sender: Address | None
    date: str
    subject: str


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


_MARK: Final = re.compile(r"^[ \t>*]*[-_=*—–]*[ \t*]*(?:" + _any(phrases.FORWARDED) + r")\b[^\n]{0,80}$", re.IGNORECASE)
_RULES: Final = frozenset("-_=*—–")
_COLONS: Final = ":："
_STARTS: Final = frozenset("-_=*—– \t\xa0")
_ENDS: Final = frozenset(":： \t\xa0")
_MARK_CHARS: Final = 160
_PREFIX: Final = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|enc|i|vs|vl|doorst|pd|fs|videresendt|vb|továbbítás|ilt|转发|轉寄|转寄|πρθ|tl|yml|itl|転送|fw)\s*:", re.IGNORECASE
)
_HEADER: Final = re.compile(
    r"^[ \t>*]*(?:(?P<sender>" + _any(phrases.FROM) + r")|(?P<date>" + _any(phrases.DATE) + r")|(?P<subject>" + _any(phrases.SUBJECT) + r")"
    r"|(?P<other>" + _any((*phrases.TO, "cc", "kopie", "reply-to")) + r"))[ \t]*\*?[ \t]*[::]\*?[ \t]*(?P<value>[^\n]*)$",
    re.IGNORECASE,
)
_LOOK_AHEAD: Final = 14


def find_forwarded(text: str, subject: str) -> Forwarded | None:
    """The original sender, date and subject when `text` holds a forwarded mail, else None."""
    prefixed = _PREFIX.match(subject) is not None
    lines = text.split("\n")
    for index in [at for at, line in enumerate(lines) if line and (line[0] in _STARTS or line[-1] in _ENDS)]:
        line = lines[index]
        mark = "" if line[:1] == ">" else line.strip()
        if mark and (mark[0] in _RULES or mark[-1] in _COLONS) and len(mark) < _MARK_CHARS and _MARK.match(mark):
            found = _read(lines[index + 1 : index + 2 + _LOOK_AHEAD])
            if found is not None:
                return found
    if not prefixed:
        return None
    for index, line in enumerate(lines):
        header = _HEADER.match(line) if ":" in line[:40] or "：" in line[:40] else None
        if header and header["sender"]:
            return _read(lines[index : index + _LOOK_AHEAD])
    return None


def forwarded_file(leaves: tuple[Part, ...], subject: str, *, alone: bool) -> Forwarded | None:
    """As `find_forwarded` for a mail forwarded whole, as its only enclosed message; `alone`: with no words of its own."""
    enclosed = [leaf for leaf in leaves if leaf.content_type == "message/rfc822"]
    if len(enclosed) != 1 or not (alone or _PREFIX.match(subject)):
        return None
    headers = read_headers(enclosed[0].content())
    sender = parse_addresses(headers.header("from"))
    if not sender:
        return None
    return Forwarded(sender[0], decode_words(headers.header("date")), decode_words(headers.header("subject")))


def _read(lines: list[str]) -> Forwarded | None:
    sender: Address | None = None
    date = subject = ""
    found = 0
    for line in lines[:_LOOK_AHEAD]:
        header = _HEADER.match(line)
        if header is None:
            if found >= 2 and not line.strip():
                break
            continue
        found += 1
        value = header["value"].strip().strip("*").strip()
        if header["sender"] and sender is None:
            sender = _sender(value)
        elif header["date"] and not date:
            date = value
        elif header["subject"] and not subject:
            subject = value
    return Forwarded(sender, date, subject) if sender is not None and found >= 2 else None


def _sender(value: str) -> Address | None:
    plain = value.replace("[mailto:", "<").replace("<mailto:", "<").replace("]", ">")
    addresses = parse_addresses(plain)
    if addresses:
        return addresses[0]
    return Address(value, "") if value else None
