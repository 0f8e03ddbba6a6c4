"""Attachments: uploaded first, then named by id; downloaded as attachment, whatever they are."""

from typing import Annotated
from urllib.parse import quote

import puremagic
from fastapi import APIRouter, File, UploadFile
from fastapi.responses import Response
from sqlalchemy import text

from schemas.base import Attachment
from services.gateway.api.answers import Upload
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid, new_object_id

router = APIRouter(tags=["attachments"])
MOST_BYTES = 25 << 20

_PUT = text("INSERT INTO identity.upload (id, agent_id, name, type, size, sha256) VALUES (:id, :agent, :name, :type, :size, :sha256)")
_MINE = text(
    "SELECT id::text, name, type, size, sha256 FROM identity.upload WHERE id = ANY(CAST(:ids AS uuid[])) AND agent_id = CAST(:agent AS uuid)"
)
_SEEN = text("SELECT id::text, name, type, size, sha256 FROM helpdesk.attachment WHERE id = ANY(CAST(:ids AS uuid[]))")


@router.post("/attachments", status_code=201, response_model=Upload)
async def upload(principal: Asking, parts: PartsDep, file: Annotated[UploadFile, File()]) -> Upload:
    """Keep a file of at most 25 MB; replies and notes name it by its id."""
    data = await file.read()
    if len(data) > MOST_BYTES:
        raise Problem(413, "an attachment may have 25 MB")
    name = clean_name(file.filename or "file")
    kind = magic_type(data, file.content_type)
    digest = await parts.blobs.put_async(data)
    made = Upload(id=new_object_id(), name=name, type=kind, size=len(data))
    async with parts.database.identity() as connection:
        await connection.execute(
            _PUT, {"id": made.id, "agent": principal.agent_id, "name": name, "type": kind, "size": made.size, "sha256": digest}
        )  # fmt: skip
    return made


@router.get("/attachments/{attachment_id}", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}})
async def download(principal: Asking, parts: PartsDep, attachment_id: str) -> Response:
    """The bytes, to be saved: never shown by the browser under our origin."""
    found = await _find(parts, principal, [attachment_id]) if is_uuid(attachment_id) else {}
    if attachment_id not in found:
        raise Problem(404, "no such attachment, or it is not yours to see")
    attachment = found[attachment_id]
    try:
        data = await parts.blobs.get_async(attachment.sha256)
    except FileNotFoundError as error:
        raise Problem(404, "the attachment's file is missing from the blob store") from error
    headers = {
        "Content-Disposition": disposition(attachment.name), "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600, immutable",
    }  # fmt: skip
    return Response(data, 200, headers, attachment.type)


async def take_uploads(parts: Parts, principal: Principal, ids: list[str]) -> list[Attachment]:
    """The attachments that a message names, in order; Problem 422 for one the writer has neither uploaded nor may see."""
    if not ids:
        return []
    if not all(is_uuid(i) for i in ids):
        raise Problem(422, "attachments must be ids")
    found = await _find(parts, principal, ids)
    missing = [i for i in ids if i not in found]
    if missing:
        raise Problem(422, f"unknown attachment: {missing[0]}")
    return [found[i] for i in ids]


async def _find(parts: Parts, principal: Principal, ids: list[str]) -> dict[str, Attachment]:
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = [*await connection.execute(_MINE, {"ids": ids, "agent": principal.agent_id}), *await connection.execute(_SEEN, {"ids": ids})]
    return {r[0]: Attachment(id=r[0], name=r[1], type=r[2], size=r[3], sha256=r[4]) for r in rows}


def clean_name(name: str) -> str:
    """A file name without folders, control characters or newlines; never empty."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in plain if c.isprintable())[:200].strip() or "file"


def magic_type(data: bytes, declared: str | None) -> str:
    """The type its first bytes show; text where it is text; else nothing is claimed. The declared type decides only between texts."""
    try:
        kind = str(puremagic.from_string(data[:65536], mime=True))
    except (puremagic.PureError, ValueError):
        kind = ""
    if kind:
        return kind
    try:
        data[:65536].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data[:65536]) - 4:
            return "application/octet-stream"
    return (
        declared
        if declared in {"text/plain", "text/csv", "application/json"}
        else "text/plain"
        if data and b"\x00" not in data
        else "application/octet-stream"
    )


def disposition(name: str) -> str:
    """RFC 6266 with an ASCII fallback."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
