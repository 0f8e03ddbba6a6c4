"""Hundreds of sockets in one thread that only count what comes, so that the machine's time goes to the sender."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

_BUFFER = 1 << 18
_LONGEST_MARK = 64


class Crowd:
    """After `align` all sockets get the same bytes: the first one is looked into for marks, the others have arrived once they have as many."""

    def __init__(self, sockets: Iterable[socket.socket]) -> None:
        self._sockets = list(sockets)
        self._got = [0] * len(self._sockets)
        self._tails: dict[int, bytes] = dict.fromkeys(range(len(self._sockets)), b"")
        """What may be the beginning of a mark, of each socket that is still looked into."""
        self._marks: dict[int, int] = {}
        self._buffer = memoryview(bytearray(_BUFFER))
        self._selector = selectors.DefaultSelector()
        for number, sock in enumerate(self._sockets):
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ, number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._selector.close()
        for sock in self._sockets:
            sock.close()

    @property
    def received(self) -> int:
        """Bytes of the first socket."""
        return self._got[0]

    def align(self, number: int, *, seconds: float = 60.0) -> None:
        """Until this mark came on every socket; bytes count from there on. What came before may differ: they did not subscribe at once."""
        unaligned, end = set(range(len(self._sockets))), time.monotonic() + seconds
        wanted = mark(number).encode()
        while unaligned:
            self._check(end, f"{len(unaligned)} sockets did not get mark {number}")
            for at, data in self._drain():
                text = self._tails[at] + data if at in unaligned else b""
                place = text.find(wanted)
                if place >= 0:
                    unaligned.discard(at)
                    self._got[at] = len(text) - place
                elif at in unaligned:
                    self._tails[at] = text[-_LONGEST_MARK:]
                else:
                    self._got[at] += len(data)
        self._tails = {0: b""}

    def wait_for(self, number: int, *, seconds: float = 60.0) -> None:
        """Until every socket has everything up to this mark."""
        end = time.monotonic() + seconds
        while number not in self._marks or min(self._got) < self._marks[number]:
            self._check(end, f"mark {number} not reached by all")
            for at, data in self._drain():
                if at == 0:
                    self._look(data)
                self._got[at] += len(data)

    @staticmethod
    def _check(end: float, what: str) -> None:
        if time.monotonic() > end:
            raise TimeoutError(what)

    def _drain(self) -> Iterator[tuple[int, memoryview]]:
        for key, _ in self._selector.select(0.5):
            size = key.fileobj.recv_into(self._buffer)  # type: ignore[union-attr]
            if size == 0:
                raise ConnectionError(f"socket {key.data} was cut off")
            yield key.data, self._buffer[:size]

    def _look(self, data: memoryview) -> None:
        text, start = self._tails[0] + data, self._got[0] - len(self._tails[0])
        at = text.find(b"mark-")
        while at >= 0 and (end := text.find(b"!", at)) >= 0:
            self._marks.setdefault(int(text[at + 5 : end]), start + end)
            at = text.find(b"mark-", end)
        self._tails[0] = text[-_LONGEST_MARK:]


def mark(number: int) -> str:
    """The text that marks the end of a chunk."""
    return f"mark-{number}!"
