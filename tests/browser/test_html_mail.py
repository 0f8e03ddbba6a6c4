"""Mails that bring a layout, scripts and pictures from elsewhere."""

from base64 import b64decode
from uuid import uuid4

from playwright.sync_api import Route, expect

from tests.browser.console import Console
from tests.browser.system import System
from tests.pipeline.mails import compose

_PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
_HTML = """<html><body bgcolor="#ffeedd"><h2>Our offer</h2><script>parent.pwned = 1</script>
<p onclick="parent.pwned = 1">Only <b>today</b>.</p><img src="x:" onerror="parent.pwned = 1; top.pwned = 1">
<a href="javascript:parent.pwned = 1">Click me</a><iframe src="https://tracker.example/frame"></iframe>
<form action="https://tracker.example/form"><input name="q"><button>Send</button></form>
<img src="https://tracker.example/pixel.png" alt="A logo" width="40" height="40"></body></html>"""


def test_scripts_never_run_and_remote_images_wait_for_consent(console: Console, system: System) -> None:
    mail = compose(subject := f"Newsletter {uuid4().hex[:8]}", "Our offer", sender=f"{uuid4().hex[:12]}@customers.example")
    mail.add_alternative(_HTML, subtype="html")
    system.post.send(mail)
    ticket = system.ticket_of(subject)
    asked: list[str] = []

    def tracker(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=_PIXEL, content_type="image/png")

    console.page.context.route("**://tracker.example/**", tracker)
    console.open(ticket)
    frame = console.page.frame_locator("iframe.html").first
    expect(frame.get_by_role("heading")).to_have_text("Our offer")
    frame.get_by_text("today").click()
    frame.get_by_text("Click me").click()
    assert console.page.evaluate("window.pwned") is None
    assert asked == []

    console.page.get_by_role("button", name="Show images").click()
    expect(frame.get_by_alt_text("A logo")).to_have_js_property("naturalWidth", 1)
    assert asked == ["https://tracker.example/pixel.png"]
    assert console.page.evaluate("window.pwned") is None
