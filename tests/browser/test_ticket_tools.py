"""Merging, snoozing in words, and the tickets whose suggestion waits."""

from datetime import datetime, timedelta
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.console import Console
from tests.browser.system import System


def test_a_ticket_is_merged_into_another_of_the_same_customer(console: Console, system: System) -> None:
    word, sender = uuid4().hex[:8], f"{uuid4().hex[:12]}@customers.example"
    into = system.receive(f"Broken lamp {word}", "The lamp is broken.", sender=sender)
    doubled = system.receive(f"Lamp again {word}", "I wrote about the lamp.", sender=sender)
    console.open(doubled)
    console.press("m")
    expect(console.page.get_by_role("option", name=into["subject"])).to_be_visible()
    console.type(into["number"])
    expect(console.page.get_by_role("option")).to_have_count(1)
    console.press("Enter")
    expect(console.page.get_by_role("dialog")).to_contain_text(f"{doubled['number']} closes")
    console.press("Enter")
    expect(console.find("ticket")).to_have_attribute("data-ticket-id", into["id"])
    expect(console.message("I wrote about the lamp.")).to_be_visible()
    expect(console.message("The lamp is broken.")).to_be_visible()
    gone = system.get(f"/tickets/{doubled['id']}")
    assert (gone["merged_into"], gone["status"]) == (into["id"], "closed")


def test_a_ticket_sleeps_until_the_words_that_were_typed(console: Console, system: System) -> None:
    ticket = system.receive(f"Later {uuid4().hex[:8]}")
    console.open(ticket)
    console.press("h")
    console.type("tomorrow 7")
    choice = console.page.get_by_role("option")
    expect(choice).to_have_count(1)
    expect(choice).to_contain_text("07:00")
    console.press("Enter")
    expect(console.page.get_by_text("Snoozed until")).to_be_visible()
    tomorrow = console.page.evaluate(
        "(() => { const d = new Date(); d.setDate(d.getDate() + 1); d.setHours(7, 0, 0, 0); return d.toISOString() })()"
    )
    until = datetime.fromisoformat(system.get(f"/tickets/{ticket['id']}")["snoozed_until"])
    assert abs(until - datetime.fromisoformat(tomorrow)) < timedelta(seconds=1)


def test_a_waiting_suggestion_is_in_the_review_list_until_it_is_answered(console: Console, system: System) -> None:
    subject = f"Refund {uuid4().hex[:8]}"
    console.page.goto(f"{system.url}/inbox/review")
    console.is_live()
    ticket = system.receive(subject, "How long do refunds take until they appear on my statement?")
    expect(console.find("show-new")).to_be_visible()
    console.press(".")
    expect(console.row(subject)).to_have_count(1)
    console.open(ticket, view="review")
    console.find("ai-reject").click()
    expect(console.row(subject)).to_have_count(0)
