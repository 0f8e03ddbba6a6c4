"""An engine's answer as the event that leaves the service, and the event of a run that found no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.ai import AiRequest, AiSuggestion, Citation, TeamScore
from schemas.base import Named
from services.ai.desk import Desk
from services.ai.engines.base import PIPELINE_VERSION, Triage
from services.ai.safety.citations import Check, beyond_quotes
from services.ai.safety.disclosure import disclosed
from services.ai.safety.screen import Screened
from services.runtime.ids import event_id

PRIORITY_ACTS_FROM = 0.95


@dataclass(frozen=True, slots=True)
class Trace:
    """What a run knows of itself: stages with their milliseconds, verdicts, and where its text came from."""

    stages: Sequence[dict[str, Any]]
    checks: Sequence[Check]
    screened: Screened | None
    redactions: dict[str, int]
    given: Sequence[Mapping[str, str]] = ()
    """What the engine was given to read, redacted: the source and text of every segment."""


def run_id(request: AiRequest) -> str:
    """The same ticket, message and pipeline version always give the same run (ai.md 19); a re-delivery changes nothing.

    The request's id is part of it because an agent may ask again about the same message: that is a request of its own.
    """
    return event_id("ai-run", request.ticket_id, request.message_id, request.id, PIPELINE_VERSION)


def suggestion(request: AiRequest, desk: Desk, triage: Triage, trace: Trace, *, macro: Named | None = None) -> AiSuggestion:
    run = run_id(request)
    choice = triage.priority
    return AiSuggestion(
        id=run,
        run_id=run,
        ticket_id=request.ticket_id,
        message_id=request.message_id,
        ticket_version=request.ticket_version,
        engine="gemini" if triage.engine == "gemini" else "local",
        model=triage.model,
        pipeline_version=PIPELINE_VERSION,
        created_at=datetime.now(UTC),
        replay=request.replay,
        replay_of=request.replay_of,
        team=Named(id=triage.team.id, name=triage.team.name) if triage.team else None,
        confidence=triage.team.confidence if triage.team else (triage.top_two[0].confidence if triage.top_two else 0.0),
        acts_on_team=triage.team is not None,
        teams=[TeamScore(id=t.id, name=t.name, confidence=t.confidence) for t in triage.top_two],
        priority=choice.key if choice else None,
        priority_confidence=choice.confidence if choice else 0.0,
        acts_on_priority=choice is not None and choice.confidence >= PRIORITY_ACTS_FROM and _raises(desk, choice.key, request.priority),
        category=triage.tags[0] if triage.tags else None,
        sentiment=triage.sentiment,
        language=triage.language,
        tags=list(triage.tags),
        summary=triage.summary,
        draft=triage.draft.text if triage.draft else None,
        citations=_citations(triage),
        articles=_articles(triage),
        clarifying_question=triage.question or None,
        macro=macro,
        next_action=triage.next_action,
        reasons=list(triage.reasons),
        checks=[asdict(c) for c in trace.checks],
        cost=triage.cost.usd,
        stages=list(trace.stages),
        record=_record(triage, trace) | _automatic(triage, desk),
    )


def failed(request: AiRequest, engine: str, reason: str, trace: Trace) -> AiSuggestion:
    """A run that ends with a human: it says why and suggests nothing."""
    run = run_id(request)
    return AiSuggestion(
        id=run,
        run_id=run,
        ticket_id=request.ticket_id,
        message_id=request.message_id,
        ticket_version=request.ticket_version,
        engine="gemini" if engine == "gemini" else "local",
        model="",
        pipeline_version=PIPELINE_VERSION,
        created_at=datetime.now(UTC),
        replay=request.replay,
        replay_of=request.replay_of,
        next_action="handoff",
        reasons=[f"handed to a human: {reason}"],
        error=reason,
        checks=[asdict(c) for c in trace.checks],
        stages=list(trace.stages),
        record=_met(trace),
    )


def _raises(desk: Desk, key: str, current: str | None) -> bool:
    """The AI never lowers a priority by itself; an unknown or missing present one may be set."""
    order = {p.key: p.order for p in desk.priorities}
    return current not in order or order[key] < order[current or ""]


def _citations(triage: Triage) -> list[Citation]:
    scores = {h.article.id: h.score for h in triage.articles}
    return [
        Citation(
            article_id=c.article_id, article_version=c.version, title=c.title, quote=c.quote, score=round(scores.get(c.article_id, 0.0), 4)
        )
        for c in (triage.draft.citations if triage.draft else ())
    ]


def _articles(triage: Triage) -> list[Citation]:
    return [
        Citation(
            article_id=h.article.id,
            article_version=h.article.version,
            title=h.article.title,
            score=round(h.score, 4),
            quote=max(h.matches, key=lambda m: m[1])[0] if h.matches else "",
        )
        for h in triage.articles
    ]


def _automatic(triage: Triage, desk: Desk) -> dict[str, str]:
    """The reply for a policy that sends without a human: never the bare draft (ai.md 13), and nothing but quotes (ai.md 10).

    A model's own words may be shown to an agent; they leave with the agent's hand on them or not at all.
    """
    if triage.draft is None or beyond_quotes(triage.draft):
        return {}
    return {"automatic_reply": disclosed(triage.draft.text, assistant=desk.assistant_name, language=triage.language)}


def _met(trace: Trace) -> dict[str, Any]:
    return {"flags": list(trace.screened.flags) if trace.screened else [], "redactions": trace.redactions}


def _record(triage: Triage, trace: Trace) -> dict[str, Any]:
    return {
        **_met(trace),
        "given": [dict(segment) for segment in trace.given],
        "tokens": {"in": triage.cost.tokens_in, "out": triage.cost.tokens_out},
        "language_confidence": triage.language_confidence,
        "articles": [
            {"id": h.article.id, "version": h.article.version, "score": round(h.score, 4), "meaning": round(h.meaning, 4)}
            for h in triage.articles
        ],
        **triage.audit,
    }
