"""The last five minutes of events, for clients that come back. Bounded in memory too."""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from services.gateway.live.cursor import Vector
from services.gateway.live.event import Event

WINDOW_SECONDS = 300
MOST_BYTES = 64 << 20


class Ring:
    """Events in the order this gateway took them in. `floor` is the oldest offset per partition that is still whole."""

    def __init__(self, vector: Vector, *, window: float = WINDOW_SECONDS, most_bytes: int = MOST_BYTES) -> None:
        self.vector = vector
        self.floor = list(vector.offsets)
        self._events: deque[Event] = deque()
        self._first = 0
        self._slots: list[tuple[list[int], list[int]]] = [([], []) for _ in vector.offsets]
        self._window, self._most, self._bytes = window, most_bytes, 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """Take in the next event: it gets its cursor, the oldest go."""
        self.vector.advance(event.slot, event.offset + 1)
        event.cursor = self.vector.encode()
        offsets, numbers = self._slots[event.slot]
        offsets.append(event.offset)
        numbers.append(self._first + len(self._events))
        self._events.append(event)
        self._bytes += event.size
        self.trim()

    def trim(self, now: float | None = None) -> None:
        """Forget what is older than the window or over the memory bound."""
        oldest = ((time.time() if now is None else now) - self._window) * 1000
        while self._events and (self._events[0].at_ms < oldest or self._bytes > self._most):
            gone = self._events.popleft()
            self._first += 1
            self._bytes -= gone.size
            self.floor[gone.slot] = max(self.floor[gone.slot], gone.offset + 1)
            offsets, numbers = self._slots[gone.slot]
            if len(offsets) > 1024 and numbers[512] < self._first:  # cut the index seldom, not one by one
                cut = bisect_left(numbers, self._first)
                del offsets[:cut], numbers[:cut]

    def covers(self, offsets: list[int]) -> bool:
        """Whether everything behind this position is still here."""
        return all(wanted >= floor for wanted, floor in zip(offsets, self.floor, strict=True))

    def since(self, offsets: list[int]) -> Iterator[Event]:
        """The events behind a position, in order."""
        start = self._first + len(self._events)
        for (known, numbers), wanted in zip(self._slots, offsets, strict=True):
            at = bisect_left(known, wanted)
            if at < len(numbers):
                start = min(start, numbers[at])
        skip = max(0, start - self._first)
        for index in range(skip, len(self._events)):
            event = self._events[index]
            if event.offset >= offsets[event.slot]:
                yield event
