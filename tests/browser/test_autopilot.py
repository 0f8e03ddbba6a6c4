"""The sample desk's one topic that the assistant answers by itself: from the customer's mail to the answer in their inbox."""

from collections.abc import Iterator
from email.message import Message
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.system import PATIENCE, System
from tests.servers import eventually

_QUESTION = "I have forgotten my password and cannot sign in to my account. How do I reset my password?"
_DISCLOSURE = "an automatic assistant, wrote this reply"


@pytest.fixture
def recall(system: System) -> Iterator[Any]:
    """Sets how long an automatic reply waits; put back afterwards."""
    before = system.get("/settings")["recall_seconds"]

    def put(seconds: float) -> None:
        system.api.patch("/settings", json={"recall_seconds": seconds}).raise_for_status()

    yield put
    put(before)


def ask(system: System, question: str = _QUESTION) -> tuple[dict[str, Any], str]:
    """A customer writes; (their ticket, the assistant's decision)."""
    ticket = system.receive(f"Forgotten password {uuid4().hex[:8]}", question)
    decided = eventually(
        lambda: [e for e in system.get(f"/tickets/{ticket['id']}/events")["data"] if e["type"] == "ticket.ai_decided"],
        seconds=PATIENCE, what="a decision about the suggestion",
    )  # fmt: skip
    return ticket, str(decided[0]["data"]["decision"])


def answers(system: System, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if m["kind"] == "agent"]


def received(system: System, ticket: dict[str, Any], words: str) -> list[Message]:
    mails = system.post.inboxes([address := ticket["requester"]["email"]])[address]
    return [m for m in mails if words in m.as_string()]


def test_the_answer_arrives_threaded_disclosed_and_marked_as_automatic(system: System, recall: Any) -> None:
    recall(1)
    ticket, decision = ask(system)
    assert decision == "answered"
    mail = eventually(lambda: received(system, ticket, "Forgot password"), seconds=PATIENCE, what="the automatic answer")[0]
    assert _DISCLOSURE in " ".join(mail.as_string().replace("=\n", "").split())
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["In-Reply-To"] and mail["To"].endswith(f"<{ticket['requester']['email']}>")
    now = system.get(f"/tickets/{ticket['id']}")
    assert (now["status"], now["first_response_at"]) == ("replied", None)
    reply = answers(system, ticket)[0]
    assert (reply["author"]["id"], reply["cc"], reply["attachments"]) == ("assistant", [], [])
    quotes = system.get(f"/tickets/{ticket['id']}/ai")["data"][0]["citations"]
    assert quotes and all(q["quote"] in reply["body_text"] and q["title"] == "Reset your password" for q in quotes)


def test_an_agent_takes_it_back_on_the_screen_and_the_customer_gets_nothing(console: Console, system: System, recall: Any) -> None:
    recall(600)
    ticket, _ = ask(system)
    console.open(ticket)
    bubble = console.message(_DISCLOSURE)
    expect(bubble).to_contain_text("sent by the assistant itself")
    expect(bubble.get_by_test_id("undo-strip")).to_contain_text("Goes out in")
    bubble.get_by_test_id("undo-send").click()
    expect(bubble).to_have_count(0)
    expect(console.editor).not_to_have_value("")
    assert _DISCLOSURE not in console.editor.input_value()
    expect(console.find("prop-status")).to_contain_text("Open")
    console.sends_soon()
    console.press("Control+Enter")
    eventually(lambda: received(system, ticket, "Forgot password"), seconds=PATIENCE, what="the agent's answer")
    mails = received(system, ticket, "Forgot password")
    assert [_DISCLOSURE in m.as_string() for m in mails] == [False]


@pytest.mark.parametrize(
    "question",
    [
        "How long do refunds take until they appear on my statement?",
        "I have forgotten my password. How do I reset it? And how long does my refund take?",
        "Somebody has stolen my password, I have been hacked. How do I reset my password?",
        "Ich habe mein Passwort vergessen und kann mich nicht anmelden. Wie setze ich mein Passwort bitte zurück?",
    ],
)
def test_another_topic_or_any_doubt_stays_a_suggestion(system: System, question: str) -> None:
    ticket, decision = ask(system, question)
    assert decision != "answered"
    assert answers(system, ticket) == []
    assert system.get(f"/tickets/{ticket['id']}")["status"] == "open"


def test_who_asks_for_a_person_gets_one(system: System) -> None:
    ticket, decision = ask(system, f"{_QUESTION} Let me talk to a real person please.")
    assert decision != "answered"
    assert answers(system, ticket) == []
