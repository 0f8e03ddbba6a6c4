"""What people write to helpdesks about in general: the knowledge a router has before it has seen a desk's own tickets.

A theme is no team. Each text is described by its shares of the themes, and what a team takes care of is learned from its
description and examples: so a team whose name nobody foresaw profits as well.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from services.ai.engines.local.embedder import Embedder, Vectors
from services.ai.engines.local.kernel import softmax

_RIDGE = 0.2
_BIAS = 0.01
_STEPS = 80
_TEMPERATURE = 0.6


TOPICS, PRESSURE = "themes.txt", "pressure.txt"


@cache
def phrases(bank: str) -> tuple[tuple[str, str], ...]:
    """(theme, phrase) pairs of a bank, each once, the theme's own name among its phrases."""
    found: list[tuple[str, str]] = []
    for line in Path(__file__).with_name(bank).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            theme, _, said = line[1:].partition("] ")
            found += [(theme, phrase) for phrase in (theme, *said.split("|"))]
    return tuple(dict.fromkeys(found))


class Themes:
    """A linear softmax from vectors to themes. Immutable."""

    def __init__(self, embedder: Embedder, bank: str) -> None:
        pairs = phrases(bank)
        self.names = tuple(dict.fromkeys(theme for theme, _ in pairs))
        vectors = embedder.embed([phrase for _, phrase in pairs])
        self._centre = vectors.mean(axis=0)
        rows = self._centred(vectors).astype(np.float64)
        wanted = np.eye(len(self.names))[[self.names.index(theme) for theme, _ in pairs]]
        similar = rows @ rows.T + _BIAS
        step = np.linalg.inv(similar / 2 + _RIDGE * np.eye(len(rows)))
        given = np.zeros_like(wanted)
        for _ in range(_STEPS):
            given -= step @ (softmax(similar @ given) - wanted + _RIDGE * given)
        self._weights, self._bias = (rows.T @ given).astype(np.float32), (_BIAS * given.sum(axis=0)).astype(np.float32)

    def shares(self, vectors: Vectors) -> Vectors:
        """One row per vector, one share per theme, each row sums to 1."""
        return softmax((self._centred(vectors) @ self._weights + self._bias).astype(np.float64), _TEMPERATURE).astype(np.float32)

    def _centred(self, vectors: Vectors) -> Vectors:
        moved = vectors - self._centre
        found: Vectors = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return found


_made: dict[tuple[str, str], Themes] = {}


def themes_of(embedder: Embedder, bank: str = TOPICS) -> Themes:
    """One per model and bank in this process."""
    name = (embedder.model, bank)
    if name not in _made:
        _made[name] = Themes(embedder, bank)
    return _made[name]
