"""Customers, and search over everything."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import text
from starlette.responses import Response

from schemas.ticket import CustomerState
from services.gateway.api.answers import Found, Page
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.reading import TIME
from services.gateway.api.writing import json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep
from services.runtime.ids import is_uuid

router = APIRouter(tags=["customers"])

_DOC = (
    "json_build_object('id', c.id, 'number', c.number, 'name', c.name, 'email', c.email, 'vip', c.vip, "
    f"'created_at', {TIME.format('c.created_at')}, 'updated_at', {TIME.format('c.updated_at')}, "
    "'handles', (SELECT coalesce(json_agg(h.value ORDER BY h.kind, h.value), '[]') FROM helpdesk.handle h WHERE h.customer_id = c.id))::text"
)
_LIST = text(
    f"SELECT {_DOC}, c.updated_at, c.id::text FROM helpdesk.customer c WHERE CAST(:at AS timestamptz) IS NULL "
    "OR (c.updated_at, c.id) < (CAST(:at AS timestamptz), CAST(:last AS uuid)) ORDER BY c.updated_at DESC, c.id DESC LIMIT :limit"
)
_ONE = text(f"SELECT {_DOC} FROM helpdesk.customer c WHERE c.id = :id")
_FIND = text(f"SELECT {_DOC} FROM helpdesk.search_customers(:q, :most) f JOIN helpdesk.customer c ON c.id = f")
_TICKETS = text(
    "SELECT t.doc::text FROM helpdesk.search_tickets(:q, :most) f JOIN helpdesk.ticket t ON t.id = f.id ORDER BY f.rank DESC, t.updated_at DESC"
)
_NUMBER = text("SELECT doc::text FROM helpdesk.ticket WHERE number = upper(:q)")
_ARTICLES = text(
    "SELECT (value || jsonb_build_object('id', id))::text FROM helpdesk.config_entry, websearch_to_tsquery('simple', :q) AS query "
    "WHERE kind = 'article' AND value IS NOT NULL AND to_tsvector('simple', (value ->> 'title') || ' ' || (value ->> 'body')) @@ query "
    "ORDER BY ts_rank(to_tsvector('simple', (value ->> 'title') || ' ' || (value ->> 'body')), query) DESC LIMIT :most"
)


@router.get("/customers", response_model=Page[CustomerState])
async def list_customers(
    principal: Asking, parts: PartsDep, q: Annotated[str | None, Query(max_length=200)] = None, limit: Limit = 50, after: After = None,
) -> Response:  # fmt: skip
    """Customers, the latest changed first; `q` finds names and addresses."""
    position = parts.hub.position()
    last = read_cursor(parts.keys, "customers", after) or (None, None)
    async with parts.database.seen_by(principal.agent_id) as connection:
        if q and q.strip():
            found = [(r[0],) for r in await connection.execute(_FIND, {"q": q.replace("\x00", ""), "most": limit})]
            return page(parts.keys, "customers", found, limit, position=position)
        at = datetime.fromisoformat(last[0]) if last[0] else None
        rows = (await connection.execute(_LIST, {"at": at, "last": last[1], "limit": limit + 1})).all()
    return page(parts.keys, "customers", [tuple(r) for r in rows], limit, position=position)


@router.get("/customers/{customer_id}", response_model=CustomerState)
async def get_customer(principal: Asking, parts: PartsDep, customer_id: str) -> Response:
    """One customer; their tickets are `GET /tickets?requester=ID`."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(_ONE, {"id": customer_id})).first() if is_uuid(customer_id) else None
    if row is None:
        raise Problem(404, "no such customer")
    return json_bytes(row[0].encode())


@router.get("/search", response_model=Found)
async def search(
    principal: Asking, parts: PartsDep, q: Annotated[str, Query(min_length=1, max_length=500)], limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:  # fmt: skip
    """Tickets by words or number, customers by name or address, articles by words."""
    words = {"q": q.replace("\x00", " ").strip(), "most": limit}
    async with parts.database.seen_by(principal.agent_id) as connection:
        tickets = [r[0] for r in await connection.execute(_NUMBER, {"q": words["q"]})]
        tickets += [r[0] for r in await connection.execute(_TICKETS, words) if r[0] not in tickets]
        customers = [r[0] for r in await connection.execute(_FIND, words)]
        articles = [r[0] for r in await connection.execute(_ARTICLES, words)]
    body = '{"tickets":[' + ",".join(tickets) + '],"customers":[' + ",".join(customers) + '],"articles":[' + ",".join(articles) + "]}"
    return json_bytes(body.encode())
