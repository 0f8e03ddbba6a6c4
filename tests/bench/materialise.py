"""Materialising: the tickets service over a filled `message.inbound`, beside a bare loop that writes the same rows.

Three passes over the same records: one that records what is written (and warms everything up), the timed one, the floor.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from services.runtime.health import Health
from services.runtime.postgres import connect
from services.runtime.settings import Settings
from services.tickets.batch import Batches
from services.tickets.decide import Decider
from services.tickets.materialise import Materialiser
from services.tickets.store import tables as stored
from services.tickets.store.effects import Effects
from services.tickets.store.rows import Rows
from services.tickets.store.working_set import WorkingSet
from tests.bench.bare_writer import Table, Written, write_bare
from tests.bench.figure import Figure, scaled
from tests.bench.inbound import prefill
from tests.bench.running import Running

Db = psycopg.Connection[Any]
_EMPTIED = (
    "seen_event", "customer", "handle", "ticket", "message", "thread_ref", "participant", "ticket_event", "attachment", "ai_suggestion", "timer", "outbox",
    "parked_event", "parked_mail", "automatic_mail", "command_outcome",
)  # fmt: skip
_PATIENCE = 300.0


def measure(running: Running) -> list[Figure]:
    """One process, new tickets with their confirmations and a quarter answers, as fast as they go."""
    settings, count = running.settings, scaled(4_000, least=100)
    with connect(settings, "helpdesk_tickets", autocommit=True) as db:
        with _materialising(settings):
            running.seed_defaults()
        prefill(settings, count)
        batches: list[Written] = []
        with _recording(batches):
            _run(settings, db, count)
        _replace_words(db, batches)
        _empty(db)
        shares: dict[str, float] = {}
        gc.collect()
        gc.freeze()  # what was recorded is no part of a service's heap
        with _timing(shares):
            seconds = _run(settings, db, count)
        _empty(db)
        # As superuser: row policies do not let a plain COPY through.
        with psycopg.connect(settings.database_url, autocommit=True, options="-c search_path=helpdesk,public") as admin:
            bare = write_bare(settings, admin, batches, count)
    rest = ", ".join(f"{name} {share / seconds:.0%}" for name, share in sorted(shares.items(), key=lambda item: -item[1]))
    written = sum(len(rows) for batch in batches for _, rows in batch.tables.values())
    note = f"{count} mails, {written / count:.1f} rows each, {len(batches)} batches; time went to: {rest}"
    return [Figure(name="materialise", value=count / seconds, unit="mails/s", floor=count / bare, bar=0.5, note=note)]


@contextmanager
def _materialising(settings: Settings) -> Iterator[list[Exception]]:
    """A tickets service in a thread; what ended it stands in the list."""
    stop, errors = threading.Event(), list[Exception]()

    def work() -> None:
        try:
            Materialiser(settings, health=Health(settings)).run(stop)
        except Exception as error:  # told to the waiting thread, which raises it
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield errors
    finally:
        stop.set()
        thread.join(30)
    if errors:
        raise errors[0]


def _run(settings: Settings, db: Db, count: int) -> float:
    """Seconds from the first batch to the last commit."""
    with _first_batch() as began, _materialising(settings) as errors:
        end = time.monotonic() + _PATIENCE
        while _settled(db) < count and not errors:
            if time.monotonic() > end:
                raise TimeoutError(f"only {_settled(db)} of {count} mails settled in {_PATIENCE:.0f} s")
            time.sleep(0.05)  # seldom: this thread takes the interpreter from the one being measured
        return time.perf_counter() - began[0]


def _settled(db: Db) -> int:
    row = db.execute("SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset WHERE topic = 'message.inbound'").fetchone()
    return int(row[0]) if row else 0


def _empty(db: Db) -> None:
    db.execute(f"TRUNCATE {', '.join(_EMPTIED)}".encode())
    db.execute("UPDATE consumer_offset SET next_offset = 0 WHERE topic = 'message.inbound'")
    db.execute("UPDATE counter SET next = 0 WHERE name IN ('ticket', 'customer')")


@contextmanager
def _patched(owner: Any, name: str, wrap: Callable[[Any], Any]) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, wrap(before))
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _first_batch() -> Iterator[list[float]]:
    began: list[float] = []

    def wrap(process: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            if not began:
                began.append(time.perf_counter())
            return process(*args, **named)

        return timed

    with _patched(Batches, "process", wrap):
        yield began


@contextmanager
def _timing(shares: dict[str, float]) -> Iterator[None]:
    """Where a run's time goes: one clock around each step. A step inside another is taken from the outer one."""
    stack: list[float] = []

    def clock(label: str) -> Callable[[Any], Any]:
        def wrap(step: Any) -> Any:
            bound = step.__func__ if isinstance(step, classmethod) else step

            def timed(*args: Any, **named: Any) -> Any:
                start = time.perf_counter()
                stack.append(0.0)
                try:
                    return bound(*args, **named)
                finally:
                    took = time.perf_counter() - start
                    shares[label] = shares.get(label, 0.0) + took - stack.pop()
                    if stack:
                        stack[-1] += took

            return classmethod(timed) if isinstance(step, classmethod) else timed

        return wrap

    steps = (
        (Batches, "process", "fence, outcome, commit"), (Batches, "_decode", "decoding"),
        (WorkingSet, "load", "lookups and locks"), (Decider, "decide", "decisions"), (Effects, "settle", "events and records"),
        (Effects, "finish", "ticket rows and timers"), (Rows, "flush", "writing rows"),
    )  # fmt: skip
    with _all_patched([(owner, name, clock(label)) for owner, name, label in steps]):
        yield


