"""`helpdesk trace TICKET`: one ticket's way through the topics, with offsets, causes and times between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from services.runtime.codec import Record
    from services.runtime.settings import Settings

app = typer.Typer()
_TOPICS = ("message.inbound", "ticket.commands", "ticket.events", "ticket.state", "ticket.messages", "ai.requests", "ai.progress", "ai.suggestions",
           "delivery.reports", "command.outcomes")  # fmt: skip


@app.command()
def trace(
    ticket: Annotated[str, typer.Argument(help="Id or number, e.g. TIK-261122-00042.")],
    home: HomeOption = DEFAULT_HOME,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print every record that belongs to a ticket, in the order of time."""
    from services.cli.running import settings_of

    config = settings_of(home)
    ticket_id = _id(config.database_url, ticket)
    if ticket_id is None:
        typer.echo(f"There is no ticket {ticket}.", err=True)
        raise typer.Exit(1)
    rows = _records(config, ticket_id)
    first = rows[0]["time_ms"] if rows else 0
    for row in rows:
        if as_json:
            typer.echo(json.dumps(row))
        else:
            place = f"{row['topic']}[{row['partition']}]@{row['offset']}"
            typer.echo(
                f"+{row['time_ms'] - first:>8} ms  {place:<28} {row['type'].removeprefix('helpdesk.').removesuffix('.v1'):<28} {row['id']} <- {row['cause']}"
            )


def _id(database_url: str, ticket: str) -> str | None:
    import psycopg

    with psycopg.connect(database_url) as db:
        row = db.execute("SELECT id FROM helpdesk.ticket WHERE id::text = %s OR number = upper(%s)", (ticket.lower(), ticket)).fetchone()
    return str(row[0]) if row else None


def _records(config: Settings, ticket_id: str) -> list[dict[str, Any]]:
    from schemas.topics import BY_NAME
    from services.runtime.reading import read_topic

    causes: set[str | None] = set()
    everything = [r for name in _TOPICS for r in read_topic(config, BY_NAME[name])]
    for record in everything:
        if ticket_id in (record.key, record.headers.get("ce_subject"), record.headers.get("ce_correlationid")):
            causes |= {record.headers.get("ce_causationid"), record.id}
    return sorted((_row(r) for r in everything if r.id in causes), key=lambda row: row["time_ms"])


def _row(record: Record) -> dict[str, Any]:
    return {
        "topic": record.topic, "partition": record.partition, "offset": record.offset, "key": record.key, "id": record.id, "type": record.type,
        "cause": record.headers.get("ce_causationid"), "time_ms": record.time_ms,
    }  # fmt: skip
