"""Corrections as they come, from Kafka, for an engine that learns while it serves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from pydantic import ValidationError

from schemas.ai import AiRequest
from schemas.topics import AI_REQUESTS, TICKET_EVENTS
from services.ai.corrections import Corrections
from services.ai.engines.local.lessons import Past
from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.consumer import to_record
from services.runtime.errors import PoisonError
from services.runtime.reading import watermarks
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_TAIL = {AI_REQUESTS.name: 1000, TICKET_EVENTS.name: 10_000}
"""Records per partition read at the start: the newest tickets teach, and a start must not wait for years of history."""
GATHER_SECONDS = 3.0
"""An agent who clears a queue corrects many tickets in a row: one training for all of them."""


class Teaching:
    """Every instance follows all partitions, without a group: each has a router of its own to train.

    `changed` is called from the thread of this follower with all lessons known, once at the end of the history if there are any
    and then GATHER_SECONDS after the first correction of a row.
    """

    def __init__(self, settings: Settings, blobs: Blobs, changed: Callable[[tuple[Past, ...]], None]) -> None:
        self._settings, self._blobs, self._changed = settings, blobs, changed
        self._corrections = Corrections()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="teaching", daemon=True)
        self.failed: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(3)

    def _follow(self) -> None:
        overrides: dict[str, str | int | float | bool] = {
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "queued.max.messages.kbytes": 4096,
        }
        consumer = Consumer(kafka_settings.consumer(self._settings, group=None, **overrides))
        try:
            places = [TopicPartition(t.name, p) for t in (AI_REQUESTS, TICKET_EVENTS) for p in range(t.partitions)]
            for place in places:
                low, high = watermarks(consumer, place)
                place.offset = max(low, high - _TAIL[place.topic])
            consumer.assign(places)
            self._loop(consumer, len(places))
        except Exception as error:
            log.exception("following corrections failed")
            self.failed = error
        finally:
            consumer.close()

    def _loop(self, consumer: Consumer, places: int) -> None:
        ended: set[tuple[str | None, int | None]] = set()
        since: float | None = None
        while not self._stop.is_set():
            for message in consumer.consume(500, 0.5):
                error = message.error()
                if error is None:
                    if self._take(to_record(message)) and since is None:
                        since = time.monotonic()
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add((message.topic(), message.partition()))
                elif error.fatal():
                    raise KafkaException(error)
            if since is not None and len(ended) >= places and time.monotonic() - since >= GATHER_SECONDS:
                since = None
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
