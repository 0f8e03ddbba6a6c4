"""Pictures and public sets of `ai evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from services.ai.evaluation.data import BadFile, Ticket
from services.ai.evaluation.figures import risk_coverage, wilson
from services.ai.evaluation.public_sets import fair_share, read_labelled
from services.cli.ai import app

SAID = {"card": ("my card is lost", "the card does not work", "card was eaten", "new card please", "card blocked", "where is my card"),
        "rate": ("which exchange rate", "the rate is wrong", "what rate do you use", "rate for dollars", "rate on sunday", "a bad rate")}  # fmt: skip


def write_banking(path: Path) -> Path:
    path.write_text("text,category\n" + "".join(f'"{t}",{label}\n' for label, texts in SAID.items() for t in texts))
    return path


def test_banking77s_own_file_is_scored_and_drawn(tmp_path: Path) -> None:
    test, train = write_banking(tmp_path / "test.csv"), write_banking(tmp_path / "train.csv")
    done = CliRunner().invoke(
        app, ["evaluate", str(test), "--examples", str(train), "--pictures", str(tmp_path / "pics"), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["tickets"] == 12 and found["figures"]["routing accuracy"]["low"] is not None
    for name in ("test-reliability.svg", "test-risk-coverage.svg"):
        drawn = ET.parse(tmp_path / "pics" / name).getroot()
        assert drawn.tag.endswith("svg") and len(drawn) > 15


def test_clinc150_brings_its_own_examples(tmp_path: Path) -> None:
    file = tmp_path / "data_full.json"
    file.write_text(json.dumps({s: [[t, label] for label, texts in SAID.items() for t in texts] for s in ("train", "val", "test")}))
    tickets, examples = read_labelled(file)
    assert (len(tickets), len(examples), tickets[0].team) == (12, 12, "card")
    file.write_text("[]")
    with pytest.raises(BadFile, match="CLINC150"):
        read_labelled(file)


def test_of_too_many_examples_every_label_keeps_its_share() -> None:
    rows = [Ticket(str(i), "", "x", f"team{i // 100}") for i in range(1000)]
    kept = fair_share(rows, 50)
    assert {sum(t.team == f"team{i}" for t in kept) for i in range(10)} == {5}
    assert fair_share(rows[:20], 50) == rows[:20]


def test_a_prompt_is_for_gemini_only(tmp_path: Path) -> None:
    prompt, file = tmp_path / "prompt.txt", write_banking(tmp_path / "t.csv")
    prompt.write_text("Choose like a pirate.")
    done = CliRunner().invoke(app, ["evaluate", str(file), "--prompt", str(prompt)])
    assert done.exit_code == 2 and "--engine gemini" in done.output


def test_risk_is_told_for_every_coverage() -> None:
    points = risk_coverage(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, False, True, True]))
    assert [(p["coverage"], p["risk"]) for p in points] == [(0.25, 0.0), (0.5, 0.5), (0.75, 0.3333), (1.0, 0.25)]
    low, high = wilson(19, 20)
    assert low == pytest.approx(0.764, abs=0.001) and high == pytest.approx(0.991, abs=0.001)
