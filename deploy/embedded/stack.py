"""The embedded servers without the rest: what tests and tools use.

    from deploy.embedded.stack import start_servers

    with start_servers("/some/folder") as stack:      # parallel start, about 4 s warm; stops all of them at the end
        stack.kafka                                   # "127.0.0.1:20931"     -> KAFKA_BOOTSTRAP_SERVERS
        stack.database_url                            # "postgresql://…"      -> DATABASE_URL (admin, extensions in place)
        stack.redis_url                               # "redis://…"           -> REDIS_URL
        stack.smtp, stack.imap                        # ("127.0.0.1", 25001)  login = password = address
        stack.environment                             # the same as the variables that services read
        stack.kill("kafka"); stack.restart("kafka")   # kill -9; start again and wait until it answers
        stack.pid("kafka"); stack.stop("mail"); stack.start("mail")

`start_servers(folder, only=("kafka",))` starts fewer. The same folder again keeps ports and data. Nothing here restarts a
dead server by itself: that is the supervisor's work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.embedded.home import Home
from deploy.embedded.kafka import Kafka
from deploy.embedded.mail import Mail
from deploy.embedded.ports import Ports
from deploy.embedded.postgres import Postgres
from deploy.embedded.process import Child, reap, spawn
from deploy.embedded.redis import Redis
from deploy.embedded.server import Server

SERVER_NAMES = ("kafka", "postgres", "redis", "mail")
# Only for a server that hangs: one that ends is noticed at once, and an overloaded machine has taken Kafka 67 s.
_START_SECONDS = 240.0


class ServerDidNotStart(Exception):
    """A server ended or stayed silent; the message holds the end of its log."""

    def __init__(self, name: str, log: Path, why: str) -> None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else ""
        super().__init__(f"{name} {why}. Log {log}:\n{tail}")


def make_servers(home: Home, ports: Ports, *, only: Iterable[str] = SERVER_NAMES) -> list[Server]:
    """The server objects of a home, nothing started yet."""
    kinds: dict[str, Callable[[Home, Ports], Server]] = {"kafka": Kafka, "postgres": Postgres, "redis": Redis, "mail": Mail}
    return [kinds[name](home, ports) for name in only]


def wait_until_answering(server: Server, running: Callable[[], bool], *, log: Path, seconds: float = _START_SECONDS) -> None:
    """Return once the server answers its clients; ServerDidNotStart when it ended or the time is over."""
    end = time.monotonic() + seconds
    while not server.answers():
        if not running():
            raise ServerDidNotStart(server.name, log, "ended while starting")
        if time.monotonic() > end:
            raise ServerDidNotStart(server.name, log, f"did not answer within {seconds:.0f} s")
        time.sleep(0.05)


class Stack:
    """Running embedded servers with their addresses. Close it, or use it in a `with`, to stop them."""

    def __init__(self, home: Home, servers: list[Server]) -> None:
        self.home = home
        self._servers = {server.name: server for server in servers}
        self._children: dict[str, Child] = {}

    @property
    def environment(self) -> dict[str, str]:
        merged: dict[str, str] = {}
        for server in self._servers.values():
            merged.update(server.environment)
        return merged

    @property
    def kafka(self) -> str:
        return self.environment["KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        return self.environment["REDIS_URL"]

    @property
    def smtp(self) -> tuple[str, int]:
        return _pair(self.environment, "SMTP")

    @property
    def imap(self) -> tuple[str, int]:
        return _pair(self.environment, "IMAP")

    def pid(self, name: str) -> int:
        return self._children[name].pid

    def running(self, name: str) -> bool:
        return name in self._children and self._children[name].running()

    def prepare(self, name: str) -> None:
        self._servers[name].prepare(lambda _: None)

    def start(self, name: str) -> None:
        """Start a stopped or killed server and wait until it answers."""
        if self.running(name):
            return
        server, log = self._servers[name], self.home.log(name)
        child = spawn(name, server.launch(), log=log, pid_file=self.home.pids / f"{name}.json")
        self._children[name] = child
        wait_until_answering(server, child.running, log=log)
        server.finish()

    def stop(self, name: str) -> None:
        """Stop a server the way it likes to be stopped."""
        if name in self._children:
            self._children.pop(name).stop()

    def kill(self, name: str) -> None:
        """Kill -9, as a power cut would."""
        if name in self._children:
            self._children.pop(name).kill()

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def close(self) -> None:
        for child in self._children.values():
            child.ask_to_stop()
        for name in list(self._children):
            self.stop(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def start_servers(folder: str | Path, *, only: Iterable[str] = SERVER_NAMES) -> Stack:
    """Start the embedded servers in `folder`, in parallel, and return once all of them answer."""
    home = Home.at(folder)
    home.make()
    for leftover in home.pids.glob("*.json"):
        reap(leftover)
    ports = Ports(home)
    ports.replace_taken()
    stack = Stack(home, make_servers(home, ports, only=only))

    def bring_up(name: str) -> None:
        stack.prepare(name)
        stack.start(name)

    names = list(only)
    try:
        with ThreadPoolExecutor(len(names) or 1) as pool:
            list(pool.map(bring_up, names))
    except BaseException:
        stack.close()
        raise
    return stack


def _pair(environment: Mapping[str, str], kind: str) -> tuple[str, int]:
    return environment[f"{kind}_SERVER"], int(environment[f"{kind}_PORT"])
