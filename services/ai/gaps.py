"""Questions that no article answers, gathered until they are worth one (ai.md 1, knowledge)."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from schemas.ai import AiSignal
from services.ai.engines.base import Triage
from services.ai.engines.local.draft import best_answer
from services.ai.seen import Memory, Seen
from services.runtime.ids import event_id

FEWEST = 3
"""Questions that make a gap: two may be chance."""
_ALIKE = 0.55
"""Cosine; unrelated messages lie under 0.35 with this model."""
_KEPT, _LASTS = 2000, timedelta(days=30)
_MOST_TICKETS, _MOST_TOLD = 50, 500
_SAME_FROM = 0.5
"""Share of its questions from which on a gap is one that was told already."""
_COMMON_IN = 0.5
_MOST_WORDS = 6


def is_unanswered(triage: Triage) -> bool:
    """Nobody could quote an article to it, whoever answers in the end."""
    return triage.draft is None and best_answer(triage.articles) is None


class Gaps:
    """Bounded memory, no I/O; an instance knows the questions of all instances (`services.ai.seen`)."""

    def __init__(self) -> None:
        self._memory = Memory(_KEPT)
        self._told: OrderedDict[str, frozenset[str]] = OrderedDict()

    def remember(self, seen: Seen) -> None:
        """One that another instance, or this one before a restart, saw."""
        if seen.unanswered:
            self._memory.add(seen)

    def forget(self, run_id: str) -> None:
        self._memory.forget(run_id)

    def heard(self, signal_id: str, ticket_ids: Iterable[str]) -> None:
        """A gap as somebody told of it, so that it goes on growing under its name whoever adds to it."""
        self._told[signal_id] = frozenset(ticket_ids)
        self._told.move_to_end(signal_id)
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)

    def note(self, seen: Seen) -> AiSignal | None:
        """Remember a question; the gap it belongs to, as it is now, once that is one. A ticket counts once."""
        if not seen.unanswered:
            return None
        self._memory.add(seen)
        near: dict[str, Seen] = {}
        for other, _ in self._memory.near(seen.vector, floor=_ALIKE):
            if other.at >= seen.at - _LASTS:
                near.setdefault(other.ticket_id, other)
        if len(near) < FEWEST:
            return None
        found = _signal(list(near.values()), seen.at, name=self._name(near))
        self.heard(found.id, found.ticket_ids)
        return found

    def _name(self, near: dict[str, Seen]) -> str:
        """That of the gap most of whose questions these are; a new one is named after its oldest question."""
        shared = {name: len(ids & near.keys()) / min(len(ids), len(near)) for name, ids in self._told.items() if ids}
        best = max(shared, key=lambda name: shared[name], default="")
        return best if best and shared[best] >= _SAME_FROM else event_id("ai-gap", next(iter(near)))


def _signal(near: list[Seen], at: datetime, *, name: str) -> AiSignal:
    centre = np.mean([s.vector for s in near], axis=0)
    typical = max(near, key=lambda s: float(s.vector @ centre))
    counts = Counter(word for s in near for word in s.words if word.isalpha())
    words = [w for w, n in counts.most_common() if n >= _COMMON_IN * len(near)][:_MOST_WORDS]
    ids = [s.ticket_id for s in near][-_MOST_TICKETS:]
    return AiSignal(
        id=name,
        kind="gap",
        created_at=at,
        ticket_ids=ids,
        data={"words": words, "tickets": len(ids), "typical": typical.ticket_id, "category": typical.category or None},
    )
