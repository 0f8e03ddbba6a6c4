"""From a resolved ticket to the customer's mail, and from its link to the answer on the ticket."""

from __future__ import annotations

import re
from email.message import Message

import httpx

from tests.pipeline.desk import PATIENCE, Desk
from tests.pipeline.mails import compose
from tests.servers import eventually

_LINK = re.compile(r"http\S+/rate/\S+answer=good")
_CUSTOMER = "rita@customers.example"


def _words(mail: Message) -> str:
    plain = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    words = plain.get_payload(decode=True)
    assert isinstance(words, bytes)
    return words.decode()


def _asked(desk: Desk) -> list[Message]:
    return [m for m in desk.post.inboxes([_CUSTOMER])[_CUSTOMER] if _LINK.search(_words(m))]


def test_the_customer_of_a_resolved_ticket_is_asked_by_mail_and_answers_by_its_link(desk: Desk) -> None:
    with desk.http as http:
        assert http.patch("/settings", json={"csat": True, "csat_after_minutes": 0}).status_code == 200
        try:
            mail = compose("Rate me", "It is broken.", sender=_CUSTOMER)
            desk.post.send(mail)
            ticket = desk.ticket_of(mail["Message-ID"])
            reply = {"body_text": "Fixed.", "undo_seconds": 0, "status_after": "resolved"}
            assert http.post(f"/tickets/{ticket['id']}/replies", json=reply).status_code == 201
            asked = eventually(lambda: _asked(desk), seconds=PATIENCE, what="the question")[0]
        finally:
            http.patch("/settings", json={"csat": False})
        assert asked["Auto-Submitted"] == "auto-replied" and mail["Message-ID"] in asked["References"]
        found = _LINK.search(_words(asked))
        assert found is not None
        assert httpx.get(found[0]).status_code == 200
        assert http.get(f"/tickets/{ticket['id']}").json()["rating"] is None
        assert httpx.post(found[0], data={"answer": "good"}).status_code == 200
        told = http.get(f"/tickets/{ticket['id']}").json()
        assert (told["rating"], told["status"]) == ("good", "resolved")
        history = [e["type"] for e in http.get(f"/tickets/{ticket['id']}/events", params={"limit": 100}).json()["data"]]
    assert history.count("ticket.rating_asked") == history.count("ticket.rated") == 1
