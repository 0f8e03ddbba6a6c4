"""Themes, the palette, narrow screens, and what people with other senses and hands meet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenConsole
from tests.browser.console import Console
from tests.browser.system import System

_AXE = Path(__file__).parents[2] / "services" / "gateway" / "console" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


_IN_THEME = """async ([theme, options]) => {
    document.documentElement.dataset.theme = theme;
    const sheet = [...document.styleSheets].at(-1);
    if (!window.still) sheet.insertRule("*, *::before, *::after { transition: none !important }", sheet.cssRules.length);
    window.still = true;
    await new Promise(requestAnimationFrame);
    return await axe.run(document, {...options, iframes: false});
}"""


def violations(page: Page) -> list[str]:
    """Serious and critical findings of axe, each with the element it is about: all rules in light, and in dark those of contrast, as the structure is the same."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text())
    runs = {"dark": {"type": "rule", "values": ["color-contrast"]}, "light": {"type": "tag", "values": _RULES}}
    found: dict[str, Any] = {theme: page.evaluate(_IN_THEME, [theme, {"runOnly": only}]) for theme, only in runs.items()}
    bad = [(theme, each) for theme, run in found.items() for each in run["violations"] if each["impact"] in {"serious", "critical"}]
    return [f"{theme}: {each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for theme, each in bad for node in each["nodes"]]


def test_axe_finds_nothing_serious(console: Console, new_page: Callable[..., Page], system: System) -> None:
    page = new_page()
    page.goto(system.url)
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    assert violations(page) == []

    console.go()
    assert violations(console.page) == []
    ticket = system.receive(f"Look {uuid4().hex[:8]}", "How long do refunds take until they appear on my statement?")
    console.open(ticket)
    expect(console.find("ai-panel")).to_be_visible()
    assert violations(console.page) == []
    console.press("Control+k")
    expect(console.page.get_by_role("dialog")).to_be_visible()
    assert violations(console.page) == []


def test_axe_finds_nothing_serious_on_the_other_pages_and_their_forms(console: Console, system: System) -> None:
    page = console.page

    def look_at(path: str, ready: str) -> None:
        page.goto(f"{system.url}/{path}")
        expect(page.get_by_text(ready).first).to_be_visible()
        assert violations(page) == [], path

    look_at("search?q=refund", "How long refunds take")
    look_at("profile", "Density")
    look_at("inbox/review", "AI review")
    look_at("customers", "Customers")
    console.find("customer-row").first.click()
    expect(console.find("customer")).to_be_visible()
    assert violations(page) == [], "a customer"
    look_at("knowledge", "How long refunds take")
    page.get_by_role("link", name="How long refunds take").click()
    expect(console.find("article")).to_be_visible()
    assert violations(page) == []
    look_at("incidents", "Incidents")
    look_at("knowledge/gaps", "Questions without an article")
    look_at("ai/evaluations", "Measurements")
    look_at("ai/runs", "Failed only")
    console.find("run-line").first.get_by_role("link").first.click()
    expect(console.find("run")).to_be_visible()
    assert violations(page) == [], "a run"
    look_at("settings", "Level 1 Support")
    for form in (
        "Add to mailboxes",
        "Add to teams",
        "Add to agents",
        "Edit the assistant",
        "Add to saved replies",
        "Add to api keys",
        "Edit Time zone",
        "Edit Low",
    ):
        page.get_by_role("button", name=form).or_(page.get_by_title(form)).first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == [], form
        console.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    console.go()
    console.press("j", "x")
    expect(console.find("selection")).to_be_visible()
    assert violations(page) == [], "a selection"
    console.press("Escape")
    for key in ("c", "?", "w"):
        console.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == [], key
        console.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    console.find("ticket-row").first.click()
    expect(console.find("message").first).to_be_visible()
    for key in ("m", "h"):
        console.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == [], key
        console.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_dark_follows_the_system_and_is_switched_by_hand(open_console: OpenConsole) -> None:
    console = open_console(color_scheme="dark")
    console.go()
    page = console.page.locator("html")
    expect(page).to_have_attribute("data-theme", "dark")
    ground = console.page.evaluate("getComputedStyle(document.body).backgroundColor")
    console.press("Control+k")
    console.type("Switch light")
    expect(console.page.get_by_role("option", name="Switch light and dark")).to_be_visible()
    console.press("Enter")
    expect(page).to_have_attribute("data-theme", "light")
    assert console.page.evaluate("getComputedStyle(document.body).backgroundColor") != ground
    console.page.reload()
    expect(page).to_have_attribute("data-theme", "light")


def test_the_palette_finds_commands_and_tickets(console: Console) -> None:
    console.go()
    console.press("Control+k")
    console.type("Charged twice")
    expect(console.page.get_by_role("option", name="Charged twice in November")).to_be_visible()
    console.press("Enter")
    expect(console.find("ticket").get_by_role("heading", name="Charged twice in November")).to_be_visible()
    console.press("Control+k")
    console.type("knowledge")
    expect(console.page.get_by_role("option", name="Knowledge")).to_be_visible()
    console.press("Enter")
    console.page.wait_for_url("**/knowledge")


@pytest.mark.parametrize("width", [1440, 1024, 390, 320])
def test_nothing_is_wider_than_the_screen(open_console: OpenConsole, width: int) -> None:
    console = open_console(viewport={"width": width, "height": 844})
    console.go()
    too_wide = "document.documentElement.scrollWidth > innerWidth"
    assert not console.page.evaluate(too_wide)
    console.find("ticket-row").first.click()
    expect(console.find("message").first).to_be_visible()
    expect(console.find("composer")).to_be_in_viewport()
    assert not console.page.evaluate(too_wide)
