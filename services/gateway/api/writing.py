"""From a request to a command and from its outcome to an answer: the part that all writes share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header
from redis.exceptions import RedisError
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from schemas.commands import TicketAction
from schemas.mail import MailAction
from schemas.ticket import CommandOutcome
from services.gateway.api.answers import Accepted, ProblemDetails
from services.gateway.commands import body_hash, command_id, refuse
from services.gateway.errors import Problem
from services.gateway.identity.asking import PartsDep
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.telemetry import log

PENDING = "helpdesk:command:"
_NEWEST = text(
    "SELECT t.doc::text, (SELECT (m.doc - 'outbound')::text FROM helpdesk.message m WHERE m.ticket_id = t.id AND NOT m.taken_back AND m.doc ->> 'channel' <> 'notice' "
    "ORDER BY m.created_at DESC, m.id DESC LIMIT 1) FROM helpdesk.ticket t WHERE t.id = :id"
)
WRITE_RESPONSES: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "Not done within two seconds; ask at Location"},
    412: {"model": ProblemDetails, "description": "The ticket changed since If-Match"},
    422: {"model": ProblemDetails, "description": "Not valid"},
    503: {"model": ProblemDetails, "description": "Kafka is away; Retry-After"},
}


@dataclass(frozen=True, slots=True)
class Write:
    """One write request: its command id, the hash of its body, the version it expects."""

    parts: Parts
    command_base: tuple[str, str, str | None]
    digest: str
    expected: int | None

    def command(self, principal: Principal) -> str:
        """The command's id for this principal."""
        method, path, key = self.command_base
        return command_id(principal, method, path, key)

    async def send(self, principal: Principal, command: str, *, ticket_id: str, action: TicketAction) -> CommandOutcome | None:
        """Send a ticket command. Raises the problem of a refusal; a stale version's carries what the ticket is now."""
        outcome = await self.parts.commands.ticket(
            command, ticket_id=ticket_id, principal=principal, action=action, digest=self.digest, expected=self.expected
        )
        if outcome is not None and outcome.status == "rejected" and outcome.code == 412:
            raise await _stale(self.parts, principal, ticket_id, outcome)
        if outcome is not None:
            refuse(outcome)
        return outcome

    async def send_mail(self, principal: Principal, command: str, *, key: str, action: MailAction) -> CommandOutcome | None:
        """Send a command about parked mail or a suppressed address. Raises the problem of a refusal."""
        outcome = await self.parts.commands.mail(command, key=key, action=action, principal=principal, digest=self.digest)
        if outcome is not None:
            refuse(outcome)
        return outcome

    async def send_config(
        self, principal: Principal, command: str, *, kind: str, object_id: str, value: Mapping[str, Any] | None, new: bool = False
    ) -> CommandOutcome | None:
        """Send a configuration command and take the new value into the directory."""
        outcome = await self.parts.commands.config(
            command, kind=kind, object_id=object_id, value=None if value is None else dict(value), principal=principal,
            digest=self.digest, new=new,
        )  # fmt: skip
        if outcome is not None:
            refuse(outcome)
            await self.parts.directory.refresh(kind, object_id)
        return outcome


async def _stale(parts: Parts, principal: Principal, ticket_id: str, outcome: CommandOutcome) -> Problem:
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(_NEWEST, {"id": ticket_id})).first()
    more = {"ticket": orjson.loads(row[0]), "newest_message": orjson.loads(row[1]) if row[1] else None} if row else {}
    return Problem(
        412,
        outcome.detail or "the ticket changed in the meantime; look at its newest message before you send",
        reason=outcome.reason,
        **more,
    )


def expected_version(if_match: str | None) -> int | None:
    """The version in an If-Match: `7`, `"7"` or `W/"7"`; `*` and nothing expect none."""
    if if_match is None or if_match.strip() == "*":
        return None
    plain = if_match.strip().removeprefix("W/").strip('"')
    if not plain.isdecimal() or len(plain) > 9:
        raise Problem(400, "If-Match must be the ticket's version")
    return int(plain)


async def write(
    request: Request,
    parts: PartsDep,
    if_match: Annotated[str | None, Header(description="Version the client has seen; stale gives 412")] = None,
    idempotency_key: Annotated[str | None, Header(max_length=255, description="Makes a repetition harmless")] = None,
) -> Write:
    """The write that this request is."""
    raw = await request.body() if "json" in request.headers.get("content-type", "") else b""
    try:
        digest = body_hash(orjson.loads(raw)) if raw else body_hash(None)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "the body is not valid JSON") from error
    return Write(parts, (request.method, request.url.path, idempotency_key), digest, expected_version(if_match))


WriteDep = Annotated[Write, Depends(write)]


async def accepted(parts: Parts, command: str) -> Response:
    """202 with the place to ask; remembered for ten minutes so that every gateway knows the command is pending."""
    try:
        await parts.redis.set(PENDING + command, b"1", ex=600)
    except (RedisError, OSError) as error:
        log.warning("pending command not remembered: redis away", error=type(error).__name__)
    return json_bytes(orjson.dumps({"command_id": command}), 202, {"Location": f"/api/v1/commands/{command}"})


def json_bytes(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Ready JSON as response."""
    return Response(body, status, dict(headers or {}), "application/json")
