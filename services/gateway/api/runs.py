"""The assistant's runs: every record, whole, to those who may see its ticket; and a run repeated to be compared, which never acts."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from starlette.responses import Response

from schemas.commands import RunAi
from schemas.ticket import TicketState
from services.gateway.api.answers import Page
from services.gateway.api.inputs import RunAgain
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.run_answers import EngineView, RunLine, RunView
from services.gateway.api.tickets import act
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep, Working
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid

router = APIRouter(tags=["ai"])

_LINE = (
    "jsonb_build_object('id', s.id, 'ticket', jsonb_build_object('id', t.id, 'number', t.number, 'subject', t.subject),"
    " 'created_at', s.doc -> 'created_at', 'engine', s.doc -> 'engine', 'model', s.doc -> 'model', 'decision', s.decision,"
    " 'replay_of', s.doc -> 'replay_of', 'team', s.doc -> 'team', 'confidence', s.doc -> 'confidence',"
    " 'next_action', s.doc -> 'next_action', 'drafted', s.doc ->> 'draft' IS NOT NULL, 'cost', s.doc -> 'cost',"
    " 'ms', coalesce(s.doc #> '{stages,-1,ms}', '0'), 'error', s.doc -> 'error')"
)
_WARN_AT = 0.8
"""Share of the budget from which on people are told."""
_FROM = "FROM helpdesk.ai_suggestion s JOIN helpdesk.ticket t ON t.id = s.ticket_id"
# Other tickets are named in a record; each reader gets those they may see.
SIMILAR = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'number', o.number, 'subject', o.subject, 'status', o.status, 'score', a.score,"
    " 'duplicate', o.requester_id = t.requester_id AND a.score >= 0.8 AND o.status <> 'closed')"
    " ORDER BY a.score DESC), '[]')"
    " FROM jsonb_to_recordset(CASE jsonb_typeof(s.doc #> '{record,similar}') WHEN 'array' THEN s.doc #> '{record,similar}' ELSE '[]' END)"
    " AS a(ticket_id text, score float)"
    " JOIN helpdesk.ticket o ON o.id = CASE WHEN a.ticket_id ~ '^[0-9a-f-]{36}$' THEN CAST(a.ticket_id AS uuid) END)"
)
_ACTIONS = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('type', e.type, 'time', e.time, 'actor', e.actor, 'data', e.data - 'changes') ORDER BY e.version), '[]')"
    " FROM helpdesk.ticket_event e WHERE e.ticket_id = s.ticket_id AND e.data ->> 'suggestion_id' = s.id::text)"
)
_REPLAYS = (
    f"(SELECT coalesce(jsonb_agg({_LINE.replace('s.', 'r.')} ORDER BY r.created_at), '[]')"
    " FROM helpdesk.ai_suggestion r WHERE r.ticket_id = s.ticket_id AND r.doc ->> 'replay_of' = s.id::text)"
)
_ONE = text(
    f"SELECT ((s.doc #- '{{record,similar}}' #- '{{record,meaning}}') || jsonb_build_object('decision', s.decision, 'similar', {SIMILAR},"
    " 'ticket', jsonb_build_object('id', t.id, 'number', t.number, 'subject', t.subject),"
    f" 'actions', {_ACTIONS}, 'replays', {_REPLAYS}))::text, s.ticket_id::text {_FROM} WHERE s.id = CAST(:id AS uuid)"
)


class RunFilters(BaseModel):
    """Query parameters of `GET /ai/runs`."""

    model_config = ConfigDict(extra="ignore")

    ticket: str | None = Field(None, max_length=100, description="id or number")
    engine: Literal["local", "gemini"] | None = None
    decision: str | None = Field(None, max_length=200, description="one or several, with commas")
    team: str | None = Field(None, max_length=100, description="id of the team the run chose")
    replay: bool | None = None
    failed: bool | None = None


def _query(filters: RunFilters, position: list[Any] | None) -> tuple[str, dict[str, Any]]:
    where, values = ["true"], dict[str, Any]()
    if filters.ticket:
        where.append("t.id = CAST(:ticket AS uuid)" if is_uuid(filters.ticket) else "t.number = :ticket")
        values["ticket"] = filters.ticket.replace("\x00", "")
    if filters.engine:
        where.append("s.doc ->> 'engine' = :engine")
        values["engine"] = filters.engine
    if filters.decision:
        where.append("s.decision = ANY(:decision)")
        values["decision"] = filters.decision.split(",")
    if filters.team:
        where.append("s.doc #>> '{team,id}' = :team")
        values["team"] = filters.team.replace("\x00", "")
    if filters.replay is not None:
        where.append("s.decision = 'replay'" if filters.replay else "s.decision <> 'replay'")
    if filters.failed is not None:
        where.append("s.doc ->> 'error' IS NOT NULL" if filters.failed else "s.doc ->> 'error' IS NULL")
    if position is not None:
        where.append("(s.created_at, s.id) < (CAST(:at AS timestamptz), CAST(:last AS uuid))")
        values |= {"at": datetime.fromisoformat(position[0]), "last": position[1]}
    sql = f"SELECT {_LINE}::text, s.created_at, s.id::text {_FROM} WHERE {' AND '.join(where)} ORDER BY s.created_at DESC, s.id DESC LIMIT :limit"
    return sql, values


@router.get("/ai/runs", response_model=Page[RunLine])
async def list_runs(
    principal: Asking, parts: PartsDep, filters: Annotated[RunFilters, Depends()], limit: Limit = 50, after: After = None
) -> Response:
    """Runs on the tickets the caller may see, the newest first."""
    sql, values = _query(filters, read_cursor(parts.keys, "runs", after))
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = (await connection.execute(text(sql), {**values, "limit": limit + 1})).all()
    return page(parts.keys, "runs", [tuple(r) for r in rows], limit)


@router.get("/ai/runs/{run_id}", response_model=RunView)
async def get_run(principal: Asking, parts: PartsDep, run_id: str) -> Response:
    """One run: stages, prompts with their sources, articles, raw and parsed output, checks, decision, who answered, tokens, cost."""
    doc, _ = await _run(parts, principal.agent_id, run_id)
    return json_bytes(doc.encode())


async def _run(parts: Parts, agent_id: str, run_id: str) -> tuple[str, str]:
    row = None
    if is_uuid(run_id):
        async with parts.database.seen_by(agent_id) as connection:
            row = (await connection.execute(_ONE, {"id": run_id})).first()
    if row is None:
        raise Problem(404, "no such run, or its ticket is not yours to see")
    return str(row[0]), str(row[1])


@router.post("/ai/runs/{run_id}/replay", response_model=TicketState, responses=WRITE_RESPONSES)
async def replay_run(principal: Working, parts: PartsDep, run_id: str, write: WriteDep, body: RunAgain | None = None) -> Response:
    """Repeat a run, on request with another engine or model. Its record names the run it repeats; it never acts."""
    doc, ticket_id = await _run(parts, principal.agent_id, run_id)
    wanted = body or RunAgain()
    if wanted.engine == "gemini" and not gemini_of(parts).available:
        raise Problem(409, gemini_of(parts).why)
    original = orjson.loads(doc).get("replay_of") or run_id
    again = RunAi(replay_of=original, engine=wanted.engine, model=wanted.model if wanted.engine == "gemini" else None)
    return await act(principal, parts, ticket_id, again, write)


@router.get("/ai/engines", response_model=list[EngineView])
async def list_engines(principal: Asking, parts: PartsDep) -> list[EngineView]:
    """The engines, whether each can be asked now and which one serves."""
    gemini = gemini_of(parts)
    said = _assistants(parts)
    tier = str(said[0].get("tier", "")) if said else ""
    why = "answers offline, on this machine" if said else "the assistant does not run"
    local = EngineView(
        name="local", available=bool(said), serving=bool(said) and not gemini.serving, models=[tier] if tier else [], why=why
    )
    return [local, gemini]


def gemini_of(parts: Parts) -> EngineView:
    """Whether Gemini can be asked, and which models."""
    said = [s for s in _assistants(parts) if s.get("models")]
    models = sorted({str(m) for s in said for m in s.get("models", [])})
    serving = any(s.get("engine") == "gemini" for s in said)
    why = "answers, with the local engine behind it" if serving else "answers only what an agent asks for: mail stays on this machine"
    troubles = [str(s["condition"]) for s in said if s.get("condition")]
    spent = max((float(s.get("spent") or 0) for s in said), default=0.0)
    if troubles:
        why = troubles[0]
    elif spent >= _WARN_AT:
        why += f"; {spent:.0%} of its budget is spent"
    if not said:
        why = "needs GEMINI_API_KEY: without it nothing leaves this machine"
    return EngineView(name="gemini", available=bool(said), serving=serving, models=models, why=why)


def _assistants(parts: Parts) -> list[dict[str, Any]]:
    return [s.detail for s in parts.hub.services() if s.service == "ai" and s.detail]
