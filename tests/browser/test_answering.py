"""Replies and notes."""

import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.system import PATIENCE, System
from tests.servers import eventually

_MORE_THAN_OPENS = 140


def test_a_reply_is_taken_back_then_sent_and_reaches_the_customer(console: Console, system: System) -> None:
    ticket = system.receive(f"Reply {uuid4().hex[:8]}")
    customer = ticket["requester"]["email"]
    console.open(ticket)
    text = f"It is on its way, {uuid4().hex[:8]}."
    console.write(text)
    console.press("Control+Enter")
    expect(console.message(text)).to_be_visible()
    expect(console.find("undo-strip")).to_contain_text("Goes out in")
    console.find("undo-send").click()
    expect(console.message(text)).to_have_count(0)
    expect(console.editor).to_have_value(text)

    console.sends_soon()
    console.press("Control+Enter")
    expect(console.editor).to_have_value("")
    expect(console.message(text).get_by_test_id("delivery-state")).to_have_attribute("data-state", "sent")
    received = eventually(lambda: [t for t in system.texts_for(customer) if text in t], seconds=PATIENCE, what="the reply in the inbox")
    assert len(received) == 1
    expect(console.find("prop-status")).to_contain_text("Replied")


def test_a_note_is_seen_by_colleagues_and_never_by_the_customer(open_console: OpenConsole, system: System) -> None:
    ticket = system.receive(f"Note {uuid4().hex[:8]}")
    customer = ticket["requester"]["email"]
    console, colleague = open_console("ADMIN"), open_console("AGENT")
    console.open(ticket)
    colleague.open(ticket)
    text = f"Careful with this one, {uuid4().hex[:8]}"
    console.write(text, key="n")
    console.press("Control+Enter")
    expect(colleague.page.locator("[data-kind=note]", has_text=text)).to_be_visible()
    expect(console.page.locator("[data-kind=note]", has_text=text)).to_have_count(1)
    # The reply comes after the note: once it is in the inbox, a note that had been sent would be there too.
    system.api.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "The answer", "undo_seconds": 0}).raise_for_status()
    eventually(lambda: any("The answer" in t for t in system.texts_for(customer)), seconds=PATIENCE, what="the reply")
    received = system.texts_for(customer)
    assert not [t for t in received if text in t]


def test_a_reply_that_missed_a_newer_message_waits_beside_it(console: Console, system: System) -> None:
    subject = f"Stale {uuid4().hex[:8]}"
    first = system.mail(subject)
    ticket = system.ticket_of(subject)
    console.page.route_web_socket("**/api/v1/live", lambda socket: None)  # a line that is open and silent: news do not come by it
    console.page.goto(f"{system.url}/tickets/{ticket['number']}")
    expect(console.find("message").first).to_be_visible()
    console.write("My answer to the first message")
    system.answer(ticket, "Never mind, I have found it.", to=str(first["Message-ID"]))
    eventually(
        lambda: len([m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if m["kind"] == "customer"]) > 1,
        seconds=PATIENCE, what="the second message",
    )  # fmt: skip
    console.press("Control+Enter")
    expect(console.find("stale")).to_contain_text("Never mind, I have found it.")
    expect(console.editor).to_have_value("My answer to the first message")


def test_people_on_the_same_ticket_see_each_other_typing(open_console: OpenConsole, system: System) -> None:
    ticket = system.receive(f"Together {uuid4().hex[:8]}")
    console, colleague = open_console("ADMIN"), open_console("AGENT")
    console.open(ticket)
    colleague.open(ticket)
    expect(console.find("presence")).to_contain_text("Robin")
    colleague.write("I am on it")
    expect(console.find("presence")).to_contain_text("is typing")
    colleague.page.goto("about:blank")
    expect(console.find("presence")).to_have_count(0)


def test_a_reply_for_later_is_held_when_the_customer_writes_first(console: Console, system: System) -> None:
    subject = f"Later {uuid4().hex[:8]}"
    first = system.mail(subject)
    ticket = system.ticket_of(subject)
    console.open(ticket)
    text = f"We come on Monday, {uuid4().hex[:8]}"
    console.write(text)
    console.page.get_by_role("button", name="Send later").click()
    console.page.get_by_placeholder("tomorrow 9").fill("tomorrow 9")
    console.press("Enter")
    waiting = console.message(text).get_by_test_id("waiting")
    expect(waiting).to_contain_text("09:00")
    system.answer(ticket, "I need it on Friday.", to=str(first["Message-ID"]))
    expect(waiting).to_have_attribute("data-state", "held", timeout=PATIENCE * 1000)
    waiting.get_by_role("button", name="Take back").click()
    expect(console.editor).to_have_value(text)


