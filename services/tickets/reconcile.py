"""A lock in Postgres cannot fence a paused relay in Kafka: it may wake and write an old record over a newer one.

Every minute the newest record of each key that changed lately is compared with Postgres, and what an older record overwrote is sent again.
"""

from collections.abc import Collection
from typing import Any

import orjson
import psycopg
from confluent_kafka import Consumer as KafkaConsumer, KafkaException, TopicPartition

from schemas.topics import TICKET_MESSAGES, TICKET_STATE, Topic
from services.runtime import kafka_settings
from services.runtime.codec import Outgoing
from services.runtime.consumer import to_record
from services.runtime.ids import event_id
from services.runtime.postgres import connect
from services.runtime.producer import Producer
from services.runtime.reading import watermarks
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_STATES = "SELECT id, version, doc, id, team_id, assignee_id FROM ticket WHERE id = ANY(%s::uuid[])"
_MESSAGES = (
    "SELECT m.id, m.version, m.doc, m.home_ticket_id, t.team_id, t.assignee_id FROM message m JOIN ticket t ON t.id = m.ticket_id"
    " WHERE m.id = ANY(%s::uuid[])"
)

Versions = dict[tuple[str, str], int]
"""(topic, key) -> version."""


class Reconciler:
    """Follows the tails of `ticket.state` and `ticket.messages`.

    `look` may run in any thread while the relay goes on, `repair` only in the relay's: between its reading and its writing nobody may send.
    """

    def __init__(self, config: Settings, *, producer: Producer) -> None:
        self._config, self._producer = config, producer
        self._consumer: KafkaConsumer | None = None

    def begin(self) -> None:
        """Watch from here on: a former leader may wake and write from the moment another one leads."""
        try:
            self._consumer = self._consumer or self._at_the_end()
        except KafkaException as error:
            log.warning("reconciler begins with its first check, no broker answers yet", error=str(error))

    def look(self) -> list[tuple[str, str]]:
        """(topic, key) of what changed since the last look and is older in the log than in Postgres."""
        if self._consumer is None:
            self._consumer = self._at_the_end()
        read = self._read(self._consumer)
        with connect(self._config, "helpdesk_tickets", autocommit=True) as db:
            newer = {
                (topic.name, str(row[0])): int(row[1])
                for topic in (TICKET_STATE, TICKET_MESSAGES)
                for row in _rows(db, topic, [key for name, key in read if name == topic.name])
                if row[1] > read[topic.name, str(row[0])]
            }
        # Nothing of them waits in the outbox, so their records stand in the log by now, unless an older one came after them.
        read |= self._read(self._consumer) if newer else {}
        return [place for place, version in newer.items() if version > read[place]]

    def repair(self, places: Collection[tuple[str, str]]) -> int:
        """Send again what stands in Postgres; the number of records."""
        found: list[Outgoing] = []
        with connect(self._config, "helpdesk_tickets", autocommit=True) as db:
            for topic in (TICKET_STATE, TICKET_MESSAGES):
                found += [_again(topic, row) for row in _rows(db, topic, [key for name, key in places if name == topic.name])]
        for record in found:
            log.warning("an older record stood over a newer one, sent again", topic=record.topic, key=record.key, version=record.version)
        self._producer.send_all(found)
        return len(found)

    def _at_the_end(self) -> KafkaConsumer:
        consumer = KafkaConsumer(kafka_settings.consumer(self._config, group=None))
        parts = [TopicPartition(t.name, p) for t in (TICKET_STATE, TICKET_MESSAGES) for p in range(t.partitions)]
        for part in parts:
            part.offset = watermarks(consumer, part)[1]
        consumer.assign(parts)
        return consumer

    def _read(self, consumer: KafkaConsumer) -> Versions:
        last: Versions = {}
        while messages := consumer.consume(500, 0.2):
            for message in messages:
                if message.error() is None:
                    record = to_record(message)
                    if record.key and "ce_version" in record.headers:
                        last[record.topic, record.key] = int(record.headers["ce_version"])
        return last


def _rows(db: psycopg.Connection[Any], topic: Topic, keys: Collection[str]) -> list[tuple[Any, ...]]:
    """(key, version, value, routing key, team, assignee) of those of which no record waits in the outbox."""
    if not keys:
        return []
    rows = db.execute(_STATES if topic is TICKET_STATE else _MESSAGES, (list(keys),)).fetchall()
    waiting = {k for (k,) in db.execute("SELECT DISTINCT key FROM outbox WHERE topic = %s AND key = ANY(%s)", (topic.name, list(keys)))}
    return [row for row in rows if str(row[0]) not in waiting]


def _again(topic: Topic, row: tuple[Any, ...]) -> Outgoing:
    key, version, doc, home, team, assignee = row
    state = topic is TICKET_STATE
    return Outgoing(
        topic=topic.name, key=str(key), routing=None if state else str(home), value=orjson.dumps(doc),
        id=event_id("state" if state else "message", str(key), version), type=topic.types[0], source="tickets", version=version,
        subject=str(key) if state else doc["ticket_id"], team=str(team or ""), assignee=str(assignee or ""), event_class="state" if state else "append",
        visibility="internal" if not state and (doc["kind"] in {"note", "third_party"} or doc.get("channel") == "notice") else "public",
    )  # fmt: skip