@contextmanager
def _all_patched(patches: list[tuple[Any, str, Callable[[Any], Any]]]) -> Iterator[None]:
    if not patches:
        yield
        return
    with _patched(*patches[0]), _all_patched(patches[1:]):
        yield


@contextmanager
def _recording(batches: list[Written]) -> Iterator[None]:
    """Keep what each batch writes. Rows that update an earlier batch's are left out: the floor only ever inserts."""
    known: set[tuple[str, Any]] = set()

    def process(step: Any) -> Any:
        def recorded(self: Batches, records: Any, *, mine: int) -> Any:
            done = step(self, records, mine=mine)
            if records[0].topic == "message.inbound":
                batches.append(Written(records[0].partition, records[-1].offset + 1, dict(latest)))
            return done

        return recorded

    def flush(step: Any) -> Any:
        def recorded(self: Rows, db: Db, **named: Any) -> int:
            latest.clear()
            latest.update({name: _fresh(name, rows, known) for name, rows in self.tables.items() if name in stored.COLUMNS})
            return int(step(self, db, **named))

        return recorded

    latest: dict[str, Table] = {}
    with _patched(Batches, "process", process), _patched(Rows, "flush", flush):
        yield


def _fresh(name: str, rows: list[tuple[Any, ...]], known: set[tuple[str, Any]]) -> Table:
    """The rows whose key was not written before; the last one where a batch writes a key twice."""
    if name == "outbox":
        return stored.COLUMNS[name], list(rows)
    width = 2 if name in {"participant", "handle"} else 1
    newest = {row[:width]: row for row in rows if (name, row[:width]) not in known}
    known.update((name, key) for key in newest)
    return stored.COLUMNS[name], list(newest.values())


def _replace_words(db: Db, batches: list[Written]) -> None:
    """The search column as Postgres made it of the words, which a bare COPY cannot."""
    made = dict(db.execute("SELECT id::text, search::text FROM ticket").fetchall())
    for batch in batches:
        if "ticket" in batch.tables:
            columns, rows = batch.tables["ticket"]
            batch.tables["ticket"] = columns, [(*row[:-1], made[row[0]]) for row in rows]
