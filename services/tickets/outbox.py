"""The relay: what tickets decided goes from the outbox table into Kafka, in the order of its ids, by one leader at a time.

Rows are deleted only once the broker has acknowledged them, in the transaction that writes partition and offset into the history.
A crash between the two repeats records under the same ce_id. A row that fails stops only its key.
"""

import sys
import threading
import time
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import psycopg
from confluent_kafka import KafkaException
from psycopg import sql

from services.runtime.codec import JSON, Outgoing
from services.runtime.crash import crash_at
from services.runtime.errors import NotAcknowledgedError
from services.runtime.health import Health
from services.runtime.postgres import connect
from services.runtime.process import process
from services.runtime.producer import Position, Producer
from services.runtime.settings import Settings
from services.runtime.telemetry import log
from services.tickets.reconcile import Reconciler

LEADER_LOCK = 0x4F55_5442
_BATCH = 500
_SAFETY_POLL = 1.0
_RECONCILE_EVERY = 60.0
_ACK_TIMEOUT = 30.0
_FROZEN_AFTER = "60s"
"""A leader that says nothing for so long (it is stopped) loses its session and with it the lock; waiting for the broker takes 30 s at most."""

_WAITING = "SELECT id, topic, key, routing, value, headers, ticket_event_id FROM outbox ORDER BY id LIMIT %s"
_POSITIONS = (
    "UPDATE ticket_event e SET topic_partition = v.p, topic_offset = v.o"
    " FROM unnest(%s::int[], %s::bigint[], %s::uuid[]) AS v (p, o, id) WHERE e.id = v.id"
)

Row = tuple[int, str, str, str | None, bytes | None, list[list[str]], str | None]


def to_outgoing(row: Row) -> Outgoing:
    """An outbox row as the record it holds."""
    _, topic, key, routing, value, pairs, _ = row
    h: dict[str, str] = dict(pairs)
    return Outgoing(
        topic=topic, key=key, routing=routing, value=value, id=h["ce_id"], type=h["ce_type"], source=h["ce_source"],
        time=datetime.fromisoformat(h["ce_time"]), subject=h.get("ce_subject"), correlation_id=h.get("ce_correlationid"),
        causation_id=h.get("ce_causationid"), traceparent=h.get("traceparent"), team=h.get("ce_team"), assignee=h.get("ce_assignee"), was=h.get("ce_was"),
        visibility=h.get("ce_visibility"), event_class=h.get("ce_class"), version=int(h["ce_version"]) if "ce_version" in h else None,
        content_type=h.get("content-type", JSON), reason=h.get("ce_reason"), origin=h.get("ce_origin"), origin_key=h.get("ce_originkey"),
    )  # fmt: skip


class Relay:
    """Leader by advisory lock on its own connection: when the connection dies, so does the leadership."""

    def __init__(self, config: Settings, *, producer: Producer, health: Health) -> None:
        self._config, self._producer, self._health = config, producer, health
        self._db: psycopg.Connection[Any] = connect(config, "helpdesk_tickets", autocommit=True)
        self._reconciler = Reconciler(config, producer=producer)
        self._overwritten: list[tuple[str, str]] = []

    def run(self, stop: threading.Event) -> None:
        """Lead when nobody else does, until `stop`."""
        self._db.execute("LISTEN outbox")
        while not stop.is_set() and not self._lead():
            self._health.beat()
            self._health.running()
            stop.wait(0.5)
        log.info("leading")
        self._db.execute(sql.SQL("SET idle_session_timeout = {}").format(_FROZEN_AFTER))
        # A deletion that a crash of the database forgets repeats records under their ce_id, as any crash before it does.
        self._db.execute("SET synchronous_commit = off")
        self._reconciler.begin()
        self._health.running()
        threading.Thread(target=self._reconcile, args=(stop,), name="reconciler", daemon=True).start()
        while not stop.is_set():
            rows = self._waiting()
            self._health.beat(lag_records=len(rows))
            while rows and not stop.is_set():
                rows = self._relay(rows)
                self._health.beat(lag_records=len(rows))
            if not rows:
                self._wait(_SAFETY_POLL)
            if self._overwritten:
                self._reconciler.repair(self._overwritten)
                self._overwritten = []
        self._db.close()

    def _reconcile(self, stop: threading.Event) -> None:
        """Beside the relay, which must not wait for it."""
        while not stop.wait(_RECONCILE_EVERY):
            try:
                self._overwritten = self._overwritten or self._reconciler.look()
            except (KafkaException, psycopg.Error) as error:
                log.warning("not reconciled, trying again later", error=str(error))

    def _lead(self) -> bool:
        row = self._db.execute("SELECT pg_try_advisory_lock(%s)", (LEADER_LOCK,)).fetchone()
        return bool(row and row[0])

    def _wait(self, seconds: float) -> None:
        for _ in self._db.notifies(timeout=seconds, stop_after=1):
            return

    def _waiting(self) -> list[Row]:
        """The lock belongs to the session that reads the rows: that they could be read proves the lease before every produce."""
        return self._db.execute(_WAITING, (_BATCH,)).fetchall()

    def _relay(self, rows: list[Row]) -> list[Row]:
        """Move these; what waits behind them."""
        crash_at("outbox.before_ack")
        acknowledged = self._produce(rows)
        crash_at("outbox.after_ack")
        return self._settle(acknowledged) if acknowledged else []

    def _produce(self, rows: list[Row]) -> list[tuple[Row, Position]]:
        """Send in order; what follows an unacknowledged row of the same key stays too."""
        sent: list[tuple[Row, Future[Position]]] = [(row, self._producer.send(to_outgoing(row))) for row in rows]
        stopped: set[tuple[str, str]] = set()
        acknowledged: list[tuple[Row, Position]] = []
        end = time.monotonic() + _ACK_TIMEOUT
        for row, future in sent:
            place = row[1], row[3] or row[2]
            try:
                position = future.result(timeout=max(0.0, end - time.monotonic()))
            except (NotAcknowledgedError, TimeoutError) as error:
                log.warning("not acknowledged, the row stays", topic=row[1], outbox_id=row[0], error=str(error))
                stopped.add(place)
                continue
            if place not in stopped:
                acknowledged.append((row, position))
        return acknowledged

    def _settle(self, acknowledged: list[tuple[Row, Position]]) -> list[Row]:
        """Note where the records stand, delete them, and read on, in one round trip."""
        positions = [(p, o, row[6]) for row, (p, o) in acknowledged if row[6]]
        crash_at("outbox.before_delete")
        with self._db.pipeline():
            with self._db.transaction():
                if positions:
                    self._db.execute(_POSITIONS, ([p for p, _, _ in positions], [o for _, o, _ in positions], [i for _, _, i in positions]))
                self._db.execute("DELETE FROM outbox WHERE id = ANY(%s)", ([row[0] for row, _ in acknowledged],))
            waiting = self._db.execute(_WAITING, (_BATCH,))
        return waiting.fetchall()


def main() -> int:
    """The process `outbox`."""
    with process("outbox") as this:
        Relay(this.config, producer=this.producer, health=this.health).run(this.stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
