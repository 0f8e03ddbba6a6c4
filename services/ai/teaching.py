"""Corrections as they come, from Kafka, for an engine that learns while it serves."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import MappingProxyType

import orjson
from confluent_kafka import Message
from pydantic import ValidationError

from schemas.ai import AiRequest
from schemas.topics import AI_REQUESTS, TICKET_EVENTS
from services.ai.corrections import Corrections
from services.ai.engines.local.lessons import Past
from services.ai.follower import Follower
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.consumer import to_record
from services.runtime.errors import PoisonError
from services.runtime.settings import Settings
from services.runtime.telemetry import log

GATHER_SECONDS = 3.0
"""An agent who clears a queue corrects many tickets in a row: one training for all of them."""


class Teaching(Follower):
    """Every instance has a router of its own to train.

    `changed` is called from the thread of this follower with all lessons known, once at the end of the history if there are any
    and then GATHER_SECONDS after the first correction of a row.
    """

    topics = AI_REQUESTS, TICKET_EVENTS
    tail = MappingProxyType({AI_REQUESTS.name: 1000, TICKET_EVENTS.name: 10_000})
    """The newest tickets teach, and a start must not wait for years of history."""
    overrides = MappingProxyType({"queued.max.messages.kbytes": 4096})

    def __init__(self, settings: Settings, blobs: Blobs, changed: Callable[[tuple[Past, ...]], None]) -> None:
        super().__init__(settings, name="teaching")
        self._blobs, self._changed = blobs, changed
        self._corrections = Corrections()
        self._since: float | None = None

    def take(self, message: Message) -> None:
        """One request or one event."""
        if self._take(to_record(message)) and self._since is None:
            self._since = time.monotonic()

    def after(self) -> None:
        """Teach, once the row of corrections is likely over."""
        if self._since is not None and self.at_end and time.monotonic() - self._since >= GATHER_SECONDS:
            self._since = None
            self._changed(self._corrections.past())

    def _take(self, record: Record) -> bool:
        try:
            value = value_of(record, self._blobs)
            if record.topic == AI_REQUESTS.name:
                return self._corrections.asked(record.key or "", AiRequest.model_validate_json(value) if value else None)
            event = orjson.loads(value) if value else {}
            return isinstance(event, dict) and self._corrections.happened(event)
        except (ValidationError, PoisonError, orjson.JSONDecodeError) as error:
            log.warning("not a lesson", topic=record.topic, partition=record.partition, offset=record.offset, error=type(error).__name__)
            return False
