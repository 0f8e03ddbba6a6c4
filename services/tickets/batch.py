"""One partition's records in one transaction (architecture.md 4): fence, unseen ids, locks, decisions in offset order, rows, outbox, NOTIFY.

What cannot be decided is parked with its dead letter in the same transaction, and what comes behind it under the same routing key parks too.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import Connection, errors
from psycopg.pq import TransactionStatus

from schemas.commands import ConfigCommand, TicketCommand, TimerFired
from schemas.mail import DeleteMail, MailCommand, ReleaseMail
from schemas.ticket import CommandOutcome
from services.runtime.blobs import Blobs
from services.runtime.codec import Record
from services.runtime.crash import crash_at
from services.runtime.dead_letters import dead_letter, letter_key
from services.runtime.errors import FencedError, PoisonError
from services.runtime.ids import is_uuid
from services.runtime.settings import Settings
from services.runtime.signing import Keys
from services.runtime.telemetry import DEAD_LETTERS, log
from services.runtime.tracing import step
from services.tickets import unpark
from services.tickets.decide import Decider
from services.tickets.domain.desk import Desk
from services.tickets.domain.turn import Rejected
from services.tickets.inputs import Input, decode
from services.tickets.store import config, lookup, mail_lookup
from services.tickets.store.effects import Effects
from services.tickets.store.rows import json_text
from services.tickets.store.wanted import Ahead
from services.tickets.store.working_set import RepeatBatchError, WorkingSet

CONSUMER = "tickets"
_REPEATABLE = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation, RepeatBatchError)
_MOST_REPETITIONS = 20
_PIPELINED = 8
"""Up to so many records the whole transaction is one pipeline, where each round trip counts; COPY, which serves more, works in none."""


class TooMuchPoisonError(Exception):
    """So many records in a row cannot be decided that the fault is ours: stop before a topic drains into its dead letters."""


class UnsettledError(Exception):
    """A batch that the database refuses however often it is repeated."""


@dataclass(slots=True)
class Done:
    """What a batch did."""

    inputs: int = 0
    poison: int = 0
    rows: int = 0

    def add(self, other: "Done") -> None:
        """Count another batch in."""
        self.inputs, self.poison, self.rows = self.inputs + other.inputs, self.poison + other.poison, self.rows + other.rows


@dataclass(slots=True)
class Batches:
    """Processes batches on one connection. `fenced` False switches the safeguard off (control runs of the kill suite only)."""

    db: Connection[Any]
    settings: Settings
    keys: Keys
    blobs: Blobs
    fenced: bool = True
    deduplicated: bool = True
    most_poison: int = 50
    desk: Desk = field(default_factory=lambda: Desk(generation=-1))
    poison_run: int = 0

    def process(self, records: Sequence[Record], *, mine: int) -> Done:
        """Settle these records of one partition; `mine` is the stored offset this process believes in.

        FencedError if another process moved it: nothing was written. Conflicts with other transactions repeat the batch.
        """
        try:
            done = self._repeat(records, mine)
        except UnsettledError as error:
            if len(records) > 1:  # one of them is the culprit: each alone, so that only it is refused
                done = Done()
                for record in records:
                    done.add(self.process([record], mine=mine))
                    mine = record.offset + 1
                return done
            with self.db.transaction():
                done = self._refuse(records[0], mine, str(error))
        self.poison_run = self.poison_run + done.poison if done.poison and done.poison == done.inputs else 0
        if self.poison_run >= self.most_poison:
            where = f"{records[0].topic}[{records[0].partition}]"
            raise TooMuchPoisonError(f"{self.poison_run} records in a row could not be decided; stopped at {where}")
        return done

    def _repeat(self, records: Sequence[Record], mine: int) -> Done:
        """Settle in one transaction, again where another one interfered. UnsettledError for what no repetition helps."""
        why = ""
        for attempt in range(_MOST_REPETITIONS):
            try:
                with _transaction(self.db, pipelined=len(records) <= _PIPELINED):
                    done = self._settle(records, mine)
                    crash_at("tickets.before_commit")
                crash_at("tickets.after_commit")
            except _REPEATABLE as error:
                why = f"{type(error).__name__}: {error}"
                log.info("batch repeated", attempt=attempt, why=why.split("\n", 1)[0])
            except (errors.DataError, errors.IntegrityError, errors.ProgramLimitExceeded) as error:
                raise UnsettledError(f"{type(error).__name__}: {error}") from error
            else:
                return done
        raise UnsettledError(why)

    def _refuse(self, record: Record, mine: int, reason: str) -> Done:
        """Park a record that the database itself refuses, with its dead letter."""
        if not lookup.fence(
            self.db, consumer=CONSUMER, topic=record.topic, partition=record.partition, mine=mine, high=record.offset + 1
        )():
            raise FencedError(record.topic, record.partition, mine)
        work = WorkingSet(self.db, self.desk, self.keys)
        inputs, _ = self._decode([record])
        self._reject(work, Effects(work, self.settings), inputs[0], reason)
        return Done(inputs=1, poison=1, rows=work.rows.flush(self.db))

    def _settle(self, records: Sequence[Record], mine: int) -> Done:
        first, high = records[0], records[-1].offset + 1
        crash_at("tickets.before_fence")
        inputs, dead = self._decode(records)
        inputs = self._with_parked_mails(inputs)
        ids, commands = {i.id for i in inputs}, {i.id for i in inputs if _answers(i)}
        with lookup.together(self.db):
            moved = lookup.fence(self.db, consumer=CONSUMER, topic=first.topic, partition=first.partition, mine=mine, high=high)
            generation, behind = config.generation(self.db), lookup.parked_routes(self.db, {_routing(i) for i in inputs})
            settled, known = lookup.outcomes(self.db, commands), lookup.seen(self.db, ids if self.deduplicated else ())
            ahead = Ahead.ask(self.db, inputs, desk=self.desk, keys=self.keys)
            if not moved() and self.fenced:
                raise FencedError(first.topic, first.partition, mine)
            fresh, repeated = _unseen(inputs, settled=settled(), known=known())
            changed, parked = generation() != self.desk.generation, behind()
        if changed:  # it says what a ticket's number looks like
            self.desk = config.load_desk(self.db, self.settings)
            ahead = Ahead.ask(self.db, inputs, desk=self.desk, keys=self.keys)
        work = WorkingSet.load(self.db, ahead, desk=self.desk, keys=self.keys)
        effects = Effects(work, self.settings)
        self._repeat_outcomes(effects, repeated)
        done = Done(inputs=len(records), poison=len(dead))
        for record, reason in dead:
            self._dead(work, record, reason)
        through = self._decide(work, effects, fresh, done, behind=parked)
        effects.finish()
        work.write_counters()
        done.rows = work.rows.flush(self.db, whole=len(records) <= _PIPELINED)
        if through:
            unpark.send_followers(self.db, through)
        self.desk = work.desk
        return done

    def _decode(self, records: Sequence[Record]) -> tuple[list[Input], list[tuple[Record, str]]]:
        inputs: list[Input] = []
        dead: list[tuple[Record, str]] = []
        for record in records:
            try:
                item = decode(record, self.blobs)
            except PoisonError as error:
                dead.append((record, error.reason))
            else:
                if item is not None:
                    inputs.append(item)
        return inputs, dead

    def _with_parked_mails(self, inputs: list[Input]) -> list[Input]:
        """Commands about parked mail with the mail itself, which says what else they need. A round trip for such commands only."""
        wanted = {
            i.id: i.body.action.mail_id
            for i in inputs
            if isinstance(i.body, MailCommand) and isinstance(i.body.action, ReleaseMail | DeleteMail)
        }
        found = mail_lookup.parked_mails(self.db, {m for m in wanted.values() if is_uuid(m)})() if wanted else {}
        return [
            replace(i, parked_reason=found[wanted[i.id]][0], parked=found[wanted[i.id]][1]) if wanted.get(i.id) in found else i
            for i in inputs
        ]  # fmt: skip

    def _repeat_outcomes(self, effects: Effects, repeated: list[tuple[Input, str, dict[str, Any]]]) -> None:
        for item, body_hash, stored in repeated:
            cause = f"{item.record.partition}/{item.record.offset}"
            if _hash(item) and body_hash and _hash(item) != body_hash:
                outcome = CommandOutcome(
                    command_id=item.id, status="rejected", code=422, reason="idempotency_key_reused",
                    detail="This Idempotency-Key was used for another body.",
                )  # fmt: skip
                effects.tell(outcome, repeated=True, cause=cause)
            elif stored:
                effects.tell(CommandOutcome.model_validate(stored), repeated=True, cause=cause)

    def _decide(self, work: WorkingSet, effects: Effects, inputs: list[Input], done: Done, *, behind: dict[str, set[str]]) -> set[str]:
        """Decide them in their order. Returns the keys of which all that was sent again has been decided now.

        `behind`: of each key with parked records those that may be decided; whatever else comes of it is newer, and parks.
        """
        decider, through = Decider(work, effects), set[str]()
        for item in inputs:
            route, again = _routing(item), behind.get(_routing(item))
            if again is not None and item.id not in again:
                self._park(work, item.record, route, "an earlier record of the same key is parked", first=False)
                continue
            with step("tickets.decide", item.record.headers.get("traceparent")) as effects.traceparent:
                reason = _attempt(decider, item)
            if reason is None:
                if not _answers(item):
                    work.rows.add("seen_event", item.id)
                if again is not None:
                    work.rows.add("parked_event_passed", item.id)
                    again.discard(item.id)
                    through |= set() if again else {route}
                continue
            done.poison += 1
            behind[route] = set()
            self._reject(work, effects, item, reason, again=again is not None)
        return through

    def _reject(self, work: WorkingSet, effects: Effects, item: Input, reason: str, *, again: bool = False) -> None:
        """Park an input with its dead letter; whoever waits for it is told. `again`: it was sent again and is parked still."""
        if again:
            work.rows.add("parked_event_failed", item.id, _routing(item))
        else:
            self._park(work, item.record, _routing(item), reason, first=True)
        self._dead(work, item.record, reason)
        if _answers(item):
            effects.outcome(_hash(item), CommandOutcome(command_id=item.id, status="rejected", code=500, reason="parked", detail=reason))

    def _dead(self, work: WorkingSet, record: Record, reason: str) -> None:
        DEAD_LETTERS.labels(record.topic).inc()
        log.error("dead letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        work.rows.out(dead_letter(record, reason=reason, source=CONSUMER))

    def _park(self, work: WorkingSet, record: Record, routing: str, reason: str, *, first: bool) -> None:
        work.rows.add("parked_event", letter_key(record), record.topic, record.partition, record.offset, routing, record.key, json_text(record.headers),
                      record.value, reason[:2000], first)  # fmt: skip


@contextmanager
def _transaction(db: Connection[Any], *, pipelined: bool) -> Iterator[None]:
    """A transaction; as a pipeline its BEGIN goes out with the first lookups and its COMMIT with the last rows."""
    if not pipelined:
        with db.transaction():
            yield
        return
    try:
        with db.pipeline():
            db.execute("BEGIN")
            yield
            db.execute("COMMIT")
    finally:
        if not db.closed and db.info.transaction_status != TransactionStatus.IDLE:
            db.rollback()


def _unseen(
    inputs: list[Input], *, settled: dict[str, tuple[str, dict[str, Any]]], known: set[str]
) -> tuple[list[Input], list[tuple[Input, str, dict[str, Any]]]]:
    """Inputs never settled, each id once; and commands settled before, with their body hash and outcome."""
    fresh: dict[str, Input] = {}
    repeated: list[tuple[Input, str, dict[str, Any]]] = []
    for item in inputs:
        if item.id in settled:
            repeated.append((item, *settled[item.id]))
        elif item.id in fresh:
            if _answers(item) and _hash(item) != _hash(fresh[item.id]):
                repeated.append((item, _hash(fresh[item.id]), {}))
        elif item.id not in known:
            fresh[item.id] = item
    return list(fresh.values()), repeated


def _attempt(decider: Decider, item: Input) -> str | None:
    """None if it went well, else why it did not."""
    try:
        decider.decide(item)
    except (Rejected, PoisonError) as error:
        return str(error)
    except errors.Error:  # the transaction is broken: the whole batch fails
        raise
    except Exception as error:
        log.exception("input failed")
        return f"{type(error).__name__}: {error}"
    return None


def _answers(item: Input) -> bool:
    """Whether somebody waits for an outcome."""
    return isinstance(item.body, ConfigCommand | MailCommand) or (
        isinstance(item.body, TicketCommand) and not isinstance(item.body.action, TimerFired)
    )


def _hash(item: Input) -> str:
    return item.body.body_hash if isinstance(item.body, TicketCommand | ConfigCommand | MailCommand) else ""


def _routing(item: Input) -> str:
    return f"{item.record.topic}:{item.record.key or item.id}"
