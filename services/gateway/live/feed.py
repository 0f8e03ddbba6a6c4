"""The reader: one thread that assigns every partition of the shown topics, from five minutes ago on, without group and commits."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from schemas.topics import (
    AI_REWRITTEN,
    AI_SIGNALS,
    COMMAND_OUTCOMES,
    CONFIG_STATE,
    IDENTITY_CHANGES,
    MAIL_PARKED,
    MAIL_SUPPRESSIONS,
    OPS_HEARTBEATS,
    Topic,
)
from services.gateway.live.cursor import CURSOR_TOPICS, SLOTS, generation_of
from services.gateway.live.event import Event, to_event
from services.gateway.live.ring import WINDOW_SECONDS
from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import to_record
from services.runtime.settings import Settings
from services.runtime.telemetry import log

OTHER_TOPICS: tuple[Topic, ...] = (
    CONFIG_STATE,
    IDENTITY_CHANGES,
    COMMAND_OUTCOMES,
    AI_REWRITTEN,
    OPS_HEARTBEATS,
    MAIL_PARKED,
    MAIL_SUPPRESSIONS,
    AI_SIGNALS,
)
_TOPICS = (*CURSOR_TOPICS, *OTHER_TOPICS)
_DRAIN = 499


@dataclass(slots=True)
class Batch:
    """What one round read: events for clients, other records by topic."""

    events: list[Event] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Start:
    """Where reading begins."""

    generation: bytes
    offsets: list[int]
    """Per slot of the cursor."""


class Feed(threading.Thread):
    """Calls, on its own thread: `begin` once, `take` per batch, `ready` when the log's end was reached, `broker` when it goes or comes."""

    def __init__(
        self, settings: Settings, *, begin: Callable[[Start], object], take: Callable[[Batch], object], ready: Callable[[], object],
        broker: Callable[[bool], object], failed: Callable[[BaseException], object], beat: Callable[[], object],
    ) -> None:  # fmt: skip
        super().__init__(name="feed", daemon=True)
        self._settings = settings
        self._begin, self._take, self._ready, self._broker, self._failed, self._beat = begin, take, ready, broker, failed, beat
        self._stopping = threading.Event()
        self._down = False
        self._behind: set[tuple[str, int]] = set()

    def stop(self) -> None:
        """End within a quarter of a second."""
        self._stopping.set()

    def run(self) -> None:
        """Read until stopped. What cannot be recovered from goes to `failed`: the process starts anew."""
        config = kafka_settings.consumer(self._settings, group=None, **{"enable.partition.eof": True})
        consumer = Consumer({**config, "error_cb": self._trouble})
        try:
            self._read(consumer)
        except BaseException as error:
            self._failed(error)
        finally:
            consumer.close()

    def _trouble(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not self._down:
            self._down = True
            log.warning("no broker answers")
            self._broker(False)

    def _read(self, consumer: Consumer) -> None:
        start, places = self._wait_for_start()
        self._behind = {(p.topic, p.partition) for p in places}
        consumer.assign(places)
        self._begin(start)
        while not self._stopping.is_set():
            first = consumer.poll(0.25)
            self._beat()
            if self._down:
                self._ask_broker(consumer)
            if first is not None:
                self._sort([first, *consumer.consume(_DRAIN, 0)])

    def _sort(self, messages: list[Message]) -> None:
        batch = Batch()
        caught_up = False
        for message in messages:
            error = message.error()
            if error is None:
                self._put(batch, to_record(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                caught_up = caught_up or self._reached(message.topic() or "", message.partition() or 0)
            elif error.fatal() or error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise KafkaException(error)
        if batch.events or batch.others:
            self._take(batch)
        if caught_up:
            self._ready()

    def _reached(self, topic: str, partition: int) -> bool:
        if not self._behind:
            return False
        self._behind.discard((topic, partition))
        return not self._behind

    @staticmethod
    def _put(batch: Batch, record: Record) -> None:
        if (record.topic, record.partition) in SLOTS:
            event = to_event(record)
            if event is not None:
                batch.events.append(event)
        else:
            batch.others.append(record)

    def _ask_broker(self, consumer: Consumer) -> None:
        try:
            consumer.list_topics(OPS_HEARTBEATS.name, timeout=0.5)
        except KafkaException:
            return
        self._down = False
        log.info("broker answers again")
        self._broker(True)

    def _wait_for_start(self) -> tuple[Start, list[TopicPartition]]:
        admin = AdminClient(kafka_settings.common(self._settings))
        while True:
            try:
                return _find_start(admin)
            except (KafkaException, KeyError) as error:
                if self._stopping.wait(0.5):
                    raise
                log.info("waiting for the broker and its topics", error=str(error)[:200])


def _find_start(admin: AdminClient) -> tuple[Start, list[TopicPartition]]:
    """Offsets of five minutes ago for every partition, and the topics' generation. KafkaException while a topic is missing."""
    described = {n: f.result(10) for n, f in admin.describe_topics(TopicCollection([t.name for t in _TOPICS]), request_timeout=10).items()}
    generation = generation_of([str(described[t.name].topic_id) for t in CURSOR_TOPICS])
    since = int((time.time() - WINDOW_SECONDS) * 1000)
    places = [TopicPartition(t.name, p.id) for t in _TOPICS for p in described[t.name].partitions]
    starts = _offsets(admin, places, OffsetSpec.for_timestamp(since))
    ends = _offsets(admin, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    found = {place: starts[place] if starts[place] >= 0 else ends[place] for place in starts}
    wanted = [TopicPartition(topic, partition, offset) for (topic, partition), offset in found.items()]
    return Start(generation, [found[place] for place in SLOTS]), wanted


def _offsets(admin: AdminClient, places: list[TopicPartition], spec: OffsetSpec) -> dict[tuple[str, int], int]:
    futures = admin.list_offsets(dict.fromkeys(places, spec), isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=10)
    return {(p.topic, p.partition): f.result(10).offset for p, f in futures.items()}
