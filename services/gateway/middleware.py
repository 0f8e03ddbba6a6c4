"""What every HTTP request passes: a limit on its body, and headers that keep browsers strict, on errors too."""

import contextlib

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.errors import problem_response

JSON_BYTES = 2 << 20
"""A JSON body: a text of 1 MB may need more than that once it is escaped."""
UPLOAD_BYTES = (25 << 20) + (64 << 10)
"""A file of 25 MB and the multipart around it."""

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CONSOLE_CSP = CSP.replace("img-src 'self' data: blob:", "img-src 'self' data: blob: https:")
"""A mail's frame inherits its page's policy, so the page must allow what an agent may agree to: remote images. Until then the frame's
own policy blocks them; the console itself shows none."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class StrictHeaders:
    """Adds the security headers, and `no-store` to the API's answers, where a route has not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = scope["path"].startswith("/api/")

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if api:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, strict)


class TooLargeError(Exception):
    """The body went over its limit while it was read."""


class BodyLimit:
    """413 for a body above its limit: by its announced length before a byte is read, else while it streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        most = UPLOAD_BYTES if scope["path"] == "/api/v1/attachments" else JSON_BYTES
        announced = next((v for k, v in scope["headers"] if k == b"content-length"), b"0")
        refusal = problem_response(413, f"the body may have {most:,} bytes", headers={"Connection": "close"})
        if announced.isdigit() and int(announced) > most:
            await refusal(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise TooLargeError
            return message

        async def unless_too_large(message: Message) -> None:
            if seen <= most:  # the application may have turned our exception into an answer of its own
                await send(message)

        with contextlib.suppress(TooLargeError):  # answered below, whether it came through or was turned into something else
            await self._app(scope, counted, unless_too_large)
        if seen > most:
            await refusal(scope, receive, send)
