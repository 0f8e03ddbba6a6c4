"""`helpdesk ai evaluate`: learn from the examples, sort the tickets, score what is labelled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from services.ai.desk import Desk
from services.ai.engines.base import Engine
from services.ai.engines.choose import choose_engine
from services.ai.engines.local.engine import LocalEngine
from services.ai.engines.local.lessons import Lessons, Past
from services.ai.evaluation.baselines import baselines
from services.ai.evaluation.data import BadFile, Ticket, file_text
from services.ai.evaluation.predict import Prediction, predict
from services.ai.evaluation.public_sets import fair_share
from services.ai.evaluation.report import Report, report
from services.runtime.settings import Settings

EngineName = Literal["local", "gemini"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out, ticket by ticket and in sum."""

    predictions: list[Prediction]
    report: Report


async def evaluate(tickets: Sequence[Ticket], desk: Desk, examples: Sequence[Ticket], *, engine: Engine | LocalEngine) -> Evaluation:
    """The engine must have learned the desk: `taught` makes one that has."""
    predictions = await predict(tickets, desk, engine)
    return Evaluation(predictions, report(tickets, predictions, desk, baselines(tickets, desk, examples)))


async def taught(desk: Desk, examples: Sequence[Ticket], *, name: EngineName, config: Settings, prompt: Path | None = None) -> Engine:
    """An engine that has learned this desk and these examples; `prompt` holds another task for Gemini. BadFile."""
    if prompt is not None and name != "gemini":
        raise BadFile(f"--prompt {prompt}: only --engine gemini is told anything")
    task = file_text(prompt).strip() if prompt is not None else None
    local = LocalEngine.best(steps_back=False)
    past = [Past(e.text, e.team, e.priority, e.article) for e in fair_share(examples)]
    await local.learn(desk, Lessons.of(past, desk.articles))
    if name == "local":
        return local
    if not config.gemini_api_key.get_secret_value():
        raise BadFile("--engine gemini: GEMINI_API_KEY is not set")
    return choose_engine(config, local, task=task)


def write_predictions(path: Path, predictions: Sequence[Prediction]) -> None:
    """One JSON object a line. BadFile when the place cannot be written."""
    try:
        path.write_text("".join(json.dumps(p.line(), ensure_ascii=False) + "\n" for p in predictions), encoding="utf-8")
    except OSError as error:
        raise BadFile(f"{path}: cannot be written ({error.__class__.__name__})") from error
