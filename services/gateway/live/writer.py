"""When frames are written: the first after a pause at once, the rest on a tick that joins what waits."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from operator import itemgetter

from services.gateway.live.client import Client
from services.gateway.live.event import Event, Frame
from services.gateway.live.joins import Joins
from services.gateway.live.listeners import Group

TICK_SECONDS = 0.02

Share = list[tuple[int, Frame, Event]]
"""What a group gets of a batch: the place of each event in it, its frame, the event."""


class Writer:
    """The clients that have something to send or a reader to watch."""

    def __init__(self) -> None:
        self._hot: set[Client] = set()
        self._fresh: list[Client] = []
        """Clients that were idle before what is being handed out now."""
        self._ticking = False

    def share_out(self, shares: Mapping[Group, Share]) -> None:
        """Give each client what its groups get of a batch, in the order of the events: for almost all clients that is one `extend`."""
        frames_of: dict[tuple[int, ...], tuple[Share, list[Frame]]] = {}
        for client, several in _by_client(shares):
            key = tuple(map(id, several))
            if key not in frames_of:
                share = several[0] if len(several) == 1 else sorted(chain.from_iterable(several), key=itemgetter(0))
                frames_of[key] = share, [frame for _, frame, _ in share]
            share, frames = frames_of[key]
            if client.skip:
                frames = [frame for _, frame, event in share if event.offset >= client.skip.get(event.slot, 0)]
            self._hand(client, frames)
        self._write_fresh()

    def hand_out(self, frame: Frame, groups: Iterable[Group]) -> None:
        """Give everybody in these groups a frame of our own making."""
        for group in groups:
            for client in group.clients:
                self._hand(client, [frame])
        self._write_fresh()

    def _hand(self, client: Client, frames: list[Frame]) -> None:
        if client.hot:
            client.pending += frames
        elif frames and not client.closed:
            client.pending += frames
            client.hot = True
            self._fresh.append(client)

    def _write_fresh(self) -> None:
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


def _by_client(shares: Mapping[Group, Share]) -> Iterator[tuple[Client, list[Share]]]:
    if len(shares) == 1:
        for group, share in shares.items():
            for client in group.clients:
                yield client, [share]
        return
    shares_of: dict[Client, list[Share]] = {}
    for group, share in shares.items():
        for client in group.clients:
            shares_of.setdefault(client, []).append(share)
    yield from shares_of.items()
