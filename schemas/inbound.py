"""What ingest writes: `mail.position` and `message.inbound`."""

from typing import Literal

from pydantic import Field

from schemas.base import Address, Attachment, Contract, Instant, MailKind


class MailPosition(Contract):
    """How far one IMAP folder has been read (email.md 1). Written only after the mails were acknowledged."""

    account: str
    folder: str
    uidvalidity: int
    low: int
    """Every UID up to and including `low` is settled, except those in `open_below`."""
    settled: list[tuple[int, int]] = []
    """Inclusive UID ranges above `low` that are settled."""
    recent: list[tuple[int, int]] = []
    """Inclusive settled ranges among the last 1,000 UIDs at or below `low`: a late UID inside the gap is new."""
    retry: dict[int, int] = {}
    """UID -> failed attempts so far."""
    seen: int = 0
    """How many mails this folder has given since the first epoch (ledger)."""


class BounceRecipient(Contract):
    """One recipient of a delivery status notification (RFC 3464)."""

    recipient: str
    status: str | None = None
    action: str | None = None
    permanent: bool = False


class InboundMessage(Contract):
    """One customer message of any channel, parsed. Its `ce_id` is derived from the raw record's id.

    Texts: `text` is the whole body as text, `reply` the newest part without quotes and signature (never empty unless the mail is),
    `html` the whole body sanitised, `reply_html` the newest part sanitised, `quoted_html`/`quoted` what was elided.
    """

    id: str
    channel: str = "email"
    mailbox: str
    """Account the message came to, e.g. support@desk.example; for chat: channel/handle."""
    raw_topic: str = "mail.raw"
    raw_key: str = ""
    raw_sha256: str = ""
    raw_partition: int | None = None
    raw_offset: int | None = None
    body_hash: str = ""
    """sha256 of the normalised body text: with the Message-ID it finds the same mail in another folder or epoch."""
    received_at: Instant
    from_: Address = Field(default=Address(), alias="from")
    from_count: int = 1
    """Number of From headers; anything but 1 is suspicious (email.md 4.8)."""
    sender: Address | None = None
    to: list[Address] = []
    cc: list[Address] = []
    reply_to: list[Address] = []
    envelope_to: list[str] = []
    """Addresses of Delivered-To, X-Original-To, Envelope-To, in that order."""
    return_path: str | None = None
    subject: str = ""
    date: Instant | None = None
    message_id: str | None = None
    in_reply_to: list[str] = []
    references: list[str] = []
    """Message-IDs with their angle brackets, oldest first, at most 50."""
    kind: MailKind = "human"
    text: str = ""
    html: str | None = None
    reply: str = ""
    reply_html: str | None = None
    quoted: str = ""
    quoted_html: str | None = None
    signature: str = ""
    body_marker: str | None = None
    forwarded_from: Address | None = None
    attachments: list[Attachment] = []
    flags: list[str] = []
    loop: str | None = None
    """Value of our own loop header, unverified."""
    authentication_results: list[str] = []
    bounce: list[BounceRecipient] = []
    returned_message_id: str | None = None
    """Message-ID found inside the returned part of a bounce."""
    language: str | None = None
    original_channel: Literal["email", "chat", "web", "phone", "api"] | None = None
