"""What is said on a ticket, and its history."""

import asyncio
from datetime import UTC, datetime

import nh3
from fastapi import APIRouter
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import text
from starlette.responses import Response

from schemas.base import Address, Attachment
from schemas.commands import AddNote, AddReply, MoveMessage, SettleDelivery, TakeBackReply
from schemas.ticket import Message, TicketState
from services.gateway.api.answers import HistoryEvent, Page
from services.gateway.api.inputs import AddressInput, Move, NoteInput, ReplyInput, Settle
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.reading import TIME, as_uuid, find_ticket, read_message, read_ticket
from services.gateway.api.tickets import act
from services.gateway.api.uploads import take_uploads
from services.gateway.api.writing import WRITE_RESPONSES, Write, WriteDep, accepted, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid, object_id

router = APIRouter(tags=["messages"])

_MESSAGES = text(
    "SELECT (doc - 'outbound')::text, created_at, id::text FROM helpdesk.message WHERE ticket_id = :ticket AND NOT taken_back AND doc ->> 'channel' <> 'notice' "
    "AND (CAST(:at AS timestamptz) IS NULL OR (created_at, id) > (CAST(:at AS timestamptz), CAST(:last AS uuid))) "
    "ORDER BY created_at, id LIMIT :limit"
)
_EVENTS = text(
    "SELECT json_build_object('id', id, 'type', type, 'time', "
    + TIME.format("time")
    + ", 'version', version, 'actor', actor, 'data', data, "
    "'topic', 'ticket.events', 'partition', topic_partition, 'offset', topic_offset)::text, version FROM helpdesk.ticket_event "
    "WHERE ticket_id = :ticket AND version > :after ORDER BY version LIMIT :limit"
)


@router.get("/tickets/{ticket_id}/messages", response_model=Page[Message])
async def list_messages(principal: Asking, parts: PartsDep, ticket_id: str, limit: Limit = 50, after: After = None) -> Response:
    """The thread, oldest first, without replies that were taken back."""
    position = parts.hub.position()
    last = read_cursor(parts.keys, "messages", after) or (None, None)
    async with parts.database.seen_by(principal.agent_id) as connection:
        ticket = await find_ticket(connection, ticket_id)
        at = datetime.fromisoformat(last[0]) if last[0] else None
        rows = (await connection.execute(_MESSAGES, {"ticket": ticket.id, "at": at, "last": last[1], "limit": limit + 1})).all()
    return page(parts.keys, "messages", [tuple(r) for r in rows], limit, position=position)


@router.get("/tickets/{ticket_id}/events", response_model=Page[HistoryEvent])
async def list_events(principal: Asking, parts: PartsDep, ticket_id: str, limit: Limit = 50, after: After = None) -> Response:
    """The history, oldest first, each with its place in the log."""
    position = parts.hub.position()
    last = read_cursor(parts.keys, "events", after) or (0,)
    async with parts.database.seen_by(principal.agent_id) as connection:
        ticket = await find_ticket(connection, ticket_id)
        rows = (await connection.execute(_EVENTS, {"ticket": ticket.id, "after": last[0], "limit": limit + 1})).all()
    return page(parts.keys, "events", [tuple(r) for r in rows], limit, position=position)


@router.post("/tickets/{ticket_id}/replies", status_code=201, response_model=Message, responses=WRITE_RESPONSES)
async def reply(principal: Working, parts: PartsDep, ticket_id: str, reply: ReplyInput, write: WriteDep) -> Response:
    """Answer the customer. It leaves after `undo_seconds`."""
    ticket = await read_ticket(parts.database, principal.agent_id, ticket_id)
    command = write.command(principal)
    html, plain = await asyncio.to_thread(clean_body, reply.body_html, reply.body_text)
    action = AddReply(
        message_id=object_id(datetime.now(UTC), command), body_text=plain, body_html=html, to=addresses(reply.to), cc=addresses(reply.cc),
        bcc=addresses(reply.bcc), reply_all=reply.reply_all, quote=reply.quote,
        attachments=shown_inline(await take_uploads(parts, principal, reply.attachments), html), status_after=reply.status_after, undo_seconds=reply.undo_seconds,
        send_at=reply.send_at, suggestion_id=as_uuid(reply.suggestion_id, "suggestion_id") if reply.suggestion_id else None,
    )  # fmt: skip
    return await _say(principal, parts, write, command, ticket.id, action)


