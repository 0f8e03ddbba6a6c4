"""What a run is told about other tickets, and what it tells of them: similar ones, surges, gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.ai import AiRequest, AiSignal
from services.ai.answered import Erased, News, Spent, Told
from services.ai.engines.base import Triage
from services.ai.engines.choose import Costs
from services.ai.gaps import Gaps, is_unanswered
from services.ai.knowledge.sentences import terms
from services.ai.radar import Radar
from services.ai.safety.redact import without_private
from services.ai.seen import Seen, record_of
from services.ai.suggestion import run_id

_MOST_WORDS = 80


def stems_of(request: AiRequest) -> frozenset[str]:
    """Words that tickets may have in common. They leave the run, so nothing private is among them."""
    words = terms(without_private(f"{request.subject} {request.text}"))
    return frozenset([w for w in words if w.isalpha()][:_MOST_WORDS])


class Alike:
    """`news` gives what came by since it was last asked. Not for threads: one event loop owns it."""

    def __init__(self, *, news: Callable[[], Sequence[News]], model: str, costs: Costs) -> None:
        self._news, self._model, self._costs = news, model, costs
        self._radar, self._gaps = Radar(), Gaps()

    def note(self, request: AiRequest, triage: Triage, signals: list[AiSignal]) -> dict[str, object]:
        """For the record of the run, which only agents see: similar tickets, and what other instances compare. `signals` grows."""
        if triage.vector is None or request.replay or request.mail_kind != "human":
            return {}
        seen = Seen(
            run_id=run_id(request), ticket_id=request.ticket_id, at=request.created_at, category=triage.tags[0] if triage.tags else "",
            vector=triage.vector, words=stems_of(request), unanswered=is_unanswered(triage),
        )  # fmt: skip
        similar = self._radar.similar(request.ticket_id, triage.vector)
        signals += [signal for signal in (self._radar.note(seen), self._gaps.note(seen)) if signal is not None]
        return {"similar": similar, "meaning": record_of(seen, model=self._model)}

    def catch_up(self) -> None:
        """Before each run. The oldest first: a start reads partition by partition, and what is full loses what came first."""
        news = self._news()
        for seen in sorted((n for n in news if isinstance(n, Seen)), key=lambda s: s.at):
            self._radar.remember(seen)
            self._gaps.remember(seen)
        for other in news:
            if isinstance(other, Told) and other.kind == "gap":
                self._gaps.heard(other.signal_id, other.ticket_ids)
            elif isinstance(other, Told):
                self._radar.heard(other.at, other.ticket_ids)
            elif isinstance(other, Spent):
                self._costs(other.ticket_id, other.usd, other.at.timestamp())
            elif isinstance(other, Erased):
                self._radar.forget(other.run_id)
                self._gaps.forget(other.run_id)
