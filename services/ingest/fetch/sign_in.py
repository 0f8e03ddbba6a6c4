"""Signing a mailbox in to its provider: in the browser with a loopback answer and PKCE (RFC 8252, 7636), or on another device (RFC 8628)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from services.runtime.hosts import is_loopback
from services.runtime.mail_tokens import TOKEN_URLS, Token, TokenRefusedError

_BROWSER_SECONDS: Final = 300.0
_DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_ANSWER: Final = b"<!doctype html><title>Helpdesk</title><p>This window can be closed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where a provider signs people in, and what is asked of it: to read and to send mail, and to go on doing so."""

    name: str
    authorize_url: str
    device_url: str
    token_url: str
    scope: str


PROVIDERS: Final = {
    "google": Provider(
        name="google", authorize_url="https://accounts.google.com/o/oauth2/v2/auth", device_url="https://oauth2.googleapis.com/device/code",
        token_url=TOKEN_URLS["google"], scope="https://mail.google.com/",
    ),
    "microsoft": Provider(
        name="microsoft", authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        device_url="https://login.microsoftonline.com/common/oauth2/v2.0/devicecode", token_url=TOKEN_URLS["microsoft"],
        scope="https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    ),
}  # fmt: skip


def at_other_addresses(provider: Provider, base: str) -> Provider:
    """The provider behind an address of one's own: a national cloud, a proxy, a test."""
    root = base.rstrip("/")
    return replace(provider, authorize_url=f"{root}/authorize", device_url=f"{root}/devicecode", token_url=f"{root}/token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The application as the provider knows it."""

    client_id: str
    client_secret: str = ""

    def __repr__(self) -> str:
        return f"Client({self.client_id})"


def sign_in_by_browser(
    provider: Provider, client: Client, *, address: str, http: httpx.Client, open_page: Callable[[str], object]
) -> Token:
    """Open the provider's page and wait up to five minutes for its answer at a port of this machine. TokenRefusedError without one."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    with HTTPServer(("127.0.0.1", 0), _Callback) as server:
        back = f"http://127.0.0.1:{server.server_port}/"
        asked = {
            "response_type": "code", "client_id": client.client_id, "redirect_uri": back, "scope": provider.scope, "state": state, "login_hint": address,
            "code_challenge": challenge, "code_challenge_method": "S256", "access_type": "offline", "prompt": "consent",
        }  # fmt: skip
        open_page(f"{provider.authorize_url}?{urlencode(asked)}")
        code = _await_code(server, state)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    status, body = _ask(provider, client, form, http)
    return _token(provider, client, status, body)


def sign_in_by_device(
    provider: Provider,
    client: Client,
    *,
    http: httpx.Client,
    show: Callable[[str, str], object],
    sleep: Callable[[float], object] = time.sleep,
) -> Token:
    """Show an address and a code for another device, and ask until somebody entered it there. TokenRefusedError when nobody does."""
    _refuse_clear(provider.device_url)
    given = http.post(provider.device_url, data={"client_id": client.client_id, "scope": provider.scope})
    body = _json(given)
    if given.status_code != 200 or "device_code" not in body:
        raise TokenRefusedError(f"{provider.name} gives no device code: {_reason(given.status_code, body)}")
    show(str(body.get("verification_uri") or body.get("verification_url")), str(body["user_code"]))
    wait, left = float(body.get("interval") or 5), float(body.get("expires_in") or 900)
    while left > 0:
        sleep(wait)
        left -= wait
        status, answer = _ask(provider, client, {"grant_type": _DEVICE_GRANT, "device_code": str(body["device_code"])}, http)
        if answer.get("error") == "slow_down":
            wait += 5
        elif answer.get("error") != "authorization_pending":
            return _token(provider, client, status, answer)
    raise TokenRefusedError(f"nobody entered the code at {provider.name} in time: start again")


class _Callback(BaseHTTPRequestHandler):
    """Takes the browser's one answer."""

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if "state" in query:
            self.server.answer = query  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *_: object) -> None:
        """The address holds the code: it is in no log."""


def _await_code(server: HTTPServer, state: str) -> str:
    end = time.monotonic() + _BROWSER_SECONDS
    server.timeout = 1.0
    while time.monotonic() < end:
        server.handle_request()
        answer: dict[str, str] = getattr(server, "answer", {})
        # Any page could send a browser here; only the one that was opened knows the state.
        if answer and secrets.compare_digest(answer["state"].encode(), state.encode()):
            if "code" in answer:
                return answer["code"]
            raise TokenRefusedError(f"the provider refuses: {answer.get('error_description') or answer.get('error') or 'no code'}")
    raise TokenRefusedError("nobody signed in within five minutes: start again")


def _ask(provider: Provider, client: Client, form: dict[str, str], http: httpx.Client) -> tuple[int, dict[str, Any]]:
    _refuse_clear(provider.token_url)
    secret = {"client_secret": client.client_secret} if client.client_secret else {}
    answer = http.post(provider.token_url, data={**form, "client_id": client.client_id, **secret})
    return answer.status_code, _json(answer)


def _token(provider: Provider, client: Client, status: int, body: dict[str, Any]) -> Token:
    if status != 200 or not body.get("access_token"):
        raise TokenRefusedError(f"{provider.name} refuses: {_reason(status, body)}")
    if not body.get("refresh_token"):
        raise TokenRefusedError(
            f"{provider.name} gives no refresh token, so the sign-in would end within the hour: check the application's settings"
        )
    return Token(
        token_url=provider.token_url, client_id=client.client_id, client_secret=client.client_secret, refresh_token=str(body["refresh_token"]),
        access_token=str(body["access_token"]), expires=datetime.now(UTC) + timedelta(seconds=int(body.get("expires_in") or 3600)),
    )  # fmt: skip


def _refuse_clear(url: str) -> None:
    address = urlsplit(url)
    if address.scheme != "https" and not is_loopback(address.hostname or ""):
        raise TokenRefusedError(f"{url} would be asked unencrypted: use https")


def _json(answer: httpx.Response) -> dict[str, Any]:
    body = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    return body if isinstance(body, dict) else {}


def _reason(status: int, body: dict[str, Any]) -> str:
    return str(body.get("error_description") or body.get("error") or status)[:300]
