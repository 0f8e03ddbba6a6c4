"""Header words: RFC 2047 encoded words as they are found in the wild (split characters, missing padding, spaces inside)."""

from __future__ import annotations

import binascii
import re
from typing import Final

from services.ingest.parse.charsets import codec_for, decode_raw_header, decode_text, storable

# At most three question marks inside the text: more tolerance would make hostile headers quadratic.
_WORD: Final = re.compile(r"=\?([\w.:*'+-]{1,60})\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,3})\?=")
_FOLD: Final = re.compile(r"[\r\n]+[ \t]*")
_BASE64_JUNK: Final = re.compile(r"[^A-Za-z0-9+/]")


def unfold(value: str) -> str:
    """One line out of a folded header value."""
    if "\n" in value or "\r" in value:
        value = _FOLD.sub(" ", value)
    return value.strip()


def decode_words(value: str) -> str:
    """The readable form of a raw header value; never raises."""
    line = decode_raw_header(unfold(value))
    if "=?" not in line:
        return storable(line)
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for found in _WORD.finditer(line):
        gap = line[end : found.start()]
        label = found[1].partition("*")[0]
        data = _word_bytes(found[2], found[3])
        if gap.strip() or (gap and end == 0) or label.lower() != charset:
            out.append(_text(pending, charset))
            if gap.strip() or end == 0:
                out.append(gap)
            pending = b""
        # A character split over two words of one charset is whole again only when their bytes are joined first.
        pending, charset, end = pending + data, label.lower(), found.end()
    out.append(_text(pending, charset))
    out.append(line[end:])
    return storable("".join(out)).strip()


def _text(data: bytes, charset: str) -> str:
    if not data:
        return ""
    text = decode_text(data, charset if codec_for(charset) else None)
    # A line break inside an encoded word must not become one in a header we show or send.
    return text.replace("\r", " ").replace("\n", " ")


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        raw = text.replace("_", " ").encode("utf-8", "surrogateescape")
        return binascii.a2b_qp(raw)
    clean = _BASE64_JUNK.sub("", text)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + "=" * (-len(clean) % 4))
