"""The supervisor restarts what dies, stops in order, and leaves no orphan."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.embedded.home import Home
from deploy.embedded.process import Launch, reap, recorded_pid, spawn, start_mark
from deploy.embedded.supervisor import AlreadyRunning, Program, Supervisor, holder, lock_home, reap_leftovers, restart_delay
from tests.servers import eventually

_SLEEPER = "import time; time.sleep(600)"
_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
_PARENT = "import subprocess, sys, time; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid, flush=True); time.sleep(600)"


def python(code: str, *, grace: float = 5.0) -> Launch:
    return Launch(argv=(sys.executable, "-c", code), env=dict(os.environ), cwd=Path.cwd(), grace=grace, death_signal=signal.SIGKILL)


def program(name: str, code: str) -> Program:
    return Program(name=name, kind="service", launch=lambda: python(code))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home.at(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def supervisor(home: Home) -> Iterator[Supervisor]:
    running = Supervisor(home, look_seconds=0.01)
    yield running
    running.stop_all()


def state_of(home: Home, name: str) -> dict[str, object]:
    programs: list[dict[str, object]] = json.loads(home.state.read_text())["programs"]
    return next(p for p in programs if p["name"] == name)


def test_delays_grow_from_none_to_half_a_minute() -> None:
    assert [restart_delay(deaths) for deaths in (1, 2, 3, 4, 5, 20)] == [0.0, 0.5, 1.0, 2.0, 4.0, 30.0]


def test_a_killed_child_is_back_at_once_under_a_new_pid(home: Home, supervisor: Supervisor) -> None:
    supervisor.add(program("worker", _SLEEPER))
    old = supervisor.pid("worker")
    assert old is not None
    os.kill(old, signal.SIGKILL)
    new = eventually(lambda: (pid := supervisor.pid("worker")) != old and pid, seconds=3, what="a new process")
    eventually(lambda: state_of(home, "worker")["pid"] == new, seconds=3, what="the new pid in the state file")
    assert state_of(home, "worker")["restarts"] == 1


def test_one_that_keeps_dying_is_tried_again_later_and_later(home: Home, supervisor: Supervisor) -> None:
    supervisor.add(program("broken", "raise SystemExit(1)"))
    eventually(lambda: state_of(home, "broken")["state"] == "restarting", seconds=5, what="a pause before the next try")
    eventually(lambda: not supervisor.running("broken"), seconds=10, what="being given up as a lost cause")
    assert state_of(home, "broken")["restarts"] == 3


def test_a_restart_ends_the_grandchildren_of_the_dead(home: Home, supervisor: Supervisor) -> None:
    supervisor.add(program("parent", _PARENT))
    grandchild = int(eventually(lambda: home.log("parent").read_text().split(), what="the grandchild's pid")[0])
    pid = supervisor.pid("parent")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not _lives(grandchild), seconds=3, what="the end of the grandchild")


def test_stopping_kills_what_does_not_listen(home: Home) -> None:
    supervisor = Supervisor(home)
    supervisor.add(Program(name="deaf", kind="service", launch=lambda: python(_STUBBORN, grace=0.2)))
    pid = supervisor.pid("deaf")
    eventually(lambda: "deaf" in home.log("deaf").read_text(), what="a process that ignores SIGTERM")
    supervisor.stop_all()
    assert pid is not None
    assert not _lives(pid)
    assert not list(home.pids.glob("*.json"))


def test_services_stop_before_servers(home: Home, tmp_path: Path) -> None:
    told = tmp_path / "order"
    code = "import signal, sys, time\ndef end(*_):\n    open({told!r}, 'a').write({name!r} + ' ')\n    sys.exit()\nsignal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\ntime.sleep(600)"
    supervisor = Supervisor(home)
    server, service = (python(code.format(told=str(told), name=name)) for name in ("server", "service"))
    supervisor.add(Program(name="server", kind="server", launch=lambda: server))
    supervisor.add(Program(name="service", kind="service", launch=lambda: service))
    for name in ("server", "service"):
        eventually(lambda name=name: "up" in home.log(name).read_text(), what=f"{name} running")  # type: ignore[misc]
    supervisor.stop_all()
    assert told.read_text().split() == ["service", "server"]


def test_a_supervisor_that_is_killed_leaves_no_orphan(home: Home, tmp_path: Path) -> None:
    code = textwrap.dedent(f"""
        import os, signal, sys, time
        from pathlib import Path
        from deploy.embedded.home import Home
        from deploy.embedded.process import Launch
        from deploy.embedded.supervisor import Program, Supervisor
        supervisor = Supervisor(Home.at({str(home.root)!r}))
        launch = Launch(argv=(sys.executable, "-c", {_STUBBORN!r}), env=dict(os.environ), cwd=Path.cwd(), death_signal=signal.SIGKILL)
        supervisor.add(Program(name="deaf", kind="service", launch=lambda: launch))
        print(supervisor.pid("deaf"), flush=True)
        time.sleep(600)
    """)
    with subprocess.Popen((sys.executable, "-c", code), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _lives(child)
        parent.kill()
    if sys.platform.startswith("linux"):
        eventually(lambda: not _lives(child), seconds=3, what="the child's end by the kernel")
    reap_leftovers(home)
    assert not _lives(child)


def test_leftovers_are_ended_by_their_pid_files(home: Home) -> None:
    child = spawn("left", python(_SLEEPER), log=home.log("left"), pid_file=home.pids / "left.json")
    assert reap_leftovers(home) == ["left"]
    child.process.wait(5)
    assert reap_leftovers(home) == []


def test_a_reused_pid_is_not_mistaken_for_ours(home: Home) -> None:
    pid_file = home.pids / "other.json"
    pid_file.write_text(json.dumps({"pid": os.getpid(), "started": "0"}))
    assert recorded_pid(pid_file) is None
    assert reap(pid_file) is None
    pid_file.write_text(json.dumps({"pid": os.getpid(), "started": start_mark(os.getpid())}))
    assert recorded_pid(pid_file) == os.getpid()


def test_a_home_has_one_supervisor(home: Home) -> None:
    assert holder(home) is None
    with lock_home(home):
        with pytest.raises(AlreadyRunning):
            lock_home(home)
        assert holder(home) == os.getpid()
    assert holder(home) is None


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
