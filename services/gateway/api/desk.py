"""The desk's configuration: teams, agents, priorities, targets, macros, settings. Reading is for agents, changing for admins."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from schemas.base import Named
from schemas.config import KINDS, Agent
from services.gateway.api.answers import AgentView, MacroView, Page, PriorityView, SettingsView, SlaTargets, TeamView
from services.gateway.api.desk_inputs import AgentInput, MacroInput, PriorityInput, SettingsInput, SlaInput, TeamInput
from services.gateway.api.inputs import Input
from services.gateway.api.writing import WRITE_RESPONSES, Write, WriteDep, accepted, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity import passwords
from services.gateway.identity.asking import Administering, Asking, PartsDep
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid, new_object_id

router = APIRouter(tags=["desk"])
_ALL = text("SELECT id, value FROM helpdesk.config_entry WHERE kind = :kind AND value IS NOT NULL")
_ONE = text("SELECT value FROM helpdesk.config_entry WHERE kind = :kind AND id = :id")
_COUNTERS = text("SELECT name, day, next, last_reset FROM helpdesk.counter")


async def entries(parts: Parts, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """All of a kind as Postgres has it now: a write is seen at once."""
    async with parts.database.identity() as connection:
        rows = [(r[0], r[1]) for r in await connection.execute(_ALL, {"kind": kind})]
    return sorted(rows, key=lambda r: (r[1].get("order", 0), str(r[1].get("name", "")).lower(), r[0]))


async def existing(parts: Parts, kind: str, object_id: str) -> dict[str, Any]:
    """One entry's value; Problem 404 where there is none."""
    entry = await parts.directory.refresh(kind, object_id)
    if entry is None or entry.value is None:
        raise Problem(404, f"no such {kind}")
    return dict(entry.value)


async def existing_article(parts: Parts, article_id: str) -> dict[str, Any]:
    """An article's newest version; articles are not kept in memory."""
    async with parts.database.identity() as connection:
        value = (await connection.execute(_ONE, {"kind": "article", "id": article_id})).scalar_one_or_none()
    if value is None:
        raise Problem(404, "no such article")
    return dict(value)


