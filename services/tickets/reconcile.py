"""A lock in Postgres cannot fence a paused relay in Kafka: it may wake and write an old record over a newer one.

Every minute the newest record of each key that changed lately is compared with Postgres, and what an older record overwrote is sent again.
"""

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


class Reconciler:
    """Follows the tails of `ticket.state` and `ticket.messages`, remembering the newest version seen last per key."""

    def __init__(self, config: Settings, *, producer: Producer) -> None:
        self._config, self._producer = config, producer
        self._last: dict[tuple[str, str], int] = {}
        self._consumer: KafkaConsumer | None = None

    def begin(self) -> None:
        """Watch from here on: a former leader may wake and write from the moment another one leads."""
        try:
            self._consumer = self._consumer or self._at_the_end()
        except KafkaException as error:
            log.warning("reconciler begins with its first check, no broker answers yet", error=str(error))

    def check(self) -> int:
        """Read what came since the last check, compare, send again; the number of records sent again."""
        if self._consumer is None:
            self._consumer = self._at_the_end()
        changed = self._read(self._consumer)
        repaired = 0
        with connect(self._config, "helpdesk_tickets", autocommit=True) as db:
            for topic in (TICKET_STATE, TICKET_MESSAGES):
                keys = {key: version for (name, key), version in changed.items() if name == topic.name}
                repaired += self._repair(db, topic, keys)
        return repaired

    def _at_the_end(self) -> KafkaConsumer:
        consumer = KafkaConsumer(kafka_settings.consumer(self._config, group=None))
        parts = [TopicPartition(t.name, p) for t in (TICKET_STATE, TICKET_MESSAGES) for p in range(t.partitions)]
        for part in parts:
            part.offset = watermarks(consumer, part)[1]
        consumer.assign(parts)
        return consumer

    def _read(self, consumer: KafkaConsumer) -> dict[tuple[str, str], int]:
        last: dict[tuple[str, str], int] = {}
        while messages := consumer.consume(500, 0.2):
            for message in messages:
                if message.error() is None:
                    record = to_record(message)
                    if record.key and "ce_version" in record.headers:
                        last[record.topic, record.key] = int(record.headers["ce_version"])
        return last

    def _repair(self, db: psycopg.Connection[Any], topic: Topic, keys: dict[str, int]) -> int:
        if not keys:
            return 0
        if topic is TICKET_STATE:
            rows = db.execute(
                "SELECT id, version, doc, id, team_id, assignee_id FROM ticket WHERE id = ANY(%s::uuid[])", (list(keys),)
            ).fetchall()
        else:
            rows = db.execute(
                "SELECT m.id, m.version, m.doc, m.home_ticket_id, t.team_id, t.assignee_id FROM message m JOIN ticket t ON t.id = m.ticket_id"
                " WHERE m.id = ANY(%s::uuid[])",
                (list(keys),),
            ).fetchall()
        waiting = {k for (k,) in db.execute("SELECT DISTINCT key FROM outbox WHERE topic = %s AND key = ANY(%s)", (topic.name, list(keys)))}
        stale = [r for r in rows if r[1] > keys[str(r[0])] and str(r[0]) not in waiting]
        for key, version, doc, home, team, assignee in stale:
            log.warning("an older record stood over a newer one, sent again", topic=topic.name, key=str(key), version=version)
            state = topic is TICKET_STATE
            self._producer.send(Outgoing(
                topic=topic.name, key=str(key), routing=None if state else str(home), value=orjson.dumps(doc),
                id=event_id("state" if state else "message", str(key), version), type=topic.types[0], source="tickets", version=version,
                subject=str(key) if state else doc["ticket_id"], team=str(team or ""), assignee=str(assignee or ""),
                event_class="state" if state else "append",
                visibility="internal" if not state and doc["kind"] in {"note", "third_party"} else "public",
            )).result(30)  # fmt: skip
        return len(stale)
