"""Rows as the API shows them: queries that several routes share."""

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.gateway.database import Database
from services.gateway.errors import Problem
from services.runtime.ids import is_uuid

_TICKET_BY_ID = text("SELECT doc::text, version, id::text FROM helpdesk.ticket WHERE id = :id")
_TICKET_BY_NUMBER = text("SELECT doc::text, version, id::text FROM helpdesk.ticket WHERE number = :id")
_MESSAGE = text("SELECT (doc - 'outbound')::text FROM helpdesk.message WHERE id = :id")
_POLL_SECONDS = 0.02

TIME = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
"""A timestamptz in SQL as RFC 3339 in UTC."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A visible ticket: its document as JSON text, version and id."""

    doc: str
    version: int
    id: str


async def find_ticket(connection: AsyncConnection, name: str) -> TicketRow:
    """A ticket by id or number as the connection's user sees it; Problem 404 where they do not."""
    query = _TICKET_BY_ID if is_uuid(name) else _TICKET_BY_NUMBER
    row = (await connection.execute(query, {"id": name[:100].replace("\x00", "")})).first()
    if row is None:
        raise Problem(404, "no such ticket, or it is not yours to see")
    return TicketRow(row[0], row[1], row[2])


async def read_ticket(database: Database, agent_id: str, name: str, *, min_version: int = 0, wait: float = 2.0) -> TicketRow:
    """`find_ticket` in a transaction of its own; waits up to `wait` seconds for `min_version`, then gives what there is."""
    end = time.monotonic() + wait
    while True:
        async with database.seen_by(agent_id) as connection:
            row = await find_ticket(connection, name)
        if row.version >= min_version or time.monotonic() >= end:
            return row
        await asyncio.sleep(_POLL_SECONDS)


async def read_message(database: Database, agent_id: str, message_id: str) -> str | None:
    """A message's document as JSON text."""
    async with database.seen_by(agent_id) as connection:
        row = (await connection.execute(_MESSAGE, {"id": message_id})).first()
    return row[0] if row else None


def as_uuid(value: str | None, what: str) -> str:
    """The id itself; Problem 422 if it cannot be one."""
    if value is None or not is_uuid(value):
        raise Problem(422, f"{what} is not an id")
    return value
