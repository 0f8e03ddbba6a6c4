"""Where an embedded system keeps its things: one folder, `.helpdesk/` unless told otherwise."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one embedded system. Two systems never share one: the supervisor holds a lock on it."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path) -> Home:
        return cls(Path(folder).expanduser().resolve())

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def pids(self) -> Path:
        return self.root / "run"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def env(self) -> Path:
        return self.root / "env"

    @property
    def desk(self) -> Path:
        return self.root / "desk.json"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    def data(self, server: str) -> Path:
        return self.root / "data" / server

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def make(self) -> None:
        """Create the folders that everything below expects."""
        for folder in (self.root, self.logs, self.pids, self.root / "data", self.blobs):
            folder.mkdir(parents=True, exist_ok=True)


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file in one step: a reader sees the old text or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
