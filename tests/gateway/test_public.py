"""What works without a login: the signed links of automatic mail. Reading a page changes nothing, pressing its button does, once."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from services.runtime.public_links import rating_path, unsubscribe_path
from services.runtime.signing import Keys
from tests.gateway.running import Running


def stranger(desk: Running) -> httpx.Client:
    return httpx.Client(base_url=desk.gateway.url, timeout=20)


def rating_link(desk: Running, ticket: dict[str, Any], cycle: int = 0) -> str:
    return rating_path(Keys.of(desk.settings()), ticket_id=ticket["id"], cycle=cycle)


def history(http: httpx.Client, ticket: dict[str, Any]) -> list[str]:
    return [e["type"] for e in http.get(f"/tickets/{ticket['id']}/events").json()["data"]]


def test_a_customer_rates_a_resolution_once_and_only_by_the_button(desk: Running, http: httpx.Client) -> None:
    ticket = desk.open_ticket("Rated walrus")
    http.patch(f"/tickets/{ticket['id']}", json={"status": "resolved"})
    link = rating_link(desk, ticket)
    with stranger(desk) as browser:
        page = browser.get(link, params={"answer": "good", "lang": "de"})
        assert page.status_code == 200 and "Wie zufrieden" in page.text and 'value="good" required checked' in page.text
        assert "walrus" not in page.text and page.headers["cache-control"] == "no-store"
        assert "ticket.rated" not in history(http, ticket)
        answer = {"answer": "good", "comment": "Thanks <b>Robin</b>", "lang": "fr"}
        assert "Merci" in browser.post(link, data=answer).text
        assert browser.post(link, data=answer).status_code == 200
        assert browser.post(link, data={"answer": "bad"}).status_code == 409
    now = http.get(f"/tickets/{ticket['id']}").json()
    assert (now["rating"], now["status"]) == ("good", "resolved") and now["rated_at"]
    assert history(http, ticket).count("ticket.rated") == 1
    note = http.get(f"/tickets/{ticket['id']}/messages").json()["data"][-1]
    assert (note["kind"], note["body_text"], note["flags"]) == ("note", "Thanks <b>Robin</b>", ["rating", "rated_good"])
    assert ticket["id"] in {t["id"] for t in http.get("/tickets", params={"rating": "good"}).json()["data"]}
    assert ticket["id"] not in {t["id"] for t in http.get("/tickets", params={"rating": "bad"}).json()["data"]}


def test_a_link_that_we_did_not_sign_changes_nothing(desk: Running, http: httpx.Client) -> None:
    ticket, other = desk.open_ticket("Mine"), desk.open_ticket("Another's")
    forged = rating_link(desk, ticket).replace(uuid.UUID(ticket["id"]).hex, uuid.UUID(other["id"]).hex)
    with stranger(desk) as browser:
        assert browser.get(forged).status_code == browser.post(forged, data={"answer": "bad"}).status_code == 404
        assert browser.get("/unsubscribe/nobody").status_code == browser.post("/unsubscribe/nobody").status_code == 404
        assert browser.post(rating_link(desk, ticket), data={"answer": "great"}).status_code == 422
    assert "ticket.rated" not in history(http, ticket) + history(http, other)


def test_one_click_ends_automatic_mail_only_and_can_be_taken_back(desk: Running, http: httpx.Client) -> None:
    address = f"{uuid.uuid4().hex}@customers.example"
    ticket = desk.open_ticket("Quiet please", requester=address)
    link = unsubscribe_path(Keys.of(desk.settings()), address=address)
    with stranger(desk) as program:
        assert address in program.get(link).text
        assert http.get(f"/mail/suppressions/{address}").status_code == 404
        asked = program.post(link, content="List-Unsubscribe=One-Click", headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert asked.status_code == 200
    assert http.get(f"/mail/suppressions/{address}").json()["kind"] == "unsubscribed"
    assert http.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "A person answers."}).status_code == 201
    assert http.delete(f"/mail/suppressions/{address}").status_code == 204
    with stranger(desk) as program:
        program.post(link)
    assert http.get(f"/mail/suppressions/{address}").json()["kind"] == "unsubscribed"
