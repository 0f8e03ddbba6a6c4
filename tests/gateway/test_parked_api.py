"""Parked mail, the block list and suppressed addresses through the API, with the real tickets service behind it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from schemas.inbound import InboundMessage
from schemas.topics import MESSAGE_INBOUND
from services.runtime.codec import Outgoing
from services.runtime.producer import Producer
from tests.gateway.running import Running
from tests.servers import eventually
from tests.tickets.writer import inbound


@pytest.fixture
def sender() -> str:
    return f"{uuid.uuid4().hex[:12]}@{uuid.uuid4().hex[:8]}.example"


def receive(desk: Running, sender: str, subject: str, **more: Any) -> InboundMessage:
    """Parse hands a mail over."""
    mail = inbound(subject, sender=sender, at=datetime.now(UTC), mailbox="support@helpdesk.example", **more)
    with Producer(desk.settings()) as producer:
        producer.send_all([
            Outgoing(topic=MESSAGE_INBOUND.name, key=mail.id, value=mail.to_json(), id=mail.id, type="helpdesk.message.inbound.v1", source="tests")
        ])  # fmt: skip
    return mail


def parked(http: httpx.Client, sender: str, reason: str) -> dict[str, Any]:
    """The sender's mail in the list, once it is there."""
    found = eventually(lambda: http.get("/mail/parked", params={"sender": sender}).json()["data"], what="parked mail")
    assert [m["reason"] for m in found] == [reason]
    return dict(found[0])


def test_a_parked_mail_is_listed_read_and_released_into_a_ticket(desk: Running, http: httpx.Client, sender: str) -> None:
    receive(desk, sender, "Two of us", from_count=2, text="Please both answer.")
    waiting = parked(http, sender, "two_from_headers")
    assert (waiting["subject"], waiting["from"]["address"], waiting["snippet"]) == ("Two of us", sender, "Please both answer.")
    assert http.get("/mail/parked/counts").json()["reasons"]["two_from_headers"] >= 1
    assert http.get("/mail/parked", params={"q": sender[:8]}).json()["data"][0]["id"] == waiting["id"]
    assert http.get(f"/mail/parked/{waiting['id']}").json()["text"] == "Please both answer."
    released = http.post(f"/mail/parked/{waiting['id']}/release")
    assert released.status_code == 200, released.text
    assert http.get(f"/tickets/{released.json()['number']}").json()["subject"] == "Two of us"
    assert http.post(f"/mail/parked/{waiting['id']}/release").status_code == 404


def test_a_blocked_senders_later_mail_is_parked_until_it_is_unblocked(
    desk: Running, http: httpx.Client, admin: httpx.Client, sender: str
) -> None:
    domain = sender.rpartition("@")[2]
    receive(desk, sender, "Buy now", kind="auto-reply")
    waiting = parked(http, sender, "auto_reply_without_ticket")
    assert http.post(f"/mail/parked/{waiting['id']}/block", json={"what": "domain"}).status_code == 403
    assert admin.post(f"/mail/parked/{waiting['id']}/block", json={"what": "domain"}).status_code == 204
    assert domain in {b["pattern"] for b in http.get("/mail/blocks").json()["data"]}
    receive(desk, sender, "Buy again")
    again = parked(http, sender, "blocked")
    assert http.delete(f"/mail/parked/{again['id']}").status_code == 403
    assert admin.delete(f"/mail/parked/{again['id']}").status_code == 204
    assert admin.delete(f"/mail/blocks/{domain}").status_code == 204
    receive(desk, sender, "A human again")
    eventually(lambda: http.get("/tickets", params={"q": sender}).json()["data"], what="a ticket")


def test_everything_of_one_sender_is_released_at_once(desk: Running, http: httpx.Client, admin: httpx.Client, sender: str) -> None:
    admin.post("/mail/blocks", json={"pattern": sender})
    for n in range(5):
        receive(desk, sender, f"Mail {n}")
    eventually(lambda: len(http.get("/mail/parked", params={"sender": sender}).json()["data"]) == 5, what="five parked mails")
    assert http.post("/mail/parked/release", json={}).status_code == 422
    assert http.post("/mail/parked/release", json={"sender": sender, "reason": "blocked"}).json() == {"released": 5, "waiting": 0}
    assert http.get("/mail/parked", params={"sender": sender}).json()["data"] == []


def test_an_address_is_suppressed_shown_and_written_to_again(desk: Running, http: httpx.Client, sender: str) -> None:
    ticket = desk.open_ticket("To a dead address", requester=sender)
    made = http.post("/mail/suppressions", json={"address": sender, "reason": "moved away"})
    assert (made.status_code, made.json()["kind"]) == (201, "manual")
    assert sender in {s["address"] for s in http.get("/mail/suppressions", params={"q": sender[:8]}).json()["data"]}
    refused = http.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Hello?"})
    assert refused.status_code == 409 and "moved away" in refused.json()["detail"]
    assert http.delete(f"/mail/suppressions/{sender}").status_code == 204
    assert http.get(f"/mail/suppressions/{sender}").status_code == 404
    assert http.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Hello!"}).status_code == 201
