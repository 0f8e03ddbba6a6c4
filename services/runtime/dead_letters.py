"""Dead letters: a record that can never be processed, kept whole in `<topic>.dlq` until somebody resolves it (null = resolved)."""

from schemas.topics import DLQ_SUFFIX
from services.runtime.codec import Outgoing, Record
from services.runtime.ids import event_id


def letter_key(record: Record) -> str:
    """Its `ce_id`, or an id made of its place in the log where it has none."""
    return record.id or event_id("dead", record.topic, record.partition, record.offset)


def dead_letter(record: Record, *, reason: str, source: str) -> Outgoing:
    """The dead letter of a record: same value and subject, plus where it came from and why it failed."""
    key = letter_key(record)
    return Outgoing(
        topic=record.topic + DLQ_SUFFIX,
        key=key,
        value=record.value if record.value is not None else b"",
        id=event_id("dlq", key),
        type=record.type or "helpdesk.unknown.v1",
        source=source,
        subject=record.headers.get("ce_subject"),
        reason=" ".join(reason[:500].split()),
        origin=f"{record.topic}[{record.partition}]@{record.offset}",
        origin_key=record.key,
        correlation_id=record.headers.get("ce_correlationid"),
        causation_id=key,
        traceparent=record.headers.get("traceparent"),
        content_type=record.content_type,
    )
