"""One run: the fixed stages of ai.md 2 around an engine, told as they happen, stopped when pointless, over in 20 seconds."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from schemas.ai import AiDelta, AiRequest, AiStage, AiSuggestion
from schemas.base import Named
from services.ai.conversation import question_for, summary_of
from services.ai.desk import Desk
from services.ai.engines.base import Context, Engine, Outdated, Stage, Triage, Turn
from services.ai.safety.citations import Check, check_draft
from services.ai.safety.redact import Vault
from services.ai.safety.screen import Screened, screen
from services.ai.suggestion import Trace, failed, run_id, suggestion
from services.runtime.telemetry import log

BUDGET_SECONDS = 20.0
_MOST_TURNS = 6
_LONGEST_MARK = 100
_LABELS: dict[Stage, str] = {
    "received": "fetching context",
    "screened": "checking the message",
    "redacted": "hiding private data",
    "classified": "finding the team",
    "prioritised": "weighing the priority",
    "retrieved": "searching articles",
    "drafting": "drafting a reply",
    "checked": "checking the draft",
    "decided": "suggestion ready",
    "handed_off": "over to a human",
}

Emit = Callable[[AiStage], Awaitable[None]]
EmitDelta = Callable[[AiDelta], Awaitable[None]]
Current = Callable[[], bool]
Fits = Callable[[Triage], Named | None]
"""The saved reply for a message, if one fits."""
Alike = Callable[[AiRequest, Triage], Mapping[str, object]]
"""Told of each triage; answers what the record, which only agents see, says of other tickets."""


class _Run:
    """The moving parts of one run: its clock, its stages, its verdicts."""

    def __init__(self, request: AiRequest, engine: str, emit: Emit, current: Current, tell: EmitDelta | None) -> None:
        self.request, self.engine, self.emit, self.current, self.tell = request, engine, emit, current, tell
        self.began = time.monotonic()
        self.stages: list[dict[str, Any]] = []
        self.checks: list[Check] = []
        self.screened: Screened | None = None
        self.vault = Vault()
        self.given: list[dict[str, str]] = []
        self._said, self._untold = 0, ""

    async def delta(self, words: str) -> None:
        """Show agents the next words, private things put back; what may be half a placeholder or marker waits for its end."""
        if self.tell is None:
            return
        text, self._untold = _cut(self._untold + words)
        if not text:
            return
        self._said += 1
        run, ticket = run_id(self.request), self.request.ticket_id
        await self.tell(AiDelta(run_id=run, ticket_id=ticket, sequence=self._said, text=self.vault.restore(text)))
        if not self.current():
            raise Outdated

    async def stage(self, name: Stage, detail: Mapping[str, object]) -> None:
        """Tell a stage, then stop if a newer message has made the run pointless."""
        ms = round((time.monotonic() - self.began) * 1000, 1)
        self.stages.append({"stage": name, "ms": ms})
        await self.emit(
            AiStage(
                run_id=run_id(self.request),
                ticket_id=self.request.ticket_id,
                sequence=len(self.stages),
                stage=name,
                label=_LABELS[name],
                ms=ms,
                engine=self.engine,
                detail=dict(detail),
            )
        )
        if not self.current():
            raise Outdated

    def trace(self) -> Trace:
        return Trace(self.stages, self.checks, self.screened, self.vault.counts, self.given)


async def run(
    request: AiRequest,
    *,
    desk: Desk,
    engine: Engine,
    emit: Emit,
    current: Current = lambda: True,
    budget: float = BUDGET_SECONDS,
    alike: Alike | None = None,
    tell: EmitDelta | None = None,
    fits: Fits = lambda _: None,
) -> AiSuggestion | None:
    """The suggestion, one that hands off to a human when anything failed, or None when a newer message came first.

    `emit` is awaited for each stage, `tell` for each piece of a streamed draft; `current` is asked after each. Raises only what `emit` raises for a broken transport.
    """
    now = _Run(request, engine.name, emit, current, tell)
    try:
        async with asyncio.timeout(budget):
            return await _stages(now, desk, engine, budget, alike, fits)
    except Outdated:
        log.info("run outdated", run_id=run_id(request), ticket_id=request.ticket_id, after=now.stages[-1]["stage"])
        return None
    except TimeoutError:
        reason = f"the assistant did not finish within {budget:.0f} seconds"
    except Exception as error:
        log.error("run failed", run_id=run_id(request), ticket_id=request.ticket_id, error=type(error).__name__, where=_where(error))
        reason = f"the assistant failed ({type(error).__name__})"
    try:
        await now.stage("handed_off", {"reason": reason})
    except Outdated:
        return None
    return failed(request, now.engine, reason, now.trace())


def _cut(text: str) -> tuple[str, str]:
    """(what can be shown, what may be the beginning of a placeholder or marker)"""
    at = text.rfind("[", max(0, len(text) - _LONGEST_MARK))
    at = at - 1 if at > 0 and text[at - 1] == "[" else at
    whole = at < 0 or text.count("]", at) >= text.count("[", at)
    return (text, "") if whole else (text[:at], text[at:])


def _where(error: BaseException) -> str:
    """File and line alone: messages of validation errors quote what the customer wrote."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"


