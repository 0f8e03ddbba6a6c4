"""Timers: due rows become commands. Claimed with SKIP LOCKED, produced, acknowledged, deleted; a crash between repeats the same ce_id."""

import sys
import threading
from datetime import UTC, datetime
from typing import Any

import psycopg

from schemas.base import Actor
from schemas.commands import TicketCommand, TimerFired
from schemas.topics import TICKET_COMMANDS
from services.runtime.codec import Outgoing
from services.runtime.errors import NotAcknowledgedError
from services.runtime.health import Health
from services.runtime.ids import event_id
from services.runtime.postgres import connect
from services.runtime.process import process
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.telemetry import log
from services.tickets import ledger

_BATCH = 200
_LONGEST_WAIT = 0.5
_CLAIMED_ELSEWHERE = 0.01
"""How soon to look again at a due row that another process holds, or that the broker did not take."""


class Timers:
    """Several processes may run: each row is claimed by one at a time."""

    def __init__(self, config: Settings, *, producer: Producer, health: Health) -> None:
        self._config, self._producer, self._health = config, producer, health
        self._db: psycopg.Connection[Any] = connect(config, "helpdesk_tickets", autocommit=True)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Sleeps until the next row is due or a NOTIFY says that rows changed."""
        self._db.execute("LISTEN timer")
        self._health.running()
        while not stop.is_set():
            wait = self._seconds_to_next()
            self._health.beat()
            if wait > 0 or self._fire() == 0:
                self._sleep(max(wait, _CLAIMED_ELSEWHERE))
        self._db.close()

    def _seconds_to_next(self) -> float:
        row = self._db.execute("SELECT extract(epoch FROM min(due_at) - now()) FROM timer").fetchone()
        return float(row[0]) if row and row[0] is not None else _LONGEST_WAIT

    def _sleep(self, seconds: float) -> None:
        for _ in self._db.notifies(timeout=min(seconds, _LONGEST_WAIT), stop_after=1):
            return

    def _fire(self) -> int:
        with self._db.transaction():
            rows = self._db.execute(
                # now(), not clock_timestamp(): no index serves a comparison with a volatile value, and every look read the whole table
                "SELECT id, ticket_id, message_id, kind, generation, due_at FROM timer WHERE due_at <= now()"
                " ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED",
                (_BATCH,),
            ).fetchall()
            if not rows:
                return 0
            try:
                self._producer.send_all([_command(*row) for row in rows])
            except NotAcknowledgedError as error:
                log.warning("timers not acknowledged, they stay", error=str(error))
                return 0
            self._db.execute("DELETE FROM timer WHERE id = ANY(%s::uuid[])", ([row[0] for row in rows],))
        return len(rows)


def _command(timer: object, ticket: object, message: object, kind: str, generation: int, due_at: datetime) -> Outgoing:
    key = event_id("timer-fired", timer, generation, due_at.isoformat())
    action = TimerFired(timer=str(timer), kind=kind, generation=generation, due_at=due_at, message_id=str(message) if message else None)
    command = TicketCommand(id=key, ticket_id=str(ticket), actor=Actor(kind="timer"), at=datetime.now(UTC), action=action)
    return Outgoing(
        topic=TICKET_COMMANDS.name,
        key=str(ticket),
        value=command.to_json(),
        id=key,
        type="helpdesk.ticket.command.v1",
        source="timers",
        subject=str(ticket),
    )


def main() -> int:
    """The process `timers`; the mail ledger is kept beside them."""
    with process("timers") as this:
        threading.Thread(target=ledger.keep, args=(this.config, this.stop), name="ledger", daemon=True).start()
        Timers(this.config, producer=this.producer, health=this.health).run(this.stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
