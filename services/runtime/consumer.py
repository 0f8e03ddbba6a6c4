"""Reading from Kafka as a group whose offsets live in Kafka: for stream processors whose effects are records (parse, notify).

The loop polls once, then drains what is there (never `consume(n, timeout)`: it waits the whole timeout), hands over one record at a
time in order, waits for the acknowledgement of what came out of it, then commits. A repetition after a crash makes the same ids again.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from confluent_kafka import Consumer as KafkaConsumer, KafkaError, KafkaException, Message, TopicPartition

from services.runtime import kafka_settings
from services.runtime.codec import Outgoing, Record, decode_headers
from services.runtime.crash import crash_at
from services.runtime.dead_letters import dead_letter
from services.runtime.errors import NotAcknowledgedError, PoisonError
from services.runtime.health import Health
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.telemetry import BATCH_SECONDS, CONSUMED, DEAD_LETTERS, log
from services.runtime.tracing import step

Handler = Callable[[Record], Iterable[Outgoing]]
_DRAIN = 499
_COMMIT_EVERY = 0.5


def to_record(message: Message) -> Record:
    """A confluent-kafka message as our Record."""
    key = message.key()
    return Record(
        topic=message.topic() or "", partition=message.partition() or 0, offset=message.offset() or 0,
        key=key.decode("utf-8", "replace") if isinstance(key, bytes) else key, value=message.value(),
        headers=decode_headers(_pairs(message.headers())), time_ms=message.timestamp()[1],
    )  # fmt: skip


def _pairs(headers: object) -> list[tuple[str, str | bytes | None]] | None:
    return headers if isinstance(headers, list) else None


def poll_batch(consumer: KafkaConsumer, wait: float = 1.0) -> list[Record]:
    """At most 500 records: the first within `wait` seconds, then what is already there. Raises KafkaException on a fatal error."""
    first = consumer.poll(wait)
    if first is None:
        return []
    records = []
    for message in (first, *consumer.consume(_DRAIN, 0)):
        error = message.error()
        if error is None:
            records.append(to_record(message))
        elif error.code() != KafkaError._PARTITION_EOF:
            if error.fatal() or error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise KafkaException(error)
            log.warning("broker trouble", error=error.str())
    return records


def lag_of(consumer: KafkaConsumer) -> int:
    """Records behind the cached high watermarks of the assigned partitions, for a gauge only."""
    behind = 0
    for p in consumer.position(consumer.assignment()):
        _, high = consumer.get_watermark_offsets(p, cached=True)
        if high >= 0 and p.offset >= 0:
            behind += max(0, high - p.offset)
    return behind


class LazyCommits:
    """Offsets of a group, committed at most twice a second: each commit costs the broker a write and a flush of its own.

    What a crash leaves uncommitted is read again, and gives the same ids again.
    """

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._settled: dict[tuple[str, int], int] = {}
        self._at = 0.0

    def settled(self, topic: str, partition: int, following: int) -> None:
        """Everything before the offset `following` is done."""
        self._settled[topic, partition] = following

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """These belong to somebody else now, who begins at the last commit."""
        for p in partitions:
            self._settled.pop((p.topic, p.partition), None)

    def commit(self, *, now: bool = False) -> None:
        """To be called after every poll; commits when it is time, or `now`."""
        if not self._settled or (not now and time.monotonic() - self._at < _COMMIT_EVERY):
            return
        offsets = [TopicPartition(t, p, o) for (t, p), o in self._settled.items()]
        self._settled, self._at = {}, time.monotonic()
        try:
            self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:  # a rebalance took the partition: its next owner repeats the batch under the same ids
            log.warning("offsets not committed", error=str(error))


class StreamLoop:
    """Consume `topics` as `group`, turn each record into records, dead-letter what can never be processed.

    `handle` may raise PoisonError (to the dead letters at once); any other exception is tried three times and then dead-lettered too.
    NotAcknowledgedError (broker away) stops nothing: the batch is read again.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        group: str,
        topics: Sequence[str],
        handle: Handler,
        producer: Producer,
        health: Health,
        reset: str = "earliest",
    ) -> None:
        self._consumer = KafkaConsumer(kafka_settings.consumer(settings, group=group, **{"auto.offset.reset": reset}))
        self._commits = LazyCommits(self._consumer)
        self._topics, self._handle, self._producer, self._health = list(topics), handle, producer, health
        self._source = settings.service

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; then commits what is settled and leaves the group."""
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked)
        try:
            while not stop.is_set():
                batch = poll_batch(self._consumer, 0.25)
                if batch:
                    self._settle(batch, stop)
                self._commits.commit()
                lag = lag_of(self._consumer)
                self._health.beat(lag_records=lag, lag_seconds=max(0.0, time.time() - batch[-1].time_ms / 1000) if lag and batch else 0.0)
            self._commits.commit(now=True)
        finally:
            self._consumer.close()

    def _revoked(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        self._commits.commit(now=True)
        self._commits.forget(partitions)

    def _assigned(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        log.info("partitions assigned", partitions=[f"{p.topic}[{p.partition}]" for p in partitions])
        self._health.running()

    def _settle(self, batch: list[Record], stop: threading.Event) -> None:
        start = time.perf_counter()
        out = [o for record in batch for o in self._outputs(record)]
        while not stop.is_set():
            try:
                self._producer.send_all(out)
                if out:
                    crash_at(f"{self._source}.after_ack")
                break
            except NotAcknowledgedError as error:
                log.warning("not acknowledged, trying again", error=str(error))
                self._health.beat()
        else:
            return
        for record in batch:
            self._commits.settled(record.topic, record.partition, record.offset + 1)
            CONSUMED.labels(record.topic).inc()
        BATCH_SECONDS.labels(batch[0].topic).observe(time.perf_counter() - start)

    def _outputs(self, record: Record) -> list[Outgoing]:
        for attempt in (1, 2, 3):
            try:
                with step(record.topic, record.headers.get("traceparent")) as traceparent:
                    return [o if o.traceparent else replace(o, traceparent=traceparent) for o in self._handle(record)]
            except PoisonError as error:
                return self._dead(record, error.reason)
            except Exception as error:
                log.exception("record failed", topic=record.topic, partition=record.partition, offset=record.offset, attempt=attempt)
                reason = f"{type(error).__name__}: {error}"
        return self._dead(record, reason)

    def _dead(self, record: Record, reason: str) -> list[Outgoing]:
        DEAD_LETTERS.labels(record.topic).inc()
        log.error("dead letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        return [dead_letter(record, reason=reason, source=self._source)]
