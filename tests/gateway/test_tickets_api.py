"""Reading and changing tickets through the API, with the real tickets service behind it."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest

from services.gateway.api.lists import make_cursor
from services.gateway.api.ticket_queries import Filters, build
from services.runtime.postgres import connect
from services.runtime.signing import Keys
from tests.gateway.running import Running


def test_pages_of_a_list_hold_every_ticket_once_in_order(http: httpx.Client) -> None:
    whole = http.get("/tickets", params={"limit": 100}).json()["data"]
    for sort in ("-updated_at", "-created_at", "sla"):
        seen, after = [], None
        while True:
            page = http.get("/tickets", params={"limit": 7, "sort": sort, **({"after": after} if after else {})}).json()
            seen += page["data"]
            after = page["next"]
            if after is None:
                break
        assert sorted(t["id"] for t in seen) == sorted(t["id"] for t in whole)
        if sort != "sla":
            values = [t[sort[1:]] for t in seen]
            assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("sort", "index"), [("sla", "ticket_sla"), ("-updated_at", "ticket_updated"), ("-created_at", "ticket_created")])
@pytest.mark.parametrize("at", ["top", "2026-11-22T10:00:00+00:00", None])
def test_a_list_walks_the_index_of_its_order(desk: Running, sort: str, index: str, at: str | None) -> None:
    keys = Keys.of(desk.settings())
    after = make_cursor(keys, f"tickets{sort}", [at, str(uuid.UUID(int=1))]) if at != "top" else None
    sql, values, _ = build(Filters.model_validate({"sort": sort}), str(uuid.uuid4()), keys, after)
    with connect(desk.settings(), "helpdesk_gateway") as connection:
        connection.execute("SET enable_seqscan = off; SET enable_sort = off")  # few rows: any other plan would be cheap too
        shown = connection.execute("EXPLAIN " + re.sub(r"(?<!:):(\w+)", r"%(\1)s", sql), {**values, "limit": 50}).fetchall()
    plan = "\n".join(line for (line,) in shown)
    assert f"using {index} on" in plan and "Sort" not in plan
    assert ("Index Cond" in plan) == (at != "top")


def test_a_foreign_or_broken_cursor_is_400(http: httpx.Client) -> None:
    first = http.get("/tickets", params={"limit": 1}).json()["next"]
    assert http.get("/customers", params={"after": first}).status_code == 400
    assert http.get("/tickets", params={"after": first, "sort": "sla"}).status_code == 400
    assert http.get("/tickets", params={"after": first[:-2] + "zz"}).status_code == 400
    assert http.get("/tickets", params={"after": "not-a-cursor"}).headers["content-type"] == "application/problem+json"


def test_filters_choose(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Filter me", team_id=desk.team("billing"), priority="high")
    me = http.get("/me").json()["id"]

    def ids(**params: str) -> set[str]:
        return {t["id"] for t in http.get("/tickets", params={"limit": 100, **params}).json()["data"]}

    assert made["id"] in ids(team=desk.team("billing")) and made["id"] not in ids(team="none")
    assert made["id"] in ids(priority="high,low") and made["id"] not in ids(priority="low")
    assert made["id"] in ids(status="open", q="filter")
    http.patch(f"/tickets/{made['id']}", json={"assignee_id": me}).raise_for_status()
    assert made["id"] in ids(assignee="me") and made["id"] not in ids(assignee="none")
    assert made["id"] in ids(requester="ann@customers.example")
    assert http.get("/tickets", params={"status": "gone"}).status_code == 422
    assert http.get("/tickets", params={"team": "x' OR true"}).status_code == 422


def test_a_write_is_read_back_at_once(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Read your writes")
    assert made["number"].startswith("TIK-") and made["status"] == "open"
    changed = http.patch(f"/tickets/{made['number']}", json={"priority": "low", "tags": ["a", "b"]})
    assert changed.status_code == 200 and changed.json()["priority"] == "low" and changed.json()["tags"] == ["a", "b"]
    assert http.get(f"/tickets/{made['id']}").json() == changed.json()
    assert changed.headers["etag"] == f'"{changed.json()["version"]}"'
    note = http.post(f"/tickets/{made['id']}/notes", json={"body_text": "internal"})
    assert note.status_code == 201 and note.json()["kind"] == "note"
    assert [m["body_text"] for m in http.get(f"/tickets/{made['id']}/messages").json()["data"]] == ["Please help.", "internal"]
    history = http.get(f"/tickets/{made['id']}/events").json()["data"]
    assert history[0]["type"] == "ticket.opened" and all(e["topic"] == "ticket.events" for e in history)


def test_a_stale_version_gets_412_with_the_newer_message(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Stale")
    http.post(f"/tickets/{made['id']}/notes", json={"body_text": "newer words"}).raise_for_status()
    stale = http.post(f"/tickets/{made['id']}/replies", json={"body_text": "too late"}, headers={"If-Match": f'"{made["version"]}"'})
    assert stale.status_code == 412 and stale.headers["content-type"] == "application/problem+json"
    assert stale.json()["newest_message"]["body_text"] == "newer words"
    assert stale.json()["ticket"]["version"] > made["version"]
    assert http.patch(f"/tickets/{made['id']}", json={"priority": "low"}, headers={"If-Match": "seven"}).status_code == 400


def test_an_idempotency_key_makes_a_repetition_harmless(desk: Running, http: httpx.Client) -> None:
    made, key = desk.open_ticket("Once"), {"Idempotency-Key": str(uuid.uuid4())}
    path = f"/tickets/{made['id']}/replies"
    answers = [http.post(path, json={"body_text": "once", "undo_seconds": 60}, headers=key) for _ in range(3)]
    assert [a.status_code for a in answers] == [201] * 3
    assert len({a.json()["id"] for a in answers}) == 1
    assert http.post(path, json={"body_text": "other", "undo_seconds": 60}, headers=key).status_code == 422
    assert sum(m["kind"] == "agent" for m in http.get(f"/tickets/{made['id']}/messages").json()["data"]) == 1


def test_a_reply_taken_back_leaves_the_list(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Take back")
    said = http.post(
        f"/tickets/{made['id']}/replies", json={"body_html": "<p>Hello <b>you</b></p><script>x</script>", "undo_seconds": 60}
    ).json()
    assert said["body_text"].strip() == "Hello you" and "script" not in said["body_html"] and said["delivery"]["state"] == "undo"
    assert "outbound" not in said
    assert http.delete(f"/tickets/{made['id']}/replies/{said['id']}").status_code == 200
    assert said["id"] not in {m["id"] for m in http.get(f"/tickets/{made['id']}/messages").json()["data"]}
    assert http.delete(f"/tickets/{made['id']}/replies/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"hacked": True}, 422),
        ({"status": "gone"}, 422),
        ({}, 422),
        ({"status": None}, 422),
        ({"priority": "nonsense"}, 422),
        ({"team_id": "x"}, 422),
    ],
)
def test_a_change_that_is_not_valid_is_refused(desk: Running, http: httpx.Client, body: dict[str, object], status: int) -> None:
    ticket = http.get("/tickets", params={"limit": 1}).json()["data"][0]
    answer = http.patch(f"/tickets/{ticket['id']}", json=body)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json", answer.text


def test_bodies_are_bounded(http: httpx.Client) -> None:
    path = f"/tickets/{http.get('/tickets', params={'limit': 1}).json()['data'][0]['id']}/notes"
    assert http.post(path, json={"body_text": "x" * 10_000_000}).status_code == 413
    stream = (b"x" * 100_000 for _ in range(40))
    assert http.post(path, content=stream, headers={"Content-Type": "application/json"}).status_code == 413
    assert http.post(path, content=b"{" * 100, headers={"Content-Type": "application/json"}).status_code == 400
    assert http.post(path, json={"body_text": "ä" * 400_000}).status_code == 201


def test_unknown_things_are_404_problems(http: httpx.Client) -> None:
    for path in ("/nothing-here", f"/tickets/{uuid.uuid4()}", "/tickets/TIK-000000-00000", "/tickets/'; drop table ticket;--", f"/attachments/{uuid.uuid4()}",
                 f"/commands/{uuid.uuid4()}", f"/customers/{uuid.uuid4()}", "/articles/nope"):  # fmt: skip
        answer = http.get(path)
        assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json", path


def test_min_version_gives_what_there_is_after_two_seconds(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Wait for me")
    answer = http.get(f"/tickets/{made['id']}", params={"min_version": 999})
    assert answer.json()["version"] == made["version"] and answer.elapsed.total_seconds() > 1.5


def test_attachments_go_up_and_come_down_as_they_were(desk: Running, http: httpx.Client) -> None:
    data = bytes(range(256)) * 100
    up = http.post("/attachments", files={"file": ("../Größe.bin", data, "text/html")})
    assert (
        up.status_code == 201 and up.json()["name"] == "Größe.bin" and up.json()["type"] != "text/html" and up.json()["size"] == len(data)
    )
    made = desk.open_ticket("File")
    said = http.post(f"/tickets/{made['id']}/notes", json={"body_text": "see file", "attachments": [up.json()["id"]]})
    assert said.status_code == 201, said.text
    assert [a["id"] for a in said.json()["attachments"]] == [up.json()["id"]]
    got = http.get(f"/attachments/{up.json()['id']}")
    assert (
        got.content == data
        and got.headers["content-disposition"].startswith("attachment;")
        and "sandbox" in got.headers["content-security-policy"]
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert http.post(f"/tickets/{made['id']}/notes", json={"body_text": "x", "attachments": [str(uuid.uuid4())]}).status_code == 422


def test_search_finds_tickets_customers_and_articles(desk: Running, http: httpx.Client) -> None:
    made = desk.open_ticket("Zeppelin overdue", requester={"name": "Zoe Zeppelin", "email": "zoe@customers.example"})
    found = http.get("/search", params={"q": "zeppelin"}).json()
    assert made["number"] in {t["number"] for t in found["tickets"]}
    assert "zoe@customers.example" in {c["email"] for c in found["customers"]}
    assert [t["id"] for t in http.get("/search", params={"q": made["number"]}).json()["tickets"]] == [made["id"]]
    article = http.get("/articles").json()["data"][0]
    assert article["id"] in {a["id"] for a in http.get("/search", params={"q": article["title"]}).json()["articles"]}


def test_merge_escalate_and_snooze(desk: Running, http: httpx.Client) -> None:
    one, two = desk.open_ticket("One", team_id=desk.team("l1")), desk.open_ticket("Two")
    merged = http.post(f"/tickets/{two['id']}/merge", json={"into": one["number"]})
    assert merged.status_code == 200 and merged.json()["merged_into"] == one["id"]
    escalated = http.post(f"/tickets/{one['id']}/escalate", json={"reason": "too hard"}).json()
    assert (
        escalated["team"]["id"] == desk.team("l2")
        and escalated["escalation_count"] == 1
        and escalated["original_team"]["id"] == desk.team("l1")
    )
    snoozed = http.post(f"/tickets/{one['id']}/snooze", json={"until": "2099-01-01T00:00:00Z"})
    assert snoozed.json()["snoozed_until"].startswith("2099")
    assert one["id"] in {t["id"] for t in http.get("/tickets", params={"snoozed": "true"}).json()["data"]}


def test_counts_agree_with_the_lists(http: httpx.Client) -> None:
    counts = http.get("/tickets/counts").json()
    listed = http.get("/tickets", params={"status": "open,replied,on_hold", "snoozed": "false", "limit": 100}).json()["data"]
    assert counts["inbox"] == len(listed)
    assert counts["unassigned"] == sum(t["assignee"] is None for t in listed)
    assert counts["teams"] == {
        team: n
        for team in {t["team"]["id"] for t in listed if t["team"]}
        if (n := sum((t["team"] or {}).get("id") == team for t in listed))
    }
