"""A whole system on the embedded stack: what `helpdesk up` runs, in the foreground or as its own background process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.embedded.console import build_console
from deploy.embedded.home import Home, write_whole
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.server import Server
from deploy.embedded.stack import SERVER_NAMES, make_servers, wait_until_answering
from deploy.embedded.supervisor import Program, Supervisor, lock_home, reap_leftovers
from services.cli.environment import INSTANCES, Wiring, desk, external_servers, public_lines, wire
from services.cli.ready import wait_ready


class StepFailed(Exception):
    """A one-off step of the start ended with an error; its output is in the log named here."""


class Stopped(Exception):
    """The start was told to stop before it was done."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of `helpdesk up`."""

    demo: bool = False
    empty: bool = False


class System:
    """One system in one home. `boot` brings it up, `stop` takes it down; the supervisor keeps it alive in between."""

    def __init__(self, home: Home, options: Options) -> None:
        self.home = home
        self.options = options
        self._lock = lock_home(home)
        home.state.unlink(missing_ok=True)
        self.supervisor = Supervisor(home)
        self.stop_asked = threading.Event()

    def boot(self) -> None:
        """Bring everything up; raises what went wrong. Afterwards a mail sent now becomes a ticket."""
        progress = self.supervisor.progress
        if left := reap_leftovers(self.home):
            with progress.step("clean-up") as say:
                say(f"ended what a killed run left behind: {', '.join(left)}")
        ports = Ports(self.home)
        moved = ports.replace_taken()
        external = external_servers(os.environ)
        servers = make_servers(self.home, ports, only=[name for name in SERVER_NAMES if name not in external])
        wiring = wire(self.home, ports, servers)
        self.supervisor.facts = {"url": wiring.shared["HELPDESK_URL"], "external": dict(external), "health": dict(wiring.health)}
        progress.expect(*(server.name for server in servers), "console", "database and topics", "sample data", "services")
        if moved:
            with progress.step("ports") as say:
                say(f"somebody else uses the old ports of: {', '.join(moved)}")
        self._bring_up(servers, wiring)
        write_whole(self.home.env, "\n".join(public_lines(wiring)) + "\n")
        if self.options.demo:
            self._start_demo(wiring)
        self.supervisor.enter("ready")

    def stop(self) -> None:
        """Stop everything, services before servers, and let go of the home."""
        self.supervisor.enter("stopping")
        self.supervisor.stop_all()
        self._lock.close()

    def _bring_up(self, servers: list[Server], wiring: Wiring) -> None:
        with ThreadPoolExecutor(len(servers) + 1) as pool:
            console = pool.submit(self._build_console)
            started = [pool.submit(self._start_server, server) for server in servers]
            _all_of(started)
            self._step("database and topics", "prepare", wiring)
            console.result()
        with self.supervisor.progress.step("services") as say:
            instances = self._start_services(wiring, say)
            # The assistant loads its models for some seconds; the sample data need not wait for them.
            wait_ready(wiring.shared, {name: port for name, port in instances.items() if name != "ai-1"}, alive=self._alive, say=say)
            self._step("sample data", "seed", wiring, *(["--empty"] if self._empty() else []))
            # What the seed configured may have made a service start over; a mail must find all of them in place.
            wait_ready(wiring.shared, instances, alive=self._alive, say=say)
            say(f"{len(instances)} running")

    def _start_server(self, server: Server) -> None:
        with self.supervisor.progress.step(server.name) as say:
            server.prepare(say)
            say("starting")
            self.supervisor.add(
                Program(name=server.name, kind="server", launch=server.launch, address=server.address, answers=server.answers),
            )
            wait_until_answering(server, lambda: self._alive(server.name), log=self.home.log(server.name))
            server.finish()
            say(server.address)

    def _build_console(self) -> None:
        progress = self.supervisor.progress
        with progress.step("console") as say:
            there = build_console(self.supervisor.run_job, say)
        if not there:
            progress.skip("console", "no sources here")

    def _step(self, title: str, name: str, wiring: Wiring, *arguments: str) -> None:
        with self.supervisor.progress.step(title):
            launch = _python("services.cli.steps", name, *arguments, wiring=wiring, env=dict(wiring.shared))
            if self.supervisor.run_job(name, launch):
                self._alive("")
                raise StepFailed(f"{title} failed: see {self.home.log(name)}")

    def _start_services(self, wiring: Wiring, say: Callable[[str], None]) -> dict[str, int]:
        for instance in INSTANCES:
            say(f"starting {instance}")
            service = instance.rpartition("-")[0]
            launch = _python("services.cli.run", service, wiring=wiring, env=wiring.of(instance))
            self.supervisor.add(Program(instance, "service", _always(launch), label=service, health_port=wiring.health[instance]))
        return dict(wiring.health)

    def _start_demo(self, wiring: Wiring) -> None:
        launch = _python("services.cli.demo", wiring=wiring, env={**wiring.shared, **_public(wiring)})
        self.supervisor.add(Program("demo", "extra", _always(launch)))

    def _empty(self) -> bool:
        """Whether this desk is to stay empty: as asked at its first start."""
        mark = self.home.root / "empty"
        if self.options.empty:
            mark.touch()
        return mark.exists()

    def _alive(self, name: str) -> bool:
        if self.stop_asked.is_set():
            raise Stopped
        return self.supervisor.running(name)


