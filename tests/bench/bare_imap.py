"""A bare IMAP client: one socket, no delays of TCP, answers read whole and not looked into. The floor of fetching, and the ear of the latency."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Self

_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
_QUICK = getattr(socket, "TCP_QUICKACK", None)


class BareImap:
    """Logged in on INBOX. Servers that write in pieces wait for our acknowledgement, so it is asked to go at once."""

    def __init__(self, address: tuple[str, int], user: str) -> None:
        self._sock = socket.create_connection(address, timeout=60)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._sock.makefile("rb", buffering=1 << 16)
        self._number = 0
        self._answer_line()
        self.command(f'LOGIN "{user}" "{user}"')
        self.command("SELECT INBOX")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; a thread that reads is woken."""
        try:
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the server was first
        finally:
            self._sock.close()

    def command(self, text: str) -> list[bytes]:
        """The untagged answers of a command, literals as items of their own."""
        self._number += 1
        tag = b"b%d" % self._number
        self._sock.sendall(tag + b" " + text.encode() + b"\r\n")
        found: list[bytes] = []
        while not (line := self._answer_line()).startswith(tag + b" "):
            found.append(line)
            while literal := _LITERAL.search(line):
                found.append(self._file.read(int(literal.group(1))))
                line = self._answer_line()
        if b" OK" not in line[: len(tag) + 4]:
            raise ConnectionError(f"{text.split(maxsplit=1)[0]}: {line.decode(errors='replace').strip()}")
        return found

    def uids(self) -> list[int]:
        """Every UID of the folder."""
        answer = next((line for line in self.command("UID SEARCH ALL") if line.startswith(b"* SEARCH")), b"")
        return [int(uid) for uid in answer.split()[2:]]

    def fetch(self, uids: list[int]) -> int:
        """Read these mails; how many bodies came."""
        wanted = f"{uids[0]}:{uids[-1]}" if uids[-1] - uids[0] == len(uids) - 1 else ",".join(map(str, uids))
        return sum(b" FETCH " in line[:30] and b"BODY[]" in line for line in self.command(f"UID FETCH {wanted} (INTERNALDATE BODY.PEEK[])"))

    def idle(self) -> Iterator[bytes]:
        """Enter IDLE and give each line as it comes, until the connection is closed."""
        self._sock.settimeout(None)
        self._sock.sendall(b"idle IDLE\r\n")
        while line := self._read_line():
            yield line

    def _answer_line(self) -> bytes:
        line = self._read_line()
        if not line:
            raise ConnectionError("the server hung up")
        return line

    def _read_line(self) -> bytes:
        if _QUICK is not None:
            self._sock.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
        try:
            return self._file.readline()
        except (OSError, ValueError):
            return b""
