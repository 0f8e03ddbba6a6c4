"""The floor of the fan-out: a server that puts ready frames into a buffer per client and writes each buffer on a 20 ms tick.

A process of its own: `python -m tests.bench.bare_fanout FRAME_BYTES PER_CHUNK CLIENTS`; prints its port; once so many clients are there, each
line on stdin is a chunk to send.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

from tests.bench.crowd import mark

_TICK = 0.02


class _Client(asyncio.Protocol):
    def __init__(self, clients: list[_Client], *, expected: int, complete: asyncio.Event) -> None:
        self._clients, self._expected, self._complete = clients, expected, complete
        self.waiting: list[bytes] = []
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own, which is no subclass of it
        self._clients.append(self)
        if len(self._clients) == self._expected:
            self._complete.set()

    def connection_lost(self, error: Exception | None) -> None:
        self._clients.remove(self)


async def _serve(size: int, per_chunk: int, expected: int) -> None:
    clients: list[_Client] = []
    complete = asyncio.Event()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Client(clients, expected=expected, complete=complete), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)

    def flush() -> None:
        for client in clients:
            if client.waiting:
                client.transport.write(b"".join(client.waiting))
                client.waiting.clear()
        loop.call_later(_TICK, flush)

    flush()
    await complete.wait()
    while line := await asked.readline():
        for number in range(per_chunk):
            text = mark(int(line)) if number == per_chunk - 1 else "plain"
            frame = text.encode().ljust(size, b"x")
            for client in clients:
                client.waiting.append(frame)
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve(*map(int, sys.argv[1:4])))
