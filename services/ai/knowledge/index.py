"""Hybrid search over whole articles and their sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.ai.desk import Article
from services.ai.knowledge.bm25 import BM25
from services.ai.knowledge.sentences import sentences, terms

MEANING, WORDS = 0.7, 0.3
_KEPT_VECTORS = 20_000


class _Embeds(Protocol):
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that matched: `score` orders the list, `meaning` (cosine, 0 without embeddings) judges the answer."""

    article: Article
    score: float
    meaning: float
    matches: tuple[tuple[str, float], ...]
    """Its sentences with their scores, in the article's order."""


@dataclass(frozen=True, slots=True)
class _Entry:
    article: Article
    sentences: tuple[str, ...]
    whole: NDArray[np.float32] | None
    vectors: NDArray[np.float32] | None


class KnowledgeIndex:
    """Articles a requester may read. `update` embeds only what it has not seen; `search` never sees an unpublished or internal one."""

    def __init__(self, embedder: _Embeds | None) -> None:
        self._embedder = embedder
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._entries: tuple[_Entry, ...] = ()
        self._words = BM25([])
        self._sentence_words: tuple[BM25, ...] = ()

    def __len__(self) -> int:
        return len(self._entries)

    def update(self, articles: Sequence[Article]) -> None:
        """Replace the set of articles: newest version of each, permission filter first. May take a second; run it in a thread."""
        newest: dict[str, Article] = {}
        for article in articles:
            if article.id not in newest or newest[article.id].version < article.version:
                newest[article.id] = article
        entries = tuple(self._entry(a) for a in newest.values() if a.published and a.public)
        self._words = BM25([f"{e.article.title}\n{e.article.title}\n{e.article.body}" for e in entries])
        self._sentence_words = tuple(BM25(e.sentences) for e in entries)
        self._entries = entries
        if len(self._vectors) > _KEPT_VECTORS:
            self._vectors.clear()

    def search(self, query: str, vector: NDArray[np.float32] | None, *, limit: int = 3) -> tuple[Hit, ...]:
        """Best articles first. Without a vector the words decide alone."""
        entries, words, by_sentence = self._entries, self._words, self._sentence_words
        if len(words) != len(entries) or len(by_sentence) != len(entries):
            return ()
        wanted = frozenset(terms(query))
        scored = words.scores_of(wanted)
        hits = [_hit(e, wanted, vector, scored[i], by_sentence[i]) for i, e in enumerate(entries)]
        return tuple(sorted(hits, key=lambda h: -h.score)[:limit])

    def _entry(self, article: Article) -> _Entry:
        parts = tuple(sentences(article.body))
        if self._embedder is None:
            return _Entry(article, parts, None, None)
        whole = self._embed([f"{article.title}. {article.body}"])[0]
        return _Entry(article, parts, whole, self._embed([f"{article.title}: {p}" for p in parts]) if parts else None)

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        assert self._embedder is not None
        missing = [t for t in texts if t not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self._embedder.embed(missing), strict=True))
        return np.stack([self._vectors[t] for t in texts])


def _hit(entry: _Entry, wanted: frozenset[str], vector: NDArray[np.float32] | None, word_score: float, by_sentence: BM25) -> Hit:
    lexical = by_sentence.scores_of(wanted)
    if vector is None or entry.whole is None:
        return Hit(entry.article, word_score, 0.0, tuple(zip(entry.sentences, lexical, strict=True)))
    meanings = (entry.vectors @ vector).tolist() if entry.vectors is not None else []
    meaning = max([float(entry.whole @ vector), *meanings])
    matches = [MEANING * m + WORDS * w for m, w in zip(meanings, lexical, strict=True)]
    score = MEANING * meaning + WORDS * word_score
    return Hit(entry.article, score, meaning, tuple(zip(entry.sentences, matches, strict=True)))
