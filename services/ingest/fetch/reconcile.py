"""Once a day the whole folder is listed and compared with the day before: a mail that turned up far below what was read is fetched.

Between two listings the last 1,000 UIDs are searched again and again; this is for servers that show an older one late. What a listing held
was read by then, so only what is new in an old place is late. Mails of the day are known by having been read in this process; those between
the last listing and the start of the process count as known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
from obstore.exceptions import BaseError

from services.ingest.fetch.position import Progress, Ranges
from services.runtime.blobs import Shelf
from services.runtime.ids import event_id
from services.runtime.telemetry import log

_STORE_ERRORS = (OSError, BaseError)


class Reconciler:
    """The listings of one folder, kept in the blob store: a fetcher on another machine goes on with them."""

    def __init__(self, shelf: Shelf, progress: Progress) -> None:
        self._shelf = shelf
        self._name = event_id("listing", progress.account, progress.folder, progress.uidvalidity)
        self._started = progress.low
        self._read = Ranges()
        self._low, self._listed = self._load()

    def note(self, uids: Iterable[int]) -> None:
        """These were read since."""
        for uid in uids:
            self._read.add(uid, uid)

    def late(self, uids: Sequence[int], progress: Progress) -> list[int]:
        """Of all UIDs of the folder those that turned up in a place long read."""
        return [
            uid for uid in uids if uid <= progress.low and uid not in self._read and uid not in progress.settled and self._was_missing(uid)
        ]

    def keep(self, uids: Sequence[int], progress: Progress) -> None:
        """This listing is the one to compare with from now on. Once its late mails are in Kafka, not before."""
        ranges = ranges_of(uids)
        try:
            self._shelf.put(self._name, orjson.dumps({"low": progress.low, "uids": ranges}))
        except _STORE_ERRORS as error:  # mail is read without it; this process remembers
            log.warning("listing not kept", error=str(error)[:200])
        self._low, self._listed = progress.low, Ranges.sorted(ranges)
        self._started, self._read = progress.low, Ranges()

    def _was_missing(self, uid: int) -> bool:
        return uid > self._started or (uid <= self._low and uid not in self._listed)

    def _load(self) -> tuple[int, Ranges]:
        try:
            kept = orjson.loads(self._shelf.get(self._name))
        except FileNotFoundError:
            return 0, Ranges()
        except _STORE_ERRORS as error:
            log.warning("listing not read", error=str(error)[:200])
            return 0, Ranges()
        return int(kept["low"]), Ranges.sorted([(first, last) for first, last in kept["uids"]])


def ranges_of(uids: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending UIDs as inclusive ranges."""
    ranges: list[tuple[int, int]] = []
    for uid in uids:
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1] = ranges[-1][0], uid
        else:
            ranges.append((uid, uid))
    return ranges