def merged(kind: str, old: Mapping[str, Any], change: Input, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The whole new value; Problem 422 naming what is missing or wrong."""
    given = change.model_dump(exclude_unset=True, exclude=set(without))
    model = KINDS[kind]
    value = {**old, **{k: v for k, v in given.items() if v is not None or _nullable(model, k)}}
    required = [n for n, f in model.model_fields.items() if f.is_required() and n not in value]
    if required:
        raise Problem(
            422, f"missing: {', '.join(required)}", errors=[{"pointer": f"#/{n}", "detail": "missing", "code": "missing"} for n in required]
        )
    return model.model_validate(value).model_dump(mode="json", by_alias=True)


def _nullable(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and not field.is_required() and field.default is None


async def put(
    write: Write, principal: Principal, *, kind: str, object_id: str, value: dict[str, Any] | None, view: Mapping[str, Any] | None = None, new: bool = False
) -> Response:  # fmt: skip
    """Send the new value (None deletes) and answer it."""
    command = write.command(principal)
    outcome = await write.send_config(principal, command, kind=kind, object_id=object_id, value=value, new=new)
    if outcome is None:
        return await accepted(write.parts, command)
    if value is None:
        return Response(status_code=204)
    shown = dict(view) if view is not None else {"id": outcome.object_id or object_id, **value}
    return json_bytes(orjson.dumps(shown), 201 if new else 200)


def _agent(agent_id: str, value: Mapping[str, Any], teams: Mapping[str, str]) -> AgentView:
    agent = Agent.model_validate(value)
    known = [Named(id=t, name=teams[t]) for t in agent.teams if t in teams]
    return AgentView(id=agent_id, **agent.model_dump(exclude={"teams"}), teams=known)


async def _team_names(parts: Parts) -> dict[str, str]:
    return {team: str(value["name"]) for team, value in await entries(parts, "team")}


@router.get("/teams", response_model=Page[TeamView])
async def list_teams(principal: Asking, parts: PartsDep) -> Page[TeamView]:
    """All teams."""
    return Page(data=[TeamView(id=i, **v) for i, v in await entries(parts, "team")], next=None)


@router.post("/teams", status_code=201, response_model=TeamView, responses=WRITE_RESPONSES)
async def add_team(principal: Administering, body: TeamInput, write: WriteDep) -> Response:
    """A new team."""
    return await put(write, principal, kind="team", object_id=new_object_id(), value=merged("team", {}, body), new=True)


@router.patch("/teams/{team_id}", response_model=TeamView, responses=WRITE_RESPONSES)
async def change_team(principal: Administering, parts: PartsDep, team_id: str, body: TeamInput, write: WriteDep) -> Response:
    """Change a team."""
    value = merged("team", await existing(parts, "team", team_id), body)
    return await put(write, principal, kind="team", object_id=team_id, value=value)


@router.delete("/teams/{team_id}", status_code=204, responses=WRITE_RESPONSES)
async def remove_team(principal: Administering, parts: PartsDep, team_id: str, write: WriteDep) -> Response:
    """Remove a team. Its tickets keep its name until they are moved."""
    await existing(parts, "team", team_id)
    return await put(write, principal, kind="team", object_id=team_id, value=None)


@router.get("/agents", response_model=Page[AgentView])
async def list_agents(principal: Asking, parts: PartsDep) -> Page[AgentView]:
    """All agents with their teams."""
    teams = await _team_names(parts)
    return Page(data=[_agent(i, v, teams) for i, v in await entries(parts, "agent")], next=None)


@router.post("/agents", status_code=201, response_model=AgentView, responses=WRITE_RESPONSES)
async def add_agent(principal: Administering, parts: PartsDep, body: AgentInput, write: WriteDep) -> Response:
    """A new agent, with a login where a password is given."""
    return await _put_agent(principal, parts, write, body, agent_id=new_object_id(), old={}, new=True)


@router.patch("/agents/{agent_id}", response_model=AgentView, responses=WRITE_RESPONSES)
async def change_agent(principal: Administering, parts: PartsDep, agent_id: str, body: AgentInput, write: WriteDep) -> Response:
    """Change an agent. New rights hold at once, on open websockets too; a new password ends their sessions."""
    return await _put_agent(principal, parts, write, body, agent_id=agent_id, old=await existing(parts, "agent", agent_id), new=False)


@router.delete("/agents/{agent_id}", status_code=204, responses=WRITE_RESPONSES)
async def remove_agent(principal: Administering, parts: PartsDep, agent_id: str, write: WriteDep) -> Response:
    """Remove an agent: their sessions and keys end."""
    if agent_id == principal.agent_id:
        raise Problem(409, "you cannot remove yourself")
    await existing(parts, "agent", agent_id)
    answer = await put(write, principal, kind="agent", object_id=agent_id, value=None)
    await parts.changes.tell(agent_id, "rights_changed", [])
    return answer


async def _put_agent(
    principal: Principal, parts: Parts, write: Write, body: AgentInput, *, agent_id: str, old: dict[str, Any], new: bool
) -> Response:  # fmt: skip
    value = merged("agent", old, body, without=frozenset(("password",)))
    value["email"] = value["email"].lower()
    teams, others = await _team_names(parts), await entries(parts, "agent")
    unknown = [t for t in value["teams"] if t not in teams]
    if unknown or not is_uuid(agent_id):
        raise Problem(422, f"no such team: {', '.join(unknown)}")
    if any(v["email"] == value["email"] and i != agent_id for i, v in others):
        raise Problem(409, "another agent has this address")
    answer = await put(
        write,
        principal,
        kind="agent",
        object_id=agent_id,
        value=value,
        new=new,
        view=_agent(agent_id, value, teams).model_dump(mode="json"),
    )
    await _follow_login(parts, agent_id, body, value)
    return answer


async def _follow_login(parts: Parts, agent_id: str, body: AgentInput, value: Mapping[str, Any]) -> None:
    if body.password is not None:
        await parts.sessions.put_credential(agent_id, str(value["email"]), await passwords.hash_async(body.password))
        ended = await parts.sessions.close_others(agent_id, keep=agent_id)
        parts.hub.end_logins(frozenset(ended))
        await parts.changes.tell(agent_id, "sessions_ended", ended)
    elif {"role", "teams", "active"} & body.model_fields_set:
        await parts.changes.tell(agent_id, "rights_changed", [])


@router.get("/priorities", response_model=Page[PriorityView])
async def list_priorities(principal: Asking, parts: PartsDep) -> Page[PriorityView]:
    """The desk's priorities, the most urgent first."""
    return Page(data=[PriorityView(id=i, key=i, **v) for i, v in await entries(parts, "priority")], next=None)


@router.patch("/priorities/{key}", response_model=PriorityView, responses=WRITE_RESPONSES)
async def change_priority(principal: Administering, parts: PartsDep, key: str, body: PriorityInput, write: WriteDep) -> Response:
    """Change a priority."""
    value = merged("priority", await existing(parts, "priority", key), body)
    return await put(write, principal, kind="priority", object_id=key, value=value, view={"id": key, "key": key, **value})


@router.get("/slas", response_model=Page[SlaTargets])
async def list_slas(principal: Asking, parts: PartsDep) -> Page[SlaTargets]:
    """Targets per priority, in seconds."""
    return Page(data=[SlaTargets(id=i, **v) for i, v in await entries(parts, "sla")], next=None)


@router.patch("/slas/{sla_id}", response_model=SlaTargets, responses=WRITE_RESPONSES)
async def change_sla(principal: Administering, parts: PartsDep, sla_id: str, body: SlaInput, write: WriteDep) -> Response:
    """Change targets."""
    value = merged("sla", await existing(parts, "sla", sla_id), body)
    return await put(write, principal, kind="sla", object_id=sla_id, value=value)


@router.get("/macros", response_model=Page[MacroView])
async def list_macros(principal: Asking, parts: PartsDep) -> Page[MacroView]:
    """Saved replies."""
    return Page(data=[MacroView(id=i, **v) for i, v in await entries(parts, "macro")], next=None)


@router.post("/macros", status_code=201, response_model=MacroView, responses=WRITE_RESPONSES)
async def add_macro(principal: Administering, body: MacroInput, write: WriteDep) -> Response:
    """A new macro."""
    return await put(write, principal, kind="macro", object_id=new_object_id(), value=merged("macro", {}, body), new=True)


@router.patch("/macros/{macro_id}", response_model=MacroView, responses=WRITE_RESPONSES)
async def change_macro(principal: Administering, parts: PartsDep, macro_id: str, body: MacroInput, write: WriteDep) -> Response:
    """Change a macro."""
    value = merged("macro", await existing(parts, "macro", macro_id), body)
    return await put(write, principal, kind="macro", object_id=macro_id, value=value)


@router.delete("/macros/{macro_id}", status_code=204, responses=WRITE_RESPONSES)
async def remove_macro(principal: Administering, parts: PartsDep, macro_id: str, write: WriteDep) -> Response:
    """Remove a macro."""
    await existing(parts, "macro", macro_id)
    return await put(write, principal, kind="macro", object_id=macro_id, value=None)


@router.get("/settings", response_model=SettingsView)
async def get_settings(principal: Asking, parts: PartsDep) -> SettingsView:
    """One value per desk, and how numbers are given."""
    await parts.directory.refresh("setting", "desk")
    async with parts.database.identity() as connection:
        rows = (await connection.execute(_COUNTERS)).all()
    numbering = {r[0]: {"day": r[1], "next": r[2], "last_reset": r[3]} for r in rows}
    return SettingsView(**parts.directory.settings.model_dump(), numbering=numbering)


@router.patch("/settings", response_model=SettingsView, responses=WRITE_RESPONSES)
async def change_settings(principal: Administering, parts: PartsDep, body: SettingsInput, write: WriteDep) -> Response:
    """Change settings."""
    entry = await parts.directory.refresh("setting", "desk")
    value = merged("setting", (entry.value if entry else None) or {}, body)
    return await put(write, principal, kind="setting", object_id="desk", value=value, view=value)
