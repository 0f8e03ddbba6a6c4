"""Rebuild the database from the log: fold, compare, and on demand put the result in place.

The comparison is made at a cut: a Postgres snapshot taken with an empty outbox, against the log read to its end after that.
A system at work moves on while the log is read, so what differs is looked at again a few times; a real difference stays.
"""

import time
from dataclasses import dataclass
from typing import Any

import psycopg

from services.runtime.settings import Settings
from services.tickets.rebuild.compare import Difference, compare
from services.tickets.rebuild.fold import fold
from services.tickets.rebuild.switch import put_in_place

_TRIES = 6
_OUTBOX_EMPTY_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison found."""

    tickets: int
    events: int
    messages: int
    differences: list[Difference]


def _await_empty_outbox(db: psycopg.Connection[Any]) -> None:
    end = time.monotonic() + _OUTBOX_EMPTY_WITHIN
    while time.monotonic() < end:
        row = db.execute("SELECT count(*) FROM helpdesk.outbox").fetchone()
        if row and row[0] == 0:
            return
        db.rollback()
        time.sleep(0.05)
    raise TimeoutError("the outbox did not run empty; is the relay running?")


def rebuild(config: Settings, *, switch: bool = False) -> Outcome:
    """Compare the log with the database; with `switch` put the folded tickets in place of the live ones.

    Raises TimeoutError if the outbox does not run empty within a minute.
    """
    differences: list[Difference] = []
    with psycopg.connect(config.database_url) as db:
        db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        for attempt in range(_TRIES):
            time.sleep(0.5 * attempt)
            _await_empty_outbox(db)  # the snapshot begins with this read
            rebuilt = fold(config)
            differences = compare(db, rebuilt)
            db.rollback()
            if not differences:
                break
        if switch:
            put_in_place(db, rebuilt, config)
    return Outcome(tickets=len(rebuilt.tickets), events=len(rebuilt.events), messages=len(rebuilt.messages), differences=differences)
