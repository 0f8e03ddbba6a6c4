"""The mail pages: parked mail is released by hand, a suppressed address is written to again, a block holds."""

from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.system import System
from tests.browser.test_look import violations


def test_a_parked_mail_appears_by_itself_and_is_released_into_its_ticket(console: Console, system: System) -> None:
    page, away = console.page, f"Away {uuid4().hex[:8]}"
    page.goto(f"{system.url}/mail")
    expect(page.get_by_role("link", name="Parked")).to_have_attribute("aria-current", "page")
    console.is_live()
    _send_auto_reply(system, away)
    line = console.find("parked-mail").filter(has_text=away)
    expect(line).to_be_visible()
    expect(console.find("parked-count")).to_be_visible()
    expect(console.find("nav-mail")).to_contain_text("Mail")
    line.get_by_role("button").first.focus()
    console.press("Enter")
    expect(line).to_contain_text("where is my parcel?")
    assert violations(page) == []
    line.get_by_role("button", name="Release", exact=True).click()
    expect(line).to_have_count(0)
    page.get_by_role("button", name="Open").click()
    expect(console.find("ticket")).to_contain_text(away)


def _send_auto_reply(system: System, subject: str) -> None:
    raw = (
        f"From: Cleo <{uuid4().hex[:12]}@customers.example>\r\nTo: support@helpdesk.example\r\nSubject: {subject}\r\n"
        f"Message-ID: <{uuid4().hex}@customers.example>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away. By the way: where is my parcel?\r\n"
    )
    system.post.send_raw(raw.encode(), sender="cleo@customers.example")


def test_a_suppressed_address_shows_its_reason_to_the_writer_until_it_is_released(console: Console, system: System) -> None:
    page, ticket = console.page, system.receive(f"Dead address {uuid4().hex[:8]}")
    address = ticket["requester"]["email"]
    page.goto(f"{system.url}/mail/suppressed")
    page.get_by_role("button", name="Suppress").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address").fill(address)
    dialog.get_by_label("Why").fill("moved to another company")
    dialog.get_by_role("button", name="Suppress").click()
    line = console.find("suppression").filter(has_text=address)
    expect(line).to_contain_text("moved to another company")
    assert violations(page) == []
    refused = system.api.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Hello"})
    assert refused.status_code == 409 and "moved to another company" in refused.json()["detail"]
    line.get_by_role("button", name=f"Release {address}").click()
    expect(line).to_have_count(0)
    assert system.api.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Hello"}).status_code == 201


def test_the_ledger_accounts_for_a_mail_which_is_saved_raw_and_read_again(console: Console, system: System) -> None:
    page, sent = console.page, system.mail(f"Accounted {uuid4().hex[:8]}")
    ticket = system.ticket_of(str(sent["Subject"]))
    page.goto(f"{system.url}/mail/ledger")
    expect(console.find("ledger-account").filter(has_text="support@helpdesk.example")).to_contain_text("Balanced")
    page.get_by_role("combobox").select_option("ticketed")
    line = console.find("ledger-mail").filter(has_text=str(sent["Message-ID"]))
    expect(line).to_contain_text("mail.raw[")
    assert violations(page) == []
    with page.expect_download() as saved:
        line.get_by_role("link", name="Download the raw mail").click()
    assert str(sent["Message-ID"]).encode() in saved.value.path().read_bytes()
    line.get_by_role("button", name="Read the mail again").click()
    expect(page.get_by_text("The mail is read again")).to_be_visible()
    expect(console.find("ledger-account").filter(has_text="support@helpdesk.example")).to_contain_text("Balanced")
    assert system.get(f"/tickets/{ticket['id']}")["message_count"] == ticket["message_count"]


def test_an_agent_may_release_but_not_block(open_console: OpenConsole, system: System) -> None:
    console, subject = open_console("AGENT"), f"Sale {uuid4().hex[:8]}"
    _send_auto_reply(system, subject)
    console.page.goto(f"{system.url}/mail")
    line = console.find("parked-mail").filter(has_text=subject)
    line.get_by_role("button").first.click()
    expect(line.get_by_role("button", name="Release", exact=True)).to_be_visible()
    expect(line.get_by_role("button", name="Block…")).to_have_count(0)
    console.page.goto(f"{system.url}/mail/blocked")
    expect(console.page.get_by_role("button", name="Block")).to_have_count(0)


def test_a_mail_about_something_else_is_split_off_with_one_click_and_taken_back(console: Console, system: System) -> None:
    word = uuid4().hex[:8]
    ticket = system.receive(f"Kettle {word}")
    first = system.get(f"/tickets/{ticket['id']}/messages")["data"][0]["message_id"]
    system.mail(f"Invoice of October {word.upper()}x", "Where is it?", sender=ticket["requester"]["email"], references=[first])
    console.open(ticket)
    flagged = console.find("message").filter(has_text="Where is it?")
    expect(flagged.get_by_test_id("message-flags")).to_contain_text("wholly different")
    assert violations(console.page) == []
    flagged.get_by_role("button", name="Split into a new ticket").first.click()
    expect(console.page.get_by_text("Split off into TIK-")).to_be_visible()
    expect(flagged).to_have_count(0)
    console.press("z")
    expect(flagged).to_be_visible()
