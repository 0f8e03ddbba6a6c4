"""What the radar noticed, incidents opened for it, and questions that no article answers."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from schemas.base import Address, Instant, Status
from schemas.commands import OpenIncident
from schemas.ticket import TicketState
from services.gateway.api.inputs import Input, Key, Subject, Text
from services.gateway.api.reading import as_uuid, find_ticket, read_ticket
from services.gateway.api.run_answers import TicketRef
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep, accepted, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.runtime.ids import object_id

router = APIRouter(tags=["ai"])

_TICKETS = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'number', t.number, 'subject', t.subject, 'status', t.status,"
    " 'created_at', t.doc -> 'created_at', 'parent_id', t.doc -> 'parent_id') ORDER BY t.created_at), '[]') FROM helpdesk.ticket t"
    " WHERE t.id IN (SELECT CAST(i AS uuid) FROM jsonb_array_elements_text(s.doc -> 'ticket_ids') i WHERE i ~ '^[0-9a-f-]{36}$'))"
)
_SIGNALS = text(
    f"SELECT s.id::text, s.created_at, s.doc, {_TICKETS},"
    " (SELECT jsonb_build_object('id', i.id, 'number', i.number, 'subject', i.subject) FROM helpdesk.ticket i"
    " WHERE i.doc ->> 'incident_of' = s.id::text ORDER BY i.created_at LIMIT 1)"
    " FROM helpdesk.ai_signal s WHERE s.kind = :kind AND s.created_at > now() - make_interval(days => :days)"
    " ORDER BY s.created_at DESC LIMIT 50"
)
_ANSWERS = text(
    "SELECT m.doc ->> 'body_text' FROM helpdesk.message m WHERE m.ticket_id = ANY(CAST(:tickets AS uuid[])) AND m.kind = 'agent'"
    " AND NOT m.taken_back ORDER BY m.ticket_id = CAST(:typical AS uuid) DESC, m.created_at DESC LIMIT 1"
)
_DRAFTED = text("SELECT value ->> 'from_gap', id FROM helpdesk.config_entry WHERE kind = 'article' AND value ->> 'from_gap' IS NOT NULL")
_SOLVED = text(
    "SELECT r.verdict, r.returned, t.id::text, t.number, t.subject FROM helpdesk.ai_review r JOIN helpdesk.ai_suggestion s ON s.id = r.id"
    " JOIN helpdesk.ticket t ON t.id = r.ticket_id"
    " WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(s.doc -> 'citations') c WHERE c ->> 'article_id' = :article) ORDER BY r.at DESC LIMIT 200"
)
_GREETING = re.compile(r"(?i)^(?:hello|hi|hey|dear|good (?:morning|day|afternoon|evening)|hallo|guten tag|bonjour|hola)\b[^.!?\n]{0,60}$")
_CLOSING = re.compile(r"(?i)^(?:(?:kind |best |many |warm )?(?:regards|wishes|thanks|thank you|cheers|greetings)|yours\b|-- ?$|sincerely)")
_REPLY = re.compile(r"(?i)^(?:(?:re|fwd?|aw|wg):\s*)+")
SURGE_DAYS, GAP_DAYS = 1, 30


class SignalTicket(TicketRef):
    """A ticket of a signal that the reader may see."""

    status: Status
    created_at: Instant
    parent_id: str | None = None


class SignalView(BaseModel):
    """A surge of similar tickets, or a gap of the knowledge base."""

    id: str
    created_at: Instant
    words: list[str] = Field(default=[])
    """Stems that most of them share; none where the reader sees less than half of the tickets."""
    category: str | None = None
    tickets: list[SignalTicket] = Field(default=[])
    hidden: int = 0
    """Tickets of teams that are not the reader's."""
    incident: TicketRef | None = None


class GapView(SignalView):
    """Questions without an article, with one drafted from what an agent answered."""

    title: str = ""
    body: str = ""
    """The answer an agent gave, without greeting and closing; '' where nobody has answered yet."""
    article_id: str | None = None
    """The article that was made of it."""


class IncidentInput(Input):
    """Body of `POST /incidents`."""

    subject: Subject
    ticket_ids: Annotated[list[Key], Field(min_length=1, max_length=100)]
    signal_id: Key | None = None
    body_text: Annotated[Text, StringConstraints(max_length=20_000)] = ""


class ArticleRecord(BaseModel):
    """What drafts that quote an article led to."""

    solved: list[TicketRef] = Field(default=[])
    """They went out as they were and the ticket did not come back."""
    failed: list[TicketRef] = Field(default=[])
    """Refused, taken back, or the ticket came back."""


