"""Signing a mailbox in: by the browser with PKCE and a state, by a device code, and no otherwise."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import orjson
import pytest

from services.ingest.fetch.sign_in import PROVIDERS, Client, Provider, at_other_addresses, sign_in_by_browser, sign_in_by_device
from services.runtime.mail_tokens import TokenRefusedError, read_token, token_record
from services.runtime.settings import Settings
from services.runtime.signing import Keys

_CLIENT = Client(client_id="desk", client_secret="its-secret")
_BOX = "support@desk.example"


class _Server(BaseHTTPRequestHandler):
    """A small authorization server: it gives a token only for what it handed out, to the client that proves it asked."""

    challenge: ClassVar[str] = ""
    back: ClassVar[str] = ""
    pending: ClassVar[int] = 0
    refresh: ClassVar[str] = "refresh-me"

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        _Server.challenge, _Server.back = asked["code_challenge"], asked["redirect_uri"]
        assert asked["code_challenge_method"] == "S256" and "mail" in asked["scope"] and asked["login_hint"] == _BOX
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode({'code': 'the-code', 'state': asked['state']})}")
        self.end_headers()

    def do_POST(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        if self.path == "/devicecode":
            return self._say(
                200, {"device_code": "dc", "user_code": "WDJB-MJHT", "verification_uri": "https://x.example/device", "interval": 1}
            )
        if form["client_secret"] != "its-secret":
            return self._say(401, {"error": "invalid_client"})
        if form["grant_type"] == "authorization_code":
            proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
            good = (form["code"], proof, form["redirect_uri"]) == ("the-code", self.challenge, self.back)
        else:
            if _Server.pending:
                _Server.pending -= 1
                return self._say(400, {"error": "slow_down" if self.pending else "authorization_pending"})
            good = form["device_code"] == "dc"
        body = {"access_token": "good", "refresh_token": self.refresh, "expires_in": 3600}
        return self._say(200, body) if good else self._say(400, {"error": "invalid_grant"})

    def _say(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(orjson.dumps(body))

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Google, at an address of ours."""
    _Server.pending, _Server.refresh = 0, "refresh-me"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield at_other_addresses(PROVIDERS["google"], f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def _visit(url: str) -> None:
    threading.Thread(target=httpx.get, args=(url,), kwargs={"follow_redirects": True}, daemon=True).start()


def test_a_browser_signs_in_and_the_token_is_kept_sealed(provider: Provider) -> None:
    with httpx.Client() as http:
        token = sign_in_by_browser(provider, _CLIENT, address=_BOX, http=http, open_page=_visit)
    assert (token.access_token, token.refresh_token, token.token_url) == ("good", "refresh-me", provider.token_url)
    keys = Keys.of(Settings.of({"HELPDESK_SECRET_KEY": "s" * 40}))
    record = token_record(_BOX, token, keys)
    assert record.value is not None and b"refresh-me" not in record.value
    assert read_token(_BOX, record.value, keys) == token


def test_an_answer_that_nobody_asked_for_is_not_taken(provider: Provider) -> None:
    def forge(url: str) -> None:
        back = parse_qs(urlsplit(url).query)["redirect_uri"][0]

        def visits() -> None:
            httpx.get(back, params={"code": "stolen", "state": "guessed"})
            httpx.get(url, follow_redirects=True)

        threading.Thread(target=visits, daemon=True).start()

    with httpx.Client() as http:
        assert sign_in_by_browser(provider, _CLIENT, address=_BOX, http=http, open_page=forge).access_token == "good"


def test_another_device_signs_in_once_somebody_entered_the_code(provider: Provider) -> None:
    _Server.pending = 3
    shown: list[tuple[str, str]] = []
    waited: list[float] = []
    with httpx.Client() as http:
        token = sign_in_by_device(provider, _CLIENT, http=http, show=lambda page, code: shown.append((page, code)), sleep=waited.append)
    assert shown == [("https://x.example/device", "WDJB-MJHT")] and token.refresh_token == "refresh-me"
    assert waited == [1, 6, 11, 11]


@pytest.mark.parametrize(("secret", "refresh", "why"), [("wrong", "refresh-me", "invalid_client"), ("its-secret", "", "no refresh token")])
def test_a_refusal_says_why(provider: Provider, secret: str, refresh: str, why: str) -> None:
    _Server.refresh = refresh
    client = Client(client_id="desk", client_secret=secret)
    with httpx.Client() as http, pytest.raises(TokenRefusedError, match=why):
        sign_in_by_browser(provider, client, address=_BOX, http=http, open_page=_visit)


def test_nobody_is_asked_in_clear() -> None:
    clear = at_other_addresses(PROVIDERS["microsoft"], "http://login.example")
    with httpx.Client() as http, pytest.raises(TokenRefusedError, match="unencrypted"):
        sign_in_by_device(clear, _CLIENT, http=http, show=lambda *_: None)
