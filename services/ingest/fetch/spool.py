"""Mails too big for Kafka, from the server into the blob store without ever standing in memory."""

from __future__ import annotations

import hashlib
import mmap
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from services.runtime.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Stored:
    """A mail in the blob store, under its sha256 in hex."""

    sha256: str
    size: int


class Spool:
    """Takes a mail chunk by chunk."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def store(self, chunks: Iterable[bytes]) -> Stored:
        """Write all chunks as one blob. It gets its name from its content, which is only known at the end: until then it is a file."""
        digest, size = hashlib.sha256(), 0
        with tempfile.TemporaryFile(prefix="helpdesk-mail-") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            # A mapped file is a buffer whose pages the kernel may drop: the store reads it like bytes.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self._blobs.put(cast("bytes", data), sha256=digest.hexdigest())
        return Stored(digest.hexdigest(), size)
