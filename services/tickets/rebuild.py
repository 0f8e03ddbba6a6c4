"""Rebuild the database from the log and compare (architecture.md 3): `ticket.events` is folded, texts and names come from the compacted topics.

The comparison is made at a cut: a Postgres snapshot taken with an empty outbox, against the log read to its end after that.
A system at work moves on while the log is read, so what differs is looked at again a few times; a real difference stays.
"""

import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson
import psycopg

from schemas.topics import CONFIG_STATE, CUSTOMER_STATE, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.tickets.domain.state import Texts, Ticket, evolve

_TRIES = 6
_OUTBOX_EMPTY_WITHIN = 60.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the log amounts to. `live` or `rebuilt` is None where the row is missing there."""

    table: str
    id: str
    field: str
    live: object
    rebuilt: object


@dataclass(slots=True)
class Rebuilt:
    """What the log amounts to."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    states: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    customers: dict[str, Json] = field(default_factory=dict)
    config: dict[tuple[str, str], Json] = field(default_factory=dict)

    def texts(self, ticket_id: str) -> Texts:
        """The words of a ticket, from its state."""
        doc = self.states[ticket_id]
        requester = doc["requester"]
        return Texts(subject=doc["subject"], snippet=doc["snippet"], tags=tuple(doc["tags"]), requester_name=requester["name"],
                     requester_email=requester["email"], mailbox=doc.get("mailbox"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a comparison found."""

    tickets: int
    events: int
    messages: int
    differences: list[Difference]


def fold(config: Settings) -> Rebuilt:
    """Read the log and fold it."""
    out, blobs = Rebuilt(), Blobs(config)
    for record in read_topic(config, TICKET_EVENTS):
        event = _json(record, blobs)
        if event is None or event["id"] in out.events:
            continue
        out.events[event["id"]] = event
        out.inputs.add(record.headers.get("ce_causationid", ""))
        ticket_id = event["ticket_id"]
        out.tickets[ticket_id] = evolve(
            out.tickets.get(ticket_id), ticket_id=ticket_id, version=event["version"], time=datetime.fromisoformat(event["time"]),
            changes=event["data"].get("changes", {}),
        )  # fmt: skip
    for topic, target in ((TICKET_STATE, out.states), (TICKET_MESSAGES, out.messages), (CUSTOMER_STATE, out.customers)):
        for record in read_topic(config, topic):
            _keep_newest(target, record, _json(record, blobs))
    for record in read_topic(config, CONFIG_STATE):
        entry = _json(record, blobs)
        kind, _, rest = (record.key or "").partition("/")
        if entry is None:
            out.config.pop((kind, rest.rpartition("/")[0] if kind == "article" else rest), None)
        else:
            out.config[kind, entry["id"]] = entry
    return out


def _json(record: Record, blobs: Blobs) -> Json | None:
    value = value_of(record, blobs)
    found: Json | None = orjson.loads(value) if value else None
    return found


def _keep_newest(target: dict[str, Json], record: Record, doc: Json | None) -> None:
    key = record.key or ""
    if doc is None:
        target.pop(key, None)
    elif key not in target or doc.get("version", 1) >= target[key].get("version", 1):
        target[key] = doc


def plain(value: object) -> Any:
    """Through JSON and back, so that times and tuples compare."""
    return orjson.loads(orjson.dumps(value))


def compare(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> list[Difference]:
    """Every difference between the log and the live schema, in the snapshot of the running transaction."""
    found: list[Difference] = []
    live = {str(i): (state, doc) for i, state, doc in db.execute("SELECT id, state, doc FROM helpdesk.ticket")}
    for key in live.keys() | rebuilt.tickets.keys():
        if key not in live or key not in rebuilt.tickets:
            found.append(Difference("ticket", key, "row", key in live or None, key in rebuilt.tickets or None))
            continue
        state, doc = live[key]
        found += _fields("ticket.state", key, state["ticket"], plain(asdict(rebuilt.tickets[key])))
        if key not in rebuilt.states:
            found.append(Difference("ticket", key, "ticket.state", "row", None))
            continue
        found += _fields("ticket.texts", key, state["texts"], plain(asdict(rebuilt.texts(key))))
        found += _fields("ticket.doc", key, doc, rebuilt.states[key])
    found += _rows("message", {str(i): d for i, d in db.execute("SELECT id, doc FROM helpdesk.message")}, rebuilt.messages)
    history = {
        str(i): {"ticket_id": str(t), "version": v, "type": y, "data": d, "actor": a}
        for i, t, v, y, d, a in db.execute("SELECT id, ticket_id, version, type, data, actor FROM helpdesk.ticket_event")
    }
    found += _rows(
        "ticket_event",
        history,
        {k: {n: e[n] for n in ("ticket_id", "version", "type", "data", "actor")} for k, e in rebuilt.events.items()},
    )
    customers = {
        str(i): {"number": n, "name": m, "email": e} for i, n, m, e in db.execute("SELECT id, number, name, email FROM helpdesk.customer")
    }
    found += _rows("customer", customers, {k: {n: c[n] for n in ("number", "name", "email")} for k, c in rebuilt.customers.items()})
    config = {f"{k}/{i}": v for k, i, v in db.execute("SELECT kind, id, value FROM helpdesk.config_entry WHERE value IS NOT NULL")}
    found += _rows("config_entry", config, {f"{k}/{i}": e["value"] for (k, i), e in rebuilt.config.items()})
    seen = {str(i) for (i,) in db.execute("SELECT event_id FROM helpdesk.seen_event UNION SELECT command_id FROM helpdesk.command_outcome")}
    found += [Difference("seen_event", i, "row", None, "settled") for i in rebuilt.inputs - seen if i]
    return found


def _rows(table: str, live: dict[str, Json], rebuilt: dict[str, Json]) -> list[Difference]:
    out: list[Difference] = []
    for key in live.keys() | rebuilt.keys():
        if key not in live or key not in rebuilt:
            out.append(Difference(table, key, "row", "row" if key in live else None, "row" if key in rebuilt else None))
        else:
            out += _fields(table, key, live[key], rebuilt[key])
    return out


def _fields(table: str, key: str, live: Json, rebuilt: Json) -> list[Difference]:
    return [
        Difference(table, key, name, live.get(name), rebuilt.get(name))
        for name in live.keys() | rebuilt.keys()
        if live.get(name) != rebuilt.get(name)
    ]


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
            put_in_place(db, rebuilt)
    return Outcome(tickets=len(rebuilt.tickets), events=len(rebuilt.events), messages=len(rebuilt.messages), differences=differences)


def put_in_place(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> None:
    """Write what the log amounts to over the live rows, in one transaction that keeps the writer out."""
    with db.transaction():
        db.execute("LOCK TABLE helpdesk.ticket, helpdesk.message, helpdesk.consumer_offset IN EXCLUSIVE MODE")
        with db.pipeline():
            for key, ticket in rebuilt.tickets.items():
                state = orjson.dumps({"ticket": asdict(ticket), "texts": asdict(rebuilt.texts(key))}).decode()
                db.execute(
                    "UPDATE helpdesk.ticket SET version = %s, status = %s, priority = %s, team_id = %s, assignee_id = %s, updated_at = %s, unread = %s,"
                    " state = %s, doc = %s WHERE id = %s AND version <= %s",
                    (ticket.version, ticket.status, ticket.priority, ticket.team_id, ticket.assignee_id, ticket.updated_at, ticket.unread, state,
                     orjson.dumps(rebuilt.states[key]).decode(), key, ticket.version),
                )  # fmt: skip
            for key, doc in rebuilt.messages.items():
                db.execute(
                    "UPDATE helpdesk.message SET version = %s, ticket_id = %s, delivery_state = %s, taken_back = %s, doc = %s WHERE id = %s AND version <= %s",
                    (
                        doc["version"],
                        doc["ticket_id"],
                        doc["delivery"]["state"],
                        doc["taken_back"],
                        orjson.dumps(doc).decode(),
                        key,
                        doc["version"],
                    ),
                )
