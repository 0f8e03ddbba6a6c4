"""Parked mail as clients get it."""

from pydantic import BaseModel, Field

from schemas.base import Address, Instant, MailKind
from schemas.mail import ParkedState


class ParkedMailView(BaseModel):
    """A mail that waits for a person; `text`, `reply_to` and `message_id` only where one mail was asked for."""

    id: str
    mailbox: str
    reason: str
    state: ParkedState
    from_: Address = Field(alias="from")
    to: list[Address] = []
    subject: str
    kind: MailKind
    snippet: str
    attachments: int
    flags: list[str] = []
    at: Instant
    text: str | None = None
    reply_to: list[Address] | None = None
    message_id: str | None = None


class ParkedCounts(BaseModel):
    """`GET /mail/parked/counts`."""

    total: int
    reasons: dict[str, int]


class Released(BaseModel):
    """Where a released mail went; null where the caller may not see that ticket."""

    id: str
    ticket_id: str | None
    number: str | None


class ReleasedAll(BaseModel):
    """How many mails went into tickets, and how many are still on their way or were gone already."""

    released: int
    waiting: int
