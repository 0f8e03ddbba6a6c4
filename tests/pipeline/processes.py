"""A service as a process of its own, with a health port, a log, and the signals of the fault tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.home import Home
from deploy.embedded.ports import choose_port
from deploy.embedded.process import Child, Launch, spawn
from tests.servers import eventually
from tests.web import is_ready

START_SECONDS = 120.0


@dataclass(slots=True)
class Service:
    """One running process. The kernel ends it with the test run."""

    name: str
    child: Child
    port: int
    log: Path

    @property
    def pid(self) -> int:
        return self.child.pid

    def ready(self) -> Service:
        """Wait until it does its work (a consumer: until it has its partitions), or died where it was told to."""
        eventually(self._answers, seconds=START_SECONDS, what=f"{self.name} ready; its log ends with: {self.tail()}")
        return self

    def _answers(self) -> bool:
        if not self.child.running():
            if self.crashed:
                return True
            raise RuntimeError(f"{self.name} ended with {self.child.process.returncode}: {self.tail()}")
        return is_ready(f"http://127.0.0.1:{self.port}")

    @property
    def crashed(self) -> bool:
        """Whether it reached its crash point."""
        return self.child.process.poll() == -signal.SIGKILL and bool(self.child.launch.env["HELPDESK_CRASH_AT"])

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""

    def died(self, seconds: float) -> bool:
        """Whether it was killed within some seconds. AssertionError if it ended in another way."""
        try:
            code = self.child.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        assert code == -signal.SIGKILL, f"{self.name} ended with {code}: {self.tail()}"
        return True

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        self.child.stop()


def start(
    name: str, *, env: Mapping[str, str], home: Home, module: str = "", crash_at: str = "", arguments: tuple[str, ...] = ()
) -> Service:
    """Start `helpdesk run NAME`, or `python -m MODULE` in its place."""
    port = choose_port()
    log = home.log(f"{name}-{port}")
    own = {
        "HELPDESK_SERVICE": name,
        "HELPDESK_INSTANCE": f"{name}-{port}",
        "HELPDESK_HEALTH_PORT": str(port),
        "HELPDESK_CRASH_AT": crash_at,
    }
    argv = (sys.executable, "-m", module, *arguments) if module else (sys.executable, "-m", "services.cli.run", name)
    launch = Launch(argv=argv, env={**env, **own}, cwd=Path.cwd(), grace=20.0, death_signal=signal.SIGKILL)
    return Service(name, spawn(f"{name}-{port}", launch, log=log, pid_file=home.pids / f"{name}-{port}.json"), port, log)
