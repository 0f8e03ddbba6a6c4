"""The assistant's suggestions on a ticket and the agent's answer to them."""

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from schemas.ai import RewriteRequest
from schemas.commands import AnswerSuggestion, RunAi
from schemas.ticket import TicketState
from services.gateway.api.answers import Page, ProblemDetails
from services.gateway.api.inputs import RewriteInput, SuggestionAnswer
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.reading import as_uuid, find_ticket, read_ticket
from services.gateway.api.run_answers import SuggestionView
from services.gateway.api.runs import SIMILAR, gemini_of
from services.gateway.api.tickets import act
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.runtime.ids import is_uuid, new_object_id, object_id

router = APIRouter(tags=["ai"])
REWRITE_RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": ProblemDetails, "description": what}
    for code, what in ((409, "No Gemini"), (502, "Refused"), (503, "Kafka is away"), (504, "Too slow"))
}


class RewrittenView(BaseModel):
    """An agent's words in another way."""

    text: str
    model: str
    cost: float


# Row policies hold for the similar tickets too: each reader gets those they may see.
_SUGGESTIONS = text(
    f"SELECT ((s.doc - 'record') || jsonb_build_object('decision', s.decision, 'similar', {SIMILAR}))::text, s.created_at, s.id::text"
    " FROM helpdesk.ai_suggestion s JOIN helpdesk.ticket t ON t.id = s.ticket_id"
    " WHERE s.ticket_id = :ticket AND s.decision <> 'replay'"
    " AND (CAST(:at AS timestamptz) IS NULL OR (s.created_at, s.id) > (CAST(:at AS timestamptz), CAST(:last AS uuid)))"
    " ORDER BY s.created_at, s.id LIMIT :limit"
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


@router.post("/tickets/{ticket_id}/ai/rewrite", response_model=RewrittenView, responses=REWRITE_RESPONSES)
async def rewrite(principal: Working, parts: PartsDep, ticket_id: str, body: RewriteInput) -> RewrittenView:
    """Say an agent's words in another way, by Gemini. Nothing is stored on the ticket and nothing is sent."""
    ticket = await read_ticket(parts.database, principal.agent_id, ticket_id)
    gemini = gemini_of(parts)
    if not gemini.available:
        raise Problem(409, f"rewriting {gemini.why}")
    wanted = RewriteRequest(
        id=new_object_id(), ticket_id=ticket.id, how=body.how, language=body.language, text=body.text, created_at=datetime.now(UTC)
    )
    found = await parts.rewrites.ask(wanted)
    if found.text is None:
        raise Problem(502, found.error or "the assistant had no answer")
    return RewrittenView(text=found.text, model=found.model, cost=found.cost)


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
