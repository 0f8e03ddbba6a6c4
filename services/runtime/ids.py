"""Identifiers that a repetition makes again: uuid5 for events and commands, UUIDv7 whose random bits come from the cause (contract.md)."""

import hashlib
import uuid
from datetime import UTC, datetime

NAMESPACE = uuid.UUID("6f0d4c6e-5d0e-5c39-9c0f-8b5e3f6f4a11")


def event_id(*parts: object) -> str:
    """The uuid5 of these parts: the same parts give the same id in every process and at every repetition."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(str(p) for p in parts)))


def object_id(at: datetime, *cause: object) -> str:
    """A UUIDv7 (RFC 9562) with the time `at` (ms) and 74 bits of the cause's hash: ordered by time, the same at every repetition."""
    ms = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    bits = int.from_bytes(hashlib.sha256("\x1f".join(str(p) for p in cause).encode()).digest()[:10], "big")
    value = ms << 80 | 0x7 << 76 | (bits >> 64 & 0xFFF) << 64 | 0x2 << 62 | (bits & ((1 << 62) - 1))
    return str(uuid.UUID(int=value))


def new_object_id() -> str:
    """A UUIDv7 with fresh random bits, for what no event causes (an upload, a key)."""
    return object_id(datetime.now(UTC), uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its canonical form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
