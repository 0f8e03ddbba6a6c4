"""Gemini first, local behind it: the run always gets an answer and always says whose it is."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import BaseModel

from services.ai.engines.base import Citation, Context, Cost, Draft, EngineError, PriorityChoice, Stage, StageSink, TeamChoice, Triage
from services.ai.engines.gemini.answers import DraftAnswer, TriageAnswer, triage_model
from services.ai.engines.gemini.breaker import Breaker
from services.ai.engines.gemini.budget import Budget, Limits
from services.ai.engines.gemini.client import MOST_OUTPUT_TOKENS, SHORTEST_CALL_MS, GeminiClient, Heard, Reply, time_left
from services.ai.engines.gemini.partial import FieldReader
from services.ai.engines.gemini.prices import price_of
from services.ai.engines.gemini.prompts import Prompt, draft_prompt, triage_prompt
from services.ai.engines.local.draft import MEANING_FLOOR
from services.ai.engines.local.engine import LocalEngine
from services.ai.engines.local.rules import matching_rules
from services.ai.knowledge.index import Hit
from services.runtime.settings import Settings
from services.runtime.telemetry import log

TEAM_ACTS_FROM = 0.9
_DRAFTING = frozenset({"suggest_reply", "propose_resolve", "ask_clarification", "route"})
_MARKERS = re.compile(r"\s?\[\[kb:[^\]\s]{1,80}\]\]")
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Models:
    """Names are configuration; the aliases follow the vendor's newest stable model, and the answer says which it was."""

    triage: str = "gemini-flash-lite-latest"
    draft: str = "gemini-flash-latest"
    draft_thinking: str | None = "LOW"

    @classmethod
    def from_environment(cls) -> Models:
        default = cls()
        return cls(
            os.environ.get("HELPDESK_GEMINI_TRIAGE_MODEL", default.triage), os.environ.get("HELPDESK_GEMINI_DRAFT_MODEL", default.draft)
        )


@dataclass(slots=True)
class Bill:
    """What calls have cost and said."""

    usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    models: list[str] = field(default_factory=list)
    audit: dict[str, object] = field(default_factory=dict)


