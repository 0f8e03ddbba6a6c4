"""Chromium, the running system, and pages that are signed in. Everything ends with this folder's tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.ai.fake_gemini import FakeGemini, serving
from tests.browser.console import Console
from tests.browser.system import PATIENCE, System, running

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FOLDER = Path(__file__).parent
MILLISECONDS = PATIENCE * 1000

OpenConsole = Callable[..., Console]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Chromium and patience: the first test waits for the whole system."""
    for item in items:
        if _FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(600))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the browser said and how the services' logs end."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        if isinstance(system := item.funcargs.get("system"), System):
            report.sections.append(("logs of the system", system.last_words()))
        if said := item.stash.get(_SAID, None):
            report.sections.append(("browser", "\n".join(said)))
    return report


_SAID = pytest.StashKey[list[str]]()


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    path = path or (playwright.chromium.executable_path if Path(playwright.chromium.executable_path).exists() else None)
    if not path:
        pytest.skip("no Chromium found: install it, or name it in CHROMIUM")
    browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright, gone before other folders' tests start event loops of their own."""
    expect.set_options(timeout=MILLISECONDS)
    with sync_playwright() as running_playwright:
        yield running_playwright


@pytest.fixture(scope="package")
def gemini() -> Iterator[FakeGemini]:
    """The vendor as the system knows it. Mail never goes there: only what an agent asks for."""
    with serving(FakeGemini(script=["500"])) as fake:
        yield fake


@pytest.fixture(scope="package")
def system(chromium: Browser, gemini: FakeGemini) -> Iterator[System]:
    """The whole system, with its sample desk, and a key for what an agent asks of Gemini."""
    with running({"GEMINI_API_KEY": "fake", "GEMINI_BASE_URL": gemini.url, "HELPDESK_AI_ENGINE": "local"}) as started:
        yield started


@pytest.fixture(scope="package")
def cookies(chromium: Browser, system: System) -> dict[str, Any]:
    """Sessions of the admin and of the agent who is in every team."""
    found = {}
    for who in ("ADMIN", "AGENT"):
        context = chromium.new_context()
        login = {"email": system.env[f"{who}_EMAIL"], "password": system.env[f"{who}_PASSWORD"]}
        answer = context.request.post(f"{system.url}/api/v1/session", data=login, headers={"Origin": system.url})
        assert answer.ok, answer.text()
        found[who] = context.storage_state()
        context.close()
    return found


@pytest.fixture
def new_page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Fresh pages, each in a context of its own; closed after the test. Uncaught errors in a page fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    said: list[str] = []
    request.node.stash[_SAID] = said

    def make(**settings: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **settings})
        context.set_default_timeout(MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def open_console(new_page: Callable[..., Page], system: System, cookies: dict[str, Any]) -> OpenConsole:
    """Opens a page as the admin or the agent."""

    def make(who: str = "ADMIN", **settings: Any) -> Console:
        return Console(new_page(storage_state=cookies[who], **settings), system)

    return make


@pytest.fixture
def console(open_console: OpenConsole) -> Console:
    """A page, signed in as the admin."""
    return open_console()
