"""What this worker has in hand: messages waiting to be claimed, claims asked for, grants to carry out. Thread-safe, does no I/O.

Promises: a message whose newest record is not `queued` is never claimed; nothing is claimed from a partition before its end was
reached once; an offset is safe to commit only when no message at or before it is still in hand.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from schemas.ticket import Message
from services.runtime.ids import event_id

CLAIM_SECONDS = 10.0
"""A claim unanswered for so long is asked for again. Tickets answers in milliseconds; while it is away this costs one record each time."""
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One record of `ticket.messages`. `message` is there where the state is `queued` or `sending`; version None is a tombstone."""

    message_id: str
    partition: int
    offset: int
    version: int | None
    state: str
    message: Message | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message in hand. `claim` is '' until one was asked for; `asked` counts how often."""

    message: Message
    partition: int
    offset: int
    headers: dict[str, str]
    since: float
    claim: str = ""
    asked: int = 0
    asked_at: float = 0.0


class Ledger:
    """See the module. `start_id` names this start of this process: a restarted one never takes an old grant for its own."""

    def __init__(self, start_id: str, *, clock: Callable[[], float], claim_seconds: float = CLAIM_SECONDS) -> None:
        self._start, self._clock, self._claim_seconds = start_id, clock, claim_seconds
        self._lock = threading.Lock()
        self._held: dict[str, Held] = {}
        self._asked: dict[str, float] = {}
        self._granted: deque[Held] = deque()
        self._running: Held | None = None
        self._newest: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._next: dict[int, int] = {}
        self._caught_up: set[int] = set()

    def see(self, seen: Seen) -> None:
        """Take a record, in the order of its partition."""
        with self._lock:
            self._next[seen.partition] = max(seen.offset + 1, self._next.get(seen.partition, 0))
            if seen.version is None:
                self._newest.pop(seen.message_id, None)
                self._drop(seen.message_id)
                return
            if seen.version <= self._newest.get(seen.message_id, (0, 0))[0]:
                return
            self._remember(seen.message_id, seen.version, seen.partition)
            self._take(seen)

    def skip(self, partition: int, offset: int) -> None:
        """A record that says nothing about a message."""
        with self._lock:
            self._next[partition] = max(offset + 1, self._next.get(partition, 0))

    def _remember(self, message_id: str, version: int, partition: int) -> None:
        self._newest[message_id] = (version, partition)
        self._newest.move_to_end(message_id)
        if len(self._newest) > _REMEMBERED:
            self._newest.popitem(last=False)

    def _take(self, seen: Seen) -> None:
        before = self._drop(seen.message_id)
        message = seen.message
        if message is None:
            return
        if seen.state == "queued":
            held = before or Held(message=message, partition=seen.partition, offset=seen.offset, headers=seen.headers, since=self._clock())
            if before is not None and before.claim and before.message.delivery.attempts == message.delivery.attempts:
                self._asked[seen.message_id] = (
                    before.asked_at
                )  # changed otherwise, e.g. its ticket was merged: the claim may still be granted
            else:
                held = replace(held, claim="", asked=0, asked_at=0.0)
            self._held[seen.message_id] = replace(held, message=message, headers=seen.headers)
        elif seen.state == "sending" and before is not None and before.claim and before.claim == message.delivery.claim:
            self._granted.append(replace(before, message=message, headers=seen.headers))

    def _drop(self, message_id: str) -> Held | None:
        self._asked.pop(message_id, None)
        return self._held.pop(message_id, None)

    def caught_up(self, partition: int) -> None:
        """The end of the partition was reached."""
        with self._lock:
            self._caught_up.add(partition)

    def next_claim(self) -> Held | None:
        """The message to claim now, marked as asked for; None while a claim or a grant is open or nothing waits."""
        with self._lock:
            if self._granted or self._running or self._wait_for_answer() > 0:
                return None
            now = self._clock()
            for message_id, held in self._held.items():
                if held.partition not in self._caught_up or (held.claim and held.asked_at + self._claim_seconds - now > 0):
                    continue
                named = (message_id, held.message.delivery.attempts, held.message.version)
                claim = held.claim or event_id("claim", self._start, *named)
                asked = replace(held, claim=claim, asked=held.asked + 1, asked_at=now)
                del self._held[message_id]
                self._held[message_id] = asked  # to the end: an unanswered claim must not keep the others waiting
                self._asked[message_id] = now
                return asked
            return None

    def forget_claim(self, message_id: str) -> None:
        """The claim did not reach the log: it may be asked for again at once."""
        with self._lock:
            if (held := self._held.get(message_id)) is not None:
                self._held[message_id] = replace(held, claim="", asked_at=0.0)
                self._asked.pop(message_id, None)

    def wait_for_answer(self) -> float:
        """Seconds that the newest claim may still take; 0 when none is open."""
        with self._lock:
            return self._wait_for_answer()

    def _wait_for_answer(self) -> float:
        newest = max(self._asked.values(), default=None)
        return 0.0 if newest is None else max(0.0, newest + self._claim_seconds - self._clock())

    def take_grant(self) -> Held | None:
        """The next message to send; it stays in hand until `settle`."""
        with self._lock:
            if self._granted:
                self._running = self._granted.popleft()
                return self._running
            return None

    def settle(self) -> None:
        """The message taken last is out of this worker's hands."""
        with self._lock:
            self._running = None

    def safe_offsets(self) -> dict[int, int]:
        """Offset to commit for each partition read."""
        with self._lock:
            safe = dict(self._next)
            running = [self._running] if self._running else []
            for held in (*self._held.values(), *self._granted, *running):
                if held.partition in safe:
                    safe[held.partition] = min(safe[held.partition], held.offset)
            return safe

    def asks_in(self, partitions: Iterable[int]) -> dict[int, int]:
        """Partition -> next offset of those where a claim is open, so that its answer can still be read after they were taken away."""
        with self._lock:
            asked = {self._held[i].partition for i in self._asked} & set(partitions)
            return {p: self._next[p] for p in asked}

    def release(self, partitions: Iterable[int]) -> None:
        """Other workers read these now. What was granted before is still carried out here."""
        gone = set(partitions)
        with self._lock:
            self._held = {i: h for i, h in self._held.items() if h.partition not in gone}
            self._asked = {i: at for i, at in self._asked.items() if i in self._held}
            self._newest = OrderedDict((i, v) for i, v in self._newest.items() if v[1] not in gone)
            self._next = {p: o for p, o in self._next.items() if p not in gone}
            self._caught_up -= gone

    def waiting(self) -> tuple[int, float]:
        """How many messages wait, and for how many seconds the oldest has."""
        with self._lock:
            return len(self._held), max((self._clock() - h.since for h in self._held.values()), default=0.0)
