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


_LABELS: Final = (*phrases.DATE, *phrases.TO, *phrases.SUBJECT)
_MARK: Final = re.compile(
    r"^[ \t>*]*[-_=*—–‐]*[ \t*]*(?:" + _any(phrases.FORWARDED) + r")(?!\w)[ \t:：/.\w|-]{0,40}?[-_=*—–‐:：]*(?=\s|$)", re.IGNORECASE
)
# As an answer and as a forward some say the same: only what follows tells.
_ORIGINAL: Final = re.compile(
    r"^[ \t>*]*[-_=*—–‐]{2,}[ \t*]*(?:" + _any(phrases.ORIGINAL) + r")(?!\w)[ \t]*[-_=*—–‐]*[ \t]*$", re.IGNORECASE
)
_RULES: Final = frozenset("-_=*—–‐")
_COLONS: Final = ":："
_STARTS: Final = frozenset("-_=*—–‐> \t\xa0")
_ENDS: Final = frozenset(":： \t\xa0")
_MARK_CHARS: Final = 600
_PREFIX: Final = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|enc|i|vs|vl|doorst|pd|fs|vb|videresend(?:t|es)?|redir|redirecționat|továbbítás|továbbítva|ilt|ynt|转发|轉寄|转寄|πρθ|tl|yml|itl|"
    r"転送|fw|전달|fwd fw|rif|přeposláno|přep|prop|trs|encaminhada|rvs|res|re-?enviado|doorgestuurd|weitergeleitet|пересл|прд|إعادة توجيه|הועבר)\.?\s*[:：]",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"^[ \t>*\xa0]*(?:(?P<sender>"
    + _any(phrases.FROM)
    + r")|(?P<date>"
    + _any(phrases.DATE)
    + r")|(?P<subject>"
    + _any(phrases.SUBJECT)
    + r")"
    r"|(?P<other>"
    + _any((*phrases.TO, "cc", "kopie", "kopi", "kopia", "copie à", "reply-to"))
    + r"))[ \t\xa0]*\*?[ \t\xa0]*[:：]\*?[ \t\xa0]*(?P<value>[^\n]*)$",
    re.IGNORECASE,
)
# eM Client writes the fields without colons.
_BARE: Final = re.compile(r"^[ \t>*\xa0]*(?:" + _any((*phrases.FROM, *_LABELS)) + r")(?=[ \t])", re.IGNORECASE)
# Yahoo's text sticks all fields to each other.
_STUCK: Final = re.compile(
    r"(?<=[>\]\"'\w])(?=(?:"
    + "|".join(re.escape(word[0].upper() + word[1:]) for word in sorted(set(_LABELS), key=len, reverse=True))
    + r")\s?[:：])"
)
# Outlook for the Mac writes one line: who, when, "wrote".
_ADDRESS: Final = re.compile(r"[<\[(]\s*<?(?:mailto:)?([^\s<>\[\]()@]{1,64}@[^\s<>\[\]()@]{1,190})>?\s*[>\])]")
_WROTE: Final = re.compile(_any(phrases.WROTE), re.IGNORECASE)
_NAME_BEFORE: Final = re.compile(r"[\"„“«']([^\"„“”«»'<>]{1,80})[\"”“»']\s*$|([^\d\W][^,\d<>\"]{1,60})$")
_LOOK_AHEAD: Final = 14


def find_forwarded(text: str, subject: str) -> Forwarded | None:
    """The original sender, date and subject when `text` holds a forwarded mail, else None."""
    prefixed = _PREFIX.match(subject) is not None
    lines = text.split("\n")
    for index in [at for at, line in enumerate(lines) if line and (line[0] in _STARTS or line[-1] in _ENDS)]:
        line = lines[index]
        mark = "" if line[0] == ">" and not prefixed else line.lstrip("> \t\xa0").rstrip()
        if mark and (mark[0] in _RULES or mark[-1] in _COLONS) and len(mark) < _MARK_CHARS:
            found = _below(mark, lines[index + 1 : index + 2 + _LOOK_AHEAD], prefixed=prefixed)
            if found is not None:
                return found
    return _unmarked(lines) if prefixed else None


def _below(mark: str, following: list[str], *, prefixed: bool) -> Forwarded | None:
    found = _MARK.match(mark) or (_ORIGINAL.match(mark) if prefixed else None)
    if found is None:
        return None
    rest = mark[found.end() :].lstrip("-_=*—–‐:： \t\xa0")
    below = [rest, *following] if rest else following
    return _read(below) or _read_bare(below)


def _read_bare(lines: list[str]) -> Forwarded | None:
    first = next((line for line in lines if line.strip()), "")
    return _read([_BARE.sub(r"\g<0>:", line) for line in lines]) if _ADDRESS.search(first) and _BARE.match(first) else None


def _unmarked(lines: list[str]) -> Forwarded | None:
    """For a mail that its subject calls forwarded: the first header block, else the first line that says who wrote."""
    for index, line in enumerate(lines):
        header = _HEADER.match(line) if ":" in line[:40] or "：" in line[:40] else None
        if header and header["sender"] and (found := _read(lines[index : index + _LOOK_AHEAD])):
            return found
    for index, line in enumerate(lines):
        joined = line if line.rstrip()[-1:] in _COLONS and "@" in line else ""
        if not joined and line.rstrip()[-1:] in _COLONS and line.strip() and index:
            joined = lines[index - 1] + " " + line  # such a line wraps
        if "@" in joined and len(joined) < _MARK_CHARS and (found := _said_by(joined)):
            return found
    return None


def _said_by(line: str) -> Forwarded | None:
    address = _ADDRESS.search(line)
    if address is None or not _WROTE.search(line):
        return None
    name = _NAME_BEFORE.search(line[: address.start()].rstrip())
    return Forwarded(Address((name[1] or name[2] or "").strip() if name else "", address[1]), "", "")


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
    for line in _whole(lines[:_LOOK_AHEAD]):
        header = _HEADER.match(line)
        if header is None:
            if found >= 2 and not line.strip(" \t>\xa0"):
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


def _whole(lines: list[str]) -> list[str]:
    """Fields a line each: stuck ones parted, an address on a line of its own put behind its name."""
    whole: list[str] = []
    for line in lines:
        pieces = _STUCK.split(line) if 20 < len(line) < _MARK_CHARS and "@" in line else [line]
        if whole and "@" in line and line.lstrip("> \t\xa0*")[:1] in ("<", "[") and "@" not in whole[-1] and _HEADER.match(whole[-1]):
            whole[-1] += " " + line.strip("> \t\xa0")
        else:
            whole += pieces
    return whole


def _sender(value: str) -> Address | None:
    plain = value.replace("[mailto:", "<").replace("<mailto:", "<").replace("]", ">").replace("[", "<").rstrip("; ")
    addresses = parse_addresses(plain)
    if addresses:
        return addresses[0]
    return Address(value, "") if value else None
