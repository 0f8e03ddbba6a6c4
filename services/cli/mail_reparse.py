"""`helpdesk mail reparse`: every kept mail through the parser of today, compared with what the desk holds, corrected only when asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from schemas.commands import CorrectMessage, RestoreMessage
    from schemas.inbound import InboundMessage
    from services.runtime.codec import Outgoing, Record
    from services.runtime.settings import Settings

_BATCH = 200


@dataclass(frozen=True, slots=True)
class _Held:
    """What the desk holds of a mail: a message of a ticket, or (without ids) an entry of the parked list."""

    message_id: str
    ticket_id: str
    version: int
    reading: dict[str, Any]


def reparse(
    home: HomeOption = DEFAULT_HOME,
    *,
    publish: Annotated[bool, typer.Option("--publish", help="Hand over again what no ticket and no list knows yet.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Correct messages that read differently: an event each, undone by --undo.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Put every corrected message back as it was, and read nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Parse every kept mail with the parser of today and compare with what the desk holds. Changes no ticket unless asked."""
    from services.cli.mail_log import publish_again
    from services.cli.running import settings_of

    config = settings_of(home)
    if undo:
        restored = _send(config, _restorations(config))
        typer.echo(json.dumps({"restored": restored}) if as_json else f"{restored} messages read again as they did before.")
        return
    changed: Counter[str] = Counter()
    read = errors = 0
    unknown: list[Record] = []
    corrections: list[Outgoing] = []
    for record, inbound, held in _readings(config):
        read += 1
        if held is None:
            unknown.append(record)
            continue
        if "unparsable" in inbound.flags:  # a parser that gave up knows no better than the one before
            errors += 1
            continue
        today = _reading(inbound)
        differing = [name for name, value in held.reading.items() if today[name] != value]
        changed.update(differing)
        if differing and as_json:
            typer.echo(json.dumps({"mail": record.id, "differs": differing}))
        if differing and apply and held.message_id:
            corrections.append(_command(held, _correction(held, inbound)))
    if publish:
        publish_again(config, unknown)
    applied = _send(config, corrections)
    total = {
        "read": read, "errors": errors, "unknown": len(unknown), "published": len(unknown) if publish else 0, "differs": dict(changed), "corrected": applied,
    }  # fmt: skip
    typer.echo(json.dumps(total) if as_json else f"{read} mails read, {errors} not understood, {len(unknown)} that no ticket and no list knows"
               f"{' (handed over again)' if publish and unknown else ''}; would read differently: {dict(changed) or 'none'}; {applied} corrected")  # fmt: skip


def _readings(config: Settings) -> Iterator[tuple[Record, InboundMessage, _Held | None]]:
    """Each mail that went through the rules, as it reads today, and what is held of it. An imported one is as its importer made it."""
    from schemas.inbound import InboundMessage
    from schemas.topics import IMPORTED_MAIL
    from services.cli.mail_log import raw_mails
    from services.ingest.parse.guarded import GuardedParser
    from services.ingest.parse.main import MailParser
    from services.runtime.blobs import Blobs
    from services.runtime.errors import PoisonError

    held = _held(config)
    with GuardedParser() as guarded:
        parser = MailParser(Blobs(config), source="cli", parse=guarded.parse)
        for key, record in raw_mails(config).items():
            if record.value is None or record.type == IMPORTED_MAIL:
                continue
            try:
                made = list(parser.handle(record))
            except PoisonError:  # no mail at all: it is among the dead letters
                continue
            for each in made:
                yield record, InboundMessage.model_validate_json(each.value or b""), held.get(key)


def _held(config: Settings) -> dict[str, _Held]:
    import psycopg

    found: dict[str, _Held] = {}
    with psycopg.connect(config.database_url) as db:
        for (doc,) in db.execute("SELECT doc FROM helpdesk.parked_mail WHERE doc ? 'raw_key'"):
            found[doc["raw_key"]] = _Held("", "", 0, {"mail_kind": doc.get("kind")})
        rows = db.execute(
            "SELECT id::text, ticket_id::text, version, doc FROM helpdesk.message WHERE doc #>> '{origin,topic}' = 'mail.raw' AND kind IN ('customer', 'third_party')"
        )
        for key, ticket_id, version, doc in rows:
            files = [(file["name"], file["sha256"]) for file in doc.get("attachments", [])]
            reading = {name: doc.get(name) for name in ("body_text", "body_html", "quoted_html", "mail_kind")}
            found[doc["origin"]["key"]] = _Held(key, ticket_id, version, {**reading, "attachments": files})
    return found


def _reading(inbound: InboundMessage) -> dict[str, Any]:
    return {
        "body_text": inbound.reply or inbound.text, "body_html": inbound.reply_html, "quoted_html": inbound.quoted_html, "mail_kind": inbound.kind,
        "attachments": [(file.name, file.sha256) for file in inbound.attachments],
    }  # fmt: skip


def _correction(held: _Held, inbound: InboundMessage) -> CorrectMessage:
    from schemas.commands import CorrectMessage

    return CorrectMessage(
        message_id=held.message_id, body_text=inbound.reply or inbound.text, body_html=inbound.reply_html, quoted_html=inbound.quoted_html,
        attachments=inbound.attachments, mail_kind=inbound.kind,
    )  # fmt: skip


def _restorations(config: Settings) -> list[Outgoing]:
    import psycopg

    from schemas.commands import RestoreMessage

    question = (
        "SELECT m.id::text, m.ticket_id::text, m.version FROM helpdesk.message m WHERE jsonb_typeof(m.doc -> 'former') = 'object'"
        " AND (SELECT e.type FROM helpdesk.ticket_event e WHERE e.ticket_id = m.ticket_id AND e.data ->> 'message_id' = m.id::text"
        " AND e.type LIKE 'ticket.message_%%' ORDER BY e.version DESC LIMIT 1) = 'ticket.message_corrected'"
    )
    with psycopg.connect(config.database_url) as db:
        rows = db.execute(question.replace("%%", "%").encode()).fetchall()
    return [_command(_Held(key, ticket_id, version, {}), RestoreMessage(message_id=key)) for key, ticket_id, version in rows]


def _command(held: _Held, action: CorrectMessage | RestoreMessage) -> Outgoing:
    """The same correction of the same version is the same command: a repetition changes nothing."""
    from schemas.base import Actor
    from schemas.commands import TicketCommand
    from services.cli.seed import ticket_record
    from services.runtime.ids import event_id

    identity = event_id("reparse", action.verb, held.message_id, held.version)
    return ticket_record(
        TicketCommand(id=identity, ticket_id=held.ticket_id, actor=Actor(kind="system", id="reparse"), at=datetime.now(UTC), action=action)
    )


def _send(config: Settings, commands: list[Outgoing]) -> int:
    from services.runtime.producer import Producer

    with Producer(config) as producer:
        for at in range(0, len(commands), _BATCH):
            producer.send_all(commands[at : at + _BATCH])
    return len(commands)
