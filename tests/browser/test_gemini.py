"""What an agent asks of Gemini: their words in another way, a customer's in their own language. The server behind it is ours."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Route, expect

from tests.ai.fake_gemini import FakeGemini, candidate, data_of
from tests.browser.console import Console
from tests.browser.system import System

_GERMAN = "Guten Tag, ich kann mich seit gestern nicht mehr anmelden. Bitte helfen Sie mir, mein Konto ist gesperrt."
_SAYS = {
    "shorter": "Please wait.",
    "friendlier": "Thank you for waiting, it is only a moment.",
    "spelling": "Please wait a short moment.",
    "into German": "Bitte warten Sie einen Moment.",
    "into English": "Good day, I have not been able to sign in since yesterday. Please help me, my account is locked.",
}


@pytest.fixture
def obliging(gemini: FakeGemini) -> FakeGemini:
    """Gemini that does each of the four."""

    def answer(request: dict[str, Any]) -> Any:
        task = request["systemInstruction"]["parts"][0]["text"]
        return candidate(json.dumps({"text": next(words for what, words in _SAYS.items() if what in task)}))

    gemini.script, gemini.requests = [answer], []
    return gemini


def test_words_are_rewritten_in_four_ways_shown_as_a_change_and_taken_back(console: Console, system: System, obliging: FakeGemini) -> None:
    mine = "Pleese wait a short moment."
    console.open(system.receive(f"Rewriting {uuid4().hex[:6]}"))
    console.write(mine)
    bar, shown = console.find("rewrite-bar"), console.find("rewrite")
    bar.get_by_label("Language").select_option("German")
    for way, what in (("Shorter", "shorter"), ("Friendlier", "friendlier"), ("Fix grammar", "spelling"), ("Translate", "into German")):
        bar.get_by_role("button", name=way).click()
        expect(shown.locator("p")).to_contain_text(_SAYS[what].split()[-1])
        expect(console.editor).to_have_value(mine)  # nothing is replaced before the agent says so
        shown.get_by_role("button", name="Use these words").click()
        expect(console.editor).to_have_value(_SAYS[what])
        console.page.get_by_role("button", name="Undo").last.click()
        expect(console.editor).to_have_value(mine)
    assert [data_of(r)["text"] for r in obliging.requests] == [mine] * 4


def test_a_customers_words_are_translated_below_the_original_and_kept_nowhere(
    console: Console, system: System, obliging: FakeGemini
) -> None:
    ticket = system.receive(f"Anmeldung {uuid4().hex[:6]}", f"{_GERMAN} Meine Adresse ist eva@kunden.example.")
    obliging.script = [lambda _: candidate(json.dumps({"text": f"{_SAYS['into English']} My address is [EMAIL_1]."}))]
    console.open(ticket)
    message = console.message(_GERMAN)
    message.get_by_role("button", name="Translate from German").click()
    expect(message.get_by_test_id("translation")).to_contain_text("My address is eva@kunden.example.")
    expect(message.get_by_test_id("message-body")).to_contain_text(_GERMAN)
    message.get_by_role("button", name="Hide the translation").click()
    expect(message.get_by_test_id("translation")).to_have_count(0)
    message.get_by_role("button", name="Translate from German").click()
    expect(message.get_by_test_id("translation")).to_contain_text("sign in")
    assert len(obliging.requests) == 1, "the second look came from the session"
    assert "eva@" not in str(obliging.requests)
    assert "sign in" not in str(system.get(f"/tickets/{ticket['id']}/messages"))


def test_an_error_of_gemini_is_shown_and_the_words_stay(console: Console, system: System, gemini: FakeGemini) -> None:
    gemini.script = ["not_json"]
    ticket = system.receive(f"Fehler {uuid4().hex[:6]}", _GERMAN)
    console.open(ticket)
    console.message(_GERMAN).get_by_role("button", name="Translate from German").click()
    expect(console.message(_GERMAN).get_by_role("alert")).to_contain_text("breaks the agreed shape")
    console.write("Please wait a moment.")
    console.find("rewrite-bar").get_by_role("button", name="Shorter").click()
    expect(console.page.get_by_text("Not rewritten")).to_be_visible()
    expect(console.editor).to_have_value("Please wait a moment.")


def test_without_a_key_both_say_what_they_need(console: Console, system: System) -> None:
    """What the gateway then answers is tried without a browser (tests/gateway/test_ai_api.py)."""
    why = "needs GEMINI_API_KEY: without it nothing leaves this machine"

    def keyless(route: Route) -> None:
        route.fulfill(json=[{"name": "gemini", "available": False, "serving": False, "models": [], "why": why}])

    console.page.route("**/api/v1/ai/engines", keyless)
    console.open(system.receive(f"Ohne {uuid4().hex[:6]}", _GERMAN))
    expect(console.message(_GERMAN)).to_contain_text(f"Translation {why}")
    expect(console.message(_GERMAN).get_by_role("button", name="Translate from German")).to_be_disabled()
    console.write("Please wait a moment.")
    expect(console.find("rewrite-bar")).to_contain_text(why)
    expect(console.find("rewrite-bar").get_by_role("button", name="Shorter")).to_be_disabled()
