"""Lists: signed keyset cursors and pages of ready JSON."""

import base64
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.responses import Response

from services.gateway.errors import Problem
from services.runtime.signing import Keys

Limit = Annotated[int, Query(ge=1, le=100, description="At most so many")]
After = Annotated[str | None, Query(max_length=1000, description="`next` of the page before")]


def make_cursor(keys: Keys, name: str, values: Sequence[Any]) -> str:
    """A cursor for the list `name` behind the row with these sort values. Signed: nobody can ask for other columns with it."""
    body = base64.urlsafe_b64encode(orjson.dumps([name, *values])).decode().rstrip("=")
    return f"{body}.{keys.sign('cursor', body)}"


def read_cursor(keys: Keys, name: str, cursor: str | None) -> list[Any] | None:
    """The sort values of a cursor of this list; Problem 400 for anything else."""
    if cursor is None:
        return None
    body, _, tag = cursor.rpartition(".")
    if body and keys.verify("cursor", tag, body):
        values: list[Any] = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if values[0] == name:
            return values[1:]
    raise Problem(400, "`after` is not a cursor of this list; take it from `next` of the page before")


def page_bytes(docs: Sequence[str], following: str | None) -> bytes:
    """`{"data": […], "next": …}` from rows that are JSON already."""
    return b'{"data":[' + ",".join(docs).encode() + b'],"next":' + orjson.dumps(following) + b"}"


def page(keys: Keys, name: str, rows: Sequence[Sequence[Any]], limit: int, *, position: str | None = None) -> Response:
    """A page of rows (doc, sort values…), asked for with one row more than `limit` to know whether more follow."""
    shown = rows[:limit]
    following = make_cursor(keys, name, shown[-1][1:]) if len(rows) > limit and shown else None
    headers = {"Stream-Position": position} if position else {}
    return Response(page_bytes([row[0] for row in shown], following), 200, headers, "application/json")
