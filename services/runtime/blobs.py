"""The blob store: attachments and values too large for Kafka, by content hash (obstore: folder, S3, GCS, Azure)."""

import hashlib
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, ObjectStore, from_url

from services.runtime.settings import Settings


def _open(url: str) -> ObjectStore:
    if url.startswith("file://"):
        folder = Path(unquote(urlparse(url).path))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(prefix=folder)
    return from_url(url)


class Blobs:
    """Content-addressed files. A blob's name is its sha256 in hex, so writing twice is harmless and a reader can verify it."""

    def __init__(self, settings: Settings) -> None:
        self._store = _open(settings.blob_url)

    @staticmethod
    def path(sha256: str) -> str:
        """Where a blob stands in the store."""
        return f"{sha256[:2]}/{sha256}"

    def put(self, data: bytes, *, sha256: str | None = None) -> str:
        """Write the data if it is not there yet; its sha256 in hex."""
        digest = sha256 or hashlib.sha256(data).hexdigest()
        try:
            obstore.put(self._store, self.path(digest), data, mode="create")
        except AlreadyExistsError:
            return digest
        return digest

    def get(self, sha256: str) -> bytes:
        """The whole blob. FileNotFoundError if it is not there."""
        return bytes(obstore.get(self._store, self.path(sha256)).bytes())

    async def get_async(self, sha256: str) -> bytes:
        """`get` for asyncio."""
        return bytes(await (await obstore.get_async(self._store, self.path(sha256))).bytes_async())

    async def put_async(self, data: bytes) -> str:
        """`put` for asyncio."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            await obstore.put_async(self._store, self.path(digest), data, mode="create")
        except AlreadyExistsError:
            return digest
        return digest


class Shelf:
    """Named files of the blob store under one prefix: for the few things that are not found by their content, by every machine alike."""

    def __init__(self, settings: Settings, prefix: str) -> None:
        self._store, self._prefix = _open(settings.blob_url), prefix

    def put(self, name: str, data: bytes) -> None:
        """Write, over what had the name before."""
        obstore.put(self._store, f"{self._prefix}/{name}", data)

    def names(self) -> list[str]:
        """All names, sorted."""
        listed = [entry["path"] for page in obstore.list(self._store, self._prefix) for entry in page]
        return sorted(path.removeprefix(f"{self._prefix}/") for path in listed)

    def get(self, name: str) -> bytes:
        """The whole file. FileNotFoundError if it is not there."""
        return bytes(obstore.get(self._store, f"{self._prefix}/{name}").bytes())
