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

    with ThreadPoolExecutor(16) as pool:
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


def test_several_tickets_are_changed_at_once_and_taken_back_at_once(console: Console, system: System) -> None:
    word = uuid4().hex[:8]
    made = [
        system.api.post("/tickets", json={"subject": f"Bulk {word} {n}", "body": "Called.", "requester": f"{word}@calls.example"}).json()[
            "id"
        ]
        for n in range(3)
    ]

    def priorities() -> set[str]:
        return {system.get(f"/tickets/{ticket}")["priority"] for ticket in made}

    before = priorities()
    console.go("all")
    boxes = console.page.get_by_role("checkbox", name=f"Select Bulk {word}")
    boxes.first.check(force=True)
    boxes.last.click(force=True, modifiers=["Shift"])
    expect(console.find("selection")).to_contain_text("3 selected")
    console.press("p")
    console.type("Critical")
    expect(console.page.get_by_role("option", name="Critical")).to_be_visible()
    console.press("Enter")
    eventually(lambda: priorities() == {"critical"}, what="three critical tickets")
    expect(console.find("selection")).to_contain_text("3 selected")
    console.press("z")
    eventually(lambda: priorities() == before, what="their old priorities")
    console.press("Escape")
    expect(console.find("selection")).to_have_count(0)
    console.press("j", "x")
    expect(console.find("selection")).to_contain_text("1 selected")


def test_a_snoozed_ticket_leaves_and_undo_wakes_it(console: Console, system: System) -> None:
    subject = f"Sleepy {uuid4().hex[:8]}"
    ticket = system.receive(subject)
    console.open(ticket)
    console.press("h")
    expect(console.page.get_by_role("option", name="In one hour")).to_be_visible()
    console.press("Enter")
    expect(console.row(subject)).to_have_count(0)
    eventually(lambda: system.get(f"/tickets/{ticket['id']}")["snoozed_until"], what="asleep")
    console.press("z")
    expect(console.row(subject)).to_be_visible()
    eventually(lambda: not system.get(f"/tickets/{ticket['id']}")["snoozed_until"], what="awake")


def test_a_view_of_ones_own_holds_what_it_asks_for_and_follows_changes(console: Console, system: System) -> None:
    word = uuid4().hex[:8]
    inside, outside = (
        system.api.post("/tickets", json={"subject": f"View {word} {n}", "body": "Called.", "requester": f"{word}@calls.example"}).json()
        for n in range(2)
    )
    system.api.patch(f"/tickets/{inside['id']}", json={"tags": [word]}).raise_for_status()
    console.go()
    console.press("w")
    dialog = console.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"About {word}")
    dialog.get_by_label("Tag").fill(word)
    dialog.get_by_role("button", name="Add view").click()
    expect(console.find("ticket-row")).to_have_count(1)
    expect(console.find("ticket-row")).to_have_attribute("data-ticket-id", inside["id"])
    system.api.patch(f"/tickets/{outside['id']}", json={"tags": [word]}).raise_for_status()
    expect(console.find("show-new")).to_contain_text("1 new ticket")
    system.api.patch(f"/tickets/{inside['id']}", json={"tags": []}).raise_for_status()
    expect(console.row(f"View {word} 0")).to_have_count(0)
    console.press(".")
    expect(console.row(f"View {word} 1")).to_be_visible()
    console.press("Control+k")
    console.type("Export this list")
    with console.page.expect_download() as download:
        console.press("Enter")
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [[outside["number"], f"View {word} 1"]]
    console.page.reload()
    console.page.get_by_role("link", name=f"About {word}").click()
    expect(console.find("ticket-row")).to_have_count(1)


def test_a_command_gets_another_key(console: Console) -> None:
    console.go()
    console.press("?")
    line = console.page.get_by_role("dialog").get_by_role("button", name="New ticket", exact=True)
    line.click()
    console.press("j")
    expect(line).to_contain_text("Next in list")
    console.press("Control+m")
    expect(line).to_contain_text("M")
    console.press("Escape")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    console.press("c")
    console.press("Control+m")
    expect(console.page.get_by_role("dialog")).to_contain_text("New ticket")
