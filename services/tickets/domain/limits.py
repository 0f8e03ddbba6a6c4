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
_CHARACTERS_OF_BODY = 2000
_WORDS_OF_BODY = 30
_FEWEST_WORDS = 8


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
    alike = sum(_alike(said, likeness) and at - when < PAIRS_WITHIN for when, said in sent.last)
    if settings.answers_between_automats and alike >= settings.answers_between_automats:
        return AUTOMATS
    return ""


def likeness_of(mail: InboundMessage) -> str:
    """`subject:words`, a digest of each, numbers and prefixes aside; either may be ''. Two automats say the same each time, with another
    number; some put another subject on it, or repeat ours in it, so the words count without those of the subject.

    Few words are no likeness, nor are those of a mail with files: people send one document after the other with the same line.
    """
    subject = _NO_LETTERS.sub(" ", _PREFIX.sub("", mail.subject)).casefold().split()
    said = _NO_LETTERS.sub(" ", (mail.reply or mail.text)[:_CHARACTERS_OF_BODY]).casefold().split()
    own = [word for word in said if word not in subject]
    words = own if subject and len(own) >= _FEWEST_WORDS and not mail.attachments else []
    likeness = f"{_digest(subject or said[:_WORDS_OF_BODY])}:{_digest(words)}"
    return "" if likeness == ":" else likeness


def _digest(words: list[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16] if words else ""


def _alike(one: str, other: str) -> bool:
    return any(a and a == b for a, b in zip(one.split(":"), other.split(":"), strict=False))


def is_flood(earlier: Iterable[datetime], mail: InboundMessage, *, at: datetime, settings: Settings) -> bool:
    """Whether a mail comes on top of as many of the same sender within a minute as a desk takes."""
    if not settings.flood_per_minute or at - mail.received_at > LATE:
        return False
    return sum(at - MINUTE < when <= at for when in earlier) >= settings.flood_per_minute
