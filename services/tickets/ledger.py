"""The mail ledger: a consumer of its own keeps, per mailbox, seen on the server = stored = ticketed, parked, dead or waiting (email.md 1).

What stands in the log comes from the topics, its offsets fenced in the transaction of its rows; what became of it is asked of the tables
that the one writer keeps. It runs beside the timers: nobody waits for it, and the writer of tickets has better to do.
"""

import hashlib
import threading
import time
from typing import Any, Final

import psycopg
from confluent_kafka import Consumer as KafkaConsumer, KafkaException, TopicPartition

from schemas.topics import DLQ_SUFFIX, MAIL_POSITION, MAIL_RAW, MESSAGE_INBOUND
from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import LazyCommits, poll_batch
from services.runtime.errors import FencedError
from services.runtime.postgres import connect
from services.runtime.reading import watermarks
from services.runtime.settings import Settings
from services.runtime.telemetry import CONSUMED, log
from services.tickets.store import lookup, mail_ledger

GROUP: Final = "ledger"
RAW_LETTERS: Final = MAIL_RAW.name + DLQ_SUFFIX
TOPICS: Final = (MAIL_RAW.name, MAIL_POSITION.name, RAW_LETTERS, MESSAGE_INBOUND.name + DLQ_SUFFIX)
_AT_ONCE: Final = 2000
_WAITING_EVERY: Final = 1.0
_SETTLED_EVERY: Final = 10.0
_AGAIN_AFTER: Final = 2.0
_GATHERING: Final = 0.5
"""Nobody waits for the ledger: a transaction per record would take the disk from the mails themselves."""


class Ledger:
    """For one thread. Several may run: each partition belongs to one of them, and the rows are the same whoever writes them."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._db: psycopg.Connection[Any] = connect(config, "helpdesk_tickets", autocommit=True)
        # Rows and offsets are forgotten together if the database crashes, and come again from the log.
        self._db.execute("SET synchronous_commit = off")
        self._consumer = KafkaConsumer(kafka_settings.consumer(config, group=GROUP))
        self._commits = LazyCommits(self._consumer)
        self._next: dict[tuple[str, int], int] = {}
        self._sweeps = (_Sweep(waiting=True, every=_WAITING_EVERY), _Sweep(waiting=False, every=_SETTLED_EVERY))

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Raises what the broker or the database raise: begin anew then, at the stored offsets."""
        self._consumer.subscribe(list(TOPICS), on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)
        try:
            while not stop.is_set():
                stop.wait(_GATHERING)
                batch = poll_batch(self._consumer, 0.5)
                for place in dict.fromkeys((r.topic, r.partition) for r in batch):
                    self._settle(place, [r for r in batch if (r.topic, r.partition) == place])
                self._commits.commit()
                for sweep in self._sweeps:
                    sweep.go_on(self._db)
        finally:
            self._consumer.close()
            self._db.close()

    def _assigned(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        first = {(p.topic, p.partition): watermarks(consumer, p)[0] for p in partitions}
        stored = lookup.offsets(self._db, consumer=GROUP, first=first)
        self._next.update(stored)
        consumer.incremental_assign([TopicPartition(t, p, o) for (t, p), o in stored.items()])

    def _revoked(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        for p in partitions:
            self._next.pop((p.topic, p.partition), None)
        self._commits.forget(partitions)
        consumer.incremental_unassign(partitions)

    def _settle(self, place: tuple[str, int], records: list[Record]) -> None:
        mine = self._next.get(place)
        records = [r for r in records if mine is not None and r.offset >= mine]
        if mine is None or not records:
            return
        topic, partition = place
        high = records[-1].offset + 1
        try:
            with self._db.transaction():
                self._advance(place, mine, high)
                self._note(topic, records)
        except FencedError as error:
            log.warning("ledger fenced", error=str(error))
            high = lookup.offsets(self._db, consumer=GROUP, first={place: mine})[place]
            self._consumer.seek(TopicPartition(topic, partition, high))
        else:
            self._commits.settled(topic, partition, high)  # a lag gauge for outsiders only
            CONSUMED.labels(topic).inc(len(records))
        self._next[place] = high

    def _advance(self, place: tuple[str, int], mine: int, high: int) -> None:
        topic, partition = place
        if not lookup.fence(self._db, consumer=GROUP, topic=topic, partition=partition, mine=mine, high=high)():
            raise FencedError(topic, partition, mine)

    def _note(self, topic: str, records: list[Record]) -> None:
        if topic == MAIL_RAW.name:
            mail_ledger.note_mails(self._db, records, digest=lambda value: hashlib.sha256(value).hexdigest())
        elif topic == MAIL_POSITION.name:
            mail_ledger.note_positions(self._db, records)
        else:
            mail_ledger.note_letters(self._db, records, of_raw=topic == RAW_LETTERS)


class _Sweep:
    """Goes round all mails whose outcome may change, a piece at a time."""

    def __init__(self, *, waiting: bool, every: float) -> None:
        self._waiting, self._every = waiting, every
        self._after: str | None = None
        self._due = 0.0

    def go_on(self, db: psycopg.Connection[Any]) -> None:
        """The next piece, when it is time; at the end of a round, a pause."""
        if time.monotonic() < self._due:
            return
        self._after = mail_ledger.judge(db, waiting=self._waiting, after=self._after, most=_AT_ONCE)
        self._due = time.monotonic() + self._every


def keep(config: Settings, stop: threading.Event) -> None:
    """Keep the ledger until `stop`; a broker or a database that is away is waited for, and disturbs nothing else in this process."""
    while not stop.is_set():
        try:
            Ledger(config).run(stop)
        except (KafkaException, psycopg.Error) as error:
            log.warning("ledger not kept, trying again", error=str(error).split("\n", 1)[0])
            stop.wait(_AGAIN_AFTER)
