"""`helpdesk ai`: measure the assistant; nothing here acts on a ticket."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

app = typer.Typer(help="Measure the assistant. Nothing here acts on a ticket.", no_args_is_help=True)


class EngineChoice(StrEnum):
    """The two engines."""

    local = "local"
    gemini = "gemini"


PromptOption = Annotated[Path | None, typer.Option("--prompt", metavar="FILE", help="Another task for Gemini's triage, in words.")]
EngineOption = Annotated[EngineChoice, typer.Option("--engine", help="local (offline) or gemini (needs GEMINI_API_KEY).")]


@app.callback()
def ai() -> None:
    """Hold the verbs together."""


@app.command()
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl",
            help="Tickets, one JSON object a line: id, subject, body and known labels; or BANKING77's CSV; or CLINC150's data_full.json.",
        ),
    ],
    teams: Annotated[Path | None, typer.Option(help="JSON object: team key to description. Default: the labels' teams.")] = None,
    articles: Annotated[Path | None, typer.Option(help="JSON list of {id, title, body}.")] = None,
    examples: Annotated[Path | None, typer.Option(help="Labelled tickets (JSONL) to learn from.")] = None,
    priorities: Annotated[str, typer.Option(help="Comma-separated, most urgent first.")] = "critical,high,medium,low",
    predictions: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Write one prediction a line.")] = None,
    engine: EngineOption = EngineChoice.local,
    prompt: PromptOption = None,
    keep: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="Keep the table with this system, for its console to compare.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw reliability and risk-coverage there (SVG).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Sort a file of tickets and score what is labelled. Labels are never shown to the engine."""
    from rich.console import Console

    from services.ai.evaluation.data import BadFile, read_desk
    from services.ai.evaluation.evaluate import Evaluation, evaluate as run, taught, write_predictions
    from services.ai.evaluation.pictures import draw
    from services.ai.evaluation.public_sets import read_labelled
    from services.ai.evaluation.shelf import store
    from services.ai.evaluation.show import show
    from services.cli.running import settings_of
    from services.runtime.settings import settings
    from services.runtime.telemetry import configure_logging

    configure_logging(settings().named("cli").model_copy(update={"log_level": "WARNING"}))  # stdout is the table's
    try:
        tickets, known = read_labelled(file)
        known = read_labelled(examples)[0] if examples else known
        desk = read_desk(teams=teams, articles=articles, priorities=priorities, seen=[*tickets, *known])

        async def work() -> Evaluation:
            chosen = await taught(desk, known, name=engine.value, config=settings(), prompt=prompt)
            return await run(tickets, desk, known, engine=chosen)

        found = asyncio.run(work())
        if predictions is not None:
            write_predictions(predictions, found.predictions)
        if pictures is not None:
            draw(found.report, pictures, file.stem)
        if keep is not None:
            store(found.report, settings_of(keep), now=datetime.now(UTC), source=file.name, prompt=prompt)
    except BadFile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(json.dumps(found.report.json(), ensure_ascii=False, indent=2))
    else:
        show(found.report, Console())


@app.command()
def backtest(
    since: Annotated[str, typer.Option(help="How far back: 7d, 24h, 2w, or a date.")] = "30d",
    engine: EngineOption = EngineChoice.local,
    prompt: PromptOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Replay past tickets from the log through an engine and compare with what agents did. Never acts; the console shows the table."""
    from rich.console import Console

    from services.ai.evaluation.backtest import Past, moment, read_past, replay
    from services.ai.evaluation.data import BadFile
    from services.ai.evaluation.evaluate import taught
    from services.ai.evaluation.report import Report
    from services.ai.evaluation.shelf import store
    from services.ai.evaluation.show import show
    from services.cli.running import settings_of
    from services.runtime.telemetry import configure_logging

    config, now = settings_of(home), datetime.now(UTC)
    configure_logging(config.model_copy(update={"log_level": "WARNING"}))

    async def work(past: Past) -> Report:
        return await replay(past, await taught(past.desk, (), name=engine.value, config=config, prompt=prompt))

    try:
        start = moment(since, now)
        made = asyncio.run(work(read_past(config, start)))
    except BadFile as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    name = store(made, config, since=start, now=now, prompt=prompt)
    if as_json:
        typer.echo(json.dumps({"name": name, **made.json()}, ensure_ascii=False, indent=2))
    else:
        show(made, Console())
        typer.echo(name)
