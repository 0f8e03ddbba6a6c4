"""What every model of the contract shares."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer


class Contract(BaseModel):
    """Base of every value in a topic. Readers ignore unknown fields, so that writers may add optional ones within v1."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    def to_json(self) -> bytes:
        """The record value: UTF-8 JSON, times as RFC 3339 UTC."""
        return self.model_dump_json(by_alias=True).encode()


Instant = Annotated[AwareDatetime, PlainSerializer(lambda t: t.isoformat().replace("+00:00", "Z"), return_type=str)]
"""A moment in UTC, RFC 3339 with `Z` and microseconds."""

ActorKind = Literal["agent", "customer", "ai", "system", "timer"]
Status = Literal["open", "replied", "on_hold", "resolved", "closed"]
MessageKind = Literal["customer", "agent", "note", "third_party", "system"]
DeliveryState = Literal["none", "undo", "scheduled", "held", "queued", "sending", "sent", "delayed", "failed", "bounced", "unknown"]
MailKind = Literal["human", "bulk", "auto-reply", "bounce", "feedback-report"]


class Actor(Contract):
    """Who did something. `id` is an agent's or customer's id, null for the system."""

    kind: ActorKind
    id: str | None = None


class Named(Contract):
    """A team or person as shown to people."""

    id: str
    name: str


class Address(Contract):
    """A mail address with the display name, both decoded; `address` is lower-cased ASCII where possible, '' if none was readable."""

    name: str = ""
    address: str = ""


class Attachment(Contract):
    """A file kept in the blob store under its content hash. `id` is a UUIDv7, `size` in bytes, `type` from magic bytes."""

    id: str
    name: str
    type: str = "application/octet-stream"
    size: int = 0
    sha256: str = ""
    inline: bool = False
    content_id: str | None = None
