"""Addresses that get no mail: why, since when, and how to write to them again."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from sqlalchemy import text
from starlette.responses import Response

from schemas.mail import LiftSuppression, SuppressAddress, Suppression
from services.gateway.api.answers import Page
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.mail_inputs import SuppressInput
from services.gateway.api.reading import TIME
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep, accepted, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import PartsDep, Working

router = APIRouter(tags=["mail"])
_DOC = f"json_build_object('address', s.address, 'kind', s.kind, 'reason', s.reason, 'at', {TIME.format('s.at')}, 'until', {TIME.format('s.until')})::text"
_LIVE = "(s.until IS NULL OR s.until > now())"
_LIST = text(
    f"SELECT {_DOC}, s.address FROM helpdesk.suppression s WHERE {_LIVE} AND (CAST(:q AS text) IS NULL OR strpos(s.address, lower(:q)) > 0) "
    "AND (CAST(:last AS text) IS NULL OR s.address > :last) ORDER BY s.address LIMIT :limit"
)
_ONE = text(f"SELECT {_DOC} FROM helpdesk.suppression s WHERE {_LIVE} AND s.address = :address")


@router.get("/mail/suppressions", response_model=Page[Suppression])
async def list_suppressions(
    principal: Working, parts: PartsDep, q: Annotated[str | None, Query(max_length=200)] = None, limit: Limit = 50, after: After = None
) -> Response:
    """Suppressed addresses in their order; `q` finds parts of them."""
    last = read_cursor(parts.keys, "suppressions", after) or (None,)
    async with parts.database.seen_by(principal.agent_id) as connection:
        values = {"q": q.replace("\x00", "") if q else None, "last": last[0], "limit": limit + 1}
        rows = (await connection.execute(_LIST, values)).all()
    return page(parts.keys, "suppressions", [tuple(r) for r in rows], limit)


@router.get("/mail/suppressions/{address}", response_model=Suppression)
async def get_suppression(principal: Working, parts: PartsDep, address: str) -> Response:
    """Why an address gets no mail; 404 where it does."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        found = (await connection.execute(_ONE, {"address": address.lower().replace("\x00", "")})).scalar_one_or_none()
    if found is None:
        raise Problem(404, "this address is not suppressed")
    return json_bytes(found.encode())


@router.post("/mail/suppressions", status_code=201, response_model=Suppression, responses=WRITE_RESPONSES)
async def suppress_address(principal: Working, parts: PartsDep, body: SuppressInput, write: WriteDep) -> Response:
    """No more mail to an address, automatic or not."""
    address, command = body.address.lower(), write.command(principal)
    outcome = await write.send_mail(principal, command, key=address, action=SuppressAddress(address=address, reason=body.reason))
    if outcome is None:
        return await accepted(parts, command)
    async with parts.database.seen_by(principal.agent_id) as connection:
        found = (await connection.execute(_ONE, {"address": address})).scalar_one_or_none()
    return json_bytes(found.encode() if found else orjson.dumps({"address": address}), 201)


@router.delete("/mail/suppressions/{address}", status_code=204, responses=WRITE_RESPONSES)
async def lift_suppression(principal: Working, parts: PartsDep, address: str, write: WriteDep) -> Response:
    """Mail to this address again."""
    command = write.command(principal)
    outcome = await write.send_mail(principal, command, key=address.lower(), action=LiftSuppression(address=address.lower()))
    return Response(status_code=204) if outcome is not None else await accepted(parts, command)
