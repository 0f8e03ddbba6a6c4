"""The rows a batch writes, collected while it decides and written in bulk at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from psycopg import Connection, sql

from services.runtime.codec import Outgoing

Row = tuple[Any, ...]

COPY_ABOVE = 30
"""More rows than this go by COPY, into a staging table where it cannot go to the table itself; fewer as a pipelined executemany."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "seen_event": ("event_id",),
    "ticket_event": ("id", "ticket_id", "version", "type", "time", "actor", "data", "causation_id"),
    "attachment": ("id", "message_id", "ticket_id", "name", "type", "size", "sha256", "inline", "content_id"),
    "command_outcome": ("command_id", "body_hash", "outcome"),
    "parked_event": ("id", "topic", "partition", "record_offset", "routing", "record_key", "headers", "value", "reason", "first"),
    "automatic_mail": ("address", "at", "message_id"),
    "customer": ("id", "number", "name", "email", "created_at", "updated_at"),
    "handle": ("kind", "value", "customer_id"),
    "outbox": ("topic", "key", "routing", "value", "headers", "ticket_event_id"),
    "thread_ref": ("ref", "ticket_id", "stored"),
    "ticket": (
        "id", "number", "version", "status", "priority", "priority_order", "team_id", "assignee_id", "requester_id", "channel", "subject", "created_at",
        "updated_at", "sla_due", "snoozed_until", "unread", "tags", "state", "doc", "search",
    ),
    "message": (
        "id", "ticket_id", "home_ticket_id", "version", "kind", "created_at", "delivery_state", "taken_back", "sender", "rfc_id", "body_hash", "raw_sha256",
        "doc",
    ),
    "participant": ("ticket_id", "address", "role"),
    "ai_suggestion": ("id", "ticket_id", "created_at", "decision", "doc"),
    "parked_mail": ("id", "mailbox", "reason", "raw", "doc", "at"),
    "timer": ("id", "ticket_id", "message_id", "kind", "generation", "due_at"),
    "suppression": ("address", "reason", "at"),
}  # fmt: skip
_UPDATED: dict[str, tuple[str, ...]] = {
    "ticket": ("version", "status", "priority", "priority_order", "team_id", "assignee_id", "requester_id", "subject", "updated_at", "sla_due",
               "snoozed_until", "unread", "tags", "state", "doc"),
    "message": ("ticket_id", "version", "delivery_state", "taken_back", "doc"),
    "ai_suggestion": ("decision",),
    "timer": ("generation", "due_at"),
}  # fmt: skip
"""What a row of these tables may change in the one that is there; their key is the id."""
_OPTIONAL = {"attachment", "participant", "parked_event", "parked_mail", "suppression"}
"""Rows of these tables stay as they are when they are there already."""
_DIRECT = {"seen_event", "command_outcome", "parked_event", "automatic_mail", "handle", "outbox", "thread_ref"}
"""Tables that COPY may fill: no row policies, which COPY refuses, and no row that may be there already."""
_EXPRESSIONS = {("ticket", "search"): "to_tsvector('simple', {})"}
_MORE = {"ticket": ", search = CASE WHEN length(ticket.search) < 20000 THEN ticket.search || excluded.search ELSE ticket.search END"}
_CHANGES = {
    "thread_ref_stored": "UPDATE thread_ref SET stored = true WHERE ref = %s AND NOT stored",
    "timer_delete": "DELETE FROM timer WHERE id = %s",
    "counter": "UPDATE counter SET next = %s WHERE name = %s",
    "rotation": "INSERT INTO counter (name, next) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET next = excluded.next",
}
_ORDER = (
    "customer", "handle", "ticket", "message", "thread_ref", "thread_ref_stored", "participant", "ticket_event", "attachment", "ai_suggestion",
    "parked_mail", "parked_event", "automatic_mail", "suppression", "timer_delete", "timer", "counter", "rotation", "command_outcome", "seen_event", "outbox",
)  # fmt: skip


