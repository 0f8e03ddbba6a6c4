"""Reading `ticket.messages` in the group `notify` into the ledger; one thread owns the consumer (architecture.md 4)."""

import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
from confluent_kafka import Consumer as KafkaConsumer, KafkaError, KafkaException, Message as KafkaMessage, TopicPartition
from pydantic import ValidationError

from schemas.ticket import Message
from schemas.topics import TICKET_MESSAGES
from services.notify.ledger import Ledger, Seen
from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.consumer import lag_of, to_record
from services.runtime.dead_letters import dead_letter
from services.runtime.errors import NotAcknowledgedError, PoisonError
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.telemetry import CONSUMED, DEAD_LETTERS, log

GROUP = "notify"
_COMMIT_EVERY = 1.0
_HAND_OVER_SECONDS = 10.0
"""How long a partition that is taken away is still read for the answer to an open claim. The others wait that long, but only while
tickets does not answer; without it a grant would meet nobody and the message would become unknown."""


def seen_of(record: Record, blobs: Blobs | None) -> Seen | None:
    """What the ledger needs of a record; None for the nudge that keeps compaction going. PoisonError when it cannot be read."""
    if record.key is None or record.key == "nudge":
        return None
    value = value_of(record, blobs)
    if value is None:
        return Seen(message_id=record.key, partition=record.partition, offset=record.offset, version=None, state="none")
    try:
        raw: dict[str, Any] = orjson.loads(value)
        state = str((raw.get("delivery") or {}).get("state", "none"))
        message = Message.model_validate(raw) if state in {"queued", "sending"} else None
        if message is not None and message.outbound is None:
            raise PoisonError(f"delivery is {state}, but the message says nothing about how to send it")
        return Seen(
            message_id=record.key, partition=record.partition, offset=record.offset, version=int(raw.get("version", 1)), state=state,
            message=message, headers=record.headers,
        )  # fmt: skip
    except (ValidationError, ValueError, AttributeError, TypeError) as error:
        raise PoisonError(f"no Message: {type(error).__name__}: {str(error)[:200]}") from error


class Reader:
    """Feeds the ledger and commits what it has let go. `on_news` is called from this thread after every batch that changed something."""

    def __init__(self, settings: Settings, *, ledger: Ledger, blobs: Blobs, producer: Producer, on_news: Callable[[], None]) -> None:
        self._settings, self._ledger, self._blobs, self._producer, self._on_news = settings, ledger, blobs, producer, on_news
        more: dict[str, str | bool] = {"auto.offset.reset": "earliest", "enable.partition.eof": True}
        self._consumer = KafkaConsumer(kafka_settings.consumer(settings, group=GROUP, **more))
        self._committed: dict[int, int] = {}
        self._committed_at = 0.0
        self._stopping = False
        self.assigned = threading.Event()
        self.lag = 0
        self.last_round = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; then commits and leaves the group. Raises KafkaException when the client is beyond repair."""
        self._consumer.subscribe([TICKET_MESSAGES.name], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        try:
            while not stop.is_set():
                if self._poll(self._consumer, 0.25):
                    self._on_news()
                self._commit()
                self.lag = lag_of(self._consumer)
                self.last_round = time.monotonic()
        finally:
            self._stopping = True
            self._commit(now=True)
            self._consumer.close()

    def _poll(self, consumer: KafkaConsumer, wait: float) -> bool:
        first = consumer.poll(wait)
        if first is None:
            return False
        for message in (first, *consumer.consume(499, 0)):
            error = message.error()
            if error is None:
                self._read(to_record(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ledger.caught_up(_partition(message))
            elif error.fatal():
                raise KafkaException(error)
            else:
                log.warning("broker trouble", error=error.str())
        return True

    def _read(self, record: Record) -> None:
        CONSUMED.labels(record.topic).inc()
        try:
            seen = seen_of(record, self._blobs)
        except PoisonError as error:
            self._bury(record, error.reason)
            seen = None
        self._ledger.see(seen) if seen else self._ledger.skip(record.partition, record.offset)

    def _bury(self, record: Record, reason: str) -> None:
        """Into the dead letters before the offset may move on."""
        DEAD_LETTERS.labels(record.topic).inc()
        log.error("dead letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        while True:
            try:
                self._producer.send_all([dead_letter(record, reason=reason, source=self._settings.service)])
            except NotAcknowledgedError as error:
                log.warning("not acknowledged, trying again", error=str(error))
            else:
                return

    def _commit(self, *, now: bool = False) -> None:
        if not now and time.monotonic() - self._committed_at < _COMMIT_EVERY:
            return
        self._committed_at = time.monotonic()
        safe = self._ledger.safe_offsets()
        new = [TopicPartition(TICKET_MESSAGES.name, p, o) for p, o in safe.items() if now or self._committed.get(p) != o]
        if not new:
            return
        try:
            if now:
                self._consumer.commit(offsets=new, asynchronous=False)
            else:
                self._consumer.commit(offsets=new, asynchronous=True)
            self._committed.update(safe)
        except KafkaException as error:  # the next owner reads from an older offset: what is not queued any more is passed over
            log.warning("offsets not committed", error=str(error))

    def _assigned(self, _consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        log.info("partitions assigned", partitions=[p.partition for p in partitions])
        self.assigned.set()

    def _revoked(self, _consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        log.info("partitions revoked", partitions=[p.partition for p in partitions])
        self._commit(now=True)
        self._let_go([p.partition for p in partitions])

    def _lost(self, _consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        log.warning("partitions lost", partitions=[p.partition for p in partitions])
        self._let_go([p.partition for p in partitions])

    def _let_go(self, partitions: list[int]) -> None:
        if not self._stopping:
            self._hear_answers(partitions)
        self._ledger.release(partitions)
        for p in partitions:
            self._committed.pop(p, None)
        self._on_news()

    def _hear_answers(self, partitions: list[int]) -> None:
        """Read on without the group until no claim is open in these partitions."""
        open_claims = self._ledger.asks_in(partitions)
        if not open_claims:
            return
        alone = KafkaConsumer(kafka_settings.consumer(self._settings, group=None, **{"auto.offset.reset": "earliest"}))
        end = time.monotonic() + _HAND_OVER_SECONDS
        try:
            alone.assign([TopicPartition(TICKET_MESSAGES.name, p, o) for p, o in open_claims.items()])
            while self._ledger.asks_in(partitions) and time.monotonic() < end:
                if self._poll(alone, 0.1):
                    self._on_news()
        finally:
            alone.close()


def _partition(message: KafkaMessage) -> int:
    return message.partition() or 0