@router.post("/tickets/{ticket_id}/notes", status_code=201, response_model=Message, responses=WRITE_RESPONSES)
async def note(principal: Asking, parts: PartsDep, ticket_id: str, note: NoteInput, write: WriteDep) -> Response:
    """Write an internal note. No customer ever gets it."""
    ticket = await read_ticket(parts.database, principal.agent_id, ticket_id)
    command = write.command(principal)
    html, plain = await asyncio.to_thread(clean_body, note.body_html, note.body_text)
    action = AddNote(
        message_id=object_id(datetime.now(UTC), command), body_text=plain, body_html=html,
        attachments=await take_uploads(parts, principal, note.attachments), mentions=note.mentions,
    )  # fmt: skip
    return await _say(principal, parts, write, command, ticket.id, action)


@router.delete("/tickets/{ticket_id}/replies/{message_id}", response_model=TicketState, responses=WRITE_RESPONSES)
async def take_back(principal: Working, parts: PartsDep, ticket_id: str, message_id: str, write: WriteDep) -> Response:
    """Take a reply back inside its undo window. Too late gives 409."""
    return await act(principal, parts, ticket_id, TakeBackReply(message_id=_known(message_id)), write)


@router.post("/tickets/{ticket_id}/messages/{message_id}/move", response_model=TicketState, responses=WRITE_RESPONSES)
async def move_message(principal: Working, parts: PartsDep, ticket_id: str, message_id: str, move: Move, write: WriteDep) -> Response:
    """Move one message to another ticket, or split it off into a new one."""
    into: str | None = None
    if move.into is not None:
        async with parts.database.seen_by(principal.agent_id) as connection:
            into = (await find_ticket(connection, move.into)).id
    return await act(principal, parts, ticket_id, MoveMessage(message_id=_known(message_id), into=into), write)


@router.post("/tickets/{ticket_id}/messages/{message_id}/settle", response_model=TicketState, responses=WRITE_RESPONSES)
async def settle(principal: Working, parts: PartsDep, ticket_id: str, message_id: str, settle: Settle, write: WriteDep) -> Response:
    """Say what became of a delivery whose outcome is unknown, or send it again."""
    return await act(principal, parts, ticket_id, SettleDelivery(message_id=_known(message_id), outcome=settle.outcome), write)


async def _say(principal: Principal, parts: Parts, write: Write, command: str, ticket_id: str, action: AddReply | AddNote) -> Response:
    outcome = await write.send(principal, command, ticket_id=ticket_id, action=action)
    if outcome is None:
        return await accepted(parts, command)
    message_id = outcome.message_id or action.message_id
    doc = await read_message(parts.database, principal.agent_id, message_id)
    if doc is None:
        raise Problem(409, "the message was written and has gone since", message_id=message_id)
    headers = {"ETag": f'"{outcome.version}"'} if outcome.version else {}
    return json_bytes(doc.encode(), 201, {"Location": f"/api/v1/tickets/{ticket_id}/messages", **headers})


def _known(message_id: str) -> str:
    if not is_uuid(message_id):
        raise Problem(404, "no such message")
    return message_id


def addresses(given: "list[str | AddressInput]") -> list[Address]:
    """Recipients, lower-cased."""
    return [Address(address=a.lower()) if isinstance(a, str) else Address(name=a.name, address=a.address.lower()) for a in given]


def shown_inline(files: list[Attachment], html: str | None) -> list[Attachment]:
    """A picture that the HTML names by `cid:` and its attachment id belongs into the text; all others stay files."""
    pictured = {f.id for f in files if html and f"cid:{f.id}" in html and f.type.startswith("image/")}
    return [f.model_copy(update={"inline": True, "content_id": f.id}) if f.id in pictured else f for f in files]


def clean_body(html: str | None, plain: str | None) -> tuple[str | None, str]:
    """(safe HTML or None, text): HTML is cleaned, and where only HTML came, the text is its words."""
    safe = nh3.clean(html, url_schemes=nh3.ALLOWED_URL_SCHEMES | {"cid"}) if html else None
    if plain or safe is None:
        return safe, plain or ""
    tree = LexborHTMLParser(
        safe.replace("<br", "\n<br").replace("</p>", "</p>\n").replace("</div>", "</div>\n").replace("</li>", "</li>\n")
    )
    return safe, (tree.text() if tree.body else "").strip()