def json_text(value: Any) -> str:
    """JSON for a jsonb column. A NUL, which jsonb cannot hold, becomes the replacement character."""
    return json_column(orjson.dumps(value))


def json_column(document: bytes) -> str:
    """The same for a document that is JSON already."""
    return document.decode().replace("\\u0000", "\\ufffd")


@dataclass(slots=True)
class Rows:
    """Rows by table. `flush` writes them in an order that satisfies references; outbox rows keep the order they were added in."""

    tables: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, *values: Any) -> None:
        """One row of a table."""
        clean = tuple(v.replace("\x00", "\ufffd") if isinstance(v, str) and "\x00" in v else v for v in values)  # text columns hold no NUL
        self.tables.setdefault(table, []).append(clean)

    def out(self, record: Outgoing, *, ticket_event_id: str | None = None) -> None:
        """One outbox row."""
        headers = json_text([[name, value.decode()] for name, value in record.headers()])
        self.add("outbox", record.topic, record.key, record.routing, record.value, headers, ticket_event_id)

    def flush(self, db: Connection[Any]) -> int:
        """Write everything; the number of rows."""
        many = {table for table, rows in self.tables.items() if table in COLUMNS and len(rows) > COPY_ABOVE}
        few: list[str] = []
        for table in _ORDER:
            if table in many:
                _write_few(db, {name: self.tables[name] for name in few})
                few.clear()
                _write_many(db, table, self.tables[table])
            elif table in self.tables:
                few.append(table)
        with db.pipeline():
            _write_few(db, {name: self.tables[name] for name in few})
            for heard in ("timer", "outbox"):
                if heard in self.tables:
                    db.execute(f"NOTIFY {heard}".encode())
        return sum(len(r) for r in self.tables.values())


def _write_few(db: Connection[Any], tables: dict[str, list[Row]]) -> None:
    if tables:
        with db.pipeline():
            for table, rows in tables.items():
                db.cursor().executemany(_insert(table), rows)


def _write_many(db: Connection[Any], table: str, rows: Sequence[Row]) -> None:
    if table in _DIRECT:
        _copy(db, table, COLUMNS[table], rows)
        return
    staging, columns = f"staging_{table}", COLUMNS[table]
    shape = ", ".join(f"NULL::text AS {c}" if (table, c) in _EXPRESSIONS else c for c in columns)
    db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS AS SELECT {shape} FROM {table} WITH NO DATA".encode())
    _copy(db, staging, columns, _each_once(table, rows))
    chosen = ", ".join(_expression(table, c, c) for c in columns)
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {staging} {_conflict(table)}".encode())


def _each_once(table: str, rows: Sequence[Row]) -> Sequence[Row]:
    """One row per id, as if they had been written one after the other: one statement may not touch a row twice."""
    if table not in _UPDATED or len({row[0] for row in rows}) == len(rows):
        return rows
    changing = {COLUMNS[table].index(c) for c in _UPDATED[table]}
    merged: dict[Any, Row] = {}
    for row in rows:
        first = merged.get(row[0])
        merged[row[0]] = (
            row if first is None else tuple(new if i in changing else old for i, (old, new) in enumerate(zip(first, row, strict=True)))
        )
    return list(merged.values())


def _insert(table: str) -> str:
    if table in _CHANGES:
        return _CHANGES[table]
    columns = COLUMNS[table]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(_expression(table, c, '%s') for c in columns)}) {_conflict(table)}"
    )


def _expression(table: str, column: str, value: str) -> str:
    return _EXPRESSIONS.get((table, column), "{}").format(value)


def _conflict(table: str) -> str:
    if table in _UPDATED:
        return "ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in _UPDATED[table]) + _MORE.get(table, "")
    return "ON CONFLICT DO NOTHING" if table in _OPTIONAL else ""


def _copy(db: Connection[Any], table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with db.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
