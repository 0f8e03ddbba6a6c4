"""One piece of work at a time behind the back of the thread that orders it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future


class Behind:
    """For one thread. `start` waits for the work before it, so pieces run one at a time and in order; what a piece raises comes out of
    the next `start` or `join`. The thread is a daemon: work that hangs does not keep the process.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a piece of work is not finished yet."""
        return self._running is not None and not self._running.done()

    def start(self, work: Callable[[], None]) -> None:
        """Begin a piece of work once the one before it is done."""
        self.join()
        self._running = running = Future[None]()
        threading.Thread(target=_run, args=(work, running), name=self._name, daemon=True).start()

    def join(self) -> None:
        """Wait until nothing runs; raises what the last piece raised, once."""
        running, self._running = self._running, None
        if running is not None:
            running.result()


def _run(work: Callable[[], None], running: Future[None]) -> None:
    try:
        work()
    except BaseException as error:  # it belongs to the thread that waits
        running.set_exception(error)
    else:
        running.set_result(None)
