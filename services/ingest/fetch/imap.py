"""One IMAP connection, its pitfalls behind it (email.md 1): a timeout on everything, any exception means a new connection."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self, cast

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError, ProtocolError

from services.ingest.fetch.accounts import Account
from services.ingest.fetch.spool import Spool, Stored
from services.runtime.hosts import is_loopback
from services.runtime.mail_tokens import TokenRefusedError

_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 30
# The first look takes this much of each mail: nearly always all of it, and fifty of them fit into memory.
_FIRST_BYTES: Final = 256 * 1024
_CHUNK_BYTES: Final = 1024 * 1024
_GROUP_BYTES: Final = 8 * 1024 * 1024
MAIL_LIMIT: Final = 64 * 1024 * 1024
_WINDOW: Final = 10_000
_SLICE_SECONDS: Final = 20.0


class MailboxUnavailableError(Exception):
    """The mailbox cannot be read now. The text says what happened, where, and what to do. `permanent` = trying soon is no use."""

    def __init__(self, text: str, *, permanent: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as it stands on the server: its bytes, or where they are when it is `stored`."""

    uid: int
    raw: bytes
    arrived: datetime
    stored: Stored | None = None

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.stored.size if self.stored else len(self.raw)


@dataclass(frozen=True, slots=True)
class Selected:
    """What SELECT says of a folder."""

    uidvalidity: int
    uidnext: int


def explain(account: Account, error: Exception) -> MailboxUnavailableError:
    """An exception of the network or the server in words an admin can act on."""
    where = f"{account.host}:{account.port}"
    if isinstance(error, MailboxUnavailableError):
        return error
    if isinstance(error, TokenRefusedError):
        return MailboxUnavailableError(str(error), permanent=True)
    if isinstance(error, LoginError):
        return MailboxUnavailableError(f"login refused by {where} for {account.user}: check user and password", permanent=True)
    if isinstance(error, socket.gaierror):
        return MailboxUnavailableError(f"host {account.host} is unknown: check the IMAP server's name", permanent=True)
    if isinstance(error, ssl.SSLError):
        return MailboxUnavailableError(f"no TLS with {where}: {error.reason or error}", permanent=True)
    if isinstance(error, ConnectionRefusedError):
        return MailboxUnavailableError(f"{where} refuses connections: check host and port, or wait until the server is up")
    if isinstance(error, TimeoutError):
        return MailboxUnavailableError(f"{where} does not answer")
    return MailboxUnavailableError(f"{where}: {type(error).__name__}: {str(error)[:200]}")


