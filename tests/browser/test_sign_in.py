"""Signing in."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.console import Console
from tests.browser.system import System


def test_a_wrong_password_is_refused_in_words_and_the_right_one_opens_the_inbox(new_page: Callable[..., Page], system: System) -> None:
    console = Console(new_page(), system)
    console.page.goto(system.url)
    console.page.get_by_label("Mail address").fill(system.env["ADMIN_EMAIL"])
    console.page.get_by_label("Password").fill("not this one")
    console.press("Enter")
    expect(console.page.get_by_role("alert")).to_contain_text("do not belong together")

    console.page.get_by_label("Password").fill(system.env["ADMIN_PASSWORD"])
    console.press("Enter")
    expect(console.find("ticket-row").first).to_be_visible()
    console.is_live()
    assert "/inbox/inbox" in console.page.url


def test_a_session_ended_elsewhere_leads_to_the_sign_in_page(new_page: Callable[..., Page], system: System) -> None:
    console = Console(new_page(), system)
    login = {"email": system.env["ADMIN_EMAIL"], "password": system.env["ADMIN_PASSWORD"]}
    request = console.page.context.request
    assert request.post(f"{system.url}/api/v1/session", data=login, headers={"Origin": system.url}).ok
    console.go()
    assert request.delete(f"{system.url}/api/v1/session", headers={"Origin": system.url}).ok
    expect(console.find("sign-in")).to_be_visible()
