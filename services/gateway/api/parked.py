"""Mail that waits for a person: list, read, release, delete, block its sender."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from sqlalchemy import text
from starlette.responses import Response

from schemas.config import Block
from schemas.mail import DeleteMail, ReleaseMail
from services.gateway.api.answers import Page
from services.gateway.api.desk import entries, existing, put
from services.gateway.api.lists import After, Limit, page, read_cursor
from services.gateway.api.mail_answers import ParkedCounts, ParkedMailView, Released, ReleasedAll
from services.gateway.api.mail_inputs import BlockInput, BlockSender, ReleaseAll
from services.gateway.api.reading import TIME
from services.gateway.api.writing import WRITE_RESPONSES, Write, WriteDep, accepted, json_bytes
from services.gateway.commands import command_id
from services.gateway.errors import Problem
from services.gateway.identity.asking import Administering, PartsDep, Working
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid

router = APIRouter(tags=["mail"])
_AT_ONCE = 8
_MOST_AT_ONCE = 1000
_DOC = (
    "json_build_object('id', p.id, 'mailbox', p.mailbox, 'reason', p.reason, 'state', p.status, 'from', p.doc -> 'from', 'to', p.doc -> 'to', "
    "'subject', coalesce(p.doc ->> 'subject', ''), 'kind', p.doc ->> 'kind', 'snippet', left(coalesce(p.doc ->> 'reply', p.doc ->> 'text', ''), 300), "
    f"'attachments', jsonb_array_length(coalesce(p.doc -> 'attachments', '[]')), 'flags', coalesce(p.doc -> 'flags', '[]'), 'at', {TIME.format('p.at')}"
    "{more})::text"
)
_WHERE = (
    "p.status = 'parked' AND (CAST(:reason AS text) IS NULL OR p.reason = :reason) AND (CAST(:sender AS text) IS NULL OR p.sender = :sender) "
    "AND (CAST(:q AS text) IS NULL OR strpos(lower(p.sender || ' ' || coalesce(p.doc ->> 'subject', '')), lower(:q)) > 0)"
)
_LIST = text(
    f"SELECT {_DOC.format(more='')}, p.at, p.id::text FROM helpdesk.parked_mail p WHERE {_WHERE} "
    "AND (CAST(:at AS timestamptz) IS NULL OR (p.at, p.id) < (CAST(:at AS timestamptz), CAST(:last AS uuid))) "
    "ORDER BY p.at DESC, p.id DESC LIMIT :limit"
)
_MORE = ", 'text', left(coalesce(p.doc ->> 'text', ''), 20000), 'reply_to', coalesce(p.doc -> 'reply_to', '[]'), 'message_id', p.doc ->> 'message_id'"
_ONE = text(f"SELECT {_DOC.format(more=_MORE)}, p.sender FROM helpdesk.parked_mail p WHERE p.id = :id AND p.status = 'parked'")
_COUNTS = text("SELECT reason, count(*) FROM helpdesk.parked_mail WHERE status = 'parked' GROUP BY reason")
_IDS = text(f"SELECT p.id::text FROM helpdesk.parked_mail p WHERE {_WHERE} ORDER BY p.at, p.id LIMIT :limit")
_NUMBER = text("SELECT number FROM helpdesk.ticket WHERE id = :id")

Word = Annotated[str | None, Query(max_length=200)]


def _filters(reason: str | None, sender: str | None, q: str | None) -> dict[str, str | None]:
    return {"reason": reason or None, "sender": sender.lower() if sender else None, "q": q.replace("\x00", "") if q else None}


@router.get("/mail/parked", response_model=Page[ParkedMailView])
async def list_parked_mail(
    principal: Working, parts: PartsDep, reason: Word = None, sender: Word = None, q: Word = None, limit: Limit = 50, after: After = None,
) -> Response:  # fmt: skip
    """Mail that opened no ticket and waits for a person, newest first; `q` finds senders and subjects."""
    last = read_cursor(parts.keys, "parked", after) or (None, None)
    at = datetime.fromisoformat(last[0]) if last[0] else None
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = (await connection.execute(_LIST, {**_filters(reason, sender, q), "at": at, "last": last[1], "limit": limit + 1})).all()
    return page(parts.keys, "parked", [tuple(r) for r in rows], limit)


@router.get("/mail/parked/counts", response_model=ParkedCounts)
async def count_parked_mail(principal: Working, parts: PartsDep) -> ParkedCounts:
    """How much of it waits, by reason."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        reasons = {str(reason): int(n) for reason, n in await connection.execute(_COUNTS)}
    return ParkedCounts(total=sum(reasons.values()), reasons=reasons)


@router.get("/mail/parked/{mail_id}", response_model=ParkedMailView)
async def get_parked_mail(principal: Working, parts: PartsDep, mail_id: str) -> Response:
    """A parked mail with its text."""
    doc, _ = await _find(principal, parts, mail_id)
    return json_bytes(doc.encode())


