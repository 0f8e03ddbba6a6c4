"""Who listens to which channel, sorted by what they may see: visibility is decided once per kind of viewer, not per client."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from services.gateway.identity.principal import Viewer
from services.gateway.live.client import Client

Sight = frozenset[str] | None


def sight_of(viewer: Viewer) -> Sight:
    """All that `Viewer.sees` depends on: the teams, or None for who sees every team."""
    return None if viewer.admin else viewer.teams


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Listeners of a channel who see the same. `viewer` is any of them."""

    viewer: Viewer
    clients: set[Client] = field(default_factory=set)


class Listeners:
    """Channels and their groups. A client's viewer changes only through `see_as`, so that it is always in the group of its rights."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[Sight, Group]] = {}

    def groups(self, key: str) -> Collection[Group]:
        """The groups of a channel."""
        return self._groups[key].values() if key in self._groups else ()

    def clients(self, key: str) -> Iterator[Client]:
        """Everybody on a channel."""
        for group in self.groups(key):
            yield from group.clients

    def join(self, client: Client, key: str) -> None:
        """Listen to a channel."""
        client.channels.add(key)
        groups = self._groups.setdefault(key, {})
        sight = sight_of(client.viewer)
        if sight not in groups:
            groups[sight] = Group(client.viewer)
        groups[sight].clients.add(client)

    def leave(self, client: Client, key: str) -> None:
        """Listen to it no more."""
        client.channels.discard(key)
        groups = self._groups.get(key, {})
        sight = sight_of(client.viewer)
        if sight in groups:
            groups[sight].clients.discard(client)
            if not groups[sight].clients:
                del groups[sight]
        if not groups:
            self._groups.pop(key, None)

    def see_as(self, client: Client, viewer: Viewer) -> None:
        """The client's rights are these from now on, on every channel it is on."""
        keys = list(client.channels)
        for key in keys:
            self.leave(client, key)
        client.viewer = viewer
        for key in keys:
            self.join(client, key)
