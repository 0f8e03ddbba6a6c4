"""Values above 768 KiB: the blob is written first, then a reference with its sha256 (architecture.md 3)."""

import orjson

from services.runtime.blobs import Blobs
from services.runtime.codec import CLAIM_CHECK, Outgoing, Record
from services.runtime.errors import PoisonError

LIMIT = 768 * 1024


def check_in(record: Outgoing, blobs: Blobs) -> Outgoing:
    """The record itself, or its claim check once the blob is stored."""
    if record.value is None or len(record.value) <= LIMIT:
        return record
    digest = blobs.put(record.value)
    claim = {"blob": digest, "sha256": digest, "size": len(record.value), "content_type": record.content_type}
    return record.with_value(orjson.dumps(claim), CLAIM_CHECK)


def value_of(record: Record, blobs: Blobs | None) -> bytes | None:
    """The record's real value, fetched from the blob store where it holds a claim check. PoisonError if the blob is missing."""
    if record.value is None or record.content_type != CLAIM_CHECK:
        return record.value
    if blobs is None:
        raise PoisonError("a claim check, but this service has no blob store")
    claim = orjson.loads(record.value)
    try:
        return blobs.get(str(claim["blob"]))
    except (FileNotFoundError, KeyError) as error:
        raise PoisonError(f"blob of the claim check is missing: {error}") from error
