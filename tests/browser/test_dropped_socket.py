"""A line that breaks: nothing is missed and nothing is read again."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import MILLISECONDS
from tests.browser.console import Console
from tests.browser.system import PATIENCE, System
from tests.servers import eventually

_MAILS = 5
_CONTROL_MILLISECONDS = 4000


@dataclass
class Line:
    """The page's line to the gateway, which can be cut."""

    up: bool = True
    open: list[WebSocketRoute] = field(default_factory=list)
    forgets: bool = False
    """After a drop, tells the gateway no place to resume from."""
    dropped: bool = False
    refused: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    confirmed: set[str] = field(default_factory=set)
    """The channels that the gateway has said yes to."""

    def lay(self, page: Page) -> None:
        page.route_web_socket("**/api/v1/live", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if not self.up:
            self.refused += 1
            socket.close(code=1011)
            return
        self.open.append(socket)
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            said = orjson.loads(frame)
            if said["t"] == "sub":
                self.asked.append(said)
                if self.forgets and self.dropped:
                    frame = orjson.dumps({**said, "since": None}).decode()
            server.send(frame)

        def pass_back(frame: str | bytes) -> None:
            said = orjson.loads(frame)
            if said["t"] == "ok":
                self.confirmed |= {channel for frame in self.asked if frame["id"] == said["id"] for channel in frame["channels"]}
            socket.send(frame)

        socket.on_message(pass_on)
        server.on_message(pass_back)

    def settle(self, page: Page, *channels: str) -> None:
        """Until the page hears these channels. Before, it has no place yet to come back to."""
        heard = {"user:me", "queue:all", "queue:me", *channels}
        # Playwright hands frames on only while it is asked something.
        eventually(lambda: page.evaluate("true") and heard <= self.confirmed, seconds=PATIENCE, what="the page hearing its channels")

    def cut(self) -> None:
        self.up = False
        self.dropped = True
        self.asked.clear()
        self.open.pop().close(code=1011)


@dataclass(frozen=True)
class Missed:
    """What happened while the line was down."""

    ticket: dict[str, Any]
    first: str
    word: str
    """In every mail of the gap."""
    requests: list[str]
    """What the page has read since the cut."""


def miss_some_news(console: Console, system: System, line: Line) -> Missed:
    """Cut the line of a page with an open ticket, let mails come, and lay it again."""
    first = system.mail(subject := f"Before {uuid4().hex[:8]}")
    ticket = system.ticket_of(subject)
    line.lay(console.page)
    console.open(ticket)
    line.settle(console.page, f"ticket:{ticket['id']}")
    line.cut()
    expect(console.find("connection")).not_to_have_attribute("data-state", "live")
    requests: list[str] = []
    console.page.on("request", lambda request: requests.append(request.url))
    word = f"Gap {uuid4().hex[:8]}"
    # The thread first: once the mails after it are tickets, its news have long been told to whoever listens.
    system.answer(ticket, f"{word} in the thread", to=str(first["Message-ID"]))
    eventually(
        lambda: [m for m in system.get(f"/tickets/{ticket['id']}/messages")["data"] if word in m["body_text"]],
        seconds=PATIENCE, what="the answer in the thread",
    )  # fmt: skip
    for number in range(_MAILS):
        system.mail(f"{word} {number}")
    for number in range(_MAILS):
        system.ticket_of(f"{word} {number}")
    line.up = True
    console.is_live()
    return Missed(ticket, str(first["Message-ID"]), word, requests)


def check_nothing_is_missing(console: Console, word: str, *, within: float) -> None:
    """The thread and the list hold what came while the line was down."""
    expect(console.message(f"{word} in the thread")).to_have_count(1, timeout=within)
    expect(console.find("show-new")).to_contain_text(f"{_MAILS} new tickets", timeout=within)
    console.press(".")
    for number in range(_MAILS):
        expect(console.row(f"{word} {number}")).to_have_count(1, timeout=within)


def test_a_dropped_line_resumes_without_a_gap_and_without_reading_the_list_again(console: Console, system: System) -> None:
    line = Line()
    missed = miss_some_news(console, system, line)
    check_nothing_is_missing(console, missed.word, within=MILLISECONDS)
    assert line.asked
    assert all(said["since"] for said in line.asked)
    assert not [url for url in missed.requests if "/api/v1/tickets?" in url or url.endswith("/messages")]


def test_without_the_place_to_resume_from_the_same_check_fails(console: Console, system: System) -> None:
    """The control run: the line takes out where to resume from, and nothing else."""
    line = Line(forgets=True)
    missed = miss_some_news(console, system, line)
    with pytest.raises(AssertionError, match="in the thread"):
        check_nothing_is_missing(console, missed.word, within=_CONTROL_MILLISECONDS)
    system.answer(missed.ticket, "After the gap", to=missed.first)
    expect(console.message("After the gap")).to_have_count(1)  # the line works; only the gap is lost
    expect(console.message(f"{missed.word} in the thread")).to_have_count(0)


def test_a_long_loss_is_said_and_what_was_written_is_kept(console: Console, system: System) -> None:
    ticket = system.receive(f"Lost {uuid4().hex[:8]}")
    line = Line()
    line.lay(console.page)
    console.open(ticket)
    console.write("Half an answer")
    line.cut()
    expect(console.find("offline")).to_contain_text("Not connected")
    line.up = True
    expect(console.find("offline")).to_have_count(0)
    expect(console.editor).to_have_value("Half an answer")
