"""Files that older mail programs pack into one: winmail.dat (TNEF) and uuencoded blocks in the text."""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.ingest.parse import limits
from services.ingest.parse.charsets import decode_text, storable
from services.ingest.parse.tree import Part

if TYPE_CHECKING:
    from tnefparse import TNEF
    from tnefparse.tnef import TNEFAttachment

TNEF_TYPES: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_TNEF_MARK: Final = b"\x78\x9f\x3e\x22"
_TNEF_HEAD: Final = 6
_TNEF_OBJECT: Final = 11  # level, name, type, length, checksum
_TNEF_DEPTH: Final = 3
# tnefparse copies what is left of the data once per object: this is half a second of copying.
_TNEF_COPIED: Final = 2 * 1024 * 1024 * 1024
_UU_BEGIN: Final = re.compile(r"^begin(?:-base64)? [0-7]{3,4} (\S[^\n]{0,254})$", re.MULTILINE)
_UU_END: Final = re.compile(r"^(?:end|={4})[ \t]*$", re.MULTILINE)
_UU_LINE_BYTES: Final = 45
_UU_TRIES: Final = 50  # each costs the rest of the text
_TYPELESS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was in it. The texts are '' when there are none; `html` is as untrusted as any."""

    files: tuple[Part, ...]
    text: str
    html: str


def unpack_tnef(data: bytes) -> Unpacked | None:
    """The files and texts of a winmail.dat, None when it cannot be read: then the file itself is all there is."""
    if not data.startswith(_TNEF_MARK) or not _is_cheap(data):
        return None
    from tnefparse import TNEF

    try:
        read = TNEF(data, do_checksum=False)
        return Unpacked(tuple(_tnef_files(read, _TNEF_DEPTH))[: limits.ATTACHMENTS], _tnef_text(read.body), _tnef_text(read.htmlbody))
    except Exception:  # whatever a broken length makes a library written for good data do
        return None


def take_uuencoded(text: str) -> tuple[str, list[Part]]:
    """The text without its uuencoded blocks, and these as files. A block without an end, or with a broken line, stays text."""
    files: list[Part] = []
    kept: list[str] = []
    at = tries = 0
    while tries < _UU_TRIES and (begin := _UU_BEGIN.search(text, at)) and len(files) < limits.ATTACHMENTS:
        end = _UU_END.search(text, begin.end())
        if end is None:
            break
        encoded = text[begin.end() + 1 : end.start()]
        content = _base64(encoded) if begin[0].startswith("begin-base64") else _uu(encoded)
        if not content:
            tries += 1
            kept.append(text[at : begin.end()])
            at = begin.end()
            continue
        kept.append(text[at : begin.start()])
        files.append(_file(begin[1].strip(), content))
        at = end.end()
    return "".join([*kept, text[at:]]) if files else text, files


def _file(name: str, content: bytes) -> Part:
    return Part({}, _TYPELESS, {"name": storable(name)}, content)


def _uu(encoded: str) -> bytes | None:
    content = []
    for line in encoded.split("\n"):
        packed = line.rstrip()
        if not packed or packed == "`":
            continue
        try:
            content.append(binascii.a2b_uu(packed.encode("ascii")))
        except (binascii.Error, UnicodeEncodeError):
            length = (ord(packed[0]) - 32) & 63
            # Some writers count wrong, or lose the padding at a line's end: the length in front says what belongs.
            needed = (length * 4 + 5) // 3 + 1
            if not packed.isascii() or length > _UU_LINE_BYTES or not all(" " <= c <= "`" for c in packed):
                return None
            try:
                content.append(binascii.a2b_uu(packed[:needed].encode("ascii")))
            except binascii.Error:
                return None
    return b"".join(content)


def _base64(encoded: str) -> bytes | None:
    try:
        return binascii.a2b_base64(encoded.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        return None


def _is_cheap(data: bytes) -> bool:
    at, copied = _TNEF_HEAD, 0
    while at + _TNEF_OBJECT < len(data):
        copied += len(data) - at
        if copied > _TNEF_COPIED:
            return False
        at += min(struct.unpack_from("<I", data, at + 5)[0], len(data)) + _TNEF_OBJECT
    return True


def _tnef_files(read: TNEF, depth: int) -> list[Part]:
    files: list[Part] = []
    for number, item in enumerate(read.attachments, start=1):
        embedded = getattr(item, "embed", None)
        if embedded is None:
            files.append(_file(_tnef_name(item) or f"attachment-{number}", bytes(item.data or b"")))
        elif depth:
            files += _tnef_files(embedded, depth - 1)
    return files


def _tnef_name(item: TNEFAttachment) -> str:
    for found in (_long_name(item), item._name):
        name = decode_text(found) if isinstance(found, bytes) else found
        if isinstance(name, str) and (bare := name.strip("\x00 ")):
            return bare
    return ""


def _long_name(item: TNEFAttachment) -> object:
    try:
        return item.long_filename()
    except (UnicodeError, AttributeError, TypeError):
        return None


def _tnef_text(value: object) -> str:
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        value = decode_text(value)
    return storable(value).strip("\x00").replace("\r\n", "\n").strip() if isinstance(value, str) else ""
