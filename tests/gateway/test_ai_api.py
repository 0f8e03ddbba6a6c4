"""What the assistant says of other tickets, and who gets to read it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from schemas.ai import AiRequest, AiSuggestion, RewriteRequest, Rewritten, TeamScore
from schemas.base import Named
from schemas.delivery import Heartbeat
from schemas.topics import AI_REQUESTS, AI_REWRITES, AI_REWRITTEN, AI_SUGGESTIONS, OPS_HEARTBEATS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.reading import read_topic
from services.tickets.rebuild import rebuild
from tests.gateway.running import Running
from tests.gateway.socket import Live
from tests.servers import eventually


def suggest(desk: Running, ticket: dict[str, Any], *, similar: list[str], **more: Any) -> AiSuggestion:
    """Write a suggestion as the AI service does."""
    with desk.http() as http:
        about = http.get(f"/tickets/{ticket['id']}/messages").json()["data"][0]["id"]
    run = event_id("test-run", ticket["id"], uuid4())
    found = AiSuggestion(
        **{
            "id": run, "run_id": run, "ticket_id": ticket["id"], "message_id": about, "ticket_version": 1, "engine": "local", "model": "m",
            "pipeline_version": "1", "created_at": datetime.now(UTC), "draft": "Try this.",
            "teams": [TeamScore(id=desk.team("l1"), name="Level 1 Support", confidence=0.4)],
            "record": {"similar": [{"ticket_id": s, "score": 0.9} for s in similar], "flags": [], "given": [{"source": "message", "text": "[CARD_1]"}]},
            **more,
        }
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


def run_of(http: httpx.Client, run: str) -> dict[str, Any]:
    answer = eventually(lambda: ((a := http.get(f"/ai/runs/{run}")).status_code == 200 and a) or None, seconds=20, what="the run")
    return dict(answer.json())


def test_rule_20_a_run_shows_its_whole_record_to_those_who_may_see_its_ticket(desk: Running) -> None:
    agent, key = desk.agent_of_one_team()
    foreign = next(t for t in ("l1", "l2", "engineering", "billing") if desk.team(t) != agent["teams"][0]["id"])
    ticket, other = desk.open_ticket("Whose run"), desk.open_ticket("Alike, not theirs", team_id=desk.team(foreign))
    sent = suggest(desk, ticket, similar=[other["id"]])
    with desk.http() as http:
        run = run_of(http, sent.id)
        http.post(f"/tickets/{ticket['id']}/ai/{sent.id}/reject", json={"reason": "wrong_article"}).raise_for_status()
        run = run_of(http, sent.id)
    assert run["record"]["given"] == [{"source": "message", "text": "[CARD_1]"}]
    assert (run["ticket"]["number"], run["decision"]) == (ticket["number"], "rejected")
    assert [(a["type"], a["actor"]["kind"]) for a in run["actions"]] == [("ticket.ai_decided", "ai"), ("ticket.ai_answered", "agent")]
    assert [s["number"] for s in run["similar"]] == [other["number"]]
    with desk.http(key) as restricted:
        assert other["id"] not in restricted.get(f"/ai/runs/{sent.id}").text
        hidden = suggest(desk, other, similar=[])
        with desk.http() as http:
            run_of(http, hidden.id)
        assert restricted.get(f"/ai/runs/{hidden.id}").status_code == 404
        assert hidden.id not in restricted.get("/ai/runs").text
        assert restricted.post(f"/ai/runs/{hidden.id}/replay").status_code == 404


def test_rule_19_a_replay_is_asked_for_of_the_same_message_and_changes_nothing(desk: Running) -> None:
    ticket = desk.open_ticket("Repeat this", body="My invoice is wrong.")
    sent = suggest(desk, ticket, similar=[])
    with desk.http() as http:
        run_of(http, sent.id)
        before = http.get(f"/tickets/{ticket['id']}").json()["version"]
        assert http.post(f"/ai/runs/{sent.id}/replay", json={"engine": "gemini"}).status_code == 409, "no assistant runs here"
        http.post(f"/ai/runs/{sent.id}/replay", json={"engine": "local"}).raise_for_status()
        asked = eventually(lambda: [r for r in requests_of(desk, ticket) if r.replay], seconds=20, what="the request")[0]
        assert (asked.replay_of, asked.engine, asked.message_id, asked.text) == (sent.id, "local", sent.message_id, "My invoice is wrong.")
        replay = suggest(
            desk, ticket, similar=[], replay=True, replay_of=sent.id, acts_on_team=True, team=Named(id=desk.team("l1"), name="L1")
        )
        run = run_of(http, replay.id)
        assert (run["decision"], run["replay_of"]) == ("replay", sent.id)
        assert [r["id"] for r in run_of(http, sent.id)["replays"]] == [replay.id]
        assert http.get(f"/tickets/{ticket['id']}").json()["version"] == before
        assert [s["id"] for s in read(desk, ticket, None)] == [sent.id], "agents are shown what was suggested, not what was compared"
        listed = http.get("/ai/runs", params={"ticket": ticket["number"], "replay": True}).json()["data"]
        assert [r["id"] for r in listed] == [replay.id]
        first = http.get("/ai/runs", params={"limit": 1}).json()
        assert len(first["data"]) == 1 and http.get("/ai/runs", params={"limit": 1, "after": first["next"]}).json()["data"] != first["data"]


def requests_of(desk: Running, ticket: dict[str, Any]) -> list[AiRequest]:
    found = (AiRequest.model_validate_json(r.value) for r in read_topic(desk.settings(), AI_REQUESTS) if r.value)
    return [r for r in found if r.ticket_id == ticket["id"]]


def test_rule_14_each_answer_to_a_draft_counts_for_its_team_and_topic(desk: Running) -> None:
    topic, l1 = f"topic-{uuid4().hex[:6]}", Named(id=desk.team("l1"), name="Level 1 Support")

    def answered(verb: str, body: dict[str, Any]) -> dict[str, Any]:
        ticket = desk.open_ticket("Counted")
        sent = suggest(desk, ticket, similar=[], category=topic, team=l1)
        with desk.http() as http:
            run_of(http, sent.id)
            http.post(f"/tickets/{ticket['id']}/ai/{sent.id}/{verb}", json=body).raise_for_status()
        return {**ticket, "suggestion": sent.id}

    with desk.http() as http:
        as_it_was = answered("accept", {"send": True})
        composed = answered("accept", {})
        http.post(
            f"/tickets/{composed['id']}/replies", json={"body_text": "Other words.", "suggestion_id": composed["suggestion"]}
        ).raise_for_status()
        answered("edit", {"send": True, "body_text": "Try  this."})
        answered("reject", {"reason": "wrong_article"})
        found = next(r for r in http.get("/ai/autonomy").json()["records"] if r["topic"] == topic)
        assert (found["team"]["id"], found["reviewed"], found["accepted"], found["lately"]) == (l1.id, 4, 2, 4), "what was sent counts"
        assert (found["sent"], found["returned"], found["missing_for_autopilot"]) == (2, 0, "few_reviews")
        for status in ("resolved", "open"):
            http.patch(f"/tickets/{as_it_was['id']}", json={"status": status}).raise_for_status()
        found = next(r for r in http.get("/ai/autonomy").json()["records"] if r["topic"] == topic)
        assert (found["sent"], found["returned"], found["reopened"]) == (2, 1, 0.5)
    differences = [d for d in rebuild(desk.settings()).differences if d.table == "ai_review"]
    assert differences == [], "the log amounts to the same"


def test_rule_14_an_entry_set_to_autopilot_asks_for_approval_until_it_is_earned(desk: Running) -> None:
    entry = {"mode": "autopilot", "topic": "unearned", "article_ids": []}
    with desk.admin as http:
        before = http.get("/settings").json()["answering"]
        http.patch("/settings", json={"answering": [*before, entry]}).raise_for_status()
        try:
            shown = next(d for d in http.get("/ai/autonomy").json()["dial"] if d["topic"] == "unearned")
            assert (shown["mode"], shown["acts_as"], shown["why"]) == ("autopilot", "approve", "few_reviews")
        finally:
            http.patch("/settings", json={"answering": before}).raise_for_status()


def test_an_agents_words_are_rewritten_by_who_is_asked_or_refused_with_the_reason(desk: Running) -> None:
    ticket, words = desk.open_ticket("Say it better"), {"how": "shorter", "text": "Please be so kind as to wait."}
    path = f"/tickets/{ticket['id']}/ai/rewrite"
    with desk.http() as http:
        assert [(e["name"], e["available"]) for e in http.get("/ai/engines").json()] == [("local", False), ("gemini", False)]
        refused = http.post(path, json=words)
        assert refused.status_code == 409 and "GEMINI_API_KEY" in refused.json()["detail"]
        assistant = Heartbeat(
            service="ai", instance="ai-test", pid=1, version="0", started_at=datetime.now(UTC), at=datetime.now(UTC), state="running",
            detail={"engine": "local", "tier": "t", "models": ["flash"], "spent": 0.86, "condition": ""},
        )  # fmt: skip
        tell(desk, OPS_HEARTBEATS.name, "ai-test", assistant.to_json())
        eventually(lambda: http.get("/ai/engines").json()[1]["available"], seconds=20, what="the assistant heard of")
        assert [(e["name"], e["serving"]) for e in http.get("/ai/engines").json()] == [("local", True), ("gemini", False)]
        assert "86% of its budget" in http.get("/ai/engines").json()[1]["why"]
        for text, error in (("Please wait.", None), (None, "Gemini answered 429.")):
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(http.post, path, json=words)
                asked = eventually(lambda: unanswered(desk, ticket), seconds=20, what="the words on their way")
                tell(desk, AI_REWRITTEN.name, asked.id, Rewritten(id=asked.id, text=text, error=error, model="flash").to_json())
                said = answer.result(20)
            assert (asked.how, asked.text) == ("shorter", words["text"])
            assert said.json()["text"] == "Please wait." if text else (said.status_code, said.json()["detail"]) == (502, error)


_SEEN: set[str] = set()


def unanswered(desk: Running, ticket: dict[str, Any]) -> RewriteRequest | None:
    found = [RewriteRequest.model_validate_json(r.value) for r in read_topic(desk.settings(), AI_REWRITES) if r.value]
    mine = next((r for r in found if r.ticket_id == ticket["id"] and r.id not in _SEEN), None)
    _SEEN.update({mine.id} if mine else ())
    return mine


def tell(desk: Running, topic: str, key: str, value: bytes) -> None:
    with Producer(desk.settings()) as producer:
        producer.send_all([Outgoing(topic=topic, key=key, value=value, id=key, type="helpdesk.test.v1", source="test", correlation_id=key)])
