"""Tickets that are alike: three for the agent who has one open, and a signal when suddenly there are many.

Hopping windows of 15 minutes, one beginning every minute. What came in earlier in the same process is the measure of what is
usual. An instance sees the tickets of its own partitions; a desk that runs several hears of a surge from each that sees it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from schemas.ai import AiSignal
from services.ai.knowledge.sentences import terms
from services.runtime.ids import event_id

WINDOW, HOP = timedelta(minutes=15), timedelta(minutes=1)
FEWEST = 5
"""Tickets that make a surge, however quiet the desk usually is."""
_TIMES_USUAL = 3.0
_ALIKE, _ALIKE_IN_CATEGORY = 0.6, 0.45
"""Cosines: unrelated messages lie under 0.35 with this model."""
_SIMILAR = 3
_KEPT = 5000
_COMMON_IN = 0.6
_MOST_WORDS = 6
_QUIET = timedelta(hours=1)

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Seen:
    """One ticket as it came in; its text is kept as word stems only."""

    ticket_id: str
    at: datetime
    category: str
    vector: Vector
    words: frozenset[str]


class Radar:
    """Bounded memory, no I/O, time comes with the tickets. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._told: deque[tuple[datetime, frozenset[str]]] = deque(maxlen=100)

    def similar(self, ticket_id: str, vector: Vector) -> list[dict[str, object]]:
        """Up to three other tickets, most alike first: ids and scores only, for agents; who may see them is the gateway's to decide."""
        best: dict[str, float] = {}
        for seen in self._seen:
            score = float(seen.vector @ vector)
            if seen.ticket_id != ticket_id and score >= _ALIKE:
                best[seen.ticket_id] = max(score, best.get(seen.ticket_id, 0.0))
        return [{"ticket_id": t, "score": round(s, 3)} for t, s in sorted(best.items(), key=lambda kv: -kv[1])[:_SIMILAR]]

    def note(self, ticket_id: str, *, at: datetime, category: str, vector: Vector, text: str) -> AiSignal | None:
        """Remember a ticket; the signal if it makes a surge that was not told yet. A ticket counts once, whatever it says later."""
        self._seen.append(Seen(ticket_id, at, category, vector, frozenset(terms(text))))
        near = [s for s in self._seen if _near(s, category, vector)]
        window = {s.ticket_id: s for s in near if at - WINDOW < s.at <= at}
        if len(window) < FEWEST or len(window) < _TIMES_USUAL * self._usual(near, at) or self._was_told(at, window):
            return None
        self._told.append((at, frozenset(window)))
        return _signal(at, category, list(window.values()))

    def _usual(self, near: Iterable[Seen], at: datetime) -> float:
        """Such tickets per window before this one."""
        earlier = [s for s in near if s.at <= at - WINDOW]
        span = (at - WINDOW - self._seen[0].at) / WINDOW
        return len({s.ticket_id for s in earlier}) / max(1.0, span)

    def _was_told(self, at: datetime, window: Iterable[str]) -> bool:
        return any(at - told < _QUIET and len(ids & set(window)) >= FEWEST // 2 for told, ids in self._told)


def _near(seen: Seen, category: str, vector: Vector) -> bool:
    return float(seen.vector @ vector) >= (_ALIKE_IN_CATEGORY if category and seen.category == category else _ALIKE)


def _signal(at: datetime, category: str, tickets: list[Seen]) -> AiSignal:
    counts = Counter(word for t in tickets for word in t.words if word.isalpha())
    begins = datetime.fromtimestamp(at.timestamp() // HOP.total_seconds() * HOP.total_seconds(), tz=at.tzinfo) - WINDOW + HOP
    common = [w for w, n in counts.most_common() if n >= _COMMON_IN * len(tickets)][:_MOST_WORDS]
    ids = sorted(t.ticket_id for t in tickets)
    return AiSignal(
        id=event_id("ai-surge", begins.isoformat(), ids[0]),
        kind="surge",
        created_at=at,
        ticket_ids=ids,
        data={
            "category": category or None,
            "words": common,
            "tickets": len(ids),
            "window_from": begins.isoformat(),
            "window_to": at.isoformat(),
        },
    )
