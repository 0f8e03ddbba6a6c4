"""The console as an agent uses it: one signed-in page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.system import System

# In the page and not by a route: a route is answered only while Playwright waits for something, and these tests wait for the mail.
_HURRY = """() => {
    const real = window.fetch;
    const soon = (init) => ({ ...init, body: JSON.stringify({ ...JSON.parse(init.body), undo_seconds: 1 }) });
    window.fetch = (url, init) => real(url, init?.method === "POST" && String(url).split("?")[0].endsWith("/replies") ? soon(init) : init);
}"""


@dataclass(frozen=True, slots=True)
class Console:
    """A page of the console."""

    page: Page
    system: System

    def find(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def go(self, view: str = "inbox") -> None:
        """A view's list, live."""
        self.page.goto(f"{self.system.url}/inbox/{view}")
        expect(self.find("ticket-row").first).to_be_visible()
        self.is_live()

    def is_live(self) -> None:
        expect(self.find("connection")).to_have_attribute("data-state", "live")

    def open(self, ticket: dict[str, Any], *, view: str = "inbox") -> None:
        """A ticket beside its view's list, live."""
        self.page.goto(f"{self.system.url}/inbox/{view}/{ticket['number']}")
        expect(self.find("ticket")).to_have_attribute("data-ticket-id", ticket["id"])
        expect(self.find("message").first).to_be_visible()
        self.is_live()

    def sends_soon(self) -> None:
        """What is sent from here on goes out after one second instead of ten: for tests that are not about taking it back."""
        self.page.evaluate(_HURRY)

    def row(self, subject: str) -> Locator:
        return self.find("ticket-row").filter(has_text=subject)

    def message(self, text: str) -> Locator:
        return self.find("message").filter(has_text=text)

    @property
    def editor(self) -> Locator:
        return self.find("composer-editor")

    def write(self, text: str, *, key: str = "r") -> None:
        """Starts a reply (r) or a note (n) by its key and types."""
        self.press(key)
        expect(self.editor).to_be_focused()
        self.type(text)
        expect(self.editor).to_have_value(text)
