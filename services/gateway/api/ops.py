"""Commands on their way, and how the pipeline is doing."""

import orjson
from fastapi import APIRouter
from redis.exceptions import RedisError
from sqlalchemy import text
from starlette.responses import Response

from services.gateway.api.answers import CommandView, PipelineStatus
from services.gateway.api.writing import PENDING, json_bytes
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid
from services.runtime.telemetry import log

router = APIRouter(tags=["operations"])
_OUTCOME = text("SELECT outcome FROM helpdesk.command_outcome WHERE command_id = :id")
_VISIBLE = text("SELECT 1 FROM helpdesk.ticket WHERE id = :id")


@router.get("/commands/{command_id}", response_model=CommandView)
async def get_command(principal: Asking, parts: PartsDep, command_id: str) -> Response:
    """What became of a write that was answered 202."""
    if not is_uuid(command_id):
        raise Problem(404, "no such command")
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(_OUTCOME, {"id": command_id})).first()
        ticket = row[0].get("ticket_id") if row else None
        hidden = ticket is not None and (await connection.execute(_VISIBLE, {"id": ticket})).first() is None
    if hidden or (row is None and not await _pending(parts, command_id)):
        raise Problem(404, "no such command")
    return json_bytes(orjson.dumps(row[0] if row else {"command_id": command_id, "status": "pending"}))


async def _pending(parts: Parts, command_id: str) -> bool:
    try:
        return bool(await parts.redis.exists(PENDING + command_id))
    except (RedisError, OSError) as error:
        log.warning("cannot tell whether a command is pending: redis away", error=type(error).__name__)
        return True


@router.get("/pipeline/status", response_model=PipelineStatus)
async def pipeline_status(principal: Asking, parts: PartsDep) -> PipelineStatus:
    """Every process as its last heartbeat shows it."""
    return PipelineStatus(services=parts.hub.services(), alarms=parts.hub.alarms(), sockets=parts.hub.sockets)