@router.post("/mail/parked/{mail_id}/release", response_model=Released, responses=WRITE_RESPONSES)
async def release_parked_mail(principal: Working, parts: PartsDep, mail_id: str, write: WriteDep) -> Response:
    """It becomes the ticket or message it would have been."""
    await _find(principal, parts, mail_id)
    command = write.command(principal)
    outcome = await write.send_mail(principal, command, key=mail_id, action=ReleaseMail(mail_id=mail_id))
    if outcome is None:
        return await accepted(parts, command)
    number = None
    if outcome.ticket_id:
        async with parts.database.seen_by(principal.agent_id) as connection:
            number = (await connection.execute(_NUMBER, {"id": outcome.ticket_id})).scalar_one_or_none()
    return json_bytes(orjson.dumps({"id": mail_id, "ticket_id": outcome.ticket_id if number else None, "number": number}))


@router.post("/mail/parked/release", response_model=ReleasedAll, responses=WRITE_RESPONSES)
async def release_all_parked_mail(principal: Working, parts: PartsDep, which: ReleaseAll, write: WriteDep) -> ReleasedAll:
    """All that fit, oldest first, at most 1,000 at once: a flood that was none is undone with one click."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        wanted = {**_filters(which.reason, which.sender, None), "limit": _MOST_AT_ONCE}
        ids = [str(r[0]) for r in await connection.execute(_IDS, wanted)]
    method, path, key = write.command_base
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(mail_id: str) -> bool:
        async with gate:
            command = command_id(principal, method, f"{path}/{mail_id}", key)
            try:
                return await write.send_mail(principal, command, key=mail_id, action=ReleaseMail(mail_id=mail_id)) is not None
            except Problem as problem:
                if problem.status == 404:  # somebody else was faster
                    return False
                raise

    done = await asyncio.gather(*(one(mail_id) for mail_id in ids))
    return ReleasedAll(released=sum(done), waiting=len(ids) - sum(done))


@router.delete("/mail/parked/{mail_id}", status_code=204, responses=WRITE_RESPONSES)
async def delete_parked_mail(principal: Administering, parts: PartsDep, mail_id: str, write: WriteDep) -> Response:
    """Take it off the list for good; the mail itself stays in `mail.raw`."""
    await _find(principal, parts, mail_id)
    return await _delete(principal, parts, mail_id, write)


@router.post("/mail/parked/{mail_id}/block", status_code=204, responses=WRITE_RESPONSES)
async def block_parked_sender(principal: Administering, parts: PartsDep, mail_id: str, what: BlockSender, write: WriteDep) -> Response:
    """Its sender, or everybody of the sender's domain, opens no tickets from now on; this mail is deleted."""
    _, sender = await _find(principal, parts, mail_id)
    pattern = sender if what.what == "address" else sender.rpartition("@")[2]
    if not pattern:
        raise Problem(422, "this mail names no sender that could be blocked")
    answer = await _block(principal, parts, pattern, what.action, f"parked mail: {what.reason or 'blocked by hand'}", write)
    return answer if answer.status_code == 202 else await _delete(principal, parts, mail_id, write)


@router.get("/mail/blocks", response_model=Page[BlockInput])
async def list_blocks(principal: Working, parts: PartsDep) -> Response:
    """Addresses and domains whose mail opens no ticket."""
    found = [{"pattern": name, **value} for name, value in await entries(parts, "block")]
    return json_bytes(orjson.dumps({"data": found, "next": None}))


@router.post("/mail/blocks", response_model=BlockInput, responses=WRITE_RESPONSES)
async def add_block(principal: Administering, parts: PartsDep, block: BlockInput, write: WriteDep) -> Response:
    """Block an address or a domain with its subdomains."""
    return await _block(principal, parts, block.pattern.lower(), block.action, block.reason, write)


@router.delete("/mail/blocks/{pattern}", status_code=204, responses=WRITE_RESPONSES)
async def remove_block(principal: Administering, parts: PartsDep, pattern: str, write: WriteDep) -> Response:
    """Their mail opens tickets again."""
    await existing(parts, "block", pattern.lower())
    return await put(write, principal, kind="block", object_id=pattern.lower(), value=None)


async def _find(principal: Principal, parts: Parts, mail_id: str) -> tuple[str, str]:
    if not is_uuid(mail_id):
        raise Problem(404, "no such mail")
    async with parts.database.seen_by(principal.agent_id) as connection:
        row = (await connection.execute(_ONE, {"id": mail_id})).first()
    if row is None:
        raise Problem(404, "no such mail waits here (any more), or it is not yours to see")
    return row[0], row[1]


async def _block(principal: Principal, parts: Parts, pattern: str, action: str, reason: str, write: Write) -> Response:
    if pattern in {str(v["address"]).lower() for _, v in await entries(parts, "mailbox")}:
        raise Problem(422, "this is a mailbox of the desk")
    block = Block.model_validate({"action": action, "reason": reason, "created_by": principal.agent_id, "created_at": datetime.now(UTC)})
    value = block.model_dump(mode="json")
    return await put(write, principal, kind="block", object_id=pattern, value=value, view={"pattern": pattern, **value}, new=False)


async def _delete(principal: Principal, parts: Parts, mail_id: str, write: Write) -> Response:
    method, path, key = write.command_base
    command = command_id(principal, method, f"{path}/delete", key)
    outcome = await write.send_mail(principal, command, key=mail_id, action=DeleteMail(mail_id=mail_id))
    return Response(status_code=204) if outcome is not None else await accepted(parts, command)
