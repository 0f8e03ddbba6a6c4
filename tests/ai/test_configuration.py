"""What the AI makes of `config.state` and of `ticket.events`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.ticket import ConfigState
from services.ai.configuration import Configuration
from services.ai.newest import Newest


def state(kind: str, id_: str, **value: Any) -> bytes:
    return ConfigState(kind=kind, id=id_, version=1, value=value, updated_at=datetime.now(UTC)).to_json()


def test_the_desk_follows_its_configuration() -> None:
    fold = Configuration()
    assert fold.apply("team/t1", state("team", "t1", name="Billing Team", examples=["My invoice"]))
    assert fold.apply("priority/low", state("priority", "low", name="Low", order=3))
    assert fold.apply("priority/high", state("priority", "high", name="High", order=1))
    assert fold.apply("setting/desk", state("setting", "desk", assistant_name="Robin", ai_enabled=False))
    desk = fold.desk()
    assert [t.examples for t in desk.teams] == [("My invoice",)]
    assert [p.key for p in desk.priorities] == ["high", "low"]
    assert desk.assistant_name == "Robin" and fold.settings.ai_enabled is False
    assert fold.apply("team/t1", None) and fold.desk().teams == ()


def test_an_article_that_went_back_to_draft_is_withdrawn() -> None:
    fold = Configuration()
    fold.apply("article/a/1", state("article", "a/1", article_id="a", article_version=1, title="T", body="B"))
    fold.apply("article/a/2", state("article", "a/2", article_id="a", article_version=2, title="T", body="B", status="draft"))
    assert [(a.version, a.published) for a in fold.desk().articles] == [(2, False)]


def test_nonsense_changes_nothing() -> None:
    fold = Configuration()
    assert not fold.apply("team/t1", b"{nonsense")
    assert not fold.apply("team/t1", state("team", "t1", description="no name"))
    assert not fold.apply("mailbox/x", b"{}")
    assert not fold.apply("nudge", None)
    assert fold.desk().teams == ()


def event(version: int, kind: str = "ticket.message_added", actor: str = "customer") -> dict[str, Any]:
    return {"ticket_id": "t", "type": kind, "version": version, "actor": {"kind": actor}}


def test_only_somebody_speaking_makes_a_run_outdated() -> None:
    newest = Newest()
    newest.note(event(3))
    for other in (event(9, "ticket.priority_changed"), event(9, actor="system"), {"ticket_id": "t"}, {}):
        newest.note(other)
    assert newest.current("t", 3) and not newest.current("t", 2) and newest.current("unheard", 1)
    newest.note(event(5, "ticket.reply_queued", "agent"))
    assert not newest.current("t", 3)


def test_the_oldest_tickets_are_forgotten() -> None:
    newest = Newest(kept=2)
    for i in range(3):
        newest.note({**event(5), "ticket_id": f"t{i}"})
    assert newest.current("t0", 1) and not newest.current("t2", 1)
