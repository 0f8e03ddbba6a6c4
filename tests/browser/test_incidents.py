"""A surge: seen by the radar, opened as one incident, answered once, read by each customer, and kept as an article."""

import json
from email.message import Message
from functools import partial
from typing import Any
from uuid import uuid4

from playwright.sync_api import expect

from services.runtime.blobs import Shelf
from services.runtime.settings import Settings
from tests.browser.console import Console
from tests.browser.system import PATIENCE, System
from tests.servers import eventually

_WORDS = "The video conference plugin shows nothing but a green screen, nobody in our office can see each other."
_ANSWER = "The plugin was repaired. Restart the video conference and the green screen is gone."


def test_a_surge_is_answered_once_and_every_customer_gets_a_mail_of_their_own(console: Console, system: System) -> None:
    mark = uuid4().hex[:6]
    tickets = [system.receive(f"Green screen {mark} {n}", f"{_WORDS} Room {n}.") for n in range(6)]
    surge = console.find("surge").filter(has_text=f"Green screen {mark}")
    console.page.goto(f"{system.url}/incidents")
    expect(surge).to_contain_text("in common:")
    shown = surge.locator("a.line").count()
    assert shown >= 5
    surge.get_by_label("Subject of the incident").fill(f"Green screens {mark}")
    surge.get_by_role("button", name="Open an incident").click()
    expect(console.find("incident")).to_contain_text(f"Incident of {shown} tickets")
    expect(console.find("ticket").get_by_role("heading", name=f"Green screens {mark}")).to_be_visible()
    console.write(_ANSWER)
    console.sends_soon()
    console.press("Control+Enter")
    expect(console.message(_ANSWER)).to_be_visible()
    children = [t for t in tickets if system.get(f"/tickets/{t['id']}")["parent_id"]]
    assert len(children) == shown
    _resolved_without_a_reply(console, system, children)
    _as_an_article(console, system, mark)
    addresses = [t["requester"]["email"] for t in children]
    for address in addresses:
        mails = eventually(partial(_received, system, address), seconds=PATIENCE, what=f"the mail of {address}")
        assert len(mails) == 1 and not mails[0]["Cc"], "the answer, and nothing for what became of the ticket"
        assert not any(other in str(mails[0]["To"]) for other in addresses if other != address), "nobody reads who else wrote"


def _resolved_without_a_reply(console: Console, system: System, children: list[dict[str, Any]]) -> None:
    def statuses() -> set[str]:
        return {system.get(f"/tickets/{t['id']}")["status"] for t in children}

    eventually(lambda: statuses() == {"replied"}, seconds=PATIENCE, what="the answer settled")
    expect(console.find("incident").get_by_role("checkbox")).to_be_checked()
    console.page.keyboard.press("Escape")
    console.press("e")
    expect(console.page.get_by_text("with its open tickets")).to_be_visible()
    eventually(lambda: statuses() == {"resolved"}, seconds=PATIENCE, what="its tickets resolved")
    console.press("z")
    eventually(lambda: statuses() == {"open"}, seconds=PATIENCE, what="its tickets opened again")


def _received(system: System, address: str) -> list[Message]:
    return [m for m in system.post.inboxes([address])[address] if "repaired" in m.as_string()]


def _as_an_article(console: Console, system: System, mark: str) -> None:
    console.page.goto(f"{system.url}/knowledge/gaps")
    gap = console.find("gap").filter(has_text=f"Green screen {mark}")
    expect(gap.get_by_label("Text")).to_have_value(_ANSWER)
    gap.get_by_role("button", name="Keep as draft article").click()
    gap.get_by_role("link", name="Its article").click()
    expect(console.find("article")).to_contain_text(_ANSWER)
    article = next(a for a in system.get("/articles")["data"] if a["body"] == _ANSWER)
    assert article["status"] == "draft"
    system.api.delete(f"/articles/{article['id']}").raise_for_status()


def test_measurements_stand_side_by_side(console: Console, system: System) -> None:
    shelf = Shelf(Settings.of({**system.env, "HELPDESK_HOME": str(system.home)}), "evaluations")
    for name, accuracy in (("20261101T000000-local", 0.81), ("20261102T000000-gemini", 0.93)):
        shelf.put(f"{name}-reliability.svg", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>')
        table = {
            "made_at": "2026-11-02T00:00:00+00:00", "engine": name[16:], "tickets": 40, "baselines": {"majority": {"routing accuracy": 0.3}},
            "figures": {"routing accuracy": {"value": accuracy, "low": 0.7, "high": 0.99}},
        }  # fmt: skip
        shelf.put(f"{name}.json", json.dumps(table).encode())
    console.page.goto(f"{system.url}/ai/evaluations")
    row = console.find("evaluation").get_by_role("row", name="routing accuracy")
    expect(row).to_contain_text("0.930")
    expect(row).to_contain_text("0.810")
    expect(row).to_contain_text("0.700 to 0.990")
    expect(row).to_contain_text("0.300")
    picture = console.page.locator("img[src*='20261102T000000-gemini-reliability.svg']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 9, "the gateway served it"
