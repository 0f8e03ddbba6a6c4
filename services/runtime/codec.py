"""CloudEvents 1.0 in Kafka's binary mode (architecture.md 3): attributes are headers, the value is plain JSON or the raw mail."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

SCHEMA_BASE = "urn:helpdesk:schema:"
JSON = "application/json"
RFC822 = "message/rfc822"
CLAIM_CHECK = "application/vnd.helpdesk.claim-check+json"
"""Content type of a value that stands in the blob store; the value is {"blob", "sha256", "size", "content_type"}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record read from Kafka. `headers` holds the decoded text headers; `time_ms` the broker's timestamp."""

    topic: str
    partition: int
    offset: int
    key: str | None
    value: bytes | None
    headers: dict[str, str]
    time_ms: int = 0

    @property
    def id(self) -> str | None:
        """`ce_id`, or None where the record has no CloudEvents headers."""
        return self.headers.get("ce_id")

    @property
    def type(self) -> str:
        """`ce_type`, '' if missing."""
        return self.headers.get("ce_type", "")

    @property
    def content_type(self) -> str:
        """`content-type`, JSON by default."""
        return self.headers.get("content-type", JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record to be written. `routing` decides the partition where it is not the key. Value None is a tombstone."""

    topic: str
    key: str
    value: bytes | None
    id: str
    type: str
    source: str
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    routing: str | None = None
    subject: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    team: str | None = None
    assignee: str | None = None
    was: str | None = None
    """Teams and assignees just left: `team:ID,agent:ID`."""
    visibility: str | None = None
    event_class: str | None = None
    version: int | None = None
    content_type: str = JSON
    reason: str | None = None
    """Dead letters: why it died."""
    origin: str | None = None
    """Dead letters: `topic[partition]@offset` of the record."""
    origin_key: str | None = None
    """Dead letters: the key of the record."""

    def headers(self) -> list[tuple[str, bytes]]:
        """The record's headers, text as UTF-8; attributes that are None are left out."""
        named: Iterable[tuple[str, object]] = (
            ("ce_specversion", "1.0"),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_time", self.time.astimezone(UTC).isoformat().replace("+00:00", "Z")),
            ("ce_subject", self.subject),
            ("ce_dataschema", SCHEMA_BASE + self.type if self.content_type == JSON else None),
            ("ce_correlationid", self.correlation_id),
            ("ce_causationid", self.causation_id),
            ("traceparent", self.traceparent),
            ("ce_team", self.team),
            ("ce_assignee", self.assignee),
            ("ce_was", self.was),
            ("ce_visibility", self.visibility),
            ("ce_class", self.event_class),
            ("ce_version", self.version),
            ("ce_reason", self.reason),
            ("ce_origin", self.origin),
            ("ce_originkey", self.origin_key),
            ("content-type", self.content_type),
        )
        return [(name, str(value).encode()) for name, value in named if value is not None]

    def with_value(self, value: bytes, content_type: str) -> "Outgoing":
        """The same record with another value, e.g. its claim check."""
        return replace(self, value=value, content_type=content_type)


def decode_headers(raw: Iterable[tuple[str, str | bytes | None]] | None) -> dict[str, str]:
    """Text headers by name; undecodable bytes become replacement characters; the first of two equal names counts."""
    out: dict[str, str] = {}
    for name, value in raw or ():
        out.setdefault(name, value if isinstance(value, str) else (value or b"").decode("utf-8", "replace"))
    return out
