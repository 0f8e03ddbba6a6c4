"""Questions that no article answers, gathered until they are worth one (ai.md 1, knowledge)."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta

import numpy as np

from schemas.ai import AiSignal
from services.ai.engines.base import Triage
from services.ai.engines.local.draft import best_answer
from services.ai.radar import Seen, Vector
from services.runtime.ids import event_id

FEWEST = 3
"""Questions that make a gap: two may be chance."""
_ALIKE = 0.55
"""Cosine; unrelated messages lie under 0.35 with this model."""
_KEPT, _LASTS = 2000, timedelta(days=30)
_MOST_TICKETS = 50
_COMMON_IN = 0.5
_MOST_WORDS = 6


def is_unanswered(triage: Triage) -> bool:
    """Nobody could quote an article to it, whoever answers in the end."""
    return triage.draft is None and best_answer(triage.articles) is None


class Gaps:
    """Bounded memory, no I/O; an instance knows the tickets of its own partitions, since it was started."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_KEPT)

    def note(self, ticket_id: str, *, at: datetime, category: str, vector: Vector, words: frozenset[str]) -> AiSignal | None:
        """Remember a question; the gap it belongs to, as it is now, once that is one."""
        while self._seen and self._seen[0].at < at - _LASTS:
            self._seen.popleft()
        if all(s.ticket_id != ticket_id for s in self._seen):
            self._seen.append(Seen(ticket_id, at, category, vector, words))
        near = [s for s in self._seen if float(s.vector @ vector) >= _ALIKE]
        return _signal(near, at) if len({s.ticket_id for s in near}) >= FEWEST else None


def _signal(near: list[Seen], at: datetime) -> AiSignal:
    """Named after its oldest question, so that it grows under one id."""
    centre = np.mean([s.vector for s in near], axis=0)
    typical = max(near, key=lambda s: float(s.vector @ centre))
    counts = Counter(word for s in near for word in s.words if word.isalpha())
    words = [w for w, n in counts.most_common() if n >= _COMMON_IN * len(near)][:_MOST_WORDS]
    ids = list(dict.fromkeys(s.ticket_id for s in near))[-_MOST_TICKETS:]
    return AiSignal(
        id=event_id("ai-gap", near[0].ticket_id),
        kind="gap",
        created_at=at,
        ticket_ids=ids,
        data={"words": words, "tickets": len(ids), "typical": typical.ticket_id, "category": typical.category or None},
    )
