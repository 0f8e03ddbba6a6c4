"""Only an agent's hand teaches, the newest word counts, and what is erased is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.ai import AiRequest
from services.ai.corrections import Corrections


def request(ticket: str, text: str = "My screen is black", **more: Any) -> AiRequest:
    values: dict[str, Any] = {"ticket_version": 1, "created_at": datetime.now(UTC), "subject": "Help", **more}
    return AiRequest(id=f"r-{ticket}", ticket_id=ticket, message_id=f"m-{ticket}", text=text, **values)


def event(ticket: str, kind: str, who: str = "agent", **data: Any) -> dict[str, Any]:
    return {"ticket_id": ticket, "type": f"ticket.{kind}", "actor": {"kind": who, "id": "x"}, "data": data}


def taught(*events: dict[str, Any]) -> list[tuple[str, str]]:
    found = Corrections()
    found.asked("r-t", request("t"))
    for e in events:
        found.happened(e)
    return [(p.team_id, p.priority) for p in found.past()]


def test_an_agents_move_teaches_and_the_assistants_does_not() -> None:
    assert taught(event("t", "team_changed", to="it")) == [("it", "")]
    assert taught(event("t", "team_changed", who="ai", to="it")) == []
    assert taught(event("t", "team_changed", to="it"), event("t", "team_changed", to="hr")) == [("hr", "")]
    assert taught(event("t", "priority_changed", to="high")) == [("", "high")]


def test_an_accepted_suggestion_confirms_what_was_suggested() -> None:
    decided = event("t", "ai_decided", who="ai", team_id="it", priority="high")
    assert taught(decided) == []
    assert taught(decided, event("t", "ai_answered", answer="accept")) == [("it", "high")]
    assert taught(decided, event("t", "ai_answered", answer="edit"), event("t", "team_changed", to="hr")) == [("hr", "high")]
    assert taught(decided, event("t", "ai_answered", answer="reject")) == []
    assert taught(decided, event("t", "ai_answered", answer="accept"), event("t", "ai_answered", answer="undo")) == [("", "high")]


def test_words_and_verdict_may_come_in_either_order() -> None:
    found = Corrections()
    assert not found.happened(event("t", "team_changed", to="it")), "no words yet"
    assert found.asked("r-t", request("t"))
    assert [p.text for p in found.past()] == ["Help. My screen is black"]


def test_the_first_message_teaches_not_the_thanks_at_the_end() -> None:
    found = Corrections()
    found.happened(event("t", "team_changed", to="it"))
    found.asked("r-t", request("t"))
    assert not found.asked("r2", request("t", "Thanks!", ticket_version=9))
    assert [p.text for p in found.past()] == ["Help. My screen is black"]


def test_erased_replayed_and_automatic_mail_teaches_nothing() -> None:
    found = Corrections()
    for name in ("t", "auto", "again"):
        found.happened(event(name, "team_changed", to="it"))
    found.asked("r-t", request("t"))
    found.asked("r-auto", request("auto", mail_kind="auto-reply"))
    found.asked("r-again", request("again", replay=True))
    assert len(found.past()) == 1
    assert found.asked("r-t", None)
    assert found.past() == ()
