"""Address lists, read tolerantly: commas in unquoted names, comments as names, groups, raw 8-bit, encoded words anywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from services.ingest.parse import limits
from services.ingest.parse.charsets import decode_raw_header, storable
from services.ingest.parse.words import decode_words, unfold


@dataclass(frozen=True, slots=True)
class Address:
    """`name` is decoded and may be empty; `address` is as written (its case kept)."""

    name: str
    address: str


_SIMPLE: Final = re.compile(r'^(?:"([^"\\<>]*)"|([^"<>,;:()@]*?))\s*<([^<>\s,;:"()]+@[^<>\s,;:"()]+)>$')
_BARE: Final = re.compile(r'^[^<>\s,;:"()]+@[^<>\s,;:"()]+$')
_ANGLE: Final = re.compile(r"<([^<>]*)>")
_COMMENT: Final = re.compile(r"\(([^()]*)\)")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|\((?:[^()\\]|\\.)*\)?|<[^<>]*>?|[,;:]|[^",;:(<]+', re.DOTALL)
_SHORT: Final = 120
_UNESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_addresses(raw: str) -> tuple[Address, ...]:
    """Every address of a header value, in order; what is no address is left out."""
    return _remembered(raw) if len(raw) < _SHORT else _parse(raw)


# The desk's own addresses stand in every mail, and those of a conversation in every mail of it.
@lru_cache(maxsize=4096)
def _remembered(raw: str) -> tuple[Address, ...]:
    return _parse(raw)


def _parse(raw: str) -> tuple[Address, ...]:
    # Without its NUL an address would be another one, perhaps somebody's.
    line = storable(decode_raw_header(unfold(raw)).replace("\x00", "\ufffd"))
    if found := _SIMPLE.match(line):
        return (Address(_name(found[1] or found[2] or ""), found[3]),)
    if _BARE.match(line):
        return (Address("", line),)
    items = (_one(item) for item in _split(line))
    return tuple(item for item in items if item is not None)[: limits.ADDRESSES]


def _split(line: str) -> list[str]:
    items: list[str] = []
    current: list[str] = []
    addressed = False
    for piece in _TOKEN.findall(line):
        if piece in (",", ";"):
            # `Doe, John <j@x>`: a piece without any address belongs to the name that follows.
            if addressed or piece == ";":
                items.append("".join(current))
                current, addressed = [], False
            else:
                current.append(piece)
        elif piece == ":" and not addressed:
            current = []  # a group's name
        else:
            current.append(piece)
            addressed = addressed or "@" in piece or piece[0] == "<"
    items.append("".join(current))
    return items


def _one(item: str) -> Address | None:
    item = item.strip().lstrip(",").strip()
    angles = [a for a in _ANGLE.findall(item) if "@" in a]
    if angles:
        address = angles[-1].strip().rsplit(":", 1)[-1].replace(" ", "")  # an old source route ends in a colon
        return Address(_name(item[: item.rfind("<")]), address) if address else None
    comment = _COMMENT.search(item)
    bare = _COMMENT.sub(" ", item).strip().strip("<>\"'")
    words = [w for w in bare.split() if "@" in w]
    if not words:
        return None
    address = words[-1].strip("<>\"',;")
    return Address(_name(comment[1] if comment else bare.replace(words[-1], "")), address)


def _name(raw: str) -> str:
    text = raw.strip().strip(",").strip()
    if text[:1] == '"' and text[-1:] == '"' and len(text) > 1:
        text = _UNESCAPE.sub(r"\1", text[1:-1])
    return " ".join(decode_words(text).split()).strip("\"'") if text else ""