class Connection:
    """A logged-in connection of one thread, to be dropped at the first exception. With a `spool`, big mails go there as they come; with a
    `bearer`, the login is by XOAUTH2.
    """

    def __init__(self, account: Account, *, spool: Spool | None = None, bearer: str = "") -> None:
        self._spool = spool
        if account.security == "none" and not is_loopback(account.host):
            raise MailboxUnavailableError(f"{account.host} would be logged in to unencrypted: use TLS or STARTTLS", permanent=True)
        # Half of IMAPClient is untyped, and its stub of `timeout` is wrong.
        self._client: Any = cast("Any", IMAPClient)(
            account.host, port=account.port, ssl=account.security == "tls", timeout=SocketTimeout(_CONNECT_SECONDS, _READ_SECONDS)
        )
        self._client.normalise_times = False
        self._whole = False
        try:
            if account.security == "starttls":
                self._client.starttls(ssl.create_default_context())
            _answer_at_once(self._client)
            if bearer:
                self._client.oauth2_login(account.user, bearer)
            else:
                self._client.login(account.user, account.password)
            self._capabilities = set(self._client.capabilities())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up without waiting for an answer."""
        try:
            self._client.shutdown()
        except (OSError, IMAPClientError):
            return  # it was gone already, which is what was wanted

    def select(self, folder: str) -> Selected:
        """Open a folder for reading (and removing)."""
        answer = self._client.select_folder(folder)
        return Selected(int(answer[b"UIDVALIDITY"]), int(answer.get(b"UIDNEXT") or 0))

    def search(self, above: int, uidnext: int) -> list[int]:
        """All UIDs above `above`, asked for in bounded windows; `n:*` would give the last mail even when there is none new."""
        found: set[int] = set()
        start, end = above + 1, max(uidnext, above + 1)
        while start <= end:
            self._rang()
            found.update(int(uid) for uid in self._client.search(["UID", f"{start}:{start + _WINDOW - 1}"]))
            # A mail that comes while the server searches is announced at the end of the answer without being in it, and IDLE will not
            # announce it again.
            if start + _WINDOW <= end or not self._rang():
                start += _WINDOW
        return sorted(uid for uid in found if uid > above)

    def _rang(self) -> bool:
        """Whether the answers since the last call announced a mail."""
        return bool(self._client._imap.untagged_responses.pop("EXISTS", None))

    def exists(self, uid: int) -> bool:
        """Whether the server still has a mail."""
        return uid in self._client.search(["UID", str(uid)])

    def fetch(self, uids: Sequence[int]) -> list[Fetched]:
        """These mails without touching a flag; those the server left out of its answer are missing here too."""
        if not uids:
            return []
        mails = []
        for group in self._groups(uids):
            answer = self._answer(group)
            for uid in group:
                items = answer.get(uid)
                raw = _body(items) if items else None
                if items is None or raw is None:
                    continue
                found = items.get(b"INTERNALDATE")
                arrived = found.astimezone(UTC) if isinstance(found, datetime) else datetime.now(UTC)
                cut = not self._whole and len(raw) >= _FIRST_BYTES
                mails.append(self._big(uid, raw, arrived) if cut else Fetched(uid, raw, arrived))
        return mails

    def _answer(self, uids: Sequence[int]) -> dict[int, dict[bytes, Any]]:
        if not self._whole:
            try:
                return dict(self._client.fetch(list(uids), ["INTERNALDATE", f"BODY.PEEK[]<0.{_FIRST_BYTES}>"]))
            except ProtocolError:
                # GreenMail answers a partial fetch without the space before the literal. The answer was read whole, so the connection
                # is good; from here on mails are asked for in one piece.
                self._whole = True
        return dict(self._client.fetch(list(uids), ["INTERNALDATE", "BODY.PEEK[]"]))

    def _groups(self, uids: Sequence[int]) -> list[list[int]]:
        """Where mails come in one piece: as many as fit into memory together, by the server's word on their sizes."""
        if not self._whole or len(uids) == 1:
            return [list(uids)]
        sizes = self._client.fetch(list(uids), ["RFC822.SIZE"])
        groups: list[list[int]] = [[]]
        total = 0
        for uid in uids:
            size = int(sizes.get(uid, {}).get(b"RFC822.SIZE") or 0)
            if groups[-1] and total + size > _GROUP_BYTES:
                groups.append([])
                total = 0
            groups[-1].append(uid)
            total += size
        return groups

    def _big(self, uid: int, first: bytes, arrived: datetime) -> Fetched:
        chunks = self._rest(uid, len(first))
        start = first + next(chunks, b"")
        if len(start) < _FIRST_BYTES + _CHUNK_BYTES or self._spool is None:
            return Fetched(uid, b"".join([start, *chunks]), arrived)
        return Fetched(uid, b"", arrived, self._spool.store(chain((start,), chunks)))

    def _rest(self, uid: int, at: int) -> Iterator[bytes]:
        """The chunks from a byte on. RFC822.SIZE is a hint and no fact: a chunk that is not full is the last one."""
        while at < MAIL_LIMIT:
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<{at}.{_CHUNK_BYTES}>"]).get(uid)
            chunk = _body(answer) if answer else None
            if chunk:
                at += len(chunk)
                yield chunk
            if not chunk or len(chunk) < _CHUNK_BYTES:
                return

    def remove(self, uids: Sequence[int]) -> None:
        """Delete mails from the server."""
        self._client.delete_messages(list(uids), silent=True)
        if b"UIDPLUS" in self._capabilities:
            self._client.uid_expunge(list(uids))
        else:
            self._client.expunge()

    def mark_read(self, uids: Sequence[int]) -> None:
        """Flag mails as read."""
        self._client.add_flags(list(uids), [b"\\Seen"], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Put mails into another folder, made where it is missing."""
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if b"MOVE" in self._capabilities:
            self._client.move(list(uids), folder)
        else:
            self._client.copy(list(uids), folder)
            self.remove(uids)

    def _start_idle(self) -> bool:
        """Enter IDLE; whether the server announced mail before it confirmed, which `IMAPClient.idle` takes for an error."""
        try:
            self._client.idle()
        except IMAPClientError as error:
            if "Unexpected IDLE response" not in str(error):
                raise
            rung = b"EXISTS" in str(error).encode()
            while (line := self._client._imap._get_response()) is not None:
                rung = rung or b"EXISTS" in line
            return rung
        return self._rang_at_once()

    def _rang_at_once(self) -> bool:
        """Whether the announcement came in one packet with the answer to IDLE: then it is in the reader's buffer, and no poll sees it."""
        self._client.socket().setblocking(False)
        try:
            return b"EXISTS" in self._client._imap.file.peek()
        except ssl.SSLWantReadError:
            return False  # nothing there, as TLS says it
        finally:
            self._client._set_read_timeout()

    def wait(self, seconds: float, *, poll_seconds: float, stop: threading.Event) -> bool:
        """Until the server rings (True) or time is up (False). The bell only says: search again."""
        if b"IDLE" not in self._capabilities:
            stop.wait(min(seconds, poll_seconds))
            return False
        end = time.monotonic() + seconds
        rung = self._start_idle()
        while not rung and not stop.is_set() and (left := end - time.monotonic()) > 0:
            asked = time.monotonic()
            slice_seconds = min(left, _SLICE_SECONDS)
            responses = self._client.idle_check(timeout=slice_seconds)
            rung = any(len(response) > 1 and response[1] in (b"EXISTS", b"RECENT") for response in responses)
            if not responses and time.monotonic() - asked < slice_seconds / 2:
                break  # the connection ended: idle_done() below says so
        _, responses = self._client.idle_done()
        return rung or any(len(response) > 1 and response[1] == b"EXISTS" for response in responses)


def _answer_at_once(client: Any) -> None:
    """Switch off both delays of TCP: servers that write an answer in pieces wait 40 ms for our ACK of the first one, at every command."""
    sock = client.socket()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    quick = getattr(socket, "TCP_QUICKACK", None)
    if quick is None:  # Linux only
        return
    imap = client._imap
    readline, read = imap.readline, imap.read

    # The kernel forgets the wish after a few segments, so it is said again before each read.
    def quick_readline() -> bytes:
        sock.setsockopt(socket.IPPROTO_TCP, quick, 1)
        return bytes(readline())

    def quick_read(size: int) -> bytes:
        sock.setsockopt(socket.IPPROTO_TCP, quick, 1)
        return bytes(read(size))

    imap.readline, imap.read = quick_readline, quick_read


def _body(items: dict[bytes, Any]) -> bytes | None:
    for name, value in items.items():
        if name.startswith(b"BODY[]") and isinstance(value, bytes):
            return value
    return None
