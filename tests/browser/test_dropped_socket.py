"""A line that breaks: nothing is missed and nothing is read again."""

from dataclasses import dataclass, field
from uuid import uuid4

import orjson
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.console import Console
from tests.browser.system import System

_MAILS = 5


@dataclass
class Line:
    """The page's line to the gateway, which can be cut."""

    up: bool = True
    open: list[WebSocketRoute] = field(default_factory=list)
    refused: int = 0
    asked: list[dict[str, object]] = field(default_factory=list)

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
            server.send(frame)

        socket.on_message(pass_on)

    def cut(self) -> None:
        self.up = False
        self.asked.clear()
        self.open.pop().close(code=1011)


def test_a_dropped_line_resumes_without_a_gap_and_without_reading_the_list_again(console: Console, system: System) -> None:
    first = system.mail(subject := f"Before {uuid4().hex[:8]}")
    ticket = system.ticket_of(subject)
    line = Line()
    line.lay(console.page)
    console.open(ticket)
    line.cut()
    expect(console.find("connection")).not_to_have_attribute("data-state", "live")
    requests: list[str] = []
    console.page.on("request", lambda request: requests.append(request.url))
    word = f"Gap {uuid4().hex[:8]}"
    for number in range(_MAILS):
        system.mail(f"{word} {number}")
    system.answer(ticket, f"{word} in the thread", to=str(first["Message-ID"]))
    for number in range(_MAILS):
        system.ticket_of(f"{word} {number}")

    line.up = True
    console.is_live()
    expect(console.message(f"{word} in the thread")).to_have_count(1)
    expect(console.find("show-new")).to_contain_text(f"{_MAILS} new tickets")
    console.press(".")
    for number in range(_MAILS):
        expect(console.row(f"{word} {number}")).to_have_count(1)
    assert line.asked
    assert all(said["since"] for said in line.asked)
    assert not [url for url in requests if "/api/v1/tickets?" in url or url.endswith("/messages")]


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
