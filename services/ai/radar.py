"""Tickets that are alike: three for the agent who has one open, and a signal when suddenly there are many.

Hopping windows of 15 minutes, one beginning every minute. What came in earlier is the measure of what is usual. Each instance
knows the tickets of all (`services.ai.seen`) and hears what others told; the one whose ticket makes the surge tells of it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from schemas.ai import AiSignal
from services.ai.seen import Memory, Seen, Vector
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


class Radar:
    """Bounded memory, no I/O, time comes with the tickets. Not for threads: one event loop owns it."""

    def __init__(self) -> None:
        self._memory = Memory(_KEPT)
        self._told: deque[tuple[datetime, frozenset[str]]] = deque(maxlen=100)

    def remember(self, seen: Seen) -> None:
        """A ticket that another instance, or this one before a restart, saw and spoke about where there was need."""
        self._memory.add(seen)

    def forget(self, run_id: str) -> None:
        self._memory.forget(run_id)

    def heard(self, at: datetime, ticket_ids: Iterable[str]) -> None:
        """A surge that was told already, by whomever."""
        self._told.append((at, frozenset(ticket_ids)))

    def similar(self, ticket_id: str, vector: Vector) -> list[dict[str, object]]:
        """Up to three other tickets, most alike first: ids and scores only, for agents; who may see them is the gateway's to decide."""
        best: dict[str, float] = {}
        for seen, score in self._memory.near(vector, floor=_ALIKE):
            if seen.ticket_id != ticket_id:
                best[seen.ticket_id] = max(score, best.get(seen.ticket_id, 0.0))
        return [{"ticket_id": t, "score": round(s, 3)} for t, s in sorted(best.items(), key=lambda kv: -kv[1])[:_SIMILAR]]

    def note(self, seen: Seen) -> AiSignal | None:
        """Remember a ticket; the signal if it makes a surge that was not told yet. A ticket counts once, whatever it says later."""
        self._memory.add(seen)
        at = seen.at
        near = [s for s, score in self._memory.near(seen.vector, floor=_ALIKE_IN_CATEGORY) if score >= _floor(s, seen.category)]
        window = {s.ticket_id: s for s in near if at - WINDOW < s.at <= at}
        if len(window) < FEWEST or len(window) < _TIMES_USUAL * self._usual(near, at) or self._was_told(at, window):
            return None
        self.heard(at, window)
        return _signal(at, seen.category, list(window.values()))

    def _usual(self, near: Iterable[Seen], at: datetime) -> float:
        """Such tickets per window before this one."""
        earlier = [s for s in near if s.at <= at - WINDOW]
        span = (at - WINDOW - min(s.at for s in self._memory)) / WINDOW
        return len({s.ticket_id for s in earlier}) / max(1.0, span)

    def _was_told(self, at: datetime, window: Iterable[str]) -> bool:
        return any(at - told < _QUIET and len(ids & set(window)) >= FEWEST // 2 for told, ids in self._told)


def _floor(seen: Seen, category: str) -> float:
    return _ALIKE_IN_CATEGORY if category and seen.category == category else _ALIKE


def _signal(at: datetime, category: str, tickets: list[Seen]) -> AiSignal:
    """Named after its first ticket: two instances that notice the same surge at once write the same signal."""
    counts = Counter(word for t in tickets for word in t.words if word.isalpha())
    begins = datetime.fromtimestamp(at.timestamp() // HOP.total_seconds() * HOP.total_seconds(), tz=at.tzinfo) - WINDOW + HOP
    common = [w for w, n in counts.most_common() if n >= _COMMON_IN * len(tickets)][:_MOST_WORDS]
    ids = sorted(t.ticket_id for t in tickets)
    return AiSignal(
        id=event_id("ai-surge", min(tickets, key=lambda t: (t.at, t.ticket_id)).ticket_id),
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
