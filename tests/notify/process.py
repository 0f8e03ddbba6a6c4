"""The real notify process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from deploy.embedded.ports import choose_port
from tests.servers import eventually
from tests.web import is_ready, request


class NotifyProcess:
    """`helpdesk run notify` without the command around it. Stopped by `close` at the latest."""

    def __init__(self, environment: dict[str, str], *, home: Path, crash_at: str = "", claim_seconds: float = 10.0) -> None:
        self.port = choose_port()
        own = {"HELPDESK_HEALTH_PORT": str(self.port), "HELPDESK_HOME": str(home), "HELPDESK_CRASH_AT": crash_at}
        self.log = home / f"notify-{self.port}.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                (sys.executable, "-c", f"from services.notify.main import main; raise SystemExit(main(claim_seconds={claim_seconds}))"),
                env={**os.environ, **environment, **own}, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def ready(self) -> NotifyProcess:
        """Wait until it reads its partitions."""
        eventually(lambda: is_ready(f"http://127.0.0.1:{self.port}"), what=f"notify ready, log {self.log}")
        return self

    def status(self) -> dict[str, Any]:
        """Its own account of itself."""
        body: dict[str, Any] = request("GET", f"http://127.0.0.1:{self.port}/status").json()
        return body

    def ended(self, seconds: float = 20) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(seconds)

    def stop(self, seconds: float = 20) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.ended(seconds)

    def close(self) -> None:
        """kill -9 what is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
