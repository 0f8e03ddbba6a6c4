"""Which runs already have their suggestion, so that a repetition after a crash does not answer again with other timings."""

from __future__ import annotations

import threading
from collections import OrderedDict

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.topics import AI_SUGGESTIONS
from services.runtime import kafka_settings
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_TAIL = 1000
"""Suggestions per partition read at the start: far more than one commit interval (0.5 s) can hold."""
_KEPT = 50_000


class Answered:
    """Follows `ai.suggestions` from a little before its end. `knows` is exact for what was written before `caught_up` was set."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="answered", daemon=True)
        self.caught_up = threading.Event()
        self.failed: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(3)

    def knows(self, run: str) -> bool:
        with self._lock:
            return run in self._ids

    def add(self, run: str) -> None:
        with self._lock:
            self._ids[run] = None
            while len(self._ids) > _KEPT:
                self._ids.popitem(last=False)

    def _follow(self) -> None:
        overrides: dict[str, str | int | float | bool] = {"enable.partition.eof": True, "auto.offset.reset": "earliest"}
        consumer = Consumer(kafka_settings.consumer(self._settings, group=None, **overrides))
        try:
            consumer.assign([self._from(consumer, p) for p in range(AI_SUGGESTIONS.partitions)])
            self._loop(consumer)
        except Exception as error:
            log.exception("following suggestions failed")
            self.failed = error
        finally:
            consumer.close()

    def _from(self, consumer: Consumer, partition: int) -> TopicPartition:
        at = TopicPartition(AI_SUGGESTIONS.name, partition)
        low, high = consumer.get_watermark_offsets(at, timeout=30)
        at.offset = max(low, high - _TAIL)
        return at

    def _loop(self, consumer: Consumer) -> None:
        ended: set[int | None] = set()
        while not self._stop.is_set():
            for message in consumer.consume(500, 0.2):
                error, key = message.error(), message.key()
                if error is None and isinstance(key, bytes):
                    self.add(key.decode("utf-8", "replace"))
                elif error is not None and error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                elif error is not None and error.fatal():
                    raise KafkaException(error)
            if len(ended) >= AI_SUGGESTIONS.partitions:
                self.caught_up.set()
