"""Okapi BM25 over a few hundred short documents (Robertson & Zaragoza 2009, k1 = 1.2, b = 0.75)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from services.ai.knowledge.sentences import terms

_K1, _B = 1.2, 0.75


class BM25:
    """Immutable index; `scores` answers one number per document, at most 1 for a document that holds every query term often."""

    def __init__(self, documents: Sequence[str]) -> None:
        self._counts = [Counter(terms(d)) for d in documents]
        self._lengths = [sum(c.values()) for c in self._counts]
        self._mean = (sum(self._lengths) / len(self._lengths) if self._lengths else 0.0) or 1.0
        seen = Counter(chain.from_iterable(self._counts))
        total = len(documents)
        self._idf = {t: math.log(1 + (total - n + 0.5) / (n + 0.5)) for t, n in seen.items()}

    def __len__(self) -> int:
        return len(self._counts)

    def scores(self, query: str) -> list[float]:
        return self.scores_of(frozenset(terms(query)))

    def scores_of(self, query: frozenset[str]) -> list[float]:
        """As `scores`, for a query cut into terms once and put to many indexes."""
        wanted = [t for t in sorted(query) if t in self._idf]
        ceiling = sum(self._idf[t] * (_K1 + 1) for t in wanted) or 1.0
        return [self._score(wanted, i) / ceiling for i in range(len(self._counts))]

    def _score(self, wanted: list[str], i: int) -> float:
        norm = _K1 * (1 - _B + _B * self._lengths[i] / self._mean)
        counts = self._counts[i]
        return sum(self._idf[t] * counts[t] * (_K1 + 1) / (counts[t] + norm) for t in wanted if counts[t])
