"""The assistant's runs: the page of one, a replay beside it, the list; and the modes of the answering dial."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.system import PATIENCE, System
from tests.servers import eventually

_QUESTION = "How long do refunds take until they appear on my statement? My card is 4111 1111 1111 1111."


def test_rule_20_a_run_is_read_from_the_ticket_and_repeated_beside_it(console: Console, system: System) -> None:
    ticket = system.receive(f"Refund {uuid4().hex[:8]}", _QUESTION)
    console.open(ticket)
    console.find("ai-run-link").click()
    run = console.find("run")
    expect(run.get_by_test_id("run-stages")).to_contain_text("retrieved")
    expect(run).to_contain_text("[CARD_1]")
    expect(run).not_to_contain_text("4111")
    expect(run.get_by_test_id("run-checks")).to_contain_text("passed")
    version = system.get(f"/tickets/{ticket['id']}")["version"]
    console.find("replay-bar").get_by_role("button", name="local engine").click()
    expect(run).to_have_count(2)
    expect(run.last).to_contain_text("it never acts")
    assert system.get(f"/tickets/{ticket['id']}")["version"] == version
    console.page.get_by_role("link", name="All runs").click()
    expect(console.find("engines")).to_contain_text("gemini-flash-lite-latest: answers only what an agent asks for")
    line = console.page.locator(f"[data-testid=run-line]:has-text('{ticket['subject']}')")
    expect(line).to_have_count(2)
    console.page.get_by_label("Decision").select_option("replay")
    expect(line).to_have_count(1)


def _more(system: System, ticket: dict[str, Any], before: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = system.get(f"/tickets/{ticket['id']}/ai")["data"]
    return found if len(found) > before else None


def _answers(system: System, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [e["data"] for e in system.get(f"/tickets/{ticket['id']}/events")["data"] if e["type"] == "ticket.ai_answered"]


@pytest.fixture
def dial(system: System) -> Iterator[Any]:
    """Sets the answering dial for refunds; put back afterwards."""
    before = system.get("/settings")["answering"]

    def put(mode: str) -> None:
        system.api.patch("/settings", json={"answering": [*before, {"mode": mode, "topic": "refund"}]}).raise_for_status()

    yield put
    system.api.patch("/settings", json={"answering": before}).raise_for_status()


def test_rule_14_approve_sends_with_one_key(console: Console, system: System, dial: Any) -> None:
    dial("approve")
    ticket = system.receive(f"Refund {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    console.open(ticket)
    expect(console.find("ai-approve")).to_be_visible()
    draft = console.find("ai-panel").locator("p.text").inner_text()
    console.press("y")
    expect(console.find("ai-panel")).to_have_count(0)
    sent = eventually(
        lambda: [m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if m["kind"] == "agent"],
        seconds=PATIENCE,
        what="the reply",
    )
    assert sent[0]["body_text"].split() == draft.split() and sent[0]["author"]["id"] != "assistant"
    console.page.goto(f"{system.url}/settings")
    expect(console.find("track-record").filter(has_text="refund")).to_contain_text("reviewed")


def test_rule_14_unearned_autopilot_asks_for_approval_and_says_what_is_missing(console: Console, system: System, dial: Any) -> None:
    dial("autopilot")
    asked = system.receive(f"Refund {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    console.open(asked)
    expect(console.find("ai-approve")).to_be_visible()
    console.page.goto(f"{system.url}/settings")
    expect(console.page.locator("[data-testid=autonomy][data-topic=refund]")).to_contain_text("not reviewed often enough yet")


def test_rule_14_off_drafts_nothing(system: System, dial: Any) -> None:
    ticket = system.receive(f"Refund {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    eventually(lambda: system.get(f"/tickets/{ticket['id']}/ai")["data"], seconds=PATIENCE, what="a suggestion")

    def drafts() -> bool:
        """The assistant hears of settings a moment later."""
        before = len(system.get(f"/tickets/{ticket['id']}/ai")["data"])
        system.api.post(f"/tickets/{ticket['id']}/ai/run").raise_for_status()
        found = eventually(lambda: _more(system, ticket, before), seconds=PATIENCE)
        return found[-1]["draft"] is not None

    dial("off")
    eventually(lambda: not drafts(), seconds=PATIENCE, what="a suggestion without a draft")
    dial("suggest")
    eventually(drafts, seconds=PATIENCE, what="a suggestion with a draft again")


def test_a_draft_is_edited_or_refused_with_a_reason_by_one_key_each(console: Console, system: System) -> None:
    ticket = system.receive(f"Refund {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    console.open(ticket)
    expect(console.find("ai-facts")).to_contain_text("English")
    expect(console.find("ai-panel")).to_be_visible()
    console.press("d")
    expect(console.find("ai-panel")).to_have_count(0)
    expect(console.find("ai-why-not")).to_be_visible()
    console.press("2")
    expect(console.find("ai-why-not")).to_have_count(0)
    answers = eventually(
        lambda: a if len(a := _answers(system, ticket)) == 2 else None,
        seconds=PATIENCE, what="the reason",
    )  # fmt: skip
    assert (answers[-1]["answer"], answers[-1]["reason"]) == ("reject", "wrong_team")
    other = system.receive(f"Refund {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    console.open(other)
    expect(console.find("ai-panel")).to_be_visible()
    console.press("v")
    expect(console.editor).to_be_focused()
    expect(console.editor).not_to_have_value("")
