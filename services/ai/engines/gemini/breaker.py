"""Circuit breaker: 5 failures in 30 s open it for 60 s, then one probe decides (ai.md 18)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

FAILURES, WINDOW_SECONDS, OPEN_SECONDS = 5, 30.0, 60.0


class Breaker:
    """Ask `allows` before each call and report how it went. Not for threads: one event loop owns it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._open_until = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._open_until > 0

    def allows(self) -> bool:
        """True if a call may be made now; half-open, only the first asker gets through until it reports."""
        if not self.is_open:
            return True
        if self._clock() < self._open_until or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures.clear()
        self._open_until, self._probing = 0.0, False

    def failed(self, *, retry_after: float | None = None) -> None:
        """`retry_after`: the vendor said how long to stay away; that opens the breaker at once."""
        now = self._clock()
        self._failures.append(now)
        full = len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW_SECONDS
        if self._probing or full or retry_after is not None:
            wait = retry_after if retry_after is not None and not (self._probing or full) else max(OPEN_SECONDS, retry_after or 0.0)
            self._open_until = now + wait
            self._failures.clear()
        self._probing = False

    def dismissed(self) -> None:
        """The call was cut short by us and says nothing about the vendor."""
        self._probing = False
