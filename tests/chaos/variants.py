"""Services without one of their safeguards, for the control runs: `python -m tests.chaos.variants NAME`.

Each shows that the suite counts what the safeguard prevents. They live here, not behind a switch in the product.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from services.runtime.codec import Outgoing, Record


def _swap(owner: object, **names: object) -> None:
    """Put something else in the place of an owner's names."""
    for name, value in names.items():
        setattr(owner, name, value)


def _random_id(*_: object) -> str:
    return str(uuid4())


def _tickets(*, before: bool, from_kafka: bool) -> None:
    """Tickets without fence, seen ids, content comparison or deterministic ids. `from_kafka`: its offsets are a consumer group's,
    committed before a batch's effects (`before`) or after them.
    """
    from services.runtime.ids import new_object_id
    from services.tickets import decide, decide_mail, materialise
    from services.tickets.domain import by_mail, conversation, opening, outgoing
    from services.tickets.store import lookup, rows

    def nothing_known(*_: object) -> Callable[[], tuple[dict[str, str], dict[tuple[str, str], str]]]:
        return lambda: ({}, {})

    class Unsafe(materialise.Materialiser):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more, fenced=False, deduplicated=False)

        def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
            super()._assigned(consumer, partitions)
            if from_kafka:
                for p in consumer.committed(partitions, timeout=20):
                    self._next[p.topic, p.partition] = max(p.offset, 0)
                    consumer.seek(TopicPartition(p.topic, p.partition, max(p.offset, 0)))

        def _settle(self, records: list[Record]) -> None:
            if before:
                place = TopicPartition(records[0].topic, records[0].partition, records[-1].offset + 1)
                self._consumer.commit(offsets=[place], asynchronous=False)
            super()._settle(records)

    for module in (decide, decide_mail, by_mail, conversation, opening, outgoing):
        _swap(module, object_id=lambda *_: new_object_id())
    _swap(lookup, duplicates=nothing_known)
    original = rows.Rows.flush

    def flush(self: rows.Rows, db: Any, **named: Any) -> int:
        self.tables.pop("seen_event", None)
        return original(self, db, **named)

    _swap(rows.Rows, flush=flush)
    _swap(materialise, Materialiser=Unsafe)
    materialise.main()


def _fetch_random_ids(*, forgetful: bool = False) -> None:
    """Fetch whose ids are new each time it sees a mail; `forgetful`: it reads no position at its start."""
    from services.ingest.fetch import main, publish

    _swap(publish, mail_id=_random_id)
    if forgetful:
        _swap(main, load_positions=lambda _: {})
    main.main()


def _fetch_position_first() -> None:
    """Fetch that notes a mail as settled before the broker has it."""
    from services.ingest.fetch import main, worker
    from services.ingest.fetch.imap import Fetched

    original = worker.FolderWorker._publish

    def publish(self: worker.FolderWorker, mails: Sequence[Fetched], gone: Sequence[int]) -> None:
        self._progress.settle([*(m.uid for m in mails), *gone])
        self._progress.advance(max([*(m.uid for m in mails), *gone]))
        self._write_position()
        original(self, mails, gone)

    _swap(worker.FolderWorker, _publish=publish)
    main.main()


def _fetch_unacknowledged() -> None:
    """Fetch that does not wait for the broker, and gives up after a second."""
    from services.ingest.fetch import main
    from services.runtime.producer import Producer

    class Careless(Producer):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **{**more, "delivery.timeout.ms": 1000})

        def send_all(self, records: Sequence[Outgoing], *, timeout: float = 0) -> list[tuple[int, int]]:
            for record in records:
                self.send(record)
            return []

    _swap(main, Producer=Careless)
    main.main()


def _parse_random_ids() -> None:
    """Parse whose output has a new id each time, and is another text each time, so that its content does not tell either."""
    from services.ingest.parse import main

    _swap(main, inbound_id=_random_id)
    main.main()


def _relay_deletes_first() -> None:
    """A relay that deletes its rows before the broker has them."""
    from services.runtime.crash import crash_at
    from services.tickets import outbox

    def waiting(self: outbox.Relay) -> list[outbox.Row]:
        return sorted(self._db.execute(
            "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 500)"
            " RETURNING id, topic, key, routing, value, headers, ticket_event_id"
        ).fetchall())  # fmt: skip

    def relay(self: outbox.Relay, rows: list[outbox.Row]) -> list[outbox.Row]:
        crash_at("outbox.before_ack")
        self._produce(rows)
        return []

    _swap(outbox.Relay, _waiting=waiting, _relay=relay)
    outbox.main()


def _relay_random_ids() -> None:
    """A relay whose records have a new id each time they are sent."""
    from services.tickets import outbox

    original = outbox.to_outgoing
    _swap(outbox, to_outgoing=lambda row: replace(original(row), id=_random_id()))
    outbox.main()


def _notify_reports_first() -> None:
    """Notify that calls a mail sent before it sends it."""
    from services.notify import main
    from services.notify.ledger import Held
    from services.notify.smtp import Outcome
    from services.notify.worker import Worker

    original = Worker._deliver

    async def deliver(self: Worker, grant: Held) -> None:
        await self._report(grant, Outcome(result="sent"))
        await original(self, grant)

    _swap(Worker, _deliver=deliver)
    main.main()


def _notify_commits_ahead() -> None:
    """Notify whose offsets pass over what it has read but not sent."""
    from services.notify import main, reader
    from services.notify.ledger import Ledger

    _swap(Ledger, safe_offsets=lambda self: dict(self._next))
    _swap(reader, _COMMIT_EVERY=0.0)
    original = reader.Reader._poll

    def poll(self: reader.Reader, consumer: Consumer, wait: float) -> bool:
        news = original(self, consumer, wait)
        self._commit(now=True)
        return news

    _swap(reader.Reader, _poll=poll)
    main.main()


def _relay_reconciles_often() -> None:
    """The relay as it is, with its minute between two looks made two seconds: no safeguard is off here."""
    from services.tickets import outbox

    _swap(outbox, _RECONCILE_EVERY=2.0)
    outbox.main()


VARIANTS: dict[str, Callable[[], None]] = {
    "tickets-offsets-after": lambda: _tickets(before=False, from_kafka=True),
    "tickets-offsets-before": lambda: _tickets(before=True, from_kafka=True),
    "tickets-unfenced": lambda: _tickets(before=False, from_kafka=False),
    "fetch-random-ids": _fetch_random_ids,
    "fetch-forgetful": lambda: _fetch_random_ids(forgetful=True),
    "fetch-position-first": _fetch_position_first,
    "fetch-unacknowledged": _fetch_unacknowledged,
    "parse-random-ids": _parse_random_ids,
    "relay-deletes-first": _relay_deletes_first,
    "relay-random-ids": _relay_random_ids,
    "relay-reconciles-often": _relay_reconciles_often,
    "notify-reports-first": _notify_reports_first,
    "notify-commits-ahead": _notify_commits_ahead,
}

if __name__ == "__main__":
    threading.current_thread().name = sys.argv[1]
    VARIANTS[sys.argv[1]]()
