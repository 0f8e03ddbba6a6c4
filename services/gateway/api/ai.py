"""The assistant's suggestions on a ticket and the agent's answer to them."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import Response

from schemas.commands import AnswerSuggestion, RunAi
from schemas.ticket import TicketState
from services.gateway.api.answers import Page, SuggestionView
from services.gateway.api.inputs import SuggestionAnswer
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.reading import as_uuid, find_ticket
from services.gateway.api.tickets import act
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.runtime.ids import is_uuid, object_id

router = APIRouter(tags=["ai"])

# Row policies hold for the similar tickets too: each reader gets those they may see.
_SUGGESTIONS = text(
    "SELECT ((doc - 'record') || jsonb_build_object('decision', decision, 'similar', (SELECT coalesce(jsonb_agg(jsonb_build_object("
    "'id', t.id, 'number', t.number, 'subject', t.subject, 'status', t.status, 'score', s.score) ORDER BY s.score DESC), '[]') "
    "FROM jsonb_to_recordset(CASE jsonb_typeof(doc #> '{record,similar}') WHEN 'array' THEN doc #> '{record,similar}' ELSE '[]' END) "
    "AS s(ticket_id text, score float) JOIN helpdesk.ticket t ON t.id = CASE WHEN s.ticket_id ~ '^[0-9a-f-]{36}$' THEN CAST(s.ticket_id AS uuid) END)"
    "))::text, created_at, id::text FROM helpdesk.ai_suggestion WHERE ticket_id = :ticket AND decision <> 'replay' AND (CAST(:at AS timestamptz) IS NULL OR (created_at, id) > (CAST(:at AS timestamptz), CAST(:last AS uuid))) "
    "ORDER BY created_at, id LIMIT :limit"
)


@router.get("/tickets/{ticket_id}/ai", response_model=Page[SuggestionView])
async def list_suggestions(principal: Asking, parts: PartsDep, ticket_id: str, limit: Limit = 50, after: After = None) -> Response:
    """What the assistant suggested, oldest first, with evidence and what became of it."""
    position = parts.hub.position()
    last = read_cursor(parts.keys, "ai", after) or (None, None)
    async with parts.database.seen_by(principal.agent_id) as connection:
        ticket = await find_ticket(connection, ticket_id)
        rows = (
            await connection.execute(
                _SUGGESTIONS,
                {"ticket": ticket.id, "at": datetime.fromisoformat(last[0]) if last[0] else None, "last": last[1], "limit": limit + 1},
            )
        ).all()
    return page(parts.keys, "ai", [tuple(r) for r in rows], limit, position=position)


@router.post("/tickets/{ticket_id}/ai/run", response_model=TicketState, responses=WRITE_RESPONSES)
async def run_ai(principal: Working, parts: PartsDep, ticket_id: str, write: WriteDep) -> Response:
    """Ask the assistant to look again."""
    return await act(principal, parts, ticket_id, RunAi(), write)


@router.post("/tickets/{ticket_id}/ai/{suggestion_id}/{answer}", response_model=TicketState, responses=WRITE_RESPONSES)
async def answer_suggestion(
    principal: Working, parts: PartsDep, ticket_id: str, suggestion_id: str, answer: Literal["accept", "edit", "reject", "undo"], write: WriteDep,
    body: SuggestionAnswer | None = None,
) -> Response:  # fmt: skip
    """Accept applies team and priority; it sends the draft only with `send`."""
    if not is_uuid(suggestion_id):
        raise Problem(404, "no such suggestion")
    given, command = body or SuggestionAnswer(), write.command(principal)
    action = AnswerSuggestion(
        suggestion_id=suggestion_id, answer=answer, send=given.send, body_text=given.body_text, priority=given.priority, reason=given.reason,
        team_id=as_uuid(given.team_id, "team_id") if given.team_id else None,
        message_id=object_id(datetime.now(UTC), command) if given.send else None,
    )  # fmt: skip
    return await act(principal, parts, ticket_id, action, write, command=command)
