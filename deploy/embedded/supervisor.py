"""Keeps processes running: starts them, restarts what dies, stops them in reverse order, and says so in `state.json`."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from deploy.embedded.home import Home, write_whole
from deploy.embedded.process import Child, Launch, reap, spawn
from deploy.embedded.progress import Progress

Kind = Literal["server", "service", "extra"]
State = Literal["starting", "running", "restarting", "stopped"]
Phase = Literal["starting", "ready", "stopping", "failed"]

_STOP_ORDER: tuple[Kind, ...] = ("extra", "service", "server")
_LOOK_SECONDS = 0.1
_STABLE_SECONDS = 30.0
_LONGEST_DELAY = 30.0


class AlreadyRunning(Exception):
    """Another supervisor holds this home."""


def restart_delay(deaths: int) -> float:
    """Seconds to wait before restart number `deaths`: none at first, then 0.5 s doubling to 30 s."""
    return 0.0 if deaths <= 1 else min(_LONGEST_DELAY, 0.5 * 2.0 ** (deaths - 2))


@dataclass(frozen=True, slots=True)
class Program:
    """Something to keep running. `answers` decides when a started process counts as running; None: at once."""

    name: str
    kind: Kind
    launch: Callable[[], Launch]
    label: str = ""
    address: str = ""
    health_port: int | None = None
    answers: Callable[[], bool] | None = None


@dataclass(slots=True)
class _Kept:
    program: Program
    child: Child | None = None
    state: State = "starting"
    deaths: int = 0
    restarts: int = 0
    due: float = 0.0
    guard: threading.Lock = field(default_factory=threading.Lock)


def lock_home(home: Home) -> IO[str]:
    """Take the home for this process; AlreadyRunning if a living one has it. Keep the file open."""
    home.make()
    file = home.lock.open("a+")
    end = time.monotonic() + 0.5  # `holder` below takes it for an instant
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                file.close()
                raise AlreadyRunning(str(home.root)) from None
            time.sleep(0.02)
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def holder(home: Home) -> int | None:
    """Pid of the supervisor that holds this home now; None when nobody does."""
    if not home.lock.exists():
        return None
    with home.lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read().strip() or 0) or None
    return None


def reap_leftovers(home: Home) -> list[str]:
    """End what a killed supervisor left behind; the names of what was still alive."""
    files = sorted(home.pids.glob("*.json")) if home.pids.exists() else []
    return [file.stem for file in files if reap(file) is not None]


class Supervisor:
    """The processes of one home. Hold the home's lock while using it."""

    def __init__(self, home: Home, *, look_seconds: float = _LOOK_SECONDS) -> None:
        self.home = home
        self.progress = Progress(self._write_state)
        self.phase: Phase = "starting"
        self.error = ""
        self.facts: dict[str, Any] = {}
        self._kept: dict[str, _Kept] = {}
        self._look_seconds = look_seconds
        self._write_lock = threading.Lock()
        self._stopping = threading.Event()
        self._monitor = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._monitor.start()

    def add(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        kept = _Kept(program)
        self._kept[program.name] = kept
        self._start(kept)

    def running(self, name: str) -> bool:
        """Whether this program is up, or has not died more than twice so far: one that keeps dying is a lost cause."""
        kept = self._kept.get(name)
        return kept is not None and not self._stopping.is_set() and kept.restarts < 3

    def pid(self, name: str) -> int | None:
        kept = self._kept.get(name)
        return kept.child.pid if kept and kept.child else None

    def run_job(self, name: str, launch: Launch) -> int:
        """Run a process to its end under the same care; its exit code."""
        child = spawn(name, launch, log=self.home.log(name), pid_file=self.home.pids / f"{name}.json")
        while child.running():
            if self._stopping.wait(0.02):
                child.stop()
        child.kill()  # what it may have left of its group
        return child.process.returncode

    def enter(self, phase: Phase, error: str = "") -> None:
        self.phase, self.error = phase, error
        self._write_state()

    def stop_all(self) -> None:
        """Stop everything: extras, then services, then servers, each kind together."""
        self._stopping.set()
        self._monitor.join()
        for kind in _STOP_ORDER:
            kept = [k for k in self._kept.values() if k.program.kind == kind]
            for one in kept:
                if one.child is not None:
                    one.child.ask_to_stop()
            for one in reversed(kept):
                self._stop(one)
        self._write_state()

    def as_json(self) -> dict[str, Any]:
        """What `state.json` holds."""
        programs = [
            {
                "name": k.program.name,
                "kind": k.program.kind,
                "label": k.program.label or k.program.name,
                "state": k.state,
                "pid": k.child.pid if k.child and k.state in ("starting", "running") else None,
                "address": k.program.address,
                "health_port": k.program.health_port,
                "restarts": k.restarts,
            }
            for k in list(self._kept.values())
        ]
        steps = self.progress.as_json()
        return {
            "supervisor": os.getpid(),
            "phase": self.phase,
            "error": self.error,
            "facts": self.facts,
            "steps": steps,
            "programs": programs,
        }

    def _watch(self) -> None:
        while not self._stopping.wait(self._look_seconds):
            for kept in list(self._kept.values()):
                self._look_after(kept)

    def _look_after(self, kept: _Kept) -> None:
        now = time.monotonic()
        if kept.state == "restarting":
            if now >= kept.due:
                self._start(kept)
        elif kept.child is not None and not kept.child.running():
            lived = now - kept.child.started
            kept.child.kill()  # grandchildren must not outlive it
            kept.deaths = 1 if lived >= _STABLE_SECONDS else kept.deaths + 1
            kept.restarts += 1
            kept.due = now + restart_delay(kept.deaths)
            self._note(kept, "restarting")
            if now >= kept.due:
                self._start(kept)
        elif kept.state == "starting" and kept.program.answers is not None and kept.program.answers():
            self._note(kept, "running")

    def _start(self, kept: _Kept) -> None:
        with kept.guard:
            if self._stopping.is_set():
                return
            program = kept.program
            pid_file = self.home.pids / f"{program.name}.json"
            kept.child = spawn(program.name, program.launch(), log=self.home.log(program.name), pid_file=pid_file)
        self._note(kept, "starting" if program.answers is not None else "running")

    def _stop(self, kept: _Kept) -> None:
        with kept.guard:
            if kept.child is not None:
                kept.child.stop()
            kept.state = "stopped"

    def _note(self, kept: _Kept, state: State) -> None:
        kept.state = state
        self._write_state()

    def _write_state(self) -> None:
        with self._write_lock:
            write_whole(self.home.state, json.dumps(self.as_json()), mode=0o644)
