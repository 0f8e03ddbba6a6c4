"""OAuth tokens of mailboxes: kept sealed in `mail.tokens`, renewed before they end (RFC 6749, 6).

A mailbox whose account has a record there logs in by XOAUTH2; all others by password.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
import orjson
from confluent_kafka import KafkaException

from schemas.topics import MAIL_TOKENS
from services.runtime.codec import Outgoing, Record
from services.runtime.errors import BrokerUnavailableError, MissingSecretError
from services.runtime.following import follow, read_all
from services.runtime.hosts import is_loopback
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.signing import Keys, SealBrokenError
from services.runtime.telemetry import log

TOKEN_URLS: Final = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
_TYPE: Final = "helpdesk.mail.token.v1"
EARLY: Final = timedelta(minutes=2)
LATE: Final = timedelta(seconds=30)
"""For a second process on the same accounts: it renews only what the first did not, so that no refresh token is used twice."""
_HTTP_SECONDS: Final = 15.0


class TokenRefusedError(Exception):
    """No access token can be had: somebody must sign in again."""


@dataclass(frozen=True, slots=True)
class Token:
    """`refresh_token` gives access tokens; the newest of those ends at `expires`. Providers may replace the refresh token, too."""

    token_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    access_token: str
    expires: datetime

    def __repr__(self) -> str:
        return f"Token(of {self.token_url}, until {self.expires:%H:%M:%S})"


class Tokens(Protocol):
    """Where a connection gets its access token."""

    def has(self, account: str) -> bool:
        """Whether an account signs in by token."""

    def access(self, account: str, *, renew: bool = False) -> str:
        """An access token that is good for two minutes; with `renew` a new one in any case. TokenRefusedError when there is none."""


class TokenStore:
    """Thread-safe; follows `mail.tokens`, so what another process renewed is known here."""

    def __init__(self, settings: Settings, producer: Producer, *, http: httpx.Client | None = None, early: timedelta = EARLY) -> None:
        self._early = early
        self._settings, self._producer = settings, producer
        self._http = http or httpx.Client(timeout=_HTTP_SECONDS)
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def has(self, account: str) -> bool:
        return account in self._tokens

    def access(self, account: str, *, renew: bool = False) -> str:
        # One at a time: providers that replace refresh tokens take a second use of the old one for theft.
        with self._lock:
            token = self._tokens.get(account)
            if token is None:
                raise TokenRefusedError(f"{account} has no OAuth token: sign in again")
            if renew or not token.access_token or token.expires - self._early < datetime.now(UTC):
                token = refresh(token, self._http)
                self._tokens[account] = token
                self._producer.send_all([token_record(account, token, Keys.of(self._settings), source=self._settings.service)])
                log.info("mailbox token renewed", mailbox=account, until=token.expires.isoformat())
            return token.access_token

    def take(self, record: Record) -> str | None:
        """Follow one record of `mail.tokens`; the account it changed."""
        account = record.key
        if not account:
            return None
        try:
            token = read_token(account, record.value, Keys.of(self._settings)) if record.value else None
        except (SealBrokenError, MissingSecretError, ValueError, KeyError, TypeError) as error:
            log.error("mailbox token unreadable", mailbox=account, error=f"{type(error).__name__}: {str(error)[:200]}")
            return None
        with self._lock:
            known = self._tokens.get(account)
            if token is None:
                self._tokens.pop(account, None)
            elif known is None or token.expires >= known.expires or token.refresh_token != known.refresh_token:
                self._tokens[account] = token
        return account

    def load(self) -> None:
        """Take what is there already, so that the first login is the right one."""
        try:
            for record in read_all(self._settings, MAIL_TOKENS.name):
                self.take(record)
        except BrokerUnavailableError as error:
            log.warning("tokens not loaded yet", error=str(error))

    def follow(self, stop: threading.Event, *, changed: Callable[[str], None]) -> None:
        """Take every record until `stop`; `changed` hears of each account whose token is new."""

        def seen(record: Record) -> None:
            had = self.has(record.key or "")
            account = self.take(record)
            if account is not None and self.has(account) != had:
                changed(account)

        while not stop.is_set():
            try:
                follow(self._settings, MAIL_TOKENS.name, seen=seen, stop=stop)
            except KafkaException as error:
                log.warning("tokens not readable, trying again", error=str(error))
                stop.wait(1.0)


def refresh(token: Token, http: httpx.Client) -> Token:
    """A new access token. TokenRefusedError when the provider says no; httpx.HTTPError when it cannot be reached."""
    address = urlsplit(token.token_url)
    if address.scheme != "https" and not is_loopback(address.hostname or ""):
        raise TokenRefusedError(f"{token.token_url} would be asked unencrypted: use https")
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token, "client_id": token.client_id}
    if token.client_secret:
        form["client_secret"] = token.client_secret
    answer = http.post(token.token_url, data=form)
    if answer.status_code >= 500 or answer.status_code == 429:
        answer.raise_for_status()
    body: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code != 200 or not body.get("access_token"):
        raise TokenRefusedError(f"{address.hostname} refuses a new token ({body.get('error') or answer.status_code}): sign in again")
    return replace(
        token,
        access_token=str(body["access_token"]),
        refresh_token=str(body.get("refresh_token") or token.refresh_token),
        expires=datetime.now(UTC) + timedelta(seconds=int(body.get("expires_in") or 3600)),
    )


def token_record(account: str, token: Token, keys: Keys, *, source: str = "") -> Outgoing:
    """The record of `mail.tokens`: all of the token sealed for this account, its end readable."""
    text = orjson.dumps(asdict(token)).decode()
    value = {"account": account, "sealed": keys.seal(text, where=f"{MAIL_TOKENS.name}/{account}"), "expires": token.expires.isoformat()}
    identity = event_id("token", account, token.expires.isoformat(), token.access_token[-8:])
    return Outgoing(
        topic=MAIL_TOKENS.name, key=account, value=orjson.dumps(value), type=_TYPE, source=source or "ingest-fetch", id=identity
    )


def read_token(account: str, value: bytes, keys: Keys) -> Token:
    """What `token_record` wrote. SealBrokenError, ValueError or KeyError for anything else."""
    fields = orjson.loads(keys.unseal(str(orjson.loads(value)["sealed"]), where=f"{MAIL_TOKENS.name}/{account}"))
    return Token(**{**fields, "expires": datetime.fromisoformat(fields["expires"])})
