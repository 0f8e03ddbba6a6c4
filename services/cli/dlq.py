"""`helpdesk dlq`: dead letters, why they died, and what to do with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from services.runtime.codec import Record
    from services.runtime.settings import Settings

app = typer.Typer(help="Dead letters: list, show, retry, discard.", no_args_is_help=True)


def _letters(config: Settings) -> dict[str, Record]:
    """Unresolved dead letters by their id, over all topics."""
    from schemas.topics import DEAD_LETTER_TOPICS
    from services.runtime.reading import read_topic

    found: dict[str, Record] = {}
    for topic in DEAD_LETTER_TOPICS:
        for record in read_topic(config, topic):
            if record.value is None:
                found.pop(record.key or "", None)
            else:
                found[record.key or ""] = record
    return found


@app.command("list")
def list_(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Every unresolved dead letter: id, where it came from, why it died."""
    from services.cli.running import settings_of

    letters = _letters(settings_of(home))
    for key, record in letters.items():
        why = f"{record.headers.get('ce_origin', record.topic)}: {record.headers.get('ce_reason', '')}"
        typer.echo(
            json.dumps({"id": key, "topic": record.topic, "offset": record.offset, "type": record.type, "reason": why})
            if as_json
            else f"{key}  {why}"
        )
    if not letters and not as_json:
        typer.echo("No dead letters.")


def _one(config: Settings, letter: str) -> Record:
    found = _letters(config).get(letter)
    if found is None:
        typer.echo(f"There is no unresolved dead letter {letter}.", err=True)
        raise typer.Exit(1)
    return found


@app.command()
def show(letter: Annotated[str, typer.Argument(help="The id from `dlq list`.")], home: HomeOption = DEFAULT_HOME) -> None:
    """The headers and the value of one dead letter."""
    from services.cli.running import settings_of

    record = _one(settings_of(home), letter)
    typer.echo(json.dumps(record.headers, indent=1))
    typer.echo((record.value or b"").decode("utf-8", "backslashreplace"))


@app.command()
def retry(letter: Annotated[str, typer.Argument(help="The id from `dlq list`.")], home: HomeOption = DEFAULT_HOME) -> None:
    """Send the record again under its own id, unpark its key, resolve the letter."""
    from services.cli.running import settings_of
    from services.tickets.unpark import retry as again

    config = settings_of(home)
    typer.echo(f"Sent again: {again(config, _one(config, letter))} records, in their order.")


@app.command()
def discard(letter: Annotated[str, typer.Argument(help="The id from `dlq list`.")], home: HomeOption = DEFAULT_HOME) -> None:
    """Resolve the letter without doing anything; what was parked behind it goes on."""
    from services.cli.running import settings_of
    from services.tickets.unpark import discard as drop

    config = settings_of(home)
    typer.echo(f"Discarded; {drop(config, _one(config, letter))} records behind it were sent again.")
