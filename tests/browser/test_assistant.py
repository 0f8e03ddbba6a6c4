"""The assistant, seen by an agent."""

from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.system import System

_QUESTION = "You have agreed to my refund. How long do refunds take until they appear on my statement?"
# A run of the local engine may be over within a frame or two; this remembers what was on screen.
_WATCH_STAGES = """() => { window.stages = 0; new MutationObserver(() => {
    if (document.querySelector('[data-testid=ai-stages]')) window.stages += 1;
}).observe(document.body, {childList: true, subtree: true}) }"""


def test_a_suggestion_with_sources_comes_live_and_its_key_fills_the_composer(console: Console, system: System) -> None:
    subject = f"Hello {uuid4().hex[:8]}"
    first = system.mail(subject, "Good day.")
    ticket = system.ticket_of(subject)
    console.open(ticket)
    console.page.evaluate(_WATCH_STAGES)
    system.answer(ticket, _QUESTION, to=str(first["Message-ID"]))
    expect(console.message(_QUESTION)).to_be_visible()
    draft = console.find("ai-panel")
    expect(draft.locator(".cite").first).to_contain_text("refunds")
    assert console.page.evaluate("window.stages") > 0, "no stage was shown while the assistant worked"
    expect(console.find("ai-summary")).to_be_visible()
    text = draft.locator("p.text").inner_text()
    console.press("Control+j")
    expect(console.editor).to_be_focused()
    assert " ".join(console.editor.input_value().split()) == " ".join(text.split())
    expect(draft).to_have_count(0)


def test_a_rejected_draft_goes_and_the_composer_stays_empty(console: Console, system: System) -> None:
    ticket = system.receive(f"Refund {uuid4().hex[:8]}", _QUESTION)
    console.open(ticket)
    console.find("ai-reject").click()
    expect(console.find("ai-panel")).to_have_count(0)
    expect(console.editor).to_have_value("")
    console.page.reload()
    expect(console.find("message").first).to_be_visible()
    expect(console.find("ai-panel")).to_have_count(0)
