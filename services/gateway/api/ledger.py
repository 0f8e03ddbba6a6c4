"""The mail ledger: what every mailbox gave and what became of it; each mail raw, and read again."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from schemas.topics import DLQ_SUFFIX, MAIL_RAW
from services.gateway.api.answers import Page
from services.gateway.api.lists import After, Limit, make_cursor, read_cursor
from services.gateway.api.uploads import disposition
from services.gateway.errors import Problem
from services.gateway.identity.asking import Administering, PartsDep
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts
from services.runtime.claim_check import value_of
from services.runtime.codec import Outgoing, Record
from services.runtime.errors import PoisonError
from services.runtime.ids import event_id, is_uuid
from services.runtime.reading import read_one

router = APIRouter(tags=["mail ledger"])

Show = Literal["differences", "waiting", "parked", "dead", "unreadable", "ticketed", "erased", "all"]
_DIFFERENCES = ("waiting", "dead", "unreadable")
_OUTCOMES = ("ticketed", "parked", "dead", "waiting", "erased", "unreadable")

_COUNTS = text("SELECT mailbox, outcome, count(*) FROM mail_ledger WHERE :mailbox = '' OR mailbox = :mailbox GROUP BY 1, 2")
_SEEN = text("SELECT account, sum(seen)::bigint FROM mail_folder WHERE :mailbox = '' OR account = :mailbox GROUP BY 1")
_MAILS = text(
    "SELECT l.id::text, l.place, l.topic, l.partition, l.record_offset AS offset, l.received_at, l.message_id, l.outcome, l.imported,"
    " (SELECT d.reason FROM mail_letter d WHERE d.id IN (l.id, l.inbound_id) LIMIT 1) AS reason FROM mail_ledger l"
    " WHERE l.mailbox = :mailbox AND l.outcome = ANY(:outcomes) AND l.id > CAST(:after AS uuid) ORDER BY l.id LIMIT :most"
)
_PLACE = text("SELECT topic, partition, record_offset, outcome, erased, imported FROM mail_ledger WHERE id = CAST(:id AS uuid)")
_FIRST = "00000000-0000-0000-0000-000000000000"


class LedgerAccount(BaseModel):
    """One mailbox. `stored` = ticketed + parked + dead + waiting + erased; `seen` is what fetching counted on the server."""

    mailbox: str
    seen: int = 0
    stored: int = 0
    ticketed: int = 0
    parked: int = 0
    dead: int = 0
    waiting: int = 0
    erased: int = 0
    unreadable: int = 0
    """Mails that the server listed and did not give out."""
    missing: int = 0
    """Seen, and neither stored nor unreadable: lost, unless they are on their way this second."""
    balanced: bool = True


class LedgerMail(BaseModel):
    """One mail: where it stands in the log, and what became of it. `id` is its key in `mail.raw`."""

    id: str
    place: str
    topic: str
    partition: int
    offset: int
    received_at: datetime
    message_id: str | None
    outcome: str
    imported: bool
    reason: str | None
    """Why it is dead, where it is."""


class LedgerView(LedgerAccount):
    """A mailbox with a page of its mails, by default those that became nothing."""

    data: list[LedgerMail]
    next: str | None


class Reread(BaseModel):
    """A mail that is read again, under the same id."""

    id: str
    inbound_id: str


@router.get("/mail/ledger", response_model=Page[LedgerAccount])
async def list_accounts(principal: Administering, parts: PartsDep) -> Page[LedgerAccount]:
    """The account of every mailbox that was ever read."""
    return Page[LedgerAccount](data=await _accounts(parts, principal, ""), next=None)


@router.get("/mailboxes/{address}/ledger", response_model=LedgerView)
async def mailbox_ledger(
    principal: Administering,
    parts: PartsDep,
    address: str,
    show: Annotated[Show, Query(description="Which mails to list")] = "differences",
    limit: Limit = 50,
    after: After = None,
) -> LedgerView:
    """One mailbox, with its mails of an outcome, every one with its offset."""
    mailbox, name = address.lower(), f"ledger/{address.lower()}/{show}"
    cursor = read_cursor(parts.keys, name, after)
    accounts = await _accounts(parts, principal, mailbox)
    outcomes = list(_DIFFERENCES if show == "differences" else _OUTCOMES if show == "all" else (show,))
    async with parts.database.seen_by(principal.agent_id) as connection:
        asked = {"mailbox": mailbox, "outcomes": outcomes, "after": cursor[0] if cursor else _FIRST, "most": limit + 1}
        rows = [LedgerMail.model_validate(dict(row)) for row in (await connection.execute(_MAILS, asked)).mappings()]
    following = make_cursor(parts.keys, name, [rows[limit - 1].id]) if len(rows) > limit else None
    account = accounts[0] if accounts else LedgerAccount(mailbox=mailbox)
    return LedgerView(**account.model_dump(), data=rows[:limit], next=following)


@router.get("/mail/{mail_id}/raw", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def raw_mail(principal: Administering, parts: PartsDep, mail_id: str) -> Response:
    """A mail exactly as it stood on the server, to be saved: never shown by the browser under our origin."""
    record = await _record(parts, principal, mail_id)
    try:
        raw = await asyncio.to_thread(value_of, record, parts.blobs)
    except PoisonError as error:
        raise Problem(404, f"the mail's file is not there: {error}") from error
    headers = {
        "Content-Disposition": disposition(f"{mail_id}.eml"), "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
    }  # fmt: skip
    return Response(raw, 200, headers, "text/plain; charset=utf-8")


@router.post("/mail/{mail_id}/reprocess", status_code=202, response_model=Reread)
async def reprocess_mail(principal: Administering, parts: PartsDep, mail_id: str) -> Reread:
    """Read a mail again, under the same id: what was lost is made good, what was settled stays as it is."""
    record = await _record(parts, principal, mail_id)
    if record.type != MAIL_RAW.types[0]:
        raise Problem(409, "this mail was imported; it never goes through the rules")
    if record.headers.get("ce_id") != mail_id:
        raise Problem(409, "this record is no mail of the fetcher")
    # Its dead letter first: should it fail again, the new letter stands behind this.
    await parts.commands.publish(_resolved(mail_id))
    await parts.commands.publish(_again(record))
    return Reread(id=mail_id, inbound_id=event_id("inbound", mail_id))


async def _accounts(parts: Parts, principal: Principal, mailbox: str) -> list[LedgerAccount]:
    async with parts.database.seen_by(principal.agent_id) as connection:
        seen = {str(a): int(n) for a, n in await connection.execute(_SEEN, {"mailbox": mailbox})}
        counted = [tuple(row) for row in await connection.execute(_COUNTS, {"mailbox": mailbox})]
    found: dict[str, dict[str, int]] = {name: {"seen": count} for name, count in seen.items()}
    for name, outcome, count in counted:
        found.setdefault(name, {"seen": 0})[outcome] = count
    return [_account(name, counts) for name, counts in sorted(found.items())]


def _account(mailbox: str, counts: dict[str, int]) -> LedgerAccount:
    stored = sum(counts.get(outcome, 0) for outcome in _OUTCOMES if outcome != "unreadable")
    missing = max(0, counts["seen"] - stored - counts.get("unreadable", 0)) if counts["seen"] else 0
    balanced = not missing and not counts.get("waiting") and not counts.get("dead") and not counts.get("unreadable")
    return LedgerAccount(mailbox=mailbox, stored=stored, missing=missing, balanced=balanced, **counts)


async def _record(parts: Parts, principal: Principal, mail_id: str) -> Record:
    """The mail's record in the log. Problem 404 for an unknown, erased or withheld one."""
    row: Any = None
    if is_uuid(mail_id):
        async with parts.database.seen_by(principal.agent_id) as connection:
            row = (await connection.execute(_PLACE, {"id": mail_id})).first()
    if row is None:
        raise Problem(404, "no such mail in the ledger")
    if row.erased or row.topic != MAIL_RAW.name:
        raise Problem(404, "this mail was erased" if row.erased else "the server never gave this mail out")
    record = await asyncio.to_thread(read_one, parts.settings, row.topic, row.partition, row.record_offset)
    if record is None or record.key != mail_id or record.value is None:
        raise Problem(404, "the mail stands elsewhere in the log by now; ask again in a moment")
    return record


def _again(record: Record) -> Outgoing:
    head = record.headers
    return Outgoing(
        topic=MAIL_RAW.name, key=record.key or "", value=record.value, id=record.id or "", type=record.type, source=head.get("ce_source", "gateway"),
        time=datetime.fromisoformat(head["ce_time"]), routing=head.get("ce_subject", "").partition(";")[0], subject=head.get("ce_subject"),
        correlation_id=head.get("ce_correlationid"), traceparent=head.get("traceparent"), content_type=record.content_type,
    )  # fmt: skip


def _resolved(mail_id: str) -> Outgoing:
    return Outgoing(
        topic=MAIL_RAW.name + DLQ_SUFFIX, key=mail_id, value=None, id=event_id("resolved", mail_id), type="helpdesk.dlq.resolved.v1",
        source="gateway",
    )  # fmt: skip
