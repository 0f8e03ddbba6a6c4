"""Signing in by XOAUTH2: tokens are sealed, renewed in time, and once more when a server refuses one."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs

import orjson
import pytest

from schemas.config import Mailbox
from schemas.topics import MAIL_RAW, MAIL_TOKENS
from services.gateway.mail_check import MailboxRefusedError, check_imap
from services.ingest.fetch.accounts import Account
from services.ingest.fetch.mailboxes import Mailboxes
from services.runtime.mail_tokens import Token, TokenRefusedError, TokenStore, read_token, token_record
from services.runtime.producer import Producer
from services.runtime.signing import Keys, SealBrokenError
from tests.ingest.conftest import Desk, Topic, eventually
from tests.ingest.dovecot import BINARY, Dovecot
from tests.ingest.parse.mails import plain

_OLD = datetime(2020, 1, 1, tzinfo=UTC)


class _Provider(BaseHTTPRequestHandler):
    """Gives out `access`, or refuses when it is ''."""

    access: ClassVar[str] = ""
    owner: ClassVar[str] = ""
    asked: ClassVar[list[dict[str, list[str]]]] = []

    def do_POST(self) -> None:
        self.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        body = orjson.dumps({"access_token": self.access, "expires_in": 3600} if self.access else {"error": "invalid_grant"})
        self.send_response(200 if self.access else 400)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """What Dovecot asks: whose token is it?"""
        known = self.path.endswith("token=good")
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(orjson.dumps({"email": self.owner} if known else {"error": "invalid_token"}))

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def provider() -> Iterator[str]:
    """The address of a token endpoint."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Provider) as server:
        _Provider.asked.clear()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()


@pytest.fixture
def tokens_only(desk: Desk, provider: str) -> Iterator[Dovecot]:
    """A server with one mail for the desk, to which only the token `good` opens."""
    if not BINARY.exists():
        pytest.skip("Dovecot is not installed (apt-get install dovecot-imapd)")
    root = Path(tempfile.mkdtemp(prefix="helpdesk-dovecot-"))
    _Provider.owner, _Provider.access = desk.address, "good"
    server = Dovecot.made(root, token_info=provider.replace("/token", "/info?token="))
    server.start()
    eventually(server.answers, what="Dovecot")
    server.put(desk.address, [plain("Hello")])
    yield server
    server.stop()
    shutil.rmtree(root, ignore_errors=True)


def _account(desk: Desk, server: Dovecot) -> Account:
    return Account(name=desk.address, host="127.0.0.1", port=server.port, security="none", user=desk.address, password="")


def _token(url: str, *, access: str = "", expires: datetime = _OLD) -> Token:
    return Token(url, "client", "client-secret", "refresh-me", access, expires)


def _store(desk: Desk, producer: Producer, token: Token) -> TokenStore:
    store = TokenStore(desk.settings, producer)
    producer.send_all([token_record(desk.address, token, Keys.of(desk.settings))])
    store.load()
    assert store.has(desk.address)
    return store


def test_a_mailbox_signs_in_by_token(desk: Desk, provider: str, tokens_only: Dovecot) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    with Producer(desk.settings) as producer:
        store = _store(desk, producer, _token(provider))
        boxes = Mailboxes(desk.settings, producer=producer, positions={}, tokens=store)
        boxes.add(_account(desk, tokens_only))
        eventually(lambda: [r for r in raw.records if r.headers.get("ce_subject", "").startswith(desk.address)], what="the mail")
        boxes.stop()
    raw.close()
    assert _Provider.asked[0]["grant_type"] == ["refresh_token"] and _Provider.asked[0]["refresh_token"] == ["refresh-me"]
    assert len(_Provider.asked) == 1


def test_a_mailbox_without_password_waits_for_its_sign_in_and_then_reads(desk: Desk, provider: str, tokens_only: Dovecot) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    with Producer(desk.settings) as producer:
        store = TokenStore(desk.settings, producer)
        store.load()
        boxes = Mailboxes(desk.settings, producer=producer, positions={}, tokens=store)
        stop = threading.Event()
        follower = threading.Thread(target=store.follow, args=(stop,), kwargs={"changed": boxes.retry}, daemon=True)
        follower.start()
        boxes.add(replace(_account(desk, tokens_only), by_token=True))
        eventually(lambda: f"helpdesk mail authorize {desk.address}" in str(boxes.status()), what="what to do about it")
        producer.send_all([token_record(desk.address, _token(provider), Keys.of(desk.settings))])
        eventually(lambda: [r for r in raw.records if r.headers.get("ce_subject", "").startswith(desk.address)], what="the mail")
        stop.set()
        boxes.stop()
        follower.join(10)
    raw.close()


def test_a_mailbox_without_password_is_kept_where_the_server_takes_tokens(desk: Desk, tokens_only: Dovecot) -> None:
    box = Mailbox(
        address=desk.address, imap_host="127.0.0.1", imap_port=tokens_only.port, imap_security="none", smtp_host="127.0.0.1", smtp_port=1,
        user=desk.address,
    )  # fmt: skip
    check_imap(box.model_copy(update={"sign_in": "oauth"}), "")
    with pytest.raises(MailboxRefusedError, match="refused user"):
        check_imap(box, "a password")


def test_a_refused_token_is_renewed_once(desk: Desk, provider: str, tokens_only: Dovecot) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    with Producer(desk.settings) as producer:
        store = _store(desk, producer, _token(provider, access="revoked", expires=datetime.now(UTC) + timedelta(hours=1)))
        boxes = Mailboxes(desk.settings, producer=producer, positions={}, tokens=store)
        boxes.add(_account(desk, tokens_only))
        eventually(lambda: [r for r in raw.records if r.headers.get("ce_subject", "").startswith(desk.address)], what="the mail")
        boxes.stop()
    raw.close()
    assert len(_Provider.asked) == 1


def test_a_sign_in_that_ended_is_named(desk: Desk, provider: str) -> None:
    _Provider.access = ""
    with Producer(desk.settings) as producer:
        store = _store(desk, producer, _token(provider))
        with pytest.raises(TokenRefusedError, match=r"invalid_grant.*sign in again"):
            store.access(desk.address)


def test_a_renewed_token_is_kept_sealed_and_used_until_it_ends(desk: Desk, provider: str) -> None:
    _Provider.access = "fresh-access-token"
    kept = Topic(desk.settings, MAIL_TOKENS.name)
    with Producer(desk.settings) as producer:
        store = _store(desk, producer, _token(provider))
        assert store.access(desk.address) == store.access(desk.address) == "fresh-access-token"
        mine = eventually(lambda: (found := [r for r in kept.records if r.key == desk.address])[1:] and found, what="the renewed token")
    kept.close()
    assert len(_Provider.asked) == 1
    assert not any(secret in (r.value or b"") for r in mine for secret in (b"fresh-access", b"refresh-me", b"client-secret"))
    keys = Keys.of(desk.settings)
    assert read_token(desk.address, mine[-1].value or b"", keys).access_token == "fresh-access-token"
    with pytest.raises(SealBrokenError):
        read_token("somebody@else.example", mine[-1].value or b"", keys)


def test_tokens_are_never_asked_for_in_clear(desk: Desk) -> None:
    with Producer(desk.settings) as producer:
        store = _store(desk, producer, _token("http://login.example/token"))
        with pytest.raises(TokenRefusedError, match="unencrypted"):
            store.access(desk.address)
