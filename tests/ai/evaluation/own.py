"""Our own set (tests/ai/data): 240 tickets for six teams, a third of them tricky, and forty articles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from services.ai.desk import DEFAULT_PRIORITIES, Article, Desk, Priority, Team
from services.ai.evaluation.data import Ticket

_DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True)
class Own:
    tickets: list[Ticket]
    tricky: frozenset[str]
    desk: Desk


def own() -> Own:
    rows = _rows("tickets.tsv")
    teams = json.loads((_DATA / "teams.json").read_text(encoding="utf-8"))
    return Own(
        tickets=[
            Ticket(f"own-{i}", subject, body, team, priority, "" if article == "-" else article)
            for i, (team, priority, article, _, subject, body) in enumerate(rows)
        ],
        tricky=frozenset(f"own-{i}" for i, row in enumerate(rows) if row[3] == "1"),
        desk=Desk(
            teams=tuple(Team(key, key, text) for key, text in teams.items()),
            priorities=tuple(Priority(key, key, place) for place, key in enumerate(DEFAULT_PRIORITIES)),
            articles=tuple(Article(key, 1, title, body) for key, title, body in _rows("articles.tsv")),
        ),
    )


def _rows(name: str) -> list[list[str]]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]
