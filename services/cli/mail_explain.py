"""`helpdesk mail explain MAIL`: the whole way of one mail through topics, rules and tickets, with offsets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from services.cli.mail_log import MailArgument
from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from services.runtime.codec import Record
    from services.runtime.settings import Settings


def explain(mail: MailArgument, home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Print where a mail came from, how it was read, what was decided and why, and every record that came of it."""
    from services.cli.running import settings_of

    told = explained(settings_of(home), mail)
    if as_json:
        typer.echo(json.dumps(told))
        return
    typer.echo(f"{told['id']}  {told['place']}")
    typer.echo(f"  stored    {told['stored']}  {told['size']} bytes, received {told['received']}")
    parsed = told["parsed"]
    typer.echo(
        f"  read as   {parsed['kind']}{' by ' + parsed['kind_reason'] if parsed['kind_reason'] else ''}; flags: {', '.join(parsed['flags']) or 'none'}"
    )
    typer.echo(f"            parents: {', '.join(parsed['parents']) or 'none'}; recipients: {', '.join(parsed['recipients']) or 'none'}")
    typer.echo(f"  message   {told['message'] or 'no longer in message.inbound'}  conversation {told['conversation']}")
    typer.echo(f"  decided   {told['decision']}")
    for row in told["records"]:
        typer.echo(f"  {row['place']:<36} {row['type']:<28} {row['what']}")


def explained(config: Settings, wanted: str) -> dict[str, Any]:
    """The same as data. Exits with 1 for an unknown mail."""
    from services.cli.mail_log import find
    from services.ingest.parse.inbound import conversation_key, inbound_id
    from services.ingest.parse.mail import parse_mail
    from services.runtime.blobs import Blobs
    from services.runtime.claim_check import value_of

    record = find(config, wanted)
    raw = value_of(record, Blobs(config)) or b""
    parsed = parse_mail(raw)
    key = record.id or record.key or ""
    return {
        "id": key,
        "place": record.headers.get("ce_subject", ""),
        "stored": _place(record),
        "size": len(raw),
        "received": record.headers.get("ce_time", ""),
        "parsed": {
            "kind": parsed.kind, "kind_reason": parsed.kind_reason, "flags": list(parsed.flags), "error": parsed.error,
            "parents": list(parsed.evidence.parents), "recipients": list(parsed.evidence.recipients),
        },
        "conversation": conversation_key(parsed, key),
        "message": _message(config, inbound_id(key), conversation=conversation_key(parsed, key), since_ms=record.time_ms),
        **_decision(config, inbound_id(key)),
    }  # fmt: skip


def _place(record: Record) -> str:
    return f"{record.topic}[{record.partition}]@{record.offset}"


def _message(config: Settings, parsed_id: str, *, conversation: str, since_ms: int) -> str | None:
    from schemas.topics import MESSAGE_INBOUND
    from services.runtime.partitioning import partition_of
    from services.runtime.reading import read_since

    partition = partition_of(conversation, MESSAGE_INBOUND.partitions)
    found = read_since(config, MESSAGE_INBOUND.name, partition, since_ms)
    return next((_place(record) for record in found if record.id == parsed_id), None)


def _decision(config: Settings, parsed_id: str) -> dict[str, Any]:
    import psycopg

    with psycopg.connect(config.database_url) as db:
        events = db.execute(
            "SELECT e.type, e.topic_partition, e.topic_offset, e.data, t.number FROM helpdesk.ticket_event e JOIN helpdesk.ticket t ON t.id = e.ticket_id"
            " WHERE e.causation_id = %s ORDER BY e.time, e.version",
            (parsed_id,),
        ).fetchall()
        parked = db.execute("SELECT reason FROM helpdesk.parked_mail WHERE id = %s", (parsed_id,)).fetchone()
        poison = db.execute("SELECT reason FROM helpdesk.parked_event WHERE id = %s", (parsed_id,)).fetchone()
        settled = db.execute("SELECT 1 FROM helpdesk.seen_event WHERE event_id = %s", (parsed_id,)).fetchone()
    if events:
        reasons = sorted({str(reason) for row in events if (reason := _reason(row[3]))})
        decision = f"ticket {events[0][4]}" + (f", because {'; '.join(reasons)}" if reasons else "")
    elif parked:
        decision = f"parked: {parked[0]}"
    elif poison:
        decision = f"dead: {poison[0]}"
    else:
        decision = "settled without a trace" if settled else "nothing yet"
    records = [
        {"place": f"ticket.events[{partition}]@{offset}" if offset is not None else "not yet published", "type": kind, "what": number}
        for kind, partition, offset, _, number in events
    ]
    return {"decision": decision, "records": records}


def _reason(data: dict[str, Any]) -> str | None:
    found = data.get("correlation") or data.get("reason")
    if isinstance(found, dict):
        return f"{found.get('reason')} ({found.get('score')})"
    return str(found) if found else None
