"""From a record of `ai.rewrites` to one of `ai.rewritten`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import ValidationError

from schemas.ai import RewriteRequest, Rewritten
from schemas.topics import AI_REWRITTEN
from services.ai.engines.base import Engine
from services.runtime.codec import Outgoing, Record
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.telemetry import log

PATIENCE = 15.0
"""Seconds an agent waits; older requests have nobody waiting."""
_AT_ONCE = 8


class Rewriter:
    """Answers each request that somebody still waits for; several at a time, for each waits for the vendor."""

    def __init__(self, *, engine: Engine, producer: Producer, enabled: Callable[[], bool]) -> None:
        self._engine, self._producer, self._enabled = engine, producer, enabled
        self._running: set[asyncio.Task[None]] = set()

    async def handle(self, record: Record) -> None:
        """Begins the work; waits only while too much is under way."""
        try:
            wanted = RewriteRequest.model_validate_json(record.value or b"")
        except ValidationError:
            log.warning("rewrite not understood", partition=record.partition, offset=record.offset)
            return
        if (datetime.now(UTC) - wanted.created_at).total_seconds() > PATIENCE:
            return
        if len(self._running) >= _AT_ONCE:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.get_running_loop().create_task(self._answer(wanted, record))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _answer(self, wanted: RewriteRequest, record: Record) -> None:
        found = await self._words(wanted)
        log.info(
            "rewritten", request=wanted.id, ticket_id=wanted.ticket_id, how=wanted.how, model=found.model, refused=found.error is not None
        )
        self._producer.send(
            Outgoing(
                topic=AI_REWRITTEN.name, key=found.id, value=found.to_json(), id=event_id("rewritten", found.id), type="helpdesk.ai.rewritten.v1",
                source="ai", subject=wanted.ticket_id, correlation_id=record.headers.get("ce_correlationid"), causation_id=record.id,
            )
        )  # fmt: skip

    async def _words(self, wanted: RewriteRequest) -> Rewritten:
        if not self._enabled():
            return Rewritten(id=wanted.id, error="The assistant is switched off.")
        if self._engine.name != "gemini":
            return Rewritten(id=wanted.id, error="Rewriting needs Gemini: the desk has no GEMINI_API_KEY.")
        from services.ai.engines.gemini.rewriting import rewrite

        return await rewrite(wanted, self._engine, deadline=time.monotonic() + PATIENCE)
