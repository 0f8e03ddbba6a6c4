"""Tickets through the very pipeline that serves the desk; what comes out is written down and nothing is done."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from schemas.ai import AiRequest, AiStage, AiSuggestion
from services.ai import pipeline
from services.ai.desk import Desk
from services.ai.engines.base import Engine
from services.ai.evaluation.data import Ticket


@dataclass(frozen=True, slots=True)
class Prediction:
    """A line of `--predictions`. `acts`: whether the policy would set the team by itself at the 95 % setting."""

    id: str
    team: str | None
    team_confidence: float
    acts: bool
    priority: str | None
    priority_confidence: float
    articles: list[str]
    ms: float
    cost: float = 0.0
    engine: str = ""

    def line(self) -> dict[str, object]:
        return asdict(self)


async def predict(tickets: Sequence[Ticket], desk: Desk, engine: Engine) -> list[Prediction]:
    """One by one, in order, as fast as it goes."""
    return [await _predict(ticket, desk, engine) for ticket in tickets]


async def _predict(ticket: Ticket, desk: Desk, engine: Engine) -> Prediction:
    began = time.perf_counter()
    found = await pipeline.run(request_of(ticket), desk=desk, engine=engine, emit=nobody)
    return prediction(ticket.id, found, ms=(time.perf_counter() - began) * 1000)


def prediction(name: str, found: AiSuggestion | None, *, ms: float) -> Prediction:
    """The team named is the likeliest one even where the engine would abstain."""
    if found is None:
        return Prediction(name, None, 0.0, False, None, 0.0, [], round(ms, 2))
    likeliest = found.team.id if found.team else (found.teams[0].id if found.teams else None)
    return Prediction(
        id=name,
        team=likeliest,
        team_confidence=round(found.confidence, 4),
        acts=found.acts_on_team,
        priority=found.priority,
        priority_confidence=round(found.priority_confidence, 4),
        articles=[a.article_id for a in found.articles],
        ms=round(ms, 2),
        cost=found.cost,
        engine=found.engine,
    )


def request_of(ticket: Ticket) -> AiRequest:
    """A replay: whatever reads it knows that it must not act."""
    return AiRequest(
        id=f"evaluate-{ticket.id}",
        ticket_id=ticket.id,
        ticket_version=1,
        message_id=f"evaluate-{ticket.id}",
        subject=ticket.subject,
        text=ticket.body,
        created_at=datetime.now(UTC),
        replay=True,
    )


async def nobody(_: AiStage) -> None:
    """Nobody watches."""