async def _stages(now: _Run, desk: Desk, engine: Engine, budget: float, alike: Alike | None, fits: Fits) -> AiSuggestion:
    request = now.request
    await now.stage("received", {})
    seen = now.screened = screen(subject=request.subject, text=request.text, kind=request.mail_kind, html=request.html)
    await now.stage("screened", {"flags": list(seen.flags)})
    context = _context(now, desk, seen, now.began + budget)
    await now.stage("redacted", {"hidden": sum(now.vault.counts.values())})
    said = await engine.triage(context, now.stage)
    triage = _restored(replace(said, audit={**said.audit, "output": _output(said, now.vault)}), now.vault)
    now.engine = triage.engine
    triage = _warned(_allowed(desk, _checked(now, _rounded(request, triage))), seen)
    await now.stage("checked", {"passed": all(c.passed for c in now.checks)})
    await now.stage("decided", {"next_action": triage.next_action, "draft": triage.draft is not None})
    if triage.next_action == "handoff":
        await now.stage("handed_off", {"reason": seen.hands_off or "the assistant leaves this to a human"})
    if alike is not None and triage.vector is not None:
        triage = replace(triage, audit={**triage.audit, **alike(request, triage)})
    return suggestion(request, desk, triage, now.trace(), macro=fits(triage))


def _rounded(request: AiRequest, triage: Triage) -> Triage:
    """What a small engine leaves out: the thread's summary, and a question where nothing answers."""
    if triage.engine != "local":
        return triage
    asked = question_for(request, triage)
    action = "ask_clarification" if asked else triage.next_action
    return replace(triage, summary=summary_of(request, triage.summary, language=triage.language), question=asked, next_action=action)


_WARNINGS = {
    "hidden_text": "the mail hides text from people: it was left out",
    "text_differs": "the plain text of the mail differs from what it shows: only what it shows was read",
    "instruction": "the mail tries to instruct the assistant",
}


def _warned(triage: Triage, seen: Screened) -> Triage:
    """A human hears of every trick; the policy answers none of these mails by itself, as their flags stand in the record."""
    told = tuple(f"careful: {_WARNINGS[flag]}" for flag in seen.flags if flag in _WARNINGS)
    return replace(triage, reasons=(*triage.reasons, *told)) if told else triage


def _context(now: _Run, desk: Desk, seen: Screened, deadline: float) -> Context:
    request, hide = now.request, now.vault.redact
    history = tuple(Turn(m.kind, m.text) for m in request.thread[-_MOST_TURNS:])
    outgoing_history = tuple(Turn(t.role, hide(t.text)) for t in history)
    now.given = [
        {"source": "subject", "text": hide(seen.subject)},
        {"source": "message", "text": hide(seen.text)},
        *({"source": f"earlier, {t.role}", "text": t.text} for t in outgoing_history),
    ]
    return Context(
        ticket_id=request.ticket_id,
        message_id=request.message_id,
        subject=seen.subject,
        text=seen.text,
        desk=desk,
        requester_name=request.requester_name,
        channel=request.channel,
        history=history,
        current_team_id=request.team_id,
        current_priority=request.priority,
        outgoing_subject=hide(seen.subject),
        outgoing=hide(seen.text),
        outgoing_history=outgoing_history,
        deadline=deadline,
        delta=now.delta,
    )


def _output(said: Triage, vault: Vault) -> dict[str, object]:
    """What the engine answered, before any check took something away; private things hidden as in the prompt."""
    return {
        "team": said.team.name if said.team else None,
        "teams": [{"name": t.name, "confidence": round(t.confidence, 4)} for t in said.top_two],
        "priority": said.priority.key if said.priority else None,
        "next_action": said.next_action,
        "tags": list(said.tags),
        "summary": vault.redact(said.summary),
        "question": vault.redact(said.question),
        "draft": vault.redact(said.draft.text) if said.draft else None,
        "quotes": [c.quote for c in said.draft.citations] if said.draft else [],
    }


def _restored(triage: Triage, vault: Vault) -> Triage:
    draft = replace(triage.draft, text=vault.restore(triage.draft.text)) if triage.draft else None
    return replace(triage, draft=draft, summary=vault.restore(triage.summary), question=vault.restore(triage.question))


def _allowed(desk: Desk, triage: Triage) -> Triage:
    """Nothing to answer with where the desk has turned answering off for this team or topic (ai.md 14)."""
    likeliest = triage.team or next(iter(triage.top_two), None)
    team, topic = likeliest.id if likeliest else None, triage.tags[0] if triage.tags else None
    if desk.settings.answering_for(team_id=team, topic=topic).mode != "off":
        return triage
    action = triage.next_action if triage.next_action == "handoff" else "route"
    return replace(triage, draft=None, question="", next_action=action, reasons=(*triage.reasons, "no draft: answering is off here"))


def _checked(now: _Run, triage: Triage) -> Triage:
    """Without a draft that passed every check, and with no draft at all where hands are off."""
    seen = now.screened
    if seen is not None and seen.hands_off:
        now.checks.append(Check("hands_off", passed=False, detail=seen.hands_off))
        return replace(triage, draft=None, question="", next_action="handoff", reasons=(*triage.reasons, f"no draft: {seen.hands_off}"))
    if triage.draft is not None:
        given = [h.article for h in triage.articles]
        now.checks += check_draft(
            triage.draft, given, canary=str(triage.audit.get("canary", "")), system_prompt=str(triage.audit.get("system", ""))
        )
        broken = [c for c in now.checks if not c.passed]
        if broken:
            why = "; ".join(f"{c.name} ({c.detail})" if c.detail else c.name for c in broken)
            return replace(triage, draft=None, next_action="route", reasons=(*triage.reasons, f"draft withheld: {why}"))
    elif triage.next_action in ("suggest_reply", "propose_resolve"):
        return replace(triage, next_action="route")
    return triage
