"""Two public intent sets in the form they are handed out in, for outside comparison: BANKING77 (CSV) and CLINC150 (JSON)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from services.ai.evaluation.data import BadFile, Ticket, file_text, read_tickets

MOST_EXAMPLES = 2000
"""What the classifier learns from at most; of more each label gives its fair share."""
_CLINC_SPLITS = frozenset({"train", "test"})


def read_labelled(path: Path) -> tuple[list[Ticket], list[Ticket]]:
    """(tickets to sort, examples that came with them). JSONL as for tickets; CSV `text,category`; CLINC's `data_full.json`. BadFile."""
    if path.suffix.lower() == ".csv":
        return _banking(path), []
    if path.suffix.lower() == ".json":
        return _clinc(path)
    return read_tickets(path), []


def fair_share(examples: Sequence[Ticket], most: int = MOST_EXAMPLES) -> list[Ticket]:
    """At most so many, dealt evenly over the teams: such files are sorted by label, and the last lines would be a few labels only."""
    if len(examples) <= most:
        return list(examples)
    by_team: dict[str, list[Ticket]] = {}
    for example in examples:
        by_team.setdefault(example.team, []).append(example)
    turns = [pile[turn] for turn in range(max(map(len, by_team.values()))) for pile in by_team.values() if turn < len(pile)]
    kept = {id(t) for t in turns[:most]}
    return [e for e in examples if id(e) in kept]


def _banking(path: Path) -> list[Ticket]:
    rows = list(csv.DictReader(io.StringIO(file_text(path))))
    if not rows or not {"text", "category"} <= set(rows[0]):
        raise BadFile(f"{path}: a CSV file must have the columns text and category")
    return [Ticket(f"{path.stem}-{i}", "", row["text"] or "", row["category"] or "") for i, row in enumerate(rows)]


def _clinc(path: Path) -> tuple[list[Ticket], list[Ticket]]:
    try:
        given = json.loads(file_text(path))
    except json.JSONDecodeError as error:
        raise BadFile(f"{path}: not JSON ({error.msg})") from error
    if not isinstance(given, dict) or not set(given) >= _CLINC_SPLITS:
        raise BadFile(f"{path}: a JSON file must be CLINC150's, an object with train and test")
    train, test = ([Ticket(f"{s}-{i}", "", str(t), str(label)) for i, (t, label) in enumerate(given[s])] for s in ("train", "test"))
    return test, train
