"""The rows a batch writes, collected while it decides and written in bulk at its end."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from psycopg import Connection, sql

from services.runtime.codec import Outgoing
from services.tickets.store.tables import CHANGES, COLUMNS, DIRECT, HEARD, JSON_COLUMNS, ORDER, UPDATED, conflict, expression

Row = tuple[Any, ...]

COPY_ABOVE = 30
"""More rows than this go by COPY, into a staging table where it cannot go to the table itself; fewer through `helpdesk.write_rows`."""


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

    def flush(self, db: Connection[Any], *, whole: bool = False) -> int:
        """Write everything; the number of rows. `whole`: in one statement whatever it is, as a pipeline, which knows no COPY, needs it."""
        many = set() if whole else {table for table, rows in self.tables.items() if table in COLUMNS and len(rows) > COPY_ABOVE}
        few: list[str] = []
        for table in ORDER:
            if table in many:
                self._write_few(db, few)
                few.clear()
                _write_many(db, table, self.tables[table])
            elif table in self.tables:
                few.append(table)
        self._write_few(db, few)
        for table in HEARD:
            if table in many:
                db.execute(f"NOTIFY {table}".encode())
        return sum(len(r) for r in self.tables.values())

    def _write_few(self, db: Connection[Any], tables: Collection[str]) -> None:
        if tables:
            written = {table: list(_objects(table, _each_once(table, self.tables[table]))) for table in tables}
            db.execute("SELECT helpdesk.write_rows(%s::jsonb)", (orjson.dumps(written, default=_hex).decode(),))


def _objects(table: str, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    columns = CHANGES[table].columns if table in CHANGES else COLUMNS[table]
    for row in rows:
        yield {c: orjson.Fragment(v) if c in JSON_COLUMNS else v for c, v in zip(columns, row, strict=True)}


def _hex(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(type(value).__name__)


def _write_many(db: Connection[Any], table: str, rows: Sequence[Row]) -> None:
    if table in DIRECT:
        _copy(db, table, COLUMNS[table], rows)
        return
    staging, columns = f"staging_{table}", COLUMNS[table]
    shape = ", ".join(f"NULL::text AS {c}" if expression(table, c, "") else c for c in columns)
    db.execute(f"CREATE TEMP TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS AS SELECT {shape} FROM {table} WITH NO DATA".encode())
    _copy(db, staging, columns, _each_once(table, rows))
    chosen = ", ".join(expression(table, c, c) for c in columns)
    db.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {staging} {conflict(table)}".encode())


def _each_once(table: str, rows: Sequence[Row]) -> Sequence[Row]:
    """One row per id, as if they had been written one after the other: one statement may not touch a row twice."""
    if table not in UPDATED or len({row[0] for row in rows}) == len(rows):
        return rows
    changing = {COLUMNS[table].index(c) for c in UPDATED[table]}
    merged: dict[Any, Row] = {}
    for row in rows:
        first = merged.get(row[0])
        merged[row[0]] = (
            row if first is None else tuple(new if i in changing else old for i, (old, new) in enumerate(zip(first, row, strict=True)))
        )
    return list(merged.values())


def _copy(db: Connection[Any], table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with db.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
