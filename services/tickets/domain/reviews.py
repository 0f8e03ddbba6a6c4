"""What events say about drafts of the assistant: reviewed, sent by itself, taken back, come back (ai.md 14). Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.ai import AiSuggestion
from services.tickets.domain.autopilot import likeliest_team
from services.tickets.domain.state import Json

_ANSWERS = {"accept": "accepted", "edit": "edited", "reject": "rejected", "undo": "undone"}
SENT = ("accepted", "answered")
"""Verdicts of drafts that went out as they were."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The newest word on one draft. `first`: it may be the first one, so its row is made; later ones only change a row that is there."""

    suggestion_id: str
    verdict: str
    first: bool


@dataclass(frozen=True, slots=True)
class CameBack:
    """The ticket came back after drafts of the assistant had gone out."""

    ticket_id: str


def told_by(kind: str, data: Json, actor: Json, *, ticket_id: str) -> Iterator[Verdict | CameBack]:
    """What one event says. `kind` without `ticket.`."""
    suggestion_id = str(data.get("suggestion_id") or "")
    if kind == "ai_decided" and data.get("decision") == "answered":
        yield Verdict(suggestion_id, "answered", first=True)
    elif kind == "ai_answered":
        answer = str(data.get("answer"))
        yield Verdict(suggestion_id, _ANSWERS[answer], first=answer != "undo")
    elif kind == "reply_queued" and actor.get("kind") == "agent":
        if suggestion_id and data.get("unedited") is not None:  # what was sent counts, whichever button came before it
            yield Verdict(suggestion_id, "accepted" if data["unedited"] else "edited", first=False)
        if data.get("after_assistant"):
            yield CameBack(ticket_id)
    elif kind == "reply_taken_back" and suggestion_id:
        yield Verdict(suggestion_id, "taken_back", first=False)
    elif kind == "reopened":
        yield CameBack(ticket_id)


def scope_of(suggestion: AiSuggestion) -> tuple[str | None, str | None]:
    """(team, topic) a review of this suggestion counts for: the same that the dial looks at."""
    return likeliest_team(suggestion)[0], suggestion.category


@dataclass(slots=True)
class Review:
    """The row of one draft."""

    id: str
    ticket_id: str
    team_id: str | None
    topic: str | None
    verdict: str
    at: datetime
    returned: bool = False


def fold(events: Iterable[dict[str, Any]], suggestions: dict[str, Json]) -> dict[str, Review]:
    """All reviews that a log amounts to; `events` of each ticket in the order of their versions."""
    found: dict[str, Review] = {}
    for event in events:
        at = datetime.fromisoformat(event["time"])
        for said in told_by(event["type"].removeprefix("ticket."), event["data"], event["actor"], ticket_id=event["ticket_id"]):
            if isinstance(said, CameBack):
                _come_back(found, said.ticket_id, at)
            elif said.suggestion_id in found:
                found[said.suggestion_id].verdict, found[said.suggestion_id].at = said.verdict, at
            elif said.first and (suggestions.get(said.suggestion_id) or {}).get("draft"):
                suggestion = AiSuggestion.model_validate(suggestions[said.suggestion_id])
                team, topic = scope_of(suggestion)
                found[suggestion.id] = Review(suggestion.id, suggestion.ticket_id, team, topic, said.verdict, at)
    return found


def _come_back(found: dict[str, Review], ticket_id: str, at: datetime) -> None:
    for review in found.values():
        if review.ticket_id == ticket_id and review.verdict in SENT and review.at < at:
            review.returned = True
