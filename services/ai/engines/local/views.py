"""A text seen twice: as a whole, and sentence by sentence.

One sentence of a mail mostly says what is wanted; in the whole mail it drowns, and of a long mail the model only reads the
beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.ai.engines.local.embedder import DIMENSION, Embedder, Vectors
from services.ai.knowledge.sentences import sentences

_FEWEST_WORDS = 3
_MOST = 4
"""Each costs as much as a short ticket. The subject and what follows the greeting come first."""


class Views:
    """Rows of twice the width: the whole, and beside it the mean of its first sentences that say something."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def model(self) -> str:
        return self._inner.model

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 2 * DIMENSION)."""
        if not texts:
            return np.zeros((0, 2 * DIMENSION), dtype=np.float32)
        parts = [spoken(text) for text in texts]
        made = self._inner.embed([*texts, *(s for some in parts for s in some)])
        rows, at = [], len(texts)
        for row, some in enumerate(parts):
            rows.append(np.concatenate([made[row], made[at : at + len(some)].mean(axis=0) if some else made[row]]))
            at += len(some)
        found: Vectors = np.stack(rows)
        return found


def spoken(text: str) -> list[str]:
    """The sentences that are looked at one by one; none where the whole is but one."""
    found = [s for s in sentences(text) if len(s.split()) >= _FEWEST_WORDS][:_MOST]
    return found if len(found) > 1 else []


def whole(seen: Vectors) -> Vectors:
    """The first view of one row."""
    return seen[:DIMENSION]
