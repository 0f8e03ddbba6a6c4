"""`helpdesk mail show|reprocess`: the mails in `mail.raw`, as they came."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from services.runtime.codec import Record
    from services.runtime.settings import Settings

MailArgument = Annotated[
    str, typer.Argument(metavar="MAIL", help="The mail's id (mail ledger shows them), its Message-ID, or the id of its message.")
]


def show(mail: MailArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """Write a mail to stdout exactly as it stood on the server."""
    from services.cli.running import settings_of

    config = settings_of(home)
    sys.stdout.buffer.write(_value(config, find(config, mail)))
    sys.stdout.buffer.flush()


def reprocess(mail: MailArgument, home: HomeOption = DEFAULT_HOME) -> None:
    """Parse a mail again and hand it over again, under the same id: what became of it before stays, what was lost is made good."""
    from services.cli.running import settings_of

    config = settings_of(home)
    made = publish_again(config, [find(config, mail)])
    typer.echo(f"Handed over again: {made[0]}. A mail that was settled before changes nothing.")


def raw_mails(config: Settings) -> dict[str, Record]:
    """The newest record of each mail by its id; one with value None was erased."""
    from schemas.topics import MAIL_RAW
    from services.runtime.reading import read_topic

    return {record.key or "": record for record in read_topic(config, MAIL_RAW) if record.key and record.key != "nudge"}


def find(config: Settings, wanted: str) -> Record:
    """The record of a mail, by the place that the ledger keeps. Exits with 1 and a clear line when there is none, or when it was erased."""
    from services.runtime.ids import is_uuid
    from services.runtime.reading import read_one

    place = _place(config, wanted)
    found = read_one(config, *place[1:]) if place else None
    key = place[0] if place else wanted.lower() if is_uuid(wanted) else None
    if key is None or found is None or found.key != key:
        found = _sought_in_the_log(config, wanted, key)  # the ledger is behind, or the log was compacted just now
    if found is None or found.value is None:
        typer.echo(f"There is no mail {wanted}." if found is None and place is None else f"The mail {wanted} was erased.", err=True)
        raise typer.Exit(1)
    return found


def _sought_in_the_log(config: Settings, wanted: str, key: str | None) -> Record | None:
    """A mail that the ledger does not know yet, by the id of its record or by its Message-ID."""
    from services.tickets.store.mail_ledger import message_id

    mails = raw_mails(config)
    if key is not None:
        return mails.get(key)
    sought = _bracketed(wanted)
    return next((record for record in mails.values() if record.value is not None and message_id(_value(config, record)) == sought), None)


def _bracketed(message_id: str) -> str:
    return message_id if message_id.startswith("<") else f"<{message_id}>"


Place = tuple[str, str, int, int]


def _value(config: Settings, record: Record) -> bytes:
    from services.runtime.blobs import Blobs
    from services.runtime.claim_check import value_of

    return value_of(record, Blobs(config)) or b""


def _place(config: Settings, wanted: str) -> Place | None:
    """Key, topic, partition and offset of a mail, by its id, its Message-ID or the id of its message."""
    import psycopg

    from services.runtime.ids import is_uuid

    columns = "SELECT l.id::text, l.topic, l.partition, l.record_offset FROM helpdesk.mail_ledger l"
    with psycopg.connect(config.database_url) as db:
        if is_uuid(wanted):
            rows = db.execute(
                f"{columns} WHERE l.id = %(id)s OR l.id = (SELECT (m.doc #>> '{{origin,key}}')::uuid FROM helpdesk.message m"
                " WHERE m.id = %(id)s AND m.doc #>> '{origin,topic}' = 'mail.raw')",
                {"id": wanted},
            )
        else:
            rows = db.execute(
                f"{columns} WHERE l.message_id = %(id)s OR l.id = (SELECT (m.doc #>> '{{origin,key}}')::uuid FROM helpdesk.message m"
                " WHERE m.rfc_id = %(id)s AND m.doc #>> '{origin,topic}' = 'mail.raw' LIMIT 1) ORDER BY l.received_at LIMIT 1",
                {"id": _bracketed(wanted)},
            )
        return rows.fetchone()


def publish_again(config: Settings, records: list[Record]) -> list[str]:
    from services.ingest.parse.guarded import GuardedParser
    from services.ingest.parse.main import MailParser
    from services.runtime.blobs import Blobs
    from services.runtime.producer import Producer

    made: list[str] = []
    blobs = Blobs(config)
    with GuardedParser() as guarded, Producer(config, blobs=blobs) as producer:
        parser = MailParser(blobs, source="cli", parse=guarded.parse)
        for record in records:
            out = list(parser.handle(record))
            producer.send_all(out)
            made += [item.id for item in out]
    return made
