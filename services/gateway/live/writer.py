"""When frames are written: the first after a pause at once, the rest on a tick that joins what waits."""

import asyncio
from collections.abc import Iterable

from services.gateway.live.client import Client
from services.gateway.live.event import Event, Frame
from services.gateway.live.joins import Joins

TICK_SECONDS = 0.02


class Writer:
    """The clients that have something to send or a reader to watch."""

    def __init__(self) -> None:
        self._hot: set[Client] = set()
        self._fresh: list[Client] = []
        """Clients that were idle before what is being handed out now."""
        self._ticking = False

    def hand(self, frame: Frame, clients: Iterable[Client], event: Event | None = None) -> None:
        """Give a frame to clients: for almost each of them one append, this is the inner loop of the fan-out. `write_fresh` comes after."""
        for client in clients:
            if client.skip and event is not None and event.offset < client.skip.get(event.slot, 0):
                continue
            if client.hot:
                client.pending.append(frame)
            elif not client.closed:
                client.pending.append(frame)
                client.hot = True
                self._fresh.append(client)

    def write_fresh(self) -> None:
        """Write at once to whoever was idle: all of a batch together."""
        if self._fresh:
            fresh, self._fresh, joins = self._fresh, [], Joins()
            for client in fresh:
                client.flush(joins)
                self.wake(client)

    def wake(self, client: Client) -> None:
        """Tick for this client until a tick finds nothing to do."""
        client.hot = not client.closed
        self._hot.add(client)
        if not self._ticking:
            self._ticking = True
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def forget(self, client: Client) -> None:
        """Its socket is gone."""
        self._hot.discard(client)

    def _tick(self) -> None:
        joins = Joins()
        for client in list(self._hot):
            if not client.flush(joins):
                client.hot = False
                self._hot.discard(client)
        self._ticking = bool(self._hot)
        if self._ticking:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)
