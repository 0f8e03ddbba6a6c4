"""What the assistant says of other tickets, and who gets to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas.ai import AiSuggestion, TeamScore
from schemas.topics import AI_SUGGESTIONS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from tests.gateway.running import Running
from tests.gateway.socket import Live
from tests.servers import eventually


def suggest(desk: Running, ticket: dict[str, Any], *, similar: list[str]) -> AiSuggestion:
    """Write a suggestion as the AI service does."""
    with desk.http() as http:
        about = http.get(f"/tickets/{ticket['id']}/messages").json()["data"][0]["id"]
    run = event_id("test-run", ticket["id"], uuid4())
    found = AiSuggestion(
        id=run, run_id=run, ticket_id=ticket["id"], message_id=about, ticket_version=1, engine="local", model="m", pipeline_version="1",
        created_at=datetime.now(UTC), draft="Try this.", teams=[TeamScore(id=desk.team("l1"), name="Level 1 Support", confidence=0.4)],
        record={"similar": [{"ticket_id": s, "score": 0.9} for s in similar], "flags": []},
    )  # fmt: skip
    with Producer(desk.settings()) as producer:
        producer.send_all([Outgoing(
            topic=AI_SUGGESTIONS.name, key=run, value=found.to_json(), id=run, type="helpdesk.ai.suggested.v1", source="test", routing=ticket["id"],
            subject=ticket["id"], correlation_id=ticket["id"],
        )])  # fmt: skip
    return found


def read(desk: Running, ticket: dict[str, Any], key: str | None) -> list[dict[str, Any]]:
    with desk.http(key) as http:
        return list(http.get(f"/tickets/{ticket['id']}/ai").json()["data"])


def test_similar_tickets_are_shown_to_those_who_may_see_them_and_never_pushed(desk: Running) -> None:
    agent, key = desk.agent_of_one_team()
    foreign = next(t for t in ("l1", "l2", "engineering", "billing") if desk.team(t) != agent["teams"][0]["id"])
    ticket = desk.open_ticket("Seen by both", team_id=agent["teams"][0]["id"])
    near, far = desk.open_ticket("Also theirs", team_id=agent["teams"][0]["id"]), desk.open_ticket("Not theirs", team_id=desk.team(foreign))
    with Live(desk.gateway, key) as live:
        live.sub(f"ticket:{ticket['id']}")
        sent = suggest(desk, ticket, similar=[near["id"], far["id"], "no id at all"])
        event = live.event(lambda e: e["type"] == "ai.suggested")["event"]
    assert event["data"]["id"] == sent.id
    assert event["data"]["draft"] == "Try this."
    assert far["id"] not in str(event)
    eventually(lambda: read(desk, ticket, None), seconds=20, what="the suggestion stored")
    assert [s["number"] for s in read(desk, ticket, None)[0]["similar"]] == [near["number"], far["number"]]
    restricted = read(desk, ticket, key)[0]
    assert [s["number"] for s in restricted["similar"]] == [near["number"]]
    assert far["id"] not in str(restricted)
    assert "record" not in restricted


def test_tickets_whose_suggestion_waits_are_a_list_and_a_count(desk: Running) -> None:
    ticket, other = desk.open_ticket("To review"), desk.open_ticket("Nothing to review")
    with desk.http() as http:
        before = http.get("/tickets/counts").json()["ai_review"]
        suggest(desk, ticket, similar=[])
        waiting = eventually(
            lambda: [t for t in http.get("/tickets", params={"ai_waiting": True}).json()["data"] if t["id"] == ticket["id"]],
            seconds=20, what="the ticket in the review list",
        )  # fmt: skip
        assert waiting[0]["ai_waiting"]
        assert http.get("/tickets/counts").json()["ai_review"] == before + 1
        assert other["id"] not in str(http.get("/tickets", params={"ai_waiting": True}).json())
        http.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Here.", "undo_seconds": 0}).raise_for_status()
        assert http.get("/tickets/counts").json()["ai_review"] == before
        assert ticket["id"] in str(http.get("/tickets", params={"ai_waiting": False, "sort": "-created_at"}).json())
