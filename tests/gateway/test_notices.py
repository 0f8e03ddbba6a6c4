"""What an agent is told by mail is their own choice, and no part of the conversation."""

from __future__ import annotations

import httpx
import psycopg

from tests.gateway.running import Running
from tests.servers import eventually


def test_an_agent_chooses_what_they_are_told_and_the_thread_does_not_show_it(
    desk: Running, http: httpx.Client, admin: httpx.Client
) -> None:
    me = http.get("/me").json()
    assert me["notices"] == []
    assert http.patch("/me", json={"notices": ["assigned"]}).json()["notices"] == ["assigned"]
    try:
        assert http.get("/me").json()["signature"] == me["signature"]
        assert http.patch("/me", json={"notices": ["everything"]}).status_code == 422
        ticket = desk.open_ticket("For somebody else")
        assert admin.patch(f"/tickets/{ticket['id']}", json={"assignee_id": me["id"]}).status_code == 200
        events = [e for e in http.get(f"/tickets/{ticket['id']}/events").json()["data"] if e["type"] == "ticket.notice_queued"]
        assert [(e["data"]["agent"], e["data"]["why"]) for e in events] == [(me["id"], "assigned")]
    finally:
        http.patch("/me", json={"notices": []})
    with psycopg.connect(desk.stack.database_url) as db:
        statement = "SELECT doc -> 'outbound' -> 'to' -> 0 ->> 'address' FROM helpdesk.message WHERE ticket_id = %s AND kind = 'system'"
        assert eventually(lambda: db.execute(statement, (ticket["id"],)).fetchall(), what="the notice") == [(me["email"],)]
    assert [m["kind"] for m in http.get(f"/tickets/{ticket['id']}/messages").json()["data"]] == ["customer"]
