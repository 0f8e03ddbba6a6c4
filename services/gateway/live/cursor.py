"""Resume cursors: where a client stands in every partition, valid on every gateway and after every restart.

Layout before base64url: generation (4 bytes: which topics, by their Kafka ids), one varint per partition, CRC-32 (4 bytes).
The checksum tells nonsense from a cursor; it is no secret: a forged cursor only replays what its owner may see anyway.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence

from schemas.topics import AI_PROGRESS, AI_SUGGESTIONS, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE, Topic

CURSOR_TOPICS: tuple[Topic, ...] = (TICKET_STATE, TICKET_EVENTS, TICKET_MESSAGES, AI_PROGRESS, AI_SUGGESTIONS)
"""The topics whose records clients get and resume."""

SLOTS: dict[tuple[str, int], int] = {
    place: slot for slot, place in enumerate((t.name, p) for t in CURSOR_TOPICS for p in range(t.partitions))
}  # fmt: skip
"""Place in the cursor of each (topic, partition)."""


def generation_of(topic_ids: Sequence[str]) -> bytes:
    """Four bytes that change when any of the topics is made anew."""
    return struct.pack(">I", zlib.crc32("\n".join(topic_ids).encode()))


def varint(number: int) -> bytes:
    """LEB128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


class Vector:
    """The running position: next offset per slot, with each slot's bytes kept so that a cursor is one join."""

    def __init__(self, generation: bytes, offsets: Sequence[int]) -> None:
        self.offsets = list(offsets)
        self._parts = [generation, *(varint(o) for o in offsets)]

    def advance(self, slot: int, offset: int) -> None:
        """The record at `offset - 1` of this slot has been taken in."""
        if offset > self.offsets[slot]:
            self.offsets[slot] = offset
            self._parts[slot + 1] = varint(offset)

    def encode(self) -> bytes:
        """The cursor as ASCII."""
        body = b"".join(self._parts)
        return base64.urlsafe_b64encode(body + struct.pack(">I", zlib.crc32(body))).rstrip(b"=")


def decode(cursor: object, generation: bytes) -> list[int] | None:
    """The offsets of a cursor of this generation; None for any other thing."""
    if not isinstance(cursor, str) or len(cursor) > 2000:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    body, check = raw[:-4], raw[-4:]
    if len(body) < 4 or struct.pack(">I", zlib.crc32(body)) != check or body[:4] != generation:
        return None
    offsets = _varints(body[4:])
    return offsets if len(offsets) == len(SLOTS) else None


def _varints(data: bytes) -> list[int]:
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(number)
            number = shift = 0
    return numbers