@router.get("/ai/signals", response_model=list[SignalView])
async def list_signals(principal: Asking, parts: PartsDep) -> list[SignalView]:
    """Surges of the last day, the newest first; only tickets the caller may see."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        found = [_shown(*row) for row in await connection.execute(_SIGNALS, {"kind": "surge", "days": SURGE_DAYS})]
    return [SignalView.model_validate(s) for s in found if s["tickets"]]


def _shown(
    signal_id: str, at: datetime, doc: dict[str, Any], tickets: list[dict[str, Any]], incident: dict[str, Any] | None
) -> dict[str, Any]:
    data, hidden = doc.get("data") or {}, len(doc.get("ticket_ids") or []) - len(tickets)
    return {
        "id": signal_id, "created_at": at, "words": data.get("words", []) if hidden <= len(tickets) else [], "category": data.get("category"),
        "tickets": tickets, "hidden": hidden, "incident": incident, "typical": data.get("typical"),
    }  # fmt: skip


@router.get("/knowledge/gaps", response_model=list[GapView])
async def list_gaps(principal: Asking, parts: PartsDep) -> list[GapView]:
    """Questions of the last 30 days that no article answers, clustered, the newest first."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        drafted = {row[0]: row[1] for row in await connection.execute(_DRAFTED)}
        found = [_shown(*row) for row in await connection.execute(_SIGNALS, {"kind": "gap", "days": GAP_DAYS})]
        gaps = [{**s, **await _draft(connection, s), "article_id": drafted.get(s["id"])} for s in found if s["tickets"]]
    return [GapView.model_validate(g) for g in gaps]


async def _draft(connection: AsyncConnection, gap: dict[str, Any]) -> dict[str, str]:
    ids = [t["id"] for t in gap["tickets"]]
    typical = gap["typical"] if gap["typical"] in ids else ids[0]
    answer = (await connection.execute(_ANSWERS, {"tickets": ids, "typical": typical})).scalar_one_or_none()
    subject = next(t["subject"] for t in gap["tickets"] if t["id"] == typical)
    return {"title": _REPLY.sub("", subject).strip()[:200], "body": facts_of(answer or "")}


def facts_of(answer: str) -> str:
    """An answer without the lines that are for one person."""
    kept: list[str] = []
    for line in answer.strip().splitlines():
        if _CLOSING.match(line.strip()):
            break
        if not (not any(kept) and _GREETING.match(line.strip().rstrip(",!"))):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


@router.get("/articles/{article_id}/record", response_model=ArticleRecord)
async def article_record(principal: Asking, parts: PartsDep, article_id: str) -> ArticleRecord:
    """The tickets an article solved and failed, as far as the caller may see them."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = (await connection.execute(_SOLVED, {"article": article_id[:100].replace("\x00", "")})).all()
    made = ArticleRecord()
    for verdict, returned, key, number, subject in rows:
        ticket = TicketRef(id=key, number=number, subject=subject)
        if verdict in {"accepted", "answered"} and not returned:
            made.solved.append(ticket)
        elif verdict in {"rejected", "taken_back"} or returned:
            made.failed.append(ticket)
    return made


@router.post("/incidents", status_code=201, response_model=TicketState, responses=WRITE_RESPONSES)
async def open_incident(principal: Working, parts: PartsDep, body: IncidentInput, write: WriteDep) -> Response:
    """One ticket for many about the same: its public answers reach the customer of each, every one by a mail of their own."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        children = [(await find_ticket(connection, reference)).id for reference in body.ticket_ids]
    agent = parts.directory.value("agent", principal.agent_id)
    if agent is None:
        raise Problem(403, "only an agent may open an incident")
    command = write.command(principal)
    now = datetime.now(UTC)
    ticket_id = object_id(now, command)
    action = OpenIncident(
        subject=body.subject, ticket_ids=list(dict.fromkeys(children)), message_id=object_id(now, command, "note"), body_text=body.body_text,
        signal_id=as_uuid(body.signal_id, "signal_id") if body.signal_id else None,
        requester=Address(name=str(agent["name"]), address=str(agent["email"])),
    )  # fmt: skip
    outcome = await write.send(principal, command, ticket_id=ticket_id, action=action)
    if outcome is None:
        return await accepted(parts, command)
    ticket = await read_ticket(parts.database, principal.agent_id, outcome.ticket_id or ticket_id, min_version=outcome.version or 0)
    return json_bytes(ticket.doc.encode(), 201, {"ETag": f'"{ticket.version}"'})
