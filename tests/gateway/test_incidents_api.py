"""Surges and gaps as the radar tells them, and what an agent makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from schemas.ai import AiSignal, Citation
from schemas.base import Named
from schemas.topics import AI_SIGNALS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.tickets.rebuild import rebuild
from tests.gateway.running import Running
from tests.gateway.test_ai_api import run_of, suggest
from tests.servers import eventually


def signal(desk: Running, kind: str, tickets: list[dict[str, Any]], **data: Any) -> AiSignal:
    """Written as the AI service does."""
    found = AiSignal(
        id=event_id("test-signal", uuid4()), kind=kind, created_at=datetime.now(UTC), ticket_ids=[t["id"] for t in tickets], data=data
    )
    with Producer(desk.settings()) as producer:
        producer.send_all([Outgoing(topic=AI_SIGNALS.name, key=found.id, value=found.to_json(), id=event_id("s", found.id),
                                    type="helpdesk.ai.signal.v1", source="test", correlation_id=found.id)])  # fmt: skip
    return found


def test_a_surge_becomes_an_incident_whose_answer_reaches_all(desk: Running) -> None:
    agent, key = desk.agent_of_one_team()
    foreign = next(t for t in ("l1", "l2", "engineering", "billing") if desk.team(t) != agent["teams"][0]["id"])
    tickets = [desk.open_ticket(f"Down {n}", requester=f"down{n}@customers.example", team_id=desk.team(foreign)) for n in range(3)]
    told = signal(desk, "surge", tickets, words=["down", "site"], category="outage")
    with desk.http(key) as restricted, desk.http() as http:
        shown = eventually(
            lambda: next((s for s in http.get("/ai/signals").json() if s["id"] == told.id), None), seconds=20, what="the surge"
        )
        assert (shown["words"], [t["number"] for t in shown["tickets"]], shown["incident"]) == (
            ["down", "site"],
            [t["number"] for t in tickets],
            None,
        )
        assert told.id not in restricted.get("/ai/signals").text, "no ticket of it is theirs"
        body = {"subject": "The site is down", "ticket_ids": [t["id"] for t in tickets], "signal_id": told.id}
        assert restricted.post("/incidents", json=body).status_code == 404
        answer = http.post("/incidents", json=body)
        assert answer.status_code == 201, answer.text
        incident = answer.json()
        assert incident["children"] == [t["id"] for t in tickets] and incident["team"]["id"] == desk.team(foreign)
        assert http.post("/incidents", json=body).status_code == 409
        assert next(s for s in http.get("/ai/signals").json() if s["id"] == told.id)["incident"]["number"] == incident["number"]
        message = http.post(f"/tickets/{incident['id']}/replies", json={"body_text": "We are on it.", "undo_seconds": 30}).json()
        copies = [m for t in tickets for m in http.get(f"/tickets/{t['id']}/messages").json()["data"] if m["kind"] == "agent"]
        assert [m["to"][0]["address"] for m in copies] == [f"down{n}@customers.example" for n in range(3)]
        assert {m["delivery"]["state"] for m in copies} == {"undo"} and http.get(f"/tickets/{tickets[0]['id']}").json()[
            "parent_id"
        ] == incident["id"]
        assert http.delete(f"/tickets/{incident['id']}/replies/{message['id']}").status_code in {200, 204}
        left = [m for t in tickets for m in http.get(f"/tickets/{t['id']}/messages").json()["data"] if m["kind"] == "agent"]
        assert left == []
        _resolved_without_a_word(http, incident, tickets)
    about = {incident["id"], *(t["id"] for t in tickets)}
    assert [d for d in rebuild(desk.settings()).differences if d.id in about] == []


def _resolved_without_a_word(http: httpx.Client, incident: dict[str, Any], tickets: list[dict[str, Any]]) -> None:
    def statuses() -> list[str]:
        return [http.get(f"/tickets/{t['id']}").json()["status"] for t in tickets]

    http.patch(f"/tickets/{incident['id']}", json={"status": "resolved", "children": False}).raise_for_status()
    assert statuses() == ["open"] * 3
    for status in ("open", "resolved"):
        http.patch(f"/tickets/{incident['id']}", json={"status": status}).raise_for_status()
        assert statuses() == [status] * 3
    assert http.patch(f"/tickets/{incident['id']}", json={"children": True}).status_code == 422
    told = [e["data"] for e in http.get(f"/tickets/{tickets[0]['id']}/events").json()["data"] if e["type"] == "ticket.status_changed"]
    assert told[-1]["reason"] == "incident"


def test_a_gap_is_drafted_from_an_agents_answer_and_knows_its_article(desk: Running) -> None:
    tickets = [desk.open_ticket(s, body="How?") for s in ("Re: Mail signature", "Own signature", "Signature below mails")]
    words = "Hello Ann,\n\nOpen Profile and choose Signature. Press Save.\n\nKind regards\nRobin"
    with desk.http() as http:
        http.post(f"/tickets/{tickets[1]['id']}/replies", json={"body_text": words, "undo_seconds": 0}).raise_for_status()
    told = signal(desk, "gap", tickets, words=["signature"], typical=tickets[0]["id"])
    with desk.admin as http:
        gap = eventually(
            lambda: next((g for g in http.get("/knowledge/gaps").json() if g["id"] == told.id), None), seconds=20, what="the gap"
        )
        assert (gap["title"], gap["body"], gap["article_id"]) == ("Mail signature", "Open Profile and choose Signature. Press Save.", None)
        draft = {"title": gap["title"], "body": gap["body"], "status": "draft", "from_gap": told.id}
        article = http.post("/articles", json=draft).json()
        assert (article["status"], article["from_gap"]) == ("draft", told.id)
        assert next(g for g in http.get("/knowledge/gaps").json() if g["id"] == told.id)["article_id"] == article["id"]
        http.delete(f"/articles/{article['id']}").raise_for_status()


def test_an_article_knows_the_tickets_it_solved_and_failed(desk: Running) -> None:
    article, l1 = f"article-{uuid4().hex[:6]}", Named(id=desk.team("l1"), name="Level 1 Support")
    cited = [Citation(article_id=article, article_version=1, title="T", quote="Try this.", score=0.9)]
    found = {}
    with desk.http() as http:
        for verb, body in (("accept", {"send": True}), ("reject", {}), ("edit", {"send": True, "body_text": "Mine."})):
            ticket = desk.open_ticket(f"Article {verb}")
            sent = suggest(desk, ticket, similar=[], team=l1, citations=cited)
            run_of(http, sent.id)
            http.post(f"/tickets/{ticket['id']}/ai/{sent.id}/{verb}", json=body).raise_for_status()
            found[verb] = ticket["number"]
        record = http.get(f"/articles/{article}/record").json()
        assert [t["number"] for t in record["solved"]] == [found["accept"]]
        assert [t["number"] for t in record["failed"]] == [found["reject"]]
