"""East Asian text with the characters that vendors added, which Python's codecs of the standard's name refuse."""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(rb"\x1b(\$[@B]|\$\([A-Z]|\([ABJI])")
_KANJI: Final = frozenset((b"$@", b"$B"))
_KANA: Final = b"(I"


def from_iso2022_jp(data: bytes) -> str | None:
    """ISO-2022-JP as Microsoft writes it (CP5022x): NEC and IBM characters, half-width kana. None when it is no such text."""
    pieces = _ESCAPE.split(data)
    text = [_ascii(pieces[0])]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if escape in _KANJI:
            # Line ends stand in it where a writer forgot to leave the mode.
            text += [part if part in "\r\n" else _kanji(part.encode("latin-1")) for part in re.split(r"([\r\n])", piece.decode("latin-1"))]
        elif escape == _KANA:
            text.append(bytes(byte | 0x80 if byte > 0x20 else byte for byte in piece).decode("cp932", "replace"))
        elif escape in (b"(B", b"(J", b"(A"):
            text.append(_ascii(piece))
        else:
            return None
    return "".join(text) if len(pieces) > 1 else None


def from_euc_jp(data: bytes) -> str | None:
    """EUC-JP with the characters of CP51932, by way of Shift_JIS."""
    out = []
    at = 0
    while at < len(data):
        byte = data[at]
        if byte == 0x8E and at + 1 < len(data):
            out.append(data[at + 1 : at + 2].decode("cp932", "replace"))
            at += 2
        elif byte >= 0xA1 and at + 1 < len(data) and data[at + 1] >= 0xA1:
            out.append(_shifted(byte & 0x7F, data[at + 1] & 0x7F).decode("cp932", "replace"))
            at += 2
        elif byte < 0x80:
            out.append(chr(byte))
            at += 1
        else:
            return None
    return "".join(out)


def from_big5(data: bytes) -> str | None:
    """Big5 as Windows writes it (the euro sign, ETEN's additions)."""
    try:
        return data.decode("cp950")
    except UnicodeError:
        return None


def _ascii(piece: bytes) -> str:
    # Outside an escape, bytes above 0x7F are Shift_JIS in all that writes them.
    return piece.decode("cp932", "replace")


def _kanji(piece: bytes) -> str:
    whole = piece[: len(piece) // 2 * 2]
    return b"".join(_shifted(first, second) for first, second in zip(whole[::2], whole[1::2], strict=True)).decode("cp932", "replace")


def _shifted(first: int, second: int) -> bytes:
    """A JIS X 0208 pair as Shift_JIS (the arithmetic of both standards' tables)."""
    row, cell = first & 0x7F, second & 0x7F
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    trail = cell + (0x1F + (cell >= 0x60) if row % 2 else 0x7E)
    return bytes((lead, trail & 0xFF))
