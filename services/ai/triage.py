"""From a record of `ai.requests` to records of `ai.progress` and `ai.suggestions`."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from pydantic import ValidationError

from schemas.ai import AiDelta, AiRequest, AiSignal, AiStage
from schemas.topics import AI_PROGRESS, AI_SIGNALS, AI_SUGGESTIONS
from services.ai import pipeline
from services.ai.alike import Alike
from services.ai.answered import Answered
from services.ai.desk_state import DeskState
from services.ai.engines.choose import Engines, hear_of_costs
from services.ai.newest import Newest
from services.ai.suggestion import run_id
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Outgoing, Record
from services.runtime.dead_letters import dead_letter
from services.runtime.errors import PoisonError
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.telemetry import CONSUMED, DEAD_LETTERS, log

SOURCE = "ai"


class Triager:
    """Handles one request at a time per partition. When `handle` returns, everything it wrote is acknowledged by the broker."""

    def __init__(self, *, engines: Engines, state: DeskState, newest: Newest, producer: Producer, blobs: Blobs, answered: Answered) -> None:
        self._answered, self._alike = answered, Alike(news=answered.news, model=engines.local.tier, costs=hear_of_costs(engines.asked))
        self._engines, self._state, self._newest, self._producer, self._blobs = engines, state, newest, producer, blobs

    async def handle(self, record: Record) -> None:
        """Raises NotAcknowledgedError when the broker took nothing: the record must then be read again."""
        if record.value is None:
            return
        try:
            value = await asyncio.to_thread(value_of, record, self._blobs)
            request = AiRequest.model_validate_json(value or b"")
        except (ValidationError, PoisonError, KeyError, ValueError) as error:
            await self._bury(record, error)
            return
        await self._triage(request, record)
        CONSUMED.labels(record.topic).inc()

    async def _triage(self, request: AiRequest, record: Record) -> None:
        await self._state.learned.wait()
        if not self._answered.caught_up.is_set():
            await asyncio.to_thread(self._answered.caught_up.wait)
        if self._answered.knows(run_id(request)):
            log.info("already answered", run_id=run_id(request), ticket_id=request.ticket_id)
            return
        if not self._state.settings.ai_enabled:
            log.info("assistant is switched off", ticket_id=request.ticket_id)
            return

        def current() -> bool:
            fresh = request.replay or self._newest.current(request.ticket_id, request.ticket_version)
            return self._state.settings.ai_enabled and fresh

        async def emit(stage: AiStage) -> None:
            if not request.replay:  # agents see the work on a ticket live, not what is repeated to be compared
                self._producer.send(self._progress(stage, request, record))

        async def tell(delta: AiDelta) -> None:
            if not request.replay:
                self._producer.send(self._delta(delta, record))

        self._answered.begin(run_id(request))
        self._alike.catch_up()
        signals: list[AiSignal] = []
        found = await pipeline.run(
            request, desk=self._state.desk, engine=self._engines.of(request), emit=emit, current=current, tell=tell,
            alike=lambda asked, triage: self._alike.note(asked, triage, signals),
            fits=lambda triage: self._state.macros.best(triage.vector),
        )  # fmt: skip
        if found is None:
            return
        await self._producer.send_async(
            Outgoing(
                topic=AI_SUGGESTIONS.name,
                key=found.id,
                routing=request.ticket_id,
                value=found.to_json(),
                id=found.id,
                type="helpdesk.ai.suggested.v1",
                source=SOURCE,
                subject=request.ticket_id,
                **_cause(record),
                version=request.ticket_version,
            )
        )
        for told in signals:
            await self._producer.send_async(self._signal(told, record))
            log.info("signal", kind=told.kind, signal_id=told.id, tickets=len(told.ticket_ids), category=told.data.get("category"))
        self._answered.add(found.run_id)
        log.info(
            "suggested",
            run_id=found.run_id,
            ticket_id=found.ticket_id,
            engine=found.engine,
            team=found.team.id if found.team else None,
            action=found.next_action,
            ms=found.stages[-1]["ms"] if found.stages else None,
        )

    def _signal(self, told: AiSignal, record: Record) -> Outgoing:
        return Outgoing(
            topic=AI_SIGNALS.name,
            key=told.id,
            value=told.to_json(),
            id=event_id("ai-signal", told.id, record.id),
            type="helpdesk.ai.signal.v1",
            source=SOURCE,
            **_cause(record),
        )

    def _progress(self, stage: AiStage, request: AiRequest, record: Record) -> Outgoing:
        return Outgoing(
            topic=AI_PROGRESS.name,
            key=request.ticket_id,
            value=stage.to_json(),
            id=event_id("ai-stage", run_id(request), stage.sequence),
            type="helpdesk.ai.stage.v1",
            source=SOURCE,
            subject=request.ticket_id,
            **_cause(record),
            version=request.ticket_version,
        )

    def _delta(self, delta: AiDelta, record: Record) -> Outgoing:
        return Outgoing(
            topic=AI_PROGRESS.name,
            key=delta.ticket_id,
            value=delta.to_json(),
            id=event_id("ai-delta", delta.run_id, delta.sequence),
            type="helpdesk.ai.delta.v1",
            source=SOURCE,
            subject=delta.ticket_id,
            **_cause(record),
        )

    async def _bury(self, record: Record, error: Exception) -> None:
        reason = error.reason if isinstance(error, PoisonError) else f"not an AiRequest ({type(error).__name__})"
        DEAD_LETTERS.labels(record.topic).inc()
        log.error("dead letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        await self._producer.send_async(dead_letter(record, reason=reason, source=SOURCE))


class _Cause(TypedDict):
    correlation_id: str | None
    causation_id: str | None
    traceparent: str | None


def _cause(record: Record) -> _Cause:
    """What ties a record of ours to the request it answers."""
    return {
        "correlation_id": record.headers.get("ce_correlationid"), "causation_id": record.id, "traceparent": record.headers.get("traceparent"),
    }  # fmt: skip
