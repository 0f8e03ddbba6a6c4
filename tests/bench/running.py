"""What measurements run on: bare servers, or the whole system; each started when first asked for, all stopped at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.embedded.home import Home
from deploy.embedded.stack import Stack, start_servers
from services.cli.environment import desk, read_env
from services.cli.seed import seed
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from services.tickets.migrate import migrate

_SECRET = "a secret of at least thirty-two characters"
_OURS = ("HELPDESK_", "KAFKA_", "EMAIL_", "IMAP_", "SMTP_", "DATABASE_URL", "REDIS_URL", "GEMINI_")


def bare_environment() -> dict[str, str]:
    """Our environment without what would point the system at other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def settings_of(env: dict[str, str]) -> Settings:
    """The settings a service would read from this environment."""
    return Settings.model_validate({k if k.startswith("HELPDESK_") else k.lower(): v for k, v in env.items()}).named("bench")


class Running:
    """Lazily started servers and system. Folders are not pytest's: PostgreSQL runs as another user on root's machine."""

    def __init__(self) -> None:
        self._open, self._servers = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._servers.close()
        self._open.close()

    def folder(self, name: str) -> Path:
        """A fresh folder, deleted at the end."""
        made = Path(tempfile.mkdtemp(prefix=f"helpdesk-bench-{name}-"))
        self._open.callback(shutil.rmtree, made, ignore_errors=True)
        return made

    @cached_property
    def servers(self) -> Stack:
        """Kafka, PostgreSQL and the mail server, with topics and tables; no service runs."""
        folder = self.folder("servers")
        stack = self._servers.enter_context(start_servers(folder, only=("kafka", "postgres", "mail")))
        migrate(self._settings(stack))
        ensure_topics(stack.kafka)
        return stack

    @cached_property
    def settings(self) -> Settings:
        """Settings of a service on `servers`."""
        return self._settings(self.servers)

    def seed_defaults(self) -> None:
        """Teams, priorities and targets; a tickets service must be running."""
        env = {
            **self.servers.environment,
            **desk(self.servers.home),
            "HELPDESK_SECRET_KEY": _SECRET,
            "HELPDESK_HOME": str(self.servers.home.root),
        }
        seed(env, empty=True)

    @cached_property
    def system(self) -> System:
        """The whole system as `helpdesk up` starts it, with its sample data."""
        self._servers.close()  # their processor time and memory belong to the system now
        self.__dict__.pop("servers", None)
        return self._open.enter_context(System(self.folder("system")))

    @staticmethod
    def _settings(stack: Stack) -> Settings:
        own = {"EMAIL_USER": "support@desk.example", "HELPDESK_SECRET_KEY": _SECRET, "HELPDESK_HOME": str(stack.home.root)}
        return settings_of({**stack.environment, **own})


class System:
    """`helpdesk up --detach` in a folder of its own, `helpdesk down --wipe` at the end."""

    def __init__(self, folder: Path) -> None:
        self.home = Home.at(folder / "home")
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._helpdesk("up", "--detach")
        except BaseException:
            self._helpdesk("down", "--wipe")
            raise
        self.env = read_env(self.home)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._helpdesk("down", "--wipe")

    def _helpdesk(self, *arguments: str) -> None:
        argv = (sys.executable, "-m", "services.cli.main", *arguments, "--home", str(self.home.root))
        done = subprocess.run(argv, env=bare_environment(), capture_output=True, text=True, check=False, timeout=400)
        if done.returncode:
            raise RuntimeError(f"helpdesk {arguments[0]} failed: {(done.stderr or done.stdout)[-800:]}")
