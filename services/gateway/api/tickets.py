"""Tickets: list, read, change, open."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from sqlalchemy import text
from starlette.responses import Response

from schemas.base import Address
from schemas.commands import ChangeTicket, EscalateTicket, MarkRead, MergeTicket, OpenTicket, SnoozeTicket, TicketAction
from schemas.ticket import TicketState
from services.gateway.api import ticket_queries
from services.gateway.api.answers import Counts, Page
from services.gateway.api.inputs import Escalate, Merge, RequesterInput, Snooze, TicketChange, TicketInput
from services.gateway.api.lists import After, Limit, page
from services.gateway.api.reading import TicketRow, as_uuid, find_ticket, read_ticket
from services.gateway.api.uploads import take_uploads
from services.gateway.api.writing import WRITE_RESPONSES, Write, WriteDep, accepted, json_bytes
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.ids import object_id

router = APIRouter(tags=["tickets"])
_CHANGEABLE: tuple[Literal["status", "hold_reason", "priority", "team_id", "assignee_id", "tags", "subject"], ...] = (
    "status", "hold_reason", "priority", "team_id", "assignee_id", "tags", "subject",
)  # fmt: skip


@router.get("/tickets", response_model=Page[TicketState])
async def list_tickets(
    principal: Asking, parts: PartsDep, filters: Annotated[ticket_queries.Filters, Query()], limit: Limit = 50, after: After = None,
) -> Response:  # fmt: skip
    """Tickets the caller may see. `Stream-Position` is where the live channel has to go on from, without a gap."""
    position = parts.hub.position()
    query, values, name = ticket_queries.build(filters, principal.agent_id, parts.keys, after)
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = (await connection.execute(text(query), {**values, "limit": limit + 1})).all()
    return page(parts.keys, name, [tuple(row) for row in rows], limit, position=position)


@router.get("/tickets/counts", response_model=Counts)
async def count_tickets(principal: Asking, parts: PartsDep) -> Response:
    """How many tickets stand in each view of the sidebar."""
    position = parts.hub.position()
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(ticket_queries.COUNTS, {"me": principal.agent_id})).one()
    return json_bytes(row[0].encode(), headers={"Stream-Position": position})


@router.get("/tickets/{ticket_id}", response_model=TicketState)
async def get_ticket(
    principal: Asking, parts: PartsDep, ticket_id: str, min_version: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Response:
    """A ticket by id or number. `min_version` waits up to two seconds for that version."""
    position = parts.hub.position()
    row = await read_ticket(parts.database, principal.agent_id, ticket_id, min_version=min_version)
    return _ticket(row, {"Stream-Position": position})


@router.patch("/tickets/{ticket_id}", response_model=TicketState, responses=WRITE_RESPONSES)
async def change_ticket(principal: Working, parts: PartsDep, ticket_id: str, change: TicketChange, write: WriteDep) -> Response:
    """Change the fields that are present."""
    fields: dict[str, Any] = change.model_dump(include=change.model_fields_set)
    for name in ("team_id", "assignee_id"):
        if fields.get(name) is not None:
            fields[name] = as_uuid(fields[name], name)
    action = ChangeTicket(set=[name for name in _CHANGEABLE if name in fields], **fields)
    return await act(principal, parts, ticket_id, action, write)


@router.post("/tickets", status_code=201, response_model=TicketState, responses=WRITE_RESPONSES)
async def open_ticket(principal: Working, parts: PartsDep, ticket: TicketInput, write: WriteDep) -> Response:
    """Open a ticket for somebody who called or came in."""
    command, now = write.command(principal), datetime.now(UTC)
    asked = RequesterInput(email=ticket.requester) if isinstance(ticket.requester, str) else ticket.requester
    action = OpenTicket(
        message_id=object_id(now, command, "message"), subject=ticket.subject, body_text=ticket.body,
        requester=Address(name=asked.name, address=(asked.email or asked.address or "").lower()), channel=ticket.channel,
        priority=ticket.priority, team_id=as_uuid(ticket.team_id, "team_id") if ticket.team_id else None,
        attachments=await take_uploads(parts, principal, ticket.attachments),
    )  # fmt: skip
    outcome = await write.send(principal, command, ticket_id=object_id(now, command), action=action)
    if outcome is None or outcome.ticket_id is None:
        return await accepted(parts, command)
    row = await read_ticket(parts.database, principal.agent_id, outcome.ticket_id)
    return _ticket(row, {"Location": f"/api/v1/tickets/{row.id}"}, status=201)


@router.post("/tickets/{ticket_id}/merge", response_model=TicketState, responses=WRITE_RESPONSES)
async def merge_ticket(principal: Working, parts: PartsDep, ticket_id: str, merge: Merge, write: WriteDep) -> Response:
    """Move all messages into another ticket and close this one."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        into = await find_ticket(connection, merge.into)
    return await act(principal, parts, ticket_id, MergeTicket(into=into.id), write)


@router.post("/tickets/{ticket_id}/escalate", response_model=TicketState, responses=WRITE_RESPONSES)
async def escalate_ticket(
    principal: Working, parts: PartsDep, ticket_id: str, write: WriteDep, escalate: Escalate | None = None
) -> Response:
    """Move to the team's escalation team."""
    return await act(principal, parts, ticket_id, EscalateTicket(reason=escalate.reason if escalate else None), write)


@router.post("/tickets/{ticket_id}/snooze", response_model=TicketState, responses=WRITE_RESPONSES)
async def snooze_ticket(principal: Working, parts: PartsDep, ticket_id: str, snooze: Snooze, write: WriteDep) -> Response:
    """Hide until a moment; any activity wakes it."""
    return await act(principal, parts, ticket_id, SnoozeTicket(until=snooze.until), write)


@router.post("/tickets/{ticket_id}/read", response_model=TicketState, responses=WRITE_RESPONSES)
async def mark_read(principal: Working, parts: PartsDep, ticket_id: str, write: WriteDep) -> Response:
    """The customer's words have been read."""
    return await act(principal, parts, ticket_id, MarkRead(), write)


async def act(principal: Principal, parts: Parts, name: str, action: TicketAction, write: Write, *, command: str | None = None) -> Response:
    """Send an action on a visible ticket and answer the new ticket."""
    before = await read_ticket(parts.database, principal.agent_id, name)
    command = command or write.command(principal)
    outcome = await write.send(principal, command, ticket_id=before.id, action=action)
    if outcome is None:
        return await accepted(parts, command)
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(ticket_queries.ONE, {"id": before.id})).first()
    if row is None:  # it went to a team whose tickets they do not see: say what they did, nothing more
        return json_bytes(_as_left(before, action, outcome.version, parts))
    return _ticket(TicketRow(row[0], row[1], before.id))


def _as_left(before: TicketRow, action: TicketAction, version: int | None, parts: Parts) -> bytes:
    doc = orjson.loads(before.doc)
    doc["version"] = version or before.version
    if isinstance(action, ChangeTicket) and action.team_id:
        doc["team"] = {"id": action.team_id, "name": parts.directory.team_name(action.team_id)}
        doc["assignee"] = None
    return orjson.dumps(doc)


def _ticket(row: TicketRow, headers: dict[str, str] | None = None, *, status: Literal[200, 201] = 200) -> Response:
    return json_bytes(row.doc.encode(), status, {"ETag": f'"{row.version}"', **(headers or {})})
