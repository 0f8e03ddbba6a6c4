"""Writing to Kafka: one idempotent librdkafka producer, one poll thread, futures. Never AIOProducer (architecture.md 4, measured)."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer as KafkaProducer

from schemas.topics import BY_NAME
from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.claim_check import check_in
from services.runtime.codec import Outgoing
from services.runtime.errors import NotAcknowledgedError
from services.runtime.partitioning import partition_of
from services.runtime.settings import Settings
from services.runtime.telemetry import PRODUCED
from services.runtime.tracing import child_of

Position = tuple[int, int]
"""(partition, offset) of an acknowledged record."""


class Producer:
    """Thread-safe. `send` returns at once with a future of the record's position; it blocks only while the local queue is full.

    A future fails with NotAcknowledgedError; the record may then stand in the log or not, so the caller repeats it with the same ce_id.
    Values above 768 KiB go by claim check through `blobs`.
    """

    def __init__(self, settings: Settings, *, blobs: Blobs | None = None, **config: Any) -> None:
        self._producer = KafkaProducer(kafka_settings.producer(settings, **config))
        self._blobs = blobs
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="producer-poll", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _poll(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(0.1)

    def send(self, record: Outgoing) -> Future[Position]:
        """Queue a record for its partition; the future gives (partition, offset) once the broker has acknowledged it."""
        if record.traceparent is None:
            record = replace(record, traceparent=child_of(None))
        if record.value is not None and self._blobs is not None:
            record = check_in(record, self._blobs)
        future: Future[Position] = Future()
        topic = BY_NAME.get(record.topic)
        routed = record.routing is not None and topic is not None
        partition = partition_of(record.routing or record.key, topic.partitions) if routed and topic else -1

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                future.set_exception(NotAcknowledgedError(record.topic, error.str()))
            else:
                PRODUCED.labels(record.topic).inc()
                future.set_result((message.partition() or 0, message.offset() or 0))

        while True:
            try:
                self._producer.produce(
                    record.topic,
                    value=record.value,
                    key=record.key.encode(),
                    headers=list[tuple[str, str | bytes | None]](record.headers()),
                    partition=partition,
                    on_delivery=delivered,
                )
            except BufferError:
                self._producer.poll(0.05)
            except KafkaException as error:
                future.set_exception(NotAcknowledgedError(record.topic, str(error)))
                return future
            else:
                return future

    def send_all(self, records: Sequence[Outgoing], *, timeout: float = 30.0) -> list[Position]:
        """Send in order and wait for every acknowledgement. Raises NotAcknowledgedError after `timeout` seconds."""
        futures = [self.send(r) for r in records]
        end = time.monotonic() + timeout
        positions: list[Position] = []
        for record, future in zip(records, futures, strict=True):
            try:
                positions.append(future.result(timeout=max(0.0, end - time.monotonic())))
            except TimeoutError as error:
                raise NotAcknowledgedError(record.topic, f"no answer in {timeout:.0f} s") from error
        return positions

    async def send_async(self, record: Outgoing) -> Position:
        """`send` for asyncio: waits for the acknowledgement without blocking the loop."""
        return await asyncio.wrap_future(self.send(record))

    def flush(self, timeout: float = 10.0) -> int:
        """Wait until the queue is empty; the number of records still waiting after `timeout` seconds."""
        return int(self._producer.flush(timeout))

    def close(self) -> None:
        """Flush and stop the poll thread."""
        self._producer.flush(10)
        self._stopping.set()
        self._thread.join(2)
        self._producer.close()
