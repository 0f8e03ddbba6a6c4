"""What the parser makes of a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.ingest.parse.addresses import Address
from services.ingest.parse.attachments import Attachment
from services.ingest.parse.bounce import Bounce
from services.ingest.parse.forwarded import Forwarded
from services.ingest.parse.kind import Kind


@dataclass(frozen=True, slots=True)
class Evidence:
    """What correlation may go by, as found and unproven.

    `delivered_to`: addresses of Delivered-To, X-Original-To, Envelope-To; `recipients`: these, then To and Cc. `return_path`: '' is the
    null sender, None no such header. `parents`: In-Reply-To, then
    References from newest to oldest, each once. `numbers`: ticket-like numbers in the subject.
    """

    delivered_to: tuple[str, ...]
    recipients: tuple[str, ...]
    parents: tuple[str, ...]
    numbers: tuple[str, ...]
    loop: str
    return_path: str | None
    authentication_results: tuple[str, ...]
    marker: str = ""
    """Message-ID of ours that the words bring back."""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """One mail. Every text is storable (no NUL, no lone surrogates).

    `text` is all of it; `reply`, `quoted` and `signature` divide it (`reply` is empty only when `text` is). `html` is sanitised and
    whole; `reply_html` and `quoted_html` divide it, both '' for a mail without HTML. Message ids keep their angle brackets. `date` is
    the sender's claim in UTC. `error` says why parsing fell back to the bare minimum; '' when it did not.
    """

    subject: str
    sender: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    date: datetime | None
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    kind: Kind
    kind_reason: str
    text: str
    html: str
    reply: str
    reply_html: str
    quoted: str
    quoted_html: str
    signature: str
    forwarded: Forwarded | None
    attachments: tuple[Attachment, ...]
    bounce: Bounce | None
    evidence: Evidence
    flags: tuple[str, ...]
    error: str
