"""Free loopback ports, chosen at the first start of a home and kept from then on."""

from __future__ import annotations

import json
import random
import socket

from deploy.embedded.home import Home, write_whole

# Below Linux's ephemeral range (32768 and up): an outgoing connection can never take a kept port while we are down.
_FIRST, _LAST = 20000, 32000

# Freshly chosen ports stay bound, without listening, until this process ends: another home that chooses at the same
# moment sees them taken, while our own servers (which all set SO_REUSEADDR) can still listen there.
_reserved: list[socket.socket] = []


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def choose_port(*, preferred: int | None = None) -> int:
    """A port nobody uses or has reserved; `preferred` if it can be had."""
    candidates = [preferred] if preferred else []
    candidates += random.sample(range(_FIRST, _LAST), 200)
    for port in candidates:
        held = socket.socket()
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _reserved.append(held)
        return port
    raise RuntimeError(f"no free loopback port between {_FIRST} and {_LAST}: stop what holds them")


class Ports:
    """The ports of one home by name. Not thread-safe: ask for all of them before starting anything in parallel."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._known: dict[str, int] = json.loads(home.ports.read_text()) if home.ports.exists() else {}

    def get(self, name: str, *, preferred: int | None = None) -> int:
        """The port of `name`: the one it had before, else a new one, which is then kept."""
        if name not in self._known:
            self._known[name] = choose_port(preferred=preferred)
            write_whole(self._home.ports, json.dumps(self._known, indent=1, sort_keys=True), mode=0o644)
        return self._known[name]

    def replace_taken(self) -> dict[str, int]:
        """Give a new port to each name whose old one somebody else uses now; only call it when nothing of ours runs."""
        taken = [name for name, port in self._known.items() if not is_free(port)]
        for name in taken:
            del self._known[name]
        return {name: self.get(name) for name in taken}
