"""Child processes that never outlive us unseen.

Each child leads its own process group, so that Ctrl-C reaches only the supervisor and a stop reaches grandchildren too.
Its pid file holds the pid with the process's start time: a reused pid is never mistaken for ours. On Linux the kernel
itself ends a child whose parent died (PR_SET_PDEATHSIG); elsewhere the next start finds it by its pid file.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.embedded.home import write_whole

_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6", use_errno=True) if _LINUX else None

# The kernel sends the death signal when the *thread* that forked ends, so all forks happen in one that ends with the process.
_forker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forker")


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one process: nothing of the environment is inherited beyond `env`."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGTERM
    grace: float = 15.0


@dataclass(slots=True)
class Child:
    """A started process and the file that remembers it."""

    name: str
    launch: Launch
    process: subprocess.Popen[bytes]
    pid_file: Path
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(self.launch.stop_signal)

    def stop(self) -> None:
        """End the process: its own stop signal first, SIGKILL for its whole group after the grace period."""
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.launch.grace)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the whole group, dead leader or not, and forget the pid file."""
        _kill_group(self.pid)
        self.process.wait()
        self.pid_file.unlink(missing_ok=True)


def spawn(name: str, launch: Launch, *, log: Path, pid_file: Path) -> Child:
    """Start a process in its own session, its output appended to `log`; safe to call from any thread."""
    return _forker.submit(_spawn, name, launch, log, pid_file).result()


def _spawn(name: str, launch: Launch, log: Path, pid_file: Path) -> Child:
    entry = pwd.getpwnam(launch.user) if launch.user is not None else None
    with log.open("ab") as out:
        process = subprocess.Popen(
            launch.argv,
            env=dict(launch.env),
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # One prepared system call, after a fork that only ever happens in the forker's thread.
            preexec_fn=_die_with(os.getpid(), launch.death_signal) if _LINUX else None,  # noqa: PLW1509
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )
    write_whole(pid_file, json.dumps({"pid": process.pid, "started": start_mark(process.pid)}))
    return Child(name=name, launch=launch, process=process, pid_file=pid_file)


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def in_child() -> None:
        assert _libc is not None
        _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before the line above could help
            os._exit(1)

    return in_child


def start_mark(pid: int) -> str | None:
    """What tells this process from a later one with the same pid; None if there is none.

    Linux counts ticks since boot, which, unlike a wall clock, nobody sets back.
    """
    try:
        if _LINUX:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        return f"{psutil.Process(pid).create_time():.2f}"
    except (OSError, psutil.Error):
        return None


def recorded_pid(pid_file: Path) -> int | None:
    """The pid a pid file names, if that very process still lives."""
    try:
        record = json.loads(pid_file.read_text())
        pid, started = int(record["pid"]), record["started"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if started is None or start_mark(pid) != started:
        return None
    with contextlib.suppress(psutil.Error):
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return None
    return pid


def reap(pid_file: Path, *, grace: float = 10.0) -> int | None:
    """End a process that an earlier supervisor left behind; its pid, or None if there was nothing to end."""
    pid = recorded_pid(pid_file)
    if pid is not None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            process.terminate()
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(grace)
        _kill_group(pid)
    pid_file.unlink(missing_ok=True)
    return pid


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