class GeminiEngine:
    """Any failure of Gemini, an open breaker or a spent budget gives the local answer with the reason among its reasons."""

    name = "gemini"

    def __init__(
        self, client: GeminiClient, local: LocalEngine, *, models: Models, budget: Budget, breaker: Breaker, task: str | None = None
    ) -> None:
        """`task`: what to ask for in place of our own words, for measuring another prompt."""
        self._task = task
        self._client, self._local, self._models, self._budget, self._breaker = client, local, models, budget, breaker

    @classmethod
    def connected(cls, config: Settings, local: LocalEngine, *, task: str | None = None) -> GeminiEngine:
        client = GeminiClient(config.gemini_api_key.get_secret_value(), base_url=config.gemini_base_url)
        budget = Budget(Limits(hour=config.ai_dollars_per_hour, day=config.ai_dollars_per_day))
        return cls(client, local, models=Models.from_environment(), budget=budget, breaker=Breaker(), task=task)

    def asking(self, model: str) -> GeminiEngine:
        """The same engine, its purse and breaker shared, with another model for all it asks."""
        models = replace(self._models, triage=model, draft=model)
        return GeminiEngine(self._client, self._local, models=models, budget=self._budget, breaker=self._breaker, task=self._task)

    @property
    def models(self) -> Models:
        return self._models

    @property
    def budget(self) -> Budget:
        return self._budget

    @property
    def condition(self) -> str:
        """Why it does not answer now, for people; '' while it does."""
        if self._breaker.is_open:
            return "failed repeatedly and is left alone for a while: the local engine answers"
        return "its budget is spent: the local engine answers" if self._budget.share >= 1 else ""

    async def triage(self, context: Context, stage: StageSink) -> Triage:
        told: set[Stage] = set()

        async def once(name: Stage, detail: Mapping[str, object]) -> None:
            if name not in told:
                told.add(name)
                await stage(name, detail)

        bill = Bill()
        try:
            return await self._ask(context, once, bill)
        except EngineError as error:
            log.warning("gemini fell back to local", ticket_id=context.ticket_id, reason=error.reason)
            answer = await self._local.triage(context, once)
            cost = Cost(bill.usd, bill.tokens_in, bill.tokens_out)
            return replace(answer, reasons=(*answer.reasons, f"answered by the local engine: {error.reason}"), cost=cost, audit=bill.audit)

    async def _ask(self, context: Context, stage: StageSink, bill: Bill) -> Triage:
        if not context.desk.priorities:
            raise EngineError("the desk has no priorities yet")
        text = f"{context.subject}. {context.text}"
        vector = await self._local.embed(text)
        hits = self._local.knowledge.search(text, vector)
        prompt = triage_prompt(context, self._task)
        shape = triage_model(context.desk)
        found = (
            await self.call(prompt, shape, bill, ticket_id=context.ticket_id, deadline=context.deadline, model=self._models.triage)
        ).value
        answer = _triage(context, found, hits, bill)
        team = answer.team.name if answer.team else None
        await stage("classified", {"team": team, "language": answer.language, "sentiment": answer.sentiment})
        await stage("prioritised", {"priority": answer.priority.key if answer.priority else None})
        await stage("retrieved", {"articles": [h.article.title for h in hits]})
        draft, why = await self._draft(context, found, hits, bill)
        await stage("drafting", {"drafted": draft is not None})
        audit = {**bill.audit, "models": bill.models}
        return replace(
            answer,
            draft=draft,
            reasons=(*answer.reasons, why),
            cost=Cost(bill.usd, bill.tokens_in, bill.tokens_out),
            model=bill.models[-1],
            audit=audit,
            vector=vector,
        )

    async def _draft(self, context: Context, found: TriageAnswer, hits: tuple[Hit, ...], bill: Bill) -> tuple[Draft | None, str]:
        """A draft is a bonus: when only this call fails, the triage that was paid for still stands."""
        near = tuple(h for h in hits if (h.meaning or h.score) >= MEANING_FLOOR * 0.75)
        if not near or found.next_action not in _DRAFTING:
            return None, "no draft: no article answers closely enough" if not near else f"no draft: {found.next_action}"
        prompt = draft_prompt(context, [h.article for h in near])
        try:
            answer = (
                await self.call(
                    prompt,
                    DraftAnswer,
                    bill,
                    ticket_id=context.ticket_id,
                    deadline=context.deadline,
                    model=self._models.draft,
                    thinking=self._models.draft_thinking,
                    heard=_telling(context),
                )
            ).value
        except EngineError as error:
            return None, f"no draft: {error.reason}"
        given = {h.article.id: h.article for h in near}
        citations = tuple(
            Citation(
                q.article,
                given[q.article].version if q.article in given else 0,
                given[q.article].title if q.article in given else "",
                q.text,
            )
            for q in answer.quotes
        )
        reply = _MARKERS.sub("", answer.reply).strip()
        if not reply:
            return None, "no draft: the articles do not answer"
        return Draft(reply, citations), f"draft from {len(citations)} quoted sentences"

    async def call(
        self,
        prompt: Prompt,
        shape: type[Answer],
        bill: Bill,
        *,
        ticket_id: str,
        deadline: float,
        model: str,
        thinking: str | None = None,
        heard: Heard | None = None,
    ) -> Reply[Answer]:
        """One guarded call: purse and breaker are asked before it. EngineError with a reason for people."""
        if time_left(deadline) * 1000 < SHORTEST_CALL_MS:  # says nothing about the vendor: before the breaker
            raise EngineError("too little time left for Gemini")
        price = price_of(model)
        reserved = self._budget.reserve(ticket_id, price.of(len(prompt.system + prompt.content) // 3, MOST_OUTPUT_TOKENS))
        if reserved is None:
            raise EngineError("the budget for Gemini is spent")
        if not self._breaker.allows():
            self._budget.settle(reserved, 0.0)
            raise EngineError("Gemini failed repeatedly and is left alone for a while")
        try:
            reply = await self._client.ask(prompt, shape, model=model, deadline=deadline, thinking=thinking, heard=heard)
        except EngineError as error:
            self._breaker.failed(retry_after=error.retry_after)
            self._budget.settle(reserved, 0.0)
            _note_failure(bill, model, error.reason)
            raise
        except asyncio.CancelledError:
            self._breaker.dismissed()
            raise
        self._breaker.succeeded()
        spent = price.of(reply.tokens_in, reply.tokens_out)
        self._budget.settle(reserved, spent)
        _enter(bill, prompt, reply, spent, asked=model)
        return reply


def _telling(context: Context) -> Heard:
    """Hands on the words of the reply as they come."""
    reader = FieldReader("reply")

    async def heard(piece: str) -> None:
        words = reader.feed(piece)
        if words:
            await context.delta(words)

    return heard


def _note_failure(bill: Bill, model: str, reason: str) -> None:
    failures = bill.audit.setdefault("failures", [])
    assert isinstance(failures, list)
    failures.append({"asked": model, "reason": reason})


def _enter(bill: Bill, prompt: Prompt, reply: Reply[Answer], usd: float, *, asked: str) -> None:
    bill.usd += usd
    bill.tokens_in += reply.tokens_in
    bill.tokens_out += reply.tokens_out
    bill.models.append(reply.model)
    calls = bill.audit.setdefault("calls", [])
    assert isinstance(calls, list)
    calls.append(
        {
            "asked": asked,
            "model": reply.model,
            "prompt": prompt.content,
            "sources": list(prompt.sources),
            "segments": [{"source": source, "text": text} for source, text in prompt.segments],
            "raw": reply.raw,
            "parsed": reply.value.model_dump(mode="json"),
            "tokens": {"in": reply.tokens_in, "out": reply.tokens_out},
            "usd": usd,
        }
    )
    bill.audit["canary"], bill.audit["system"] = prompt.canary, prompt.system


def _triage(context: Context, found: TriageAnswer, hits: tuple[Hit, ...], bill: Bill) -> Triage:
    names = {t.id: t.name for t in context.desk.teams}
    first = TeamChoice(found.team, names[found.team], found.team_confidence) if found.team in names else None
    second = (
        TeamChoice(found.second_team, names[found.second_team], round(1 - found.team_confidence, 4)) if found.second_team in names else None
    )
    sure = first is not None and first.confidence >= TEAM_ACTS_FROM
    return Triage(
        engine="gemini",
        model=bill.models[-1],
        team=first if sure else None,
        top_two=tuple(c for c in (first, second) if c is not None),
        priority=_priority(context, found),
        summary=found.summary,
        language=found.language,
        language_confidence=1.0,
        sentiment=found.sentiment,
        next_action=found.next_action,
        tags=tuple(t.strip().lower()[:40] for t in found.tags if t.strip()),
        question=found.clarifying_question.strip(),
        articles=hits,
        reasons=(f"team {first.name if first else 'none'} ({found.team_confidence:.0%}): {found.team_reason}",),
    )


def _priority(context: Context, found: TriageAnswer) -> PriorityChoice:
    """The same explainable rules stand above the model: it may add urgency to them, never take it away."""
    order = {p.key: p.order for p in context.desk.priorities}
    keys = [
        (context.desk.priority_key(r.level), r.what, words)
        for r, words in matching_rules(f"{context.subject}. {context.text}")
        if r.level != "low"
    ]
    fired = sorted(((order[k], k, what, words) for k, what, words in keys if k is not None), key=lambda f: f[0])
    if fired and fired[0][0] < order[found.priority]:
        _, key, what, words = fired[0]
        return PriorityChoice(key, 0.97, (f"priority {key}: {what} (“{words}”)",))
    return PriorityChoice(found.priority, min(found.priority_confidence, 0.9), (f"priority {found.priority}: {found.priority_reason}",))
