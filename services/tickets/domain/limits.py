"""How much automatic mail an address may get, and from when on a sender is a flood (email.md 5 and 6). Pure: times come with the mails."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from schemas.config import Settings
from schemas.inbound import InboundMessage
from schemas.mail import SuppressionKind

MINUTE = timedelta(minutes=1)
PAIRS_WITHIN = timedelta(minutes=10)
BREAKER = timedelta(hours=1)
"""How long a sender that answered automatic mail with the same words gets none at all."""
LATE = timedelta(minutes=5)
"""A mail that the server had for longer comes with a backlog: how fast it is read says nothing about how fast it was sent."""
AUTOMATS = "automats"
_PREFIX = re.compile(r"^\s*(?:\w{1,6}\s*(?:\[\d+\])?\s*[:：]\s*)+")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_WORDS_OF_BODY = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """Automatic mail that an address got."""

    today: int = 0
    last: tuple[tuple[datetime, str], ...] = ()
    """(when, likeness of the mail it answered), newest first."""

    def and_one(self, at: datetime, likeness: str) -> "Sent":
        """With one more."""
        return replace(self, today=self.today + 1, last=((at, likeness), *self.last))

    def within(self, span: timedelta, at: datetime) -> int:
        """How many within a span before a moment."""
        return sum(at - when < span for when, _ in self.last)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why an address gets no mail."""

    kind: SuppressionKind
    reason: str

    @property
    def stops_replies(self) -> bool:
        """Whether it stops what a person writes, too."""
        return self.kind in {"bounce", "manual"}


def withheld(sent: Sent, *, at: datetime, likeness: str, settings: Settings) -> str:
    """Why an address gets no further automatic mail now, '' where it may."""
    if sent.today >= settings.confirmations_per_sender_per_day:
        return "daily_cap"
    for minutes, most in settings.automatic_mail_caps:
        if sent.within(timedelta(minutes=minutes), at) >= most:
            return f"cap_{minutes}_minutes"
    alike = sum(bool(likeness) and said == likeness and at - when < PAIRS_WITHIN for when, said in sent.last)
    if settings.answers_between_automats and alike >= settings.answers_between_automats:
        return AUTOMATS
    return ""


def likeness_of(mail: InboundMessage) -> str:
    """A digest of what a mail is about, numbers and prefixes aside: two automats say the same each time, with another number."""
    words = _NO_LETTERS.sub(" ", _PREFIX.sub("", mail.subject)).casefold().strip()
    words = words or _NO_LETTERS.sub(" ", (mail.reply or mail.text)[:_WORDS_OF_BODY]).casefold().strip()
    return hashlib.sha256(words.encode()).hexdigest()[:16] if words else ""


def is_flood(earlier: Iterable[datetime], mail: InboundMessage, *, at: datetime, settings: Settings) -> bool:
    """Whether a mail comes on top of as many of the same sender within a minute as a desk takes."""
    if not settings.flood_per_minute or at - mail.received_at > LATE:
        return False
    return sum(at - MINUTE < when <= at for when in earlier) >= settings.flood_per_minute
