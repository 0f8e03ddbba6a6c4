"""An SMTP server (aiosmtpd) that answers as the test says."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deploy.embedded.ports import choose_port

HANG = "hang"
DROP = "drop"


@dataclass
class Script:
    """Answers for the next commands, first in first out; what is not scripted succeeds. `hang` says nothing, `drop` cuts the line."""

    mail: list[str] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    begin: list[str] = field(default_factory=list)
    """Answers to the DATA command itself."""
    mails: list[Envelope] = field(default_factory=list)
    connections: int = 0
    logins: list[tuple[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    """Set when the server has all bytes of a mail."""
    busy: threading.Event = field(default_factory=threading.Event)
    """Set when a MAIL command is held by `before_mail`."""
    before_mail: threading.Event | None = None
    """MAIL is answered only when this is set."""

    bearers: list[str] = field(default_factory=list)
    """What was said by XOAUTH2, decoded."""
    good_bearer: str = ""

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  aiosmtpd calls it so
        said = base64.b64decode(args[1]).decode()
        self.bearers.append(said)
        return AuthResult(success=f"auth=Bearer {self.good_bearer}\x01" in said, handled=False)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:  # noqa: N802  aiosmtpd calls it so
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802  aiosmtpd calls it so
        if self.before_mail is not None:
            self.busy.set()
            await asyncio.to_thread(self.before_mail.wait, 30)
        answer = await _play(server, self.mail)
        if answer.startswith("250"):
            envelope.mail_from, envelope.mail_options = address, options
        return answer

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802  aiosmtpd calls it so
        answer = self.rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd calls it so
        self.mails.append(envelope)
        self.arrived.set()
        return await _play(server, self.data)


async def _play(server: SMTP, answers: list[str]) -> str:
    answer = answers.pop(0) if answers else "250 OK"
    if answer == HANG:
        await asyncio.sleep(3600)
    if answer == DROP:
        _cut(server)
        await asyncio.sleep(3600)
    return answer


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  aiosmtpd calls it so
        script: Script = self.event_handler
        if script.begin:
            answer = script.begin.pop(0)
            if answer == DROP:
                _cut(self)
                return
            await self.push(answer)
            return
        await super().smtp_DATA(arg)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Server(self.handler, **self.SMTP_kwargs)


@contextmanager
def smtp_server(script: Script, *, password: str | None = None) -> Iterator[int]:
    """The server's port on 127.0.0.1. With a password it offers AUTH and wants a login."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        script.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == password, handled=False)

    auth: dict[str, Any] = (
        {"authenticator": check, "auth_require_tls": False, "auth_required": True}
        if password
        else {
            "auth_exclude_mechanism": ["LOGIN", "PLAIN"],
            "auth_require_tls": not script.good_bearer,
            "auth_required": bool(script.good_bearer),
        }
    )
    controller = _Controller(script, hostname="127.0.0.1", port=choose_port(), **auth)
    controller.start()
    try:
        yield controller.port
    finally:
        if script.before_mail is not None:
            script.before_mail.set()
        controller.stop()
