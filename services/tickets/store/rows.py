"""The rows a batch writes, collected while it decides and written in bulk at its end."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from psycopg import Connection, sql

from services.runtime.codec import Outgoing

COPY_ABOVE = 200
"""Insert-only rows above this number go by COPY, below it as a pipelined executemany (measured on the embedded server)."""

_INSERT_ONLY: dict[str, tuple[str, ...]] = {
    "seen_event": ("event_id",),
    "ticket_event": ("id", "ticket_id", "version", "type", "time", "actor", "data", "causation_id"),
    "attachment": ("id", "message_id", "ticket_id", "name", "type", "size", "sha256", "inline", "content_id"),
    "command_outcome": ("command_id", "body_hash", "outcome"),
    "parked_event": ("id", "topic", "partition", "record_offset", "routing", "record_key", "headers", "value", "reason", "first"),
    "automatic_mail": ("address", "at", "message_id"),
    "customer": ("id", "number", "name", "email", "created_at", "updated_at"),
    "handle": ("kind", "value", "customer_id"),
    "outbox": ("topic", "key", "routing", "value", "headers", "ticket_event_id"),
}
_UPSERTS = {
    "ticket": (
        "INSERT INTO ticket (id, number, version, status, priority, priority_order, team_id, assignee_id, requester_id, channel, subject, created_at,"
        " updated_at, sla_due, snoozed_until, unread, tags, state, doc, search)"
        " VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,to_tsvector('simple', %s))"
        " ON CONFLICT (id) DO UPDATE SET version=excluded.version, status=excluded.status, priority=excluded.priority,"
        " priority_order=excluded.priority_order, team_id=excluded.team_id, assignee_id=excluded.assignee_id, requester_id=excluded.requester_id,"
        " subject=excluded.subject, updated_at=excluded.updated_at, sla_due=excluded.sla_due, snoozed_until=excluded.snoozed_until,"
        " unread=excluded.unread, tags=excluded.tags, state=excluded.state, doc=excluded.doc,"
        " search=CASE WHEN length(ticket.search) < 20000 THEN ticket.search || excluded.search ELSE ticket.search END"
    ),
    "message": (
        "INSERT INTO message (id, ticket_id, home_ticket_id, version, kind, created_at, delivery_state, taken_back, sender, rfc_id, body_hash, raw_sha256,"
        " doc, raw) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
        " ON CONFLICT (id) DO UPDATE SET ticket_id=excluded.ticket_id, version=excluded.version, delivery_state=excluded.delivery_state,"
        " taken_back=excluded.taken_back, doc=excluded.doc"
    ),
    "thread_ref": "INSERT INTO thread_ref (ref, ticket_id, stored) VALUES (%s,%s,%s)",
    "thread_ref_stored": "UPDATE thread_ref SET stored = true WHERE ref = %s AND NOT stored",
    "participant": "INSERT INTO participant (ticket_id, address, role) VALUES (%s,%s,%s) ON CONFLICT DO NOTHING",
    "ai_suggestion": (
        "INSERT INTO ai_suggestion (id, ticket_id, created_at, decision, doc) VALUES (%s,%s,%s,%s,%s) ON CONFLICT (id) DO UPDATE SET decision=excluded.decision"
    ),
    "parked_mail": "INSERT INTO parked_mail (id, mailbox, reason, raw, doc, at) VALUES (%s,%s,%s,%s,%s,%s) ON CONFLICT DO NOTHING",
    "timer_delete": "DELETE FROM timer WHERE id = %s",
    "timer": (
        "INSERT INTO timer (id, ticket_id, message_id, kind, generation, due_at) VALUES (%s,%s,%s,%s,%s,%s)"
        " ON CONFLICT (id) DO UPDATE SET generation=excluded.generation, due_at=excluded.due_at"
    ),
    "suppression": "INSERT INTO suppression (address, reason, at) VALUES (%s,%s,%s) ON CONFLICT DO NOTHING",
}
_ORDER = (
    "customer", "handle", "ticket", "message", "thread_ref", "thread_ref_stored", "participant", "ticket_event", "attachment", "ai_suggestion",
    "parked_mail", "parked_event", "automatic_mail", "suppression", "timer_delete", "timer", "command_outcome", "seen_event", "outbox",
)  # fmt: skip


def json_text(value: Any) -> str:
    """JSON for a jsonb column. A NUL, which jsonb cannot hold, becomes the replacement character."""
    return orjson.dumps(value).decode().replace("\\u0000", "\\ufffd")


@dataclass(slots=True)
class Rows:
    """Rows by table. `flush` writes them in an order that satisfies references; outbox rows keep the order they were added in."""

    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

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
        with db.pipeline():
            for table in _ORDER:
                rows = self.tables.get(table)
                if rows and not (table in _INSERT_ONLY and len(rows) > COPY_ABOVE):
                    db.cursor().executemany(_statement(table), rows)
        for table in _ORDER:
            rows = self.tables.get(table)
            if rows and table in _INSERT_ONLY and len(rows) > COPY_ABOVE:
                _copy(db, table, rows)
        if "timer" in self.tables:
            db.execute("NOTIFY timer")
        if "outbox" in self.tables:
            db.execute("NOTIFY outbox")
        return sum(len(r) for r in self.tables.values())


def _statement(table: str) -> str:
    if table in _UPSERTS:
        return _UPSERTS[table]
    columns = _INSERT_ONLY[table]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})"


def _copy(db: Connection[Any], table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, _INSERT_ONLY[table]))
    )
    with db.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
