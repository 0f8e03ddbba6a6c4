"""One mail over SMTP, and what is known about it afterwards. The line between `delayed` and `unknown` is the first byte of the mail.

Nobody gets a part: unless the server takes every recipient, nothing is sent. A used connection may have been closed or be answered
4xx at MAIL: then a fresh one is tried, once. Connections are kept for some seconds.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import httpx
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from services.notify.compose import Mail
from services.notify.mailboxes import Account
from services.runtime.crash import crash_at
from services.runtime.errors import BrokerUnavailableError, NotAcknowledgedError
from services.runtime.mail_tokens import TokenRefusedError, Tokens
from services.runtime.telemetry import log

Result = Literal["sent", "delayed", "failed", "unknown", "expired"]
_START = 354
_OK = 250
_CLOSING = 421
_MARGIN = 2.0
"""Seconds kept of a grant to report that its mail could not be handed over in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt. `expired`: the deadline was over before DATA, nothing was sent and nothing may be said."""

    result: Result
    reason: str | None = None
    code: int | None = None


class _Answer(Exception):
    """The server's answer decides the attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds.

    `prepare`: from connecting to just before DATA, well below the 30 s of a grant. `answer`: for the answer to the mail, plus a second
    for each 50 kB of it. `keep`: how long an unused connection stays open.
    """

    prepare: float = 20.0
    command: float = 10.0
    answer: float = 60.0
    keep: float = 15.0


class Courier:
    """Sends mails one at a time over kept connections, one per mailbox. Not for concurrent use."""

    def __init__(
        self, *, limits: Limits | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC), tokens: Tokens | None = None
    ) -> None:
        self._tokens = tokens
        self._limits, self._clock = limits or Limits(), clock
        self._kept: dict[Account, SMTP] = {}
        self._timers: dict[Account, asyncio.TimerHandle] = {}

    async def send(self, mail: Mail, *, account: Account, deadline: datetime) -> Outcome:
        """Send it unless `deadline` is over just before DATA. Never raises for what a server or network does."""
        left = (deadline - self._clock()).total_seconds()
        if left <= 0:
            return Outcome(result="expired")
        ready = await self._prepared(mail, account, deadline, budget=min(self._limits.prepare, max(left - _MARGIN, left / 2)))
        if isinstance(ready, Outcome):
            # Too late to say anything: tickets calls it unknown by now, and a human may have sent it again.
            return Outcome(result="expired") if self._clock() >= deadline else ready
        try:
            outcome = await self._finish(ready, mail.data)
        except BaseException:
            ready.close()
            raise
        if outcome.result == "sent":
            crash_at("notify.after_250")
            self._keep(account, ready)
        else:
            ready.close()
        return outcome

    async def _prepared(self, mail: Mail, account: Account, deadline: datetime, *, budget: float) -> SMTP | Outcome:
        """A connection whose server waits for the mail's bytes (354), or why there is none; nothing of the mail is out yet."""
        client: SMTP | None = None
        try:
            async with asyncio.timeout(budget):
                client = await self._addressed(mail, account)
                crash_at("notify.before_data")
                if self._clock() >= deadline:
                    client.close()
                    return Outcome(result="expired")
                await self._begin(client)
                return client
        except _Answer as answer:
            outcome = answer.outcome
        except SMTPResponseException as error:
            outcome = _refusal(error.code, error.message)
        except (SMTPException, OSError) as error:  # TimeoutError is an OSError
            outcome = Outcome(result="delayed", reason=_trouble(error, account))
        if client is not None:
            client.close()
        return outcome

    async def close(self) -> None:
        """Say goodbye on kept connections."""
        for account in list(self._kept):
            client = self._take(account)
            if client is None:
                continue
            try:
                await client.quit(timeout=1)
            except (SMTPException, OSError) as error:
                log.debug("smtp goodbye failed", error=str(error))
                client.close()

    async def _addressed(self, mail: Mail, account: Account) -> SMTP:
        """A connection on which sender and all recipients were taken."""
        kept = self._take(account)
        if kept is not None:
            try:
                await self._sender(kept, mail)
            except SMTPSenderRefused as error:
                kept.close()
                if error.code >= 500:
                    raise
                log.info("smtp connection replaced", code=error.code)
            except (SMTPException, OSError) as error:
                kept.close()
                log.info("smtp connection replaced", error=str(error))
            else:
                return await self._recipients(kept, mail)
        client = await self._connect(account)
        try:
            await self._sender(client, mail)
        except BaseException:
            client.close()
            raise
        return await self._recipients(client, mail)

    async def _connect(self, account: Account, *, renew: bool = False) -> SMTP:
        """A greeted connection, logged in where the server offers AUTH. Its refusals are never about a mail: `delayed`.

        By XOAUTH2 where the mailbox has a token; a refused one is renewed once (`renew`).
        """
        bearer = await self._bearer(account, renew=renew)
        client = SMTP(
            hostname=account.host, port=account.port, use_tls=account.security == "tls", validate_certs=not account.loopback,
            start_tls={"tls": False, "starttls": True, "none": None}[account.security],
            timeout=self._limits.command, local_hostname=_own_name(account),
        )  # fmt: skip
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
            if bearer:
                await client.auth_xoauth2(account.user, bearer)
            elif account.user and account.password and client.supports_extension("auth"):
                await client.login(account.user, account.password)
        except SMTPAuthenticationError as error:
            client.close()
            if bearer and not renew:
                return await self._connect(account, renew=True)
            reason = f"{account.host} refuses our login: {_line(error.message)}"
            raise _Answer(Outcome(result="delayed", reason=reason, code=error.code)) from error
        except SMTPResponseException as error:
            client.close()
            raise _Answer(Outcome(result="delayed", reason=f"{account.host}: {_line(error.message)}", code=error.code)) from error
        except BaseException:
            client.close()
            raise
        return client

    async def _bearer(self, account: Account, *, renew: bool) -> str:
        name = account.address.lower()
        if self._tokens is None or not self._tokens.has(name):
            if account.by_token:
                raise _Answer(Outcome(result="delayed", reason=f"not signed in yet: helpdesk mail authorize {name}"))
            return ""
        try:
            return await asyncio.to_thread(self._tokens.access, name, renew=renew)
        except (TokenRefusedError, NotAcknowledgedError, BrokerUnavailableError, httpx.HTTPError) as error:
            raise _Answer(Outcome(result="delayed", reason=_line(str(error)) or type(error).__name__)) from error

    async def _sender(self, client: SMTP, mail: Mail) -> None:
        await client.mail(mail.sender, options=[f"SIZE={len(mail.data)}"] if client.supports_extension("size") else [])

    async def _recipients(self, client: SMTP, mail: Mail) -> SMTP:
        refused: list[SMTPRecipientRefused] = []
        try:
            for recipient in mail.recipients:
                try:
                    await client.rcpt(recipient)
                except SMTPRecipientRefused as error:
                    refused.append(error)
                    if error.code == _CLOSING:
                        break
        except BaseException:
            client.close()
            raise
        if refused:
            client.close()
            worst = max(refused, key=lambda e: e.code)
            result: Result = "failed" if worst.code >= 500 else "delayed"
            reason = "; ".join(f"{e.recipient} refused: {e.code} {_line(e.message)}" for e in refused)
            raise _Answer(Outcome(result=result, reason=reason, code=worst.code))
        return client

    async def _begin(self, client: SMTP) -> None:
        """DATA up to the server's 354; until then nothing of the mail is out."""
        response = await client.execute_command(b"DATA")
        if response.code != _START:
            raise _Answer(_refusal(response.code, response.message))

    async def _finish(self, client: SMTP, data: bytes) -> Outcome:
        """The mail itself. From the first byte on, only an answer of the server says what became of it."""
        protocol = client.protocol
        if protocol is None or not client.is_connected:
            return Outcome(result="delayed", reason="the connection was lost before the mail was sent")
        protocol.write(_stuffed(data))
        try:
            response = await protocol.read_response(timeout=self._limits.answer + len(data) / 50_000)
        except SMTPTimeoutError:
            return Outcome(result="unknown", reason="the server did not answer after it got the mail")
        except (SMTPException, OSError) as error:
            return Outcome(result="unknown", reason=f"the connection was lost after the mail was sent: {_line(str(error))}")
        if response.code == _OK:
            return Outcome(result="sent", reason=None, code=response.code)
        if 400 <= response.code < 600:
            return _refusal(response.code, response.message)
        return Outcome(result="unknown", reason=f"the server answered {response.code} to the mail", code=response.code)

    def _keep(self, account: Account, client: SMTP) -> None:
        self._kept[account] = client
        self._timers[account] = asyncio.get_running_loop().call_later(self._limits.keep, self._drop, account)

    def _take(self, account: Account) -> SMTP | None:
        if (timer := self._timers.pop(account, None)) is not None:
            timer.cancel()
        client = self._kept.pop(account, None)
        return client if client is not None and client.is_connected else None

    def _drop(self, account: Account) -> None:
        if (client := self._take(account)) is not None:
            client.close()


def _refusal(code: int, message: str) -> Outcome:
    result: Result = "failed" if code >= 500 else "delayed"
    return Outcome(result=result, reason=f"{code} {_line(message)}", code=code)


def _trouble(error: BaseException, account: Account) -> str:
    if isinstance(error, TimeoutError) and not isinstance(error, SMTPException):
        return f"{account.host}:{account.port} did not answer in time"
    return _line(str(error)) or type(error).__name__


def _line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())[:300]


def _own_name(account: Account) -> str:
    """What we call ourselves in EHLO: the mailbox's domain. The default asks the DNS for this machine's name, which can take seconds."""
    domain = account.address.rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]+", domain) else "localhost"


def _stuffed(data: bytes) -> bytes:
    """With doubled leading dots and the final dot (RFC 5321 4.5.2); `compose` writes CRLF everywhere."""
    return re.sub(rb"(?m)^\.", b"..", data if data.endswith(b"\r\n") else data + b"\r\n") + b".\r\n"
