"""Setting up a desk in the browser, as the admin of an empty one does."""

from uuid import uuid4

import httpx
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.system import System
from tests.servers import eventually


def test_a_team_and_its_agent_are_added_and_changed(console: Console, system: System) -> None:
    page, word = console.page, uuid4().hex[:8]
    page.goto(f"{system.url}/settings")
    page.get_by_role("button", name="Add to teams").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"Team {word}")
    dialog.get_by_label("What they do").fill("Everything about parcels")
    dialog.get_by_role("button", name="Add team").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name=f"Team {word}")).to_be_visible()

    page.get_by_role("button", name="Add to agents").click()
    dialog.get_by_label("Name", exact=True).fill(f"Kim {word}")
    dialog.get_by_label("Mail address").fill(f"{word}@helpdesk.example")
    dialog.get_by_label(f"Team {word}").check()
    dialog.get_by_label("Password").fill("a long enough password")
    dialog.get_by_role("button", name="Add agent").click()
    expect(dialog).to_have_count(0)
    agent = eventually(lambda: [a for a in system.get("/agents", limit=100)["data"] if a["name"] == f"Kim {word}"], what="the agent")[0]
    assert [team["name"] for team in agent["teams"]] == [f"Team {word}"]

    page.get_by_role("button", name=f"Kim {word}").click()
    dialog.get_by_label("Role").select_option("lead")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=f"Kim {word}")).to_contain_text("lead")


def test_a_mailbox_that_does_not_answer_is_refused_in_the_form(console: Console, system: System) -> None:
    page = console.page
    page.goto(f"{system.url}/settings")
    page.get_by_role("button", name="Add to mailboxes").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address customers write to").fill("sales@helpdesk.example")
    dialog.get_by_label("Password", exact=True).fill("wrong")
    dialog.get_by_label("IMAP server").fill("127.0.0.1")
    dialog.get_by_label("SMTP server", exact=True).fill("127.0.0.1")
    for port in dialog.get_by_label("Port", exact=True).all():
        port.fill("9")
    dialog.get_by_role("button", name="Test and add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("IMAP")
    expect(dialog.get_by_label("Address customers write to")).to_have_value("sales@helpdesk.example")


def test_an_article_is_written_and_changed(console: Console, system: System) -> None:
    page, title = console.page, f"Parcels {uuid4().hex[:8]}"
    page.goto(f"{system.url}/knowledge")
    page.get_by_role("button", name="New article").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_label("Text").fill("Parcels take two days.")
    dialog.get_by_role("button", name="Add article").click()
    page.get_by_role("link", name=title).click()
    expect(console.find("article")).to_contain_text("Parcels take two days.")
    console.find("article").get_by_role("button", name="Edit").click()
    dialog.get_by_label("Text").fill("Parcels take three days.")
    dialog.get_by_role("button", name="Save as new version").click()
    expect(console.find("article")).to_contain_text("Parcels take three days.")
    expect(console.find("article")).to_contain_text("version 2")


def test_saved_replies_targets_and_keys_are_kept(console: Console, system: System) -> None:
    page, word = console.page, uuid4().hex[:8]
    page.goto(f"{system.url}/settings")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Add to saved replies").click()
    dialog.get_by_label("Name", exact=True).fill(f"Reply {word}")
    dialog.get_by_label("Text").fill("Dear {{first_name}}")
    dialog.get_by_role("button", name="Add saved reply").click()
    page.get_by_role("button", name=f"Reply {word}").click()
    dialog.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Really delete").click()
    expect(page.get_by_role("button", name=f"Reply {word}")).to_have_count(0)

    page.get_by_title("Edit Low").click()
    dialog.get_by_label("First answer within hours").fill("12")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_title("Edit Low")).to_contain_text("12 h")
    assert next(s for s in system.get("/slas")["data"] if s["priority"] == "low")["first_response_seconds"] == 12 * 3600

    page.get_by_role("button", name="Add to api keys").click()
    dialog.get_by_label("What it is for").fill(f"Script {word}")
    dialog.get_by_role("button", name="Make key").click()
    key = dialog.get_by_label("Key").input_value()
    assert httpx.get(f"{system.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    console.press("Escape")
    page.get_by_role("button", name=f"Revoke Script {word}").click()
    expect(page.get_by_role("button", name=f"Revoke Script {word}")).to_have_count(0)
    assert httpx.get(f"{system.url}/api/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == 401


def test_only_admins_are_offered_to_change_the_desk(open_console: OpenConsole, system: System) -> None:
    console = open_console("AGENT")
    console.page.goto(f"{system.url}/settings")
    expect(console.page.get_by_role("heading", name="Agents")).to_be_visible()
    expect(console.page.get_by_text(system.env["ADMIN_EMAIL"])).to_be_visible()
    expect(console.page.get_by_role("button", name="Add to agents")).to_have_count(0)
