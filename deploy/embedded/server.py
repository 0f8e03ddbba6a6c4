"""What the stack asks of each server module."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from deploy.embedded.process import Launch

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a loopback server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def open(self) -> bool:
        """Whether something accepts connections here now."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1):
                return True
        except OSError:
            return False


class Server(Protocol):
    """One embedded server: prepared once, started as a `Launch`, then asked until it answers."""

    name: str

    @property
    def address(self) -> str:
        """What `helpdesk status` shows: host:port, without secrets."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The addresses that services read, for example `REDIS_URL`."""

    def prepare(self, say: Say) -> None:
        """Fetch, format, initialise; harmless when done before."""

    def launch(self) -> Launch:
        """How to start it."""

    def answers(self) -> bool:
        """One quick try: does it serve its clients now?"""

    def finish(self) -> None:
        """What a fresh start needs once it answers, such as creating a database; harmless when done before."""


def base_environment() -> dict[str, str]:
    """The little of our own environment that a server may see: none of our settings or secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
