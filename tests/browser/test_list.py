"""The list: live, virtualised, moved through by keys, acted on at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.system import System
from tests.servers import eventually

_MORE_THAN_ANY_SCREEN = 110
_MOST_ROWS = 40


def test_a_mail_appears_without_a_reload_and_moves_no_row(console: Console, system: System) -> None:
    console.go()
    before = console.find("ticket-row").first.get_attribute("data-ticket-id")
    requests: list[str] = []
    console.page.on("request", lambda request: requests.append(request.url))
    subject = f"Live {uuid4().hex[:8]}"
    system.mail(subject)
    expect(console.find("show-new")).to_contain_text("new ticket")
    assert console.find("ticket-row").first.get_attribute("data-ticket-id") == before
    console.press(".")
    expect(console.row(subject)).to_be_visible()
    expect(console.row(subject)).to_contain_text("Cleo Customer")
    assert not [url for url in requests if "/api/v1/tickets?" in url]


@pytest.fixture(scope="module")
def many_tickets(system: System) -> int:
    """More tickets than a screen, or a page of the API, holds."""

    def open_one(number: int) -> None:
        body = {"subject": f"Call {number}", "body": "Somebody called.", "requester": f"caller{number}@calls.example"}
        system.api.post("/tickets", json=body).raise_for_status()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_one, range(_MORE_THAN_ANY_SCREEN)))
    return _MORE_THAN_ANY_SCREEN


def test_only_the_rows_on_screen_are_in_the_page(console: Console, many_tickets: int) -> None:
    console.go("all")
    scroller = console.find("ticket-list")
    seen: set[str] = set()
    height = 0

    def at_the_end() -> bool:
        rows = console.find("ticket-row")
        ids = rows.evaluate_all("rows => rows.map(row => row.dataset.ticketId)")
        assert 0 < len(ids) < _MOST_ROWS
        seen.update(ids)
        scroller.evaluate("box => box.scrollBy({top: box.clientHeight - 80, behavior: 'instant'})")
        nonlocal height
        was, height = height, scroller.evaluate("box => box.scrollTop + box.clientHeight")
        return len(seen) > many_tickets and was == height

    eventually(at_the_end, what="the end of the list")


def test_keys_move_open_and_close(console: Console) -> None:
    console.go()
    ids = console.find("ticket-row").evaluate_all("rows => rows.slice(0, 3).map(row => row.dataset.ticketId)")
    console.press("j", "j", "k", "Enter")
    expect(console.find("ticket")).to_have_attribute("data-ticket-id", ids[0])
    console.press("j")
    expect(console.find("ticket")).to_have_attribute("data-ticket-id", ids[1])
    expect(console.page.locator("[data-testid=ticket-row][aria-current]")).to_have_attribute("data-ticket-id", ids[1])
    console.press("k")
    expect(console.find("ticket")).to_have_attribute("data-ticket-id", ids[0])
    console.press("Escape")
    expect(console.find("ticket")).to_have_count(0)


def test_done_opens_the_next_and_undo_brings_it_back(console: Console, system: System) -> None:
    subject = f"Done {uuid4().hex[:8]}"
    ticket = system.receive(subject)
    console.open(ticket)
    after = console.page.evaluate(
        "id => { const rows = [...document.querySelectorAll('[data-testid=ticket-row]')];"
        " return rows[rows.findIndex(row => row.dataset.ticketId === id) + 1].dataset.ticketId }",
        ticket["id"],
    )
    console.press("e")
    expect(console.find("ticket")).to_have_attribute("data-ticket-id", after)
    expect(console.row(subject)).to_have_count(0)
    eventually(lambda: system.get(f"/tickets/{ticket['id']}")["status"] == "resolved", what="resolved")
    console.press("z")
    expect(console.row(subject)).to_be_visible()
    eventually(lambda: system.get(f"/tickets/{ticket['id']}")["status"] == "open", what="open again")


def test_a_ticket_is_assigned_by_name_taken_by_key_and_given_back(open_console: OpenConsole, system: System) -> None:
    ticket = system.receive(f"Assign {uuid4().hex[:8]}")
    me = next(a for a in system.get("/agents")["data"] if a["email"] == system.env["AGENT_EMAIL"])
    other = next(a for a in system.get("/agents")["data"] if a["role"] == "agent" and a["id"] != me["id"] and a["teams"])
    system.api.patch(f"/tickets/{ticket['id']}", json={"team_id": other["teams"][0]["id"], "assignee_id": None}).raise_for_status()

    def owner() -> str | None:
        assignee = system.get(f"/tickets/{ticket['id']}")["assignee"]
        return str(assignee["name"]) if assignee else None

    console = open_console("AGENT")
    console.open(ticket)
    expect(console.find("prop-team")).to_contain_text(other["teams"][0]["name"])
    console.press("a")
    console.type(other["name"])
    expect(console.page.get_by_role("option", name=other["name"])).to_be_visible()
    console.press("Enter")
    expect(console.find("prop-assign")).to_contain_text(other["name"])
    eventually(lambda: owner() == other["name"], what="the other's")
    console.press("i")
    expect(console.find("prop-assign")).to_contain_text(me["name"])
    eventually(lambda: owner() == me["name"], what="mine")
    console.press("z")
    expect(console.find("prop-assign")).to_contain_text(other["name"])
    eventually(lambda: owner() == other["name"], what="the other's again")


def test_an_opened_ticket_becomes_read(console: Console, system: System) -> None:
    subject = f"Unread {uuid4().hex[:8]}"
    ticket = system.receive(subject)
    assert ticket["unread"]
    console.go()
    unread = console.page.locator("[data-testid=ticket-row].un", has_text=subject)
    expect(unread).to_have_count(1)
    console.row(subject).click()
    expect(unread).to_have_count(0)
    assert not system.get(f"/tickets/{ticket['id']}")["unread"]


def test_what_a_colleague_changes_is_seen_at_once(console: Console, system: System) -> None:
    ticket = system.receive(f"Shared {uuid4().hex[:8]}")
    console.open(ticket)
    system.api.patch(f"/tickets/{ticket['id']}", json={"priority": "critical", "tags": ["urgent-case"]}).raise_for_status()
    expect(console.find("prop-priority")).to_contain_text("Critical")
    expect(console.find("prop-tags")).to_contain_text("urgent-case")
