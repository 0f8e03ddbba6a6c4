"""The files of `helpdesk ai evaluate`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.ai.desk import DEFAULT_PRIORITIES, Article, Desk, Priority, Team


class BadFile(Exception):
    """A file that cannot be used; the message says which, where and why."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket to sort; the labels are empty where nobody knows them, and used for scoring and as examples only."""

    id: str
    subject: str
    body: str
    team: str = ""
    priority: str = ""
    article: str = ""

    @property
    def text(self) -> str:
        return f"{self.subject}. {self.body}" if self.subject else self.body


def read_tickets(path: Path) -> list[Ticket]:
    """JSONL of `{id, subject, body}` with optional `{team, priority, article}`. BadFile."""
    found = []
    for number, line in enumerate(file_text(path).splitlines(), 1):
        if line.strip():
            found.append(_ticket(_json(line, f"{path} line {number}"), where=f"{path} line {number}", number=number))
    return found


def read_desk(*, teams: Path | None, articles: Path | None, priorities: str, seen: list[Ticket]) -> Desk:
    """The desk the tickets belong to. Without `--teams` its teams are those the labels name; BadFile."""
    described: dict[str, str] = {}
    if teams is not None:
        given = _json(file_text(teams), str(teams))
        if not isinstance(given, dict):
            raise BadFile(f"{teams}: must be a JSON object of team key to description")
        described = {str(k): v if isinstance(v, str) else str((v or {}).get("description", "")) for k, v in given.items()}
    else:
        described = dict.fromkeys(sorted({t.team for t in seen if t.team}), "")
    keys = [k.strip() for k in priorities.split(",") if k.strip()] or list(DEFAULT_PRIORITIES)
    return Desk(
        teams=tuple(Team(key, _name(key), text) for key, text in described.items()),
        priorities=tuple(Priority(key, _name(key), place) for place, key in enumerate(keys)),
        articles=_articles(articles) if articles is not None else (),
    )


def _articles(path: Path) -> tuple[Article, ...]:
    given = _json(file_text(path), str(path))
    if not isinstance(given, list) or not all(isinstance(a, dict) and "id" in a for a in given):
        raise BadFile(f"{path}: must be a JSON list of {{id, title, body}}")
    return tuple(Article(str(a["id"]), 1, str(a.get("title") or ""), str(a.get("body") or "")) for a in given)


def _ticket(value: Any, *, where: str, number: int) -> Ticket:
    if not isinstance(value, dict):
        raise BadFile(f"{where}: must be a JSON object")
    field = {k: "" if value.get(k) is None else str(value[k]) for k in ("subject", "body", "team", "priority", "article")}
    return Ticket(id=str(value.get("id", number)), **field)


def _name(key: str) -> str:
    return " ".join(key.replace("_", " ").replace("-", " ").split()) or key


def file_text(path: Path) -> str:
    """The whole file as UTF-8; BadFile."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: cannot be read ({error.__class__.__name__})") from error


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadFile(f"{where}: not JSON ({error.msg})") from error
