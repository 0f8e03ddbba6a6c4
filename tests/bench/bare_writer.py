"""The floor of materialising: poll, decode, move the fence, COPY the same rows, commit. No lookup, no lock, no decision."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer as KafkaConsumer, TopicPartition
from psycopg import Connection, sql

from schemas.topics import MESSAGE_INBOUND
from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import poll_batch
from services.runtime.settings import Settings
from services.tickets.batch import CONSUMER
from services.tickets.inputs import decode
from services.tickets.store import lookup

Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Written:
    """What one batch of the materialiser wrote: rows by table, ready to COPY, and the offset it moved its partition to."""

    partition: int
    high: int
    tables: dict[str, Table]


def write_bare(settings: Settings, db: Connection[Any], batches: list[Written], count: int) -> float:
    """Read `count` records and write these batches; seconds from the first record on."""
    waiting: defaultdict[int, list[Written]] = defaultdict(list)
    for batch in batches:
        waiting[batch.partition].append(batch)
    consumer = KafkaConsumer(kafka_settings.consumer(settings, group=None, **{"auto.offset.reset": "earliest"}))
    consumer.assign([TopicPartition(MESSAGE_INBOUND.name, p, 0) for p in range(MESSAGE_INBOUND.partitions)])
    at: defaultdict[int, int] = defaultdict(int)
    read, start = 0, time.perf_counter()
    try:
        while read < count:
            records = poll_batch(consumer, 0.25)
            for partition, mine in _by_partition(records).items():
                for record in mine:
                    decode(record, None)
                high = mine[-1].offset + 1
                ready = [b for b in waiting[partition] if b.high <= high]
                waiting[partition] = waiting[partition][len(ready) :]
                with db.transaction():
                    lookup.fence(db, consumer=CONSUMER, topic=MESSAGE_INBOUND.name, partition=partition, mine=at[partition], high=high)
                    for batch in ready:
                        _copy(db, batch.tables)
                    db.execute("NOTIFY outbox")
                at[partition] = high
                read += len(mine)
        return time.perf_counter() - start
    finally:
        consumer.close()


def _by_partition(records: Iterable[Record]) -> dict[int, list[Record]]:
    parts: dict[int, list[Record]] = {}
    for record in records:
        parts.setdefault(record.partition, []).append(record)
    return parts


def _copy(db: Connection[Any], tables: dict[str, Table]) -> None:
    for name, (columns, rows) in tables.items():
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns)))
        with db.cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
