"""A reply put together from sentences of one article, word for word."""

from __future__ import annotations

from services.ai.engines.base import Citation, Draft
from services.ai.knowledge.index import Hit

MEANING_FLOOR = 0.45
"""Cosine below which the best article is shown but not quoted (unrelated pairs lie under 0.35 with this model)."""
WORDS_FLOOR = 0.45
_MOST_SENTENCES = 3
_KEEP_RATIO = 0.6
_SHORTEST = 15


def draft_from(hits: tuple[Hit, ...], *, requester_name: str) -> Draft | None:
    """Greeting, one to three verbatim sentences, where they are from. None when no article answers."""
    best = best_answer(hits)
    if best is None:
        return None
    quotes = _quotes(best)
    if not quotes:
        return None
    article = best.article
    citations = tuple(Citation(article.id, article.version, article.title, q, article.url) for q in quotes)
    first_name = requester_name.split(maxsplit=1)[0].strip(",") if requester_name.strip() else ""
    greeting = f"Hello {first_name}," if first_name and "@" not in first_name else "Hello,"
    more = f"More in our article \u201c{article.title}\u201d" + (f": {article.url}" if article.url else ".")
    return Draft(f"{greeting}\n\n{' '.join(quotes)}\n\n{more}", citations)


def best_answer(hits: tuple[Hit, ...]) -> Hit | None:
    """The single best article: by meaning alone where there are embeddings, by words otherwise; None below the floor."""
    if not hits:
        return None
    best = max(hits, key=lambda h: (h.meaning, h.score))
    if best.meaning:
        return best if best.meaning >= MEANING_FLOOR else None
    best = max(hits, key=lambda h: h.score)
    return best if best.score >= WORDS_FLOOR else None


def _quotes(hit: Hit) -> list[str]:
    usable = [(i, s, score) for i, (s, score) in enumerate(hit.matches) if len(s) >= _SHORTEST and s[-1] in ".!"]
    if not usable:
        return []
    top = max(score for _, _, score in usable)
    near = sorted((u for u in usable if u[2] >= top * _KEEP_RATIO), key=lambda u: -u[2])[:_MOST_SENTENCES]
    return [s for _, s, _ in sorted(near)]
