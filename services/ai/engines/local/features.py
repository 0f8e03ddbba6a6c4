"""What a text looks like to a classifier: its words, its meaning, and which common themes it touches."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.ai.engines.local.embedder import DIMENSION, Vectors
from services.ai.engines.local.themes import Themes
from services.ai.knowledge.sentences import terms

_BUCKETS = 4096
_STEM = 5
_WORDS, _THEMES = 0.5, 2.0
"""Weights beside the meaning's 1, chosen on tests/ai/data by cross-validation."""


class Features:
    """Learned from training texts: where their middle lies and which words are rare. `of` turns texts into rows of one width.

    `vectors` hold one view of each text or several side by side; together they weigh as much as one.
    """

    def __init__(self, texts: Sequence[str], vectors: Vectors | None, themes: Themes | None) -> None:
        self._themes = themes if vectors is not None else None
        self._centres = [view.mean(axis=0) for view in _views(vectors)]
        seen = Counter(bucket for text in texts for bucket in _counts(text))
        self._idf = np.full(_BUCKETS, math.log(1 + len(texts)), dtype=np.float32)
        for bucket, times in seen.items():
            self._idf[bucket] = math.log((1 + len(texts)) / (1 + times))

    def of(self, texts: Sequence[str], vectors: Vectors | None, extra: Vectors | None = None) -> Vectors:
        """Shape (len(texts), width). `vectors` as in training; `extra` holds further columns as they are."""
        parts = [self._word_rows(texts) * (_WORDS if self._centres else 1.0)]
        share = 1 / math.sqrt(max(1, len(self._centres)))
        for view, centre in zip(_views(vectors), self._centres, strict=False):
            parts.append(unit(view - centre) * share)
            if self._themes is not None:
                parts.append(np.sqrt(self._themes.shares(view)) * (_THEMES * share))
        if extra is not None:
            parts.append(extra)
        return np.hstack(parts).astype(np.float32)

    def _word_rows(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), _BUCKETS), dtype=np.float32)
        for row, text in enumerate(texts):
            for bucket, times in _counts(text).items():
                rows[row, bucket] = (1 + math.log(times)) * self._idf[bucket]
        return unit(rows)


def _views(vectors: Vectors | None) -> list[Vectors]:
    return [] if vectors is None else np.split(vectors, vectors.shape[1] // DIMENSION, axis=1)


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Each row at length 1; an empty one stays empty."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: Vectors = rows / np.maximum(lengths, 1e-9)
    return found


def _counts(text: str) -> Counter[int]:
    """Words and the beginnings of long ones, hashed: no vocabulary to keep, and a new word costs nothing."""
    found = terms(text)
    stems = [f"{w[:_STEM]}*" for w in found if len(w) > _STEM]
    return Counter(zlib.crc32(w.encode()) % _BUCKETS for w in (*found, *stems))