def test_a_pasted_picture_stands_in_the_mail_where_it_stood_in_the_text(console: Console, system: System) -> None:
    ticket = system.receive(f"Picture {uuid4().hex[:8]}")
    console.open(ticket)
    text = f"Press this one, {uuid4().hex[:8]}: "
    console.write(text)
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    console.editor.evaluate(
        """(area, data) => {
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([bytes], "button.png", { type: "image/png" }));
            area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        pixel,
    )
    expect(console.editor).to_have_value(f"{text}[image: button.png]")
    console.sends_soon()
    console.press("Control+Enter")
    sent = eventually(
        lambda: [m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if m["delivery"]["state"] == "sent" and m["kind"] == "agent"],
        seconds=PATIENCE, what="the reply",
    )  # fmt: skip
    said = sent[0]
    assert [a["inline"] for a in said["attachments"]] == [True]
    assert f'src="cid:{said["attachments"][0]["content_id"]}"' in said["body_html"]


def test_everybody_who_will_get_a_reply_is_shown_before_it_is_sent(console: Console, system: System) -> None:
    subject = f"All {uuid4().hex[:8]}"
    system.mail(subject, cc="ben@customers.example")
    ticket = system.ticket_of(subject)
    console.open(ticket)
    expect(console.find("reply-all")).to_contain_text("ben@customers.example")
    console.write("To both of you")
    console.press("Control+Enter")
    said = eventually(
        lambda: [m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if m["kind"] == "agent"],
        seconds=PATIENCE, what="the reply",
    )  # fmt: skip
    assert [a["address"] for a in said[0]["cc"]] == ["ben@customers.example"]


def test_a_slash_puts_a_saved_reply_into_the_answer_and_its_status_goes_with_it(console: Console, system: System) -> None:
    ticket = system.receive(f"Saved {uuid4().hex[:8]}")
    console.open(ticket)
    console.write("Hello ")
    console.press("Enter", "/")
    console.type("first name")
    expect(console.page.get_by_role("option", name="Customer's first name: Cleo")).to_be_visible()
    console.press("Enter")
    expect(console.editor).to_have_value("Hello \nCleo")
    console.type("\n")
    console.press("/")
    console.type("Ask for details")
    expect(console.page.get_by_role("option", name="Ask for details")).to_be_visible()
    console.press("Enter")
    expect(console.editor).to_have_value(re.compile(r"^Hello \nCleo\nCould you tell us"))
    expect(console.find("send")).to_contain_text("On hold")
    expect(console.editor).to_be_focused()
    console.press("Control+Enter")
    expect(console.find("prop-status")).to_contain_text("On hold")


def test_a_long_conversation_opens_at_its_end_and_is_read_back_to_its_start(console: Console, system: System) -> None:
    subject = f"Long {uuid4().hex[:8]}"
    ticket = system.receive(subject, "The very first words")

    def note(number: int) -> None:
        system.api.post(f"/tickets/{ticket['id']}/notes", json={"body_text": f"Step {number}"}).raise_for_status()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(note, range(_MORE_THAN_OPENS)))
    system.api.post(f"/tickets/{ticket['id']}/notes", json={"body_text": "The last words"}).raise_for_status()
    console.open(ticket)
    expect(console.message("The last words")).to_be_in_viewport()
    assert console.find("message").count() < _MORE_THAN_OPENS
    expect(console.message("The very first words")).to_have_count(0)
    thread = console.find("thread")
    thread.evaluate("box => box.scrollTo(0, 0)")
    expect(console.message("The very first words")).to_have_count(1)
    assert thread.evaluate("box => box.scrollTop") > 0, "what was being read stays where it was"
    assert console.find("message").count() > _MORE_THAN_OPENS


def test_an_admin_sees_a_template_filled_while_changing_it(open_console: OpenConsole, system: System) -> None:
    console = open_console("ADMIN")
    console.page.goto(f"{system.url}/settings")
    console.page.get_by_role("button", name="Confirmation").click()
    console.page.get_by_label("Language").select_option("de")
    console.page.get_by_label("Text").fill("Antwort in {{within}}, {{desk_name}}")
    expect(console.find("template-preview")).to_contain_text("Antwort in 8 Stunden")
    console.page.get_by_label("Text").fill("{{subject}}")
    expect(console.page.locator(".form .problem").first).to_contain_text("there is no {{subject}} here")
