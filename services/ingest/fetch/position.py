"""How far a folder has been read: pure bookkeeping over `MailPosition`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from schemas.inbound import MailPosition

RESCAN: Final = 1_000
ATTEMPTS: Final = 5


class Ranges:
    """A set of UIDs as sorted, disjoint, inclusive ranges."""

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for first, last in ranges:
            self.add(first, last)

    @classmethod
    def sorted(cls, ranges: list[tuple[int, int]]) -> Ranges:
        """From ranges that are sorted and disjoint already."""
        made = cls()
        made._ranges = ranges
        return made

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self._ranges, (uid, 1 << 62)) - 1
        return at >= 0 and self._ranges[at][0] <= uid <= self._ranges[at][1]

    def add(self, first: int, last: int) -> None:
        """Add the UIDs from `first` to `last`."""
        kept = []
        for a, b in self._ranges:
            if b < first - 1 or a > last + 1:
                kept.append((a, b))
            else:
                first, last = min(a, first), max(b, last)
        self._ranges = sorted([*kept, (first, last)])

    def above(self, uid: int) -> list[tuple[int, int]]:
        """The ranges above `uid`, cut there."""
        return [(max(a, uid + 1), b) for a, b in self._ranges if b > uid]

    def between(self, low: int, high: int) -> list[tuple[int, int]]:
        """The ranges inside (low, high]."""
        return [(max(a, low + 1), min(b, high)) for a, b in self._ranges if b > low and a <= high]


@dataclass(slots=True)
class Progress:
    """The mutable state of one folder. Everything at or below `low` is settled, but for UIDs that appear late in a gap."""

    account: str
    folder: str
    uidvalidity: int
    low: int = 0
    settled: Ranges = field(default_factory=Ranges)
    retry: dict[int, int] = field(default_factory=dict)
    seen: int = 0

    @classmethod
    def of(cls, position: MailPosition) -> Progress:
        """Go on where a position record ends."""
        settled = Ranges([*position.recent, *position.settled])
        return cls(position.account, position.folder, position.uidvalidity, position.low, settled, dict(position.retry), position.seen)

    def epoch(self, uidvalidity: int) -> Progress:
        """The folder under a UIDVALIDITY: itself, or an empty one that keeps the ledger's count when the server began anew."""
        if uidvalidity == self.uidvalidity:
            return self
        return Progress(self.account, self.folder, uidvalidity, seen=self.seen)

    def open_among(self, uids: Iterable[int]) -> list[int]:
        """The UIDs that are not settled, those that failed before last; one failure alone costs no mail its place."""
        return sorted((uid for uid in uids if not self.is_settled(uid)), key=lambda uid: (max(1, self.retry.get(uid, 0)), uid))

    def is_settled(self, uid: int) -> bool:
        return uid in self.settled or uid <= max(0, self.low - RESCAN)

    def settle(self, uids: Iterable[int], *, mails: bool = True) -> None:
        """These UIDs are done; `mails` is false for those that were gone before they could be read."""
        for uid in uids:
            if uid not in self.settled:
                self.seen += mails
            self.settled.add(uid, uid)
            self.retry.pop(uid, None)

    def give_up(self, uid: int) -> None:
        """This UID is done without having been read; its attempts stay known, so that nobody takes it for a mail that Kafka has."""
        attempts = max(self.retry.get(uid, 0), ATTEMPTS)
        self.settle([uid])
        self.retry[uid] = attempts

    @property
    def waiting(self) -> list[int]:
        """The UIDs that failed and will be tried again."""
        return [uid for uid, attempts in self.retry.items() if attempts < ATTEMPTS]

    def published_among(self, uids: Iterable[int]) -> list[int]:
        """The UIDs known to be in Kafka: settled, and not given up. Those too old to be known one by one are left out."""
        return [uid for uid in uids if uid in self.settled and uid not in self.retry]

    def failed(self, uid: int) -> int:
        """Count a failure; how many there were."""
        self.retry[uid] = self.retry.get(uid, 0) + 1
        return self.retry[uid]

    def advance(self, highest: int) -> None:
        """A search has shown all UIDs up to `highest`: raise `low` as far as nothing below is still to be tried again."""
        waiting = [uid for uid in self.waiting if uid > self.low]
        self.low = max(self.low, min([highest, *(uid - 1 for uid in waiting)]))
        self.settled = Ranges(self.settled.above(self.low - RESCAN))
        self.retry = {uid: attempts for uid, attempts in self.retry.items() if attempts < ATTEMPTS or uid > self.low - RESCAN}

    def record(self) -> MailPosition:
        """The value for `mail.position`."""
        return MailPosition(
            account=self.account,
            folder=self.folder,
            uidvalidity=self.uidvalidity,
            low=self.low,
            settled=self.settled.above(self.low),
            recent=self.settled.between(self.low - RESCAN, self.low),
            retry=dict(self.retry),
            seen=self.seen,
        )
