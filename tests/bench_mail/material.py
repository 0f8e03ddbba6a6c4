"""Other projects' test material, from their own source archives: fetched once by name and version, checked by hash, never committed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

_HERE = Path(__file__).parent
CACHE = Path("build/bench-mail")
# name@version of npm, and the sha256 of its archive.
_NPM = {
    "email-forward-parser@1.8.3": "2fd5431ba890418d91fc3332673ebb339f0a686b0ef8912db136a5fc02af4047",
    "baunsu@0.2.3": "e70903f6e92ec53b8feef60f6437be6f794a5b19ded61776657637e205dbae93",
}


class ForeignArchiveError(Exception):
    """An archive is not the one that was measured with."""


def fetch() -> Path:
    """The folder with one folder per archive, and `libraries`, the packages to compare with. Downloads what is missing."""
    CACHE.mkdir(parents=True, exist_ok=True)
    done = CACHE / "complete"
    wanted = (_HERE / "sources.txt").read_text() + (_HERE / "libraries.txt").read_text() + str(_NPM)
    if done.exists() and done.read_text() == wanted:
        return CACHE
    _pip("download", "--no-deps", "--no-binary", ":all:", "-d", str(CACHE), "-r", str(_HERE / "sources.txt"))
    _pip("install", "--upgrade", "--target", str(CACHE / "libraries"), "-r", str(_HERE / "libraries.txt"))
    for name, digest in _NPM.items():
        _npm(name, digest)
    for archive in [*CACHE.glob("*.tar.gz"), *CACHE.glob("*.tgz")]:
        _unpack(archive)
    done.write_text(wanted)
    return CACHE


def folder(name: str) -> Path:
    """Where an archive's files are, whatever its version."""
    return next(path for path in sorted(CACHE.iterdir()) if path.is_dir() and path.name.startswith(f"{name}-"))


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", arguments[0], "--quiet", "--require-hashes", *arguments[1:]], check=True, stdout=sys.stderr
    )


def _npm(name: str, digest: str) -> None:
    npm = shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm") or "npm"
    packed = subprocess.run([npm, "pack", "--silent", name], cwd=CACHE, check=True, stdout=subprocess.PIPE, text=True)
    archive = CACHE / packed.stdout.split()[-1]
    if hashlib.sha256(archive.read_bytes()).hexdigest() != digest:
        raise ForeignArchiveError(f"{archive.name} has another hash than the one in {__name__}")


def _unpack(archive: Path) -> None:
    target = CACHE / archive.name.removesuffix(".tgz").removesuffix(".tar.gz")
    with tarfile.open(archive) as read:
        read.extractall(target, filter="data")