def supervise(
    system: System,
    *,
    ready: Callable[[System], None],
    failed: Callable[[System], None],
    show: Callable[[], None] = lambda: None,
) -> int:
    """Boot a system and keep it until a signal asks to stop; the exit code.

    `show` displays the start and returns with its end; then `ready` or `failed` is called, once.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        if system.stop_asked.is_set() and number == signal.SIGINT:
            os._exit(130)  # the second Ctrl-C: the kernel ends our children
        system.stop_asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    failure = _boot_in_background(system)
    try:
        show()
        while not failure.done() and not system.stop_asked.wait(0.1):
            pass
        if failure.done() and failure.exception() is not None and not system.stop_asked.is_set():
            failed(system)
            return 1
        if failure.done() and not system.stop_asked.is_set():
            ready(system)
        system.stop_asked.wait()
        return 0
    finally:
        failed_with = (system.supervisor.phase, system.supervisor.error)
        system.stop_asked.set()
        system.stop()
        if failed_with[0] == "failed":
            system.supervisor.enter("failed", failed_with[1])


def _boot_in_background(system: System) -> Future[None]:
    outcome: Future[None] = Future()

    def boot() -> None:
        try:
            system.boot()
        except BaseException as error:
            if not system.stop_asked.is_set():
                system.supervisor.enter("failed", str(error))
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    threading.Thread(target=boot, name="boot", daemon=True).start()
    return outcome


def _always(launch: Launch) -> Callable[[], Launch]:
    return lambda: launch


def _all_of(started: list[Future[None]]) -> None:
    for one in started:
        one.result()


def _python(module: str, *arguments: str, wiring: Wiring, env: dict[str, str]) -> Launch:
    # SIGKILL: a service survives losing its process by design, and one that hangs must not outlive its supervisor.
    return Launch(
        argv=(sys.executable, "-m", module, *arguments),
        env=env,
        cwd=Path.cwd(),
        death_signal=signal.SIGKILL,
        grace=10.0,
    )


def _public(wiring: Wiring) -> dict[str, str]:
    return dict(line.split("=", 1) for line in public_lines(wiring))


def sample_logins(home: Home) -> list[tuple[str, str]]:
    """Address and password of the sample desk's people, for the closing lines of a start."""
    values = desk(home)
    with suppress(KeyError):
        return [(values[f"{who}_EMAIL"], values[f"{who}_PASSWORD"]) for who in ("ADMIN", "AGENT")]
    return []
