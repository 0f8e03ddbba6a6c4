"""`helpdesk ai evaluate` as outsiders call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.ai import app
from tests.ai.evaluation.own import Own, own


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, given = tmp_path_factory.mktemp("evaluate"), own()
    _jsonl(folder / "tickets.jsonl", given, slice(0, 240, 12), labels=True)
    _jsonl(folder / "bare.jsonl", given, slice(0, 240, 60), labels=False)
    _jsonl(folder / "examples.jsonl", given, slice(1, 240, 4), labels=True)
    (folder / "teams.json").write_text(json.dumps({t.id: t.description for t in given.desk.teams}))
    (folder / "articles.json").write_text(json.dumps([{"id": a.id, "title": a.title, "body": a.body} for a in given.desk.articles[:12]]))
    return folder


def _jsonl(path: Path, given: Own, part: slice, *, labels: bool) -> None:
    rows = []
    for t in given.tickets[part]:
        known = {"team": t.team, "priority": t.priority, "article": t.article or None} if labels else {}
        rows.append(json.dumps({"id": t.id, "subject": t.subject, "body": t.body, **known}))
    path.write_text("\n".join(rows) + "\n")


def _options(folder: Path) -> list[str]:
    return ["--teams", f"{folder}/teams.json", "--articles", f"{folder}/articles.json", "--examples", f"{folder}/examples.jsonl"]


def test_everything_labelled_is_scored_and_every_ticket_predicted(files: Path) -> None:
    out = files / "out.jsonl"
    done = CliRunner().invoke(
        app, ["evaluate", f"{files}/tickets.jsonl", *_options(files), "--predictions", str(out), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["tickets"] == 20 and found["engine"] == "local"
    for name in ("routing accuracy", "calibration error", "urgent recall", "articles hit@3", "milliseconds p95"):
        assert found["figures"][name]["value"] is not None, name
    assert set(found["baselines"]) == {"majority", "bm25", "tf-idf + logistic regression"}
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"own-{i}" for i in range(0, 240, 12)]
    for line in lines:
        assert {"id", "team", "team_confidence", "acts", "priority", "priority_confidence", "articles", "ms"} <= set(line)
        assert 0 <= line["team_confidence"] <= 1 and len(line["articles"]) == 3


def test_labels_change_nothing_but_the_score(files: Path) -> None:
    def teams(name: str) -> dict[str, tuple[str, float]]:
        out = files / f"{name}.out"
        done = CliRunner().invoke(app, ["evaluate", f"{files}/{name}.jsonl", *_options(files), "--predictions", str(out)])
        assert done.exit_code == 0, done.output
        return {line["id"]: (line["team"], line["team_confidence"]) for line in map(json.loads, out.read_text().splitlines())}

    labelled, bare = teams("tickets"), teams("bare")
    assert bare and all(labelled[name] == said for name, said in bare.items())


@pytest.mark.parametrize(("content", "why"), [("{not json}\n", "line 1"), ("[1, 2]\n", "JSON object")])
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, content: str, why: str) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(content)
    done = CliRunner().invoke(app, ["evaluate", str(bad)])
    assert done.exit_code == 2
    assert "bad.jsonl" in done.output and why in done.output


def test_gemini_without_a_key_says_so(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    done = CliRunner().invoke(app, ["evaluate", f"{files}/bare.jsonl", *_options(files), "--engine", "gemini"])
    assert done.exit_code == 2 and "GEMINI_API_KEY" in done.output
