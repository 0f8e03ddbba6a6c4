"""Bulk reads for a batch: what its inputs refer to.

Each asks at once and answers when it is called: asked inside one `db.pipeline()`, they share one round trip (a batch of one mail took
29 of them before, and its time with it).
"""

from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from psycopg import Connection
from psycopg.pq import PipelineStatus

from schemas.ai import AiSuggestion
from schemas.ticket import CustomerState, Message
from services.tickets.domain.state import Texts, Ticket, texts_from, ticket_from

Db = Connection[Any]
P = ParamSpec("P")
T = TypeVar("T")


def later(ask: Callable[P, Generator[None, None, T]]) -> Callable[P, Callable[[], T]]:
    """Run a generator to its `yield`, where its statements are sent; what it returns is there when the result is called."""

    @wraps(ask)
    def begin(*args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
        running = ask(*args, **kwargs)
        try:
            next(running)
        except StopIteration as done:
            value: T = done.value
            return lambda: value

        def answer() -> T:
            try:
                next(running)
            except StopIteration as done:
                found: T = done.value
                return found
            raise RuntimeError("a lookup yields once")

        return answer

    return begin


def together(db: Db) -> AbstractContextManager[object]:
    """Lookups asked inside share a round trip. Where all of the transaction is a pipeline, they do so anyway."""
    return db.pipeline() if db.pgconn.pipeline_status == PipelineStatus.OFF else nullcontext()


@dataclass(slots=True)
class Aggregate:
    """A ticket in the working set of a batch: as it was when loaded, and as it is now."""

    ticket: Ticket
    texts: Texts
    participants: dict[str, str] = field(default_factory=dict)
    stored: Ticket | None = None
    new_text: list[str] = field(default_factory=list)
    """Words to add to the full-text vector."""
    dirty: bool = False


@later
def fence(db: Db, *, consumer: str, topic: str, partition: int, mine: int, high: int) -> Generator[None, None, bool]:
    """Move the partition's offset from `mine` to `high`; False if another process has moved it."""
    done = db.execute(
        "UPDATE consumer_offset SET next_offset = %s WHERE consumer = %s AND topic = %s AND partition = %s AND next_offset = %s"
        " RETURNING true",
        (high, consumer, topic, partition, mine),
    )
    yield
    return done.fetchone() is not None


def offsets(db: Db, *, consumer: str, first: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Stored next offsets of the partitions in `first`; one never read begins at the offset given there, and is stored so."""
    with db.pipeline():
        db.cursor().executemany(
            "INSERT INTO consumer_offset (consumer, topic, partition, next_offset) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(consumer, t, p, o) for (t, p), o in sorted(first.items())],
        )
    rows = db.execute("SELECT topic, partition, next_offset FROM consumer_offset WHERE consumer = %s", (consumer,)).fetchall()
    return {(t, p): o for t, p, o in rows if (t, p) in first}


@later
def seen(db: Db, ids: Collection[str]) -> Generator[None, None, set[str]]:
    """Those of these event ids that were settled before."""
    if not ids:
        return set()
    rows = db.execute("SELECT event_id FROM seen_event WHERE event_id = ANY(%s::uuid[])", (list(ids),))
    yield
    return {str(r[0]) for r in rows}


@later
def outcomes(db: Db, ids: Collection[str]) -> Generator[None, None, dict[str, tuple[str, dict[str, Any]]]]:
    """Command id -> (body hash, outcome) of commands settled before."""
    if not ids:
        return {}
    rows = db.execute("SELECT command_id, body_hash, outcome FROM command_outcome WHERE command_id = ANY(%s::uuid[])", (list(ids),))
    yield
    return {str(i): (h, o) for i, h, o in rows}


@later
def parked_routes(db: Db, routes: Collection[str]) -> Generator[None, None, dict[str, set[str]]]:
    """Routing keys of which records are parked, each with those that were sent again and may be decided. Locked: what parks
    behind them and somebody who releases them must see each other.
    """
    rows = db.execute("SELECT routing, id, released FROM parked_event WHERE routing = ANY(%s) FOR SHARE", (list(routes),))
    yield
    found: dict[str, set[str]] = {}
    for routing, key, released in rows:
        found.setdefault(routing, set()).update({str(key)} if released else ())
    return found


@later
def refs(db: Db, wanted: Collection[str]) -> Generator[None, None, dict[str, tuple[str, bool]]]:
    """Message-ID -> (ticket id, stored)."""
    if not wanted:
        return {}
    rows = db.execute("SELECT ref, ticket_id, stored FROM thread_ref WHERE ref = ANY(%s)", (list(wanted),))
    yield
    return {r: (str(t), s) for r, t, s in rows}


@later
def numbers(db: Db, wanted: Collection[str]) -> Generator[None, None, dict[str, str]]:
    """Ticket number -> ticket id."""
    if not wanted:
        return {}
    rows = db.execute("SELECT number, id FROM ticket WHERE number = ANY(%s)", (list(wanted),))
    yield
    return {n: str(i) for n, i in rows}


@later
def duplicates(
    db: Db, shas: Collection[str], rfc_ids: Collection[str]
) -> Generator[None, None, tuple[dict[str, str], dict[tuple[str, str], str]]]:
    """Ticket ids by the raw bytes' sha256, and by (Message-ID, body hash)."""
    if not shas and not rfc_ids:
        return {}, {}
    rows = db.execute(
        "SELECT raw_sha256, rfc_id, body_hash, ticket_id FROM message WHERE raw_sha256 = ANY(%s) OR rfc_id = ANY(%s)",
        (list(shas), list(rfc_ids)),
    )
    yield
    found = rows.fetchall()
    by_sha = {s: str(t) for s, _, _, t in found if s}
    return by_sha, {(r, b): str(t) for _, r, b, t in found if r and b}


@later
def lock_tickets(db: Db, ids: Collection[str]) -> Generator[None, None, dict[str, Aggregate]]:
    """Tickets locked in the order of their ids, with their participants."""
    if not ids:
        return {}
    rows = db.execute("SELECT id, state FROM ticket WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE", (sorted(ids),))
    taking_part = db.execute("SELECT ticket_id, address, role FROM participant WHERE ticket_id = ANY(%s::uuid[])", (sorted(ids),))
    yield
    found: dict[str, Aggregate] = {}
    for key, state in rows:
        ticket = ticket_from(state["ticket"])
        found[str(key)] = Aggregate(ticket, texts_from(state["texts"]), stored=ticket)
    for key, address, role in taking_part:
        if str(key) in found:
            found[str(key)].participants[address] = role
    return found


@later
def messages_by_id(db: Db, ids: Collection[str]) -> Generator[None, None, dict[str, Message]]:
    """Messages by their ids."""
    if not ids:
        return {}
    rows = db.execute("SELECT id, doc FROM message WHERE id = ANY(%s::uuid[])", (list(ids),))
    yield
    return {str(i): Message.model_validate(d) for i, d in rows}


def threads(db: Db, ticket_ids: Collection[str]) -> dict[str, list[Message]]:
    """All messages of these tickets, oldest first."""
    out: dict[str, list[Message]] = {i: [] for i in ticket_ids}
    if ticket_ids:
        rows = db.execute(
            "SELECT ticket_id, doc FROM message WHERE ticket_id = ANY(%s::uuid[]) ORDER BY created_at, id", (list(ticket_ids),)
        )
        for key, doc in rows:
            out[str(key)].append(Message.model_validate(doc))
    return out


@later
def suggestions(db: Db, ids: Collection[str]) -> Generator[None, None, dict[str, AiSuggestion]]:
    """Suggestions by their ids."""
    if not ids:
        return {}
    rows = db.execute("SELECT id, doc FROM ai_suggestion WHERE id = ANY(%s::uuid[])", (list(ids),))
    yield
    return {str(i): AiSuggestion.model_validate(d) for i, d in rows}


@later
def customers(db: Db, addresses: Collection[str]) -> Generator[None, None, dict[str, CustomerState]]:
    """Customers by mail address, their handles locked in order."""
    if not addresses:
        return {}
    rows = db.execute(
        "SELECT h.value, c.id, c.number, c.name, c.email, c.vip, c.created_at, c.updated_at FROM handle h JOIN customer c ON c.id = h.customer_id"
        " WHERE h.kind = 'email' AND h.value = ANY(%s) ORDER BY h.value FOR UPDATE OF h",
        (sorted(addresses),),
    )
    yield
    return {
        value: CustomerState(
            id=str(key), number=number, name=name, email=email, vip=vip, handles=[value], created_at=created, updated_at=updated
        )
        for value, key, number, name, email, vip, created, updated in rows
    }


@later
def customer_counter(db: Db) -> Generator[None, None, dict[str, int]]:
    """The last customer number given, locked."""
    rows = db.execute(
        "INSERT INTO counter (name, next) VALUES ('customer', 0) ON CONFLICT (name) DO UPDATE SET next = counter.next RETURNING next"
    )
    yield
    row = rows.fetchone()
    return {"customer": int(row[0]) if row else 0}


@later
def ticket_counter(db: Db, day: date) -> Generator[None, None, dict[str, int]]:
    """The last ticket number given on a day, or on a later one that had begun, and that day as yymmdd; locked."""
    rows = db.execute(
        "INSERT INTO counter (name, day, next, last_reset) VALUES ('ticket', %s, 0, now()) ON CONFLICT (name) DO UPDATE SET"
        " next = CASE WHEN excluded.day > counter.day THEN 0 ELSE counter.next END,"
        " last_reset = CASE WHEN excluded.day > counter.day THEN now() ELSE counter.last_reset END,"
        " day = greatest(counter.day, excluded.day) RETURNING next, to_char(day, 'YYMMDD')",
        (day,),
    )
    yield
    row = rows.fetchone()
    return {"ticket": int(row[0]), "ticket_day": int(row[1])} if row else {}
