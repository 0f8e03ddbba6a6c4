"""Parsing with limits: two seconds of work and two gigabytes of memory a mail, in a process that can be killed."""

from __future__ import annotations

import pickle
import socket
import subprocess
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Final, Self

from services.ingest.parse.child import HEADERS, WHOLE
from services.ingest.parse.mail import unread_mail
from services.ingest.parse.model import ParsedMail
from services.runtime.telemetry import log

MAIL_SECONDS: Final = 2.0
# A mail of 50 MB stands in memory about five times while it is read.
MAIL_MEMORY: Final = 2 * 1024 * 1024 * 1024
# A busy machine gives a process less than a second per second: the clock on the wall only catches what sleeps for ever.
_WALL_FACTOR: Final = 10
_START_SECONDS: Final = 60


class ParseProcessError(Exception):
    """The process that parses does not start."""


class GuardedParser:
    """Not thread-safe. One long-lived child, replaced when it dies."""

    def __init__(self, *, seconds: float = MAIL_SECONDS, memory: int = MAIL_MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def parse(self, raw: bytes) -> ParsedMail:
        """As `parse_mail`. One that takes too long or too much memory, or breaks the child, has what its headers say, and the flag `too-slow`."""
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it died of something else: this mail shall not suffer for it
        mail = self._ask(WHOLE, raw)
        if mail is not None:
            return mail
        log.warning("mail took too long or too much memory to read, its headers only", size=len(raw))
        mail = self._ask(HEADERS, raw) or unread_mail(raw)
        error = mail.error or f"not read within {self._seconds:g} s"
        return replace(mail, flags=tuple(sorted({*mail.flags, "too-slow"})), error=error)

    def close(self) -> None:
        """End the child."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._channel = None

    def _ask(self, what: bytes, raw: bytes) -> ParsedMail | None:
        channel = self._channel or self._start()
        try:
            channel.send_bytes(what + raw)
            if channel.poll(self._seconds * _WALL_FACTOR):
                mail: ParsedMail = pickle.loads(channel.recv_bytes())  # noqa: S301  written by our own child
                return mail
        except (EOFError, OSError) as error:
            log.warning("parsing process died", error=type(error).__name__)
        self.close()
        return None

    def _start(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "services.ingest.parse.child", str(theirs.fileno()), str(self._seconds), str(self._memory)]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        channel = self._channel = Connection(ours.detach())
        try:
            if channel.poll(_START_SECONDS) and channel.recv_bytes() == b"ready":
                return channel
        except (EOFError, OSError) as error:
            self.close()
            raise ParseProcessError(f"{' '.join(command[:3])} ended at its start") from error
        self.close()
        raise ParseProcessError(f"{' '.join(command[:3])} was not ready in {_START_SECONDS} s")
