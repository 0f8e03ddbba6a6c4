"""Tickets as the assistant saw them come in: what radar and gaps compare, and how it travels in `ai.suggestions`.

Every instance hears of every run, its own and the others', from that topic: after a restart and on any number of instances the
memory is the same. A vector travels as one byte per dimension beside the name of its model; another model's is not compared.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of a ticket; its text is kept as word stems only."""

    run_id: str
    ticket_id: str
    at: datetime
    category: str
    vector: Vector
    words: frozenset[str]
    unanswered: bool = False
    """No article could be quoted to it."""


def record_of(seen: Seen, *, model: str) -> dict[str, object]:
    """What a suggestion's record keeps of it, under `meaning`."""
    scale = 127.0 / max(float(np.abs(seen.vector).max()), 1e-9)
    packed = base64.b64encode(np.round(seen.vector * scale).astype(np.int8).tobytes()).decode()
    return {
        "model": model, "vector": packed, "at": seen.at.isoformat(), "words": sorted(seen.words), "unanswered": seen.unanswered,
    }  # fmt: skip


def seen_in(suggestion: dict[str, Any], *, model: str) -> Seen | None:
    """What a value of `ai.suggestions` says came in; None where it says nothing, or in another model's terms."""
    kept = (suggestion.get("record") or {}).get("meaning")
    if not isinstance(kept, dict) or kept.get("model") != model:
        return None
    try:
        numbers = np.frombuffer(base64.b64decode(kept["vector"], validate=True), dtype=np.int8).astype(np.float32)
        return Seen(
            run_id=str(suggestion["run_id"]), ticket_id=str(suggestion["ticket_id"]), at=datetime.fromisoformat(kept["at"]),
            category=str(suggestion.get("category") or ""), vector=numbers / max(float(np.linalg.norm(numbers)), 1e-9),
            words=frozenset(map(str, kept.get("words", ()))), unanswered=bool(kept.get("unanswered")),
        )  # fmt: skip
    except (KeyError, ValueError, TypeError, binascii.Error):
        return None


class Memory:
    """The last `most` of them, compared by one product. Not for threads: one event loop owns it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: list[Seen | None] = []
        self._vectors: Vector = np.zeros((0, 0), dtype=np.float32)
        self._place: dict[str, int] = {}
        self._next = 0

    def __iter__(self) -> Iterator[Seen]:
        return (s for s in self._seen if s is not None)

    def add(self, seen: Seen) -> bool:
        """False if this run is known already. The oldest makes room."""
        if seen.run_id in self._place or (self._vectors.size and len(seen.vector) != self._vectors.shape[1]):
            return False
        if not self._vectors.size:
            self._vectors = np.zeros((self._most, len(seen.vector)), dtype=np.float32)
        if self._next < len(self._seen):
            old = self._seen[self._next]
            if old is not None:
                del self._place[old.run_id]
            self._seen[self._next] = seen
        else:
            self._seen.append(seen)
        self._vectors[self._next] = seen.vector
        self._place[seen.run_id] = self._next
        self._next = (self._next + 1) % self._most
        return True

    def forget(self, run_id: str) -> None:
        """An erased run is compared no more."""
        place = self._place.pop(run_id, None)
        if place is not None:
            self._seen[place] = None
            self._vectors[place] = 0.0

    def near(self, vector: Vector, *, floor: float) -> list[tuple[Seen, float]]:
        """Those at least as alike as `floor` (cosine), in the order they came, with how alike they are."""
        if not self._seen or len(vector) != self._vectors.shape[1]:
            return []
        scores = self._vectors[: len(self._seen)] @ vector
        found = [(self._seen[i], float(scores[i])) for i in np.flatnonzero(scores >= floor)]
        return sorted(((s, score) for s, score in found if s is not None), key=lambda pair: pair[0].at)
