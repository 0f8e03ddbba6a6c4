"""The one writer of tickets: consumes commands, mail, suggestions and reports; its offsets live in Postgres with what they amount to."""

import sys
import threading
import time
from typing import Any

import psycopg
from confluent_kafka import Consumer as KafkaConsumer, TopicPartition

from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.codec import Record
from services.runtime.consumer import LazyCommits, lag_of, poll_batch
from services.runtime.errors import FencedError
from services.runtime.health import Health
from services.runtime.postgres import connect
from services.runtime.process import process
from services.runtime.reading import watermarks
from services.runtime.settings import Settings
from services.runtime.signing import Keys
from services.runtime.telemetry import BATCH_SECONDS, CONSUMED, log
from services.tickets.batch import CONSUMER, Batches
from services.tickets.inputs import TOPICS
from services.tickets.store import lookup

_FORGET_EVERY = 3600.0


class Materialiser:
    """Owns the consumer in one thread. On assignment it starts at the offsets stored in Postgres; fenced partitions are read again."""

    def __init__(self, config: Settings, *, health: Health, fenced: bool = True, deduplicated: bool = True) -> None:
        self._config, self._health = config, health
        self._db: psycopg.Connection[Any] = connect(config, "helpdesk_tickets", autocommit=True)
        self._batches = Batches(self._db, config, Keys.of(config), Blobs(config), fenced=fenced, deduplicated=deduplicated)
        self._consumer = KafkaConsumer(kafka_settings.consumer(config, group=CONSUMER))
        self._commits = LazyCommits(self._consumer)
        self._next: dict[tuple[str, int], int] = {}
        self._forgot = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises what it cannot survive: the supervisor starts a new process, which goes on at the stored offsets."""
        self._consumer.subscribe(list(TOPICS), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)
        try:
            while not stop.is_set():
                batch = poll_batch(self._consumer, 0.25)
                for records in _by_partition(batch):
                    self._settle(records)
                self._commits.commit()
                lag = lag_of(self._consumer)
                self._health.beat(lag_records=lag, lag_seconds=time.time() - batch[-1].time_ms / 1000 if lag and batch else 0.0)
                self._forget()
            self._commits.commit(now=True)
        finally:
            self._consumer.close()
            self._db.close()

    def _assigned(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        first = {(p.topic, p.partition): watermarks(consumer, p)[0] for p in partitions}
        stored = lookup.offsets(self._db, consumer=CONSUMER, first=first)
        self._next.update(stored)
        consumer.incremental_assign([TopicPartition(t, p, o) for (t, p), o in stored.items()])
        log.info("partitions assigned", count=len(partitions))
        self._health.running()

    def _revoked(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        for p in partitions:
            self._next.pop((p.topic, p.partition), None)
        self._commits.forget(partitions)
        consumer.incremental_unassign(partitions)

    def _settle(self, records: list[Record]) -> None:
        key = records[0].topic, records[0].partition
        mine = self._next.get(key)
        records = [r for r in records if mine is not None and r.offset >= mine]
        if mine is None or not records:
            return
        start = time.perf_counter()
        try:
            self._batches.process(records, mine=mine)
        except FencedError as error:
            log.warning("fenced", error=str(error))
            now = lookup.offsets(self._db, consumer=CONSUMER, first={key: mine})[key]
            self._next[key] = now
            self._consumer.seek(TopicPartition(*key, now))
            return
        self._next[key] = records[-1].offset + 1
        self._commits.settled(*key, records[-1].offset + 1)  # a lag gauge for outsiders only
        CONSUMED.labels(key[0]).inc(len(records))
        BATCH_SECONDS.labels(key[0]).observe(time.perf_counter() - start)

    def _forget(self) -> None:
        """Outcomes are kept for 7 days; a command older than its topic's retention cannot come again."""
        if time.monotonic() - self._forgot > _FORGET_EVERY:
            self._forgot = time.monotonic()
            self._db.execute("DELETE FROM command_outcome WHERE at < now() - interval '8 days'")


def _by_partition(batch: list[Record]) -> list[list[Record]]:
    parts: dict[tuple[str, int], list[Record]] = {}
    for record in batch:
        parts.setdefault((record.topic, record.partition), []).append(record)
    return list(parts.values())


def main() -> int:
    """The process `tickets`."""
    with process("tickets") as this:
        Materialiser(this.config, health=this.health).run(this.stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
