"""`helpdesk rebuild`: does the log amount to what the database holds?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer()


@app.command()
def rebuild(
    home: HomeOption = DEFAULT_HOME,
    *,
    switch: Annotated[bool, typer.Option("--switch", help="Put the rebuilt rows in place of the live ones.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Fold the whole log, compare it with the database, exit 1 on any difference."""
    from services.cli.running import settings_of
    from services.tickets.rebuild import rebuild as run

    done = run(settings_of(home), switch=switch)
    if as_json:
        typer.echo(json.dumps(asdict(done), default=str))
    else:
        typer.echo(
            f"{done.events} events fold into {done.tickets} tickets with {done.messages} messages; {len(done.differences)} differences"
        )
        for d in done.differences[:50]:
            typer.echo(f"  {d.table} {d.id} {d.field}: live {str(d.live)[:120]!r}, rebuilt {str(d.rebuilt)[:120]!r}")
    raise typer.Exit(1 if done.differences and not switch else 0)
