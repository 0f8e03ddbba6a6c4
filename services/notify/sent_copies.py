"""Copies of what was sent, in the mailbox's own Sent folder: best effort, after the mail is out and reported, never twice.

Nothing waits for a copy and nothing is sent again because of one: what cannot be kept is said in the log.
"""

import queue
import ssl
from dataclasses import dataclass

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError
from imapclient.imapclient import SENT

from services.notify.mailboxes import Account
from services.runtime.hosts import is_loopback
from services.runtime.mail_tokens import TokenRefusedError, Tokens
from services.runtime.telemetry import log

_SECONDS = 15
_MOST_WAITING = 500
_USUAL = "Sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One mail as it went out."""

    account: Account
    message_id: str
    data: bytes


class SentCopies:
    """Appends copies one after the other in the thread of `run`. `put` never blocks."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._queue: queue.Queue[Copy | None] = queue.Queue(_MOST_WAITING)
        self._open: tuple[Account, IMAPClient, str] | None = None

    def put(self, copy: Copy) -> None:
        """Keep this copy if the mailbox wants one."""
        if copy.account.copies is None:
            return
        try:
            self._queue.put_nowait(copy)
        except queue.Full:
            log.warning("no copy kept, too many wait", mailbox=copy.account.address)

    def stop(self) -> None:
        """`run` ends after the copies that wait now."""
        self._queue.put(None)

    def run(self) -> None:
        """Until `stop`."""
        while (copy := self._queue.get()) is not None:
            for fresh in (False, True):  # a connection that was kept may have been closed since
                try:
                    self._append(copy)
                except (OSError, IMAPClientError, ssl.SSLError, TokenRefusedError) as error:
                    self._close()
                    if fresh:
                        log.warning("no copy kept", mailbox=copy.account.address, error=f"{type(error).__name__}: {str(error)[:200]}")
                else:
                    break
            if self._queue.empty():
                self._close()
        self._close()

    def _append(self, copy: Copy) -> None:
        client, folder = self._connected(copy.account)
        if client.search(["HEADER", "Message-ID", copy.message_id]):
            return
        client.append(folder, copy.data, flags=(SEEN,))
        log.info("copy kept", mailbox=copy.account.address, folder=folder)

    def _connected(self, account: Account) -> tuple[IMAPClient, str]:
        if self._open is not None and self._open[0] == account:
            return self._open[1], self._open[2]
        self._close()
        to = account.copies
        if to is None:
            raise OSError("this mailbox keeps no copies")
        client = IMAPClient(to.host, to.port, ssl=to.security == "tls", timeout=_SECONDS)
        try:
            if to.security == "starttls" and not is_loopback(to.host):
                client.starttls(ssl.create_default_context())
            if self._tokens is not None and self._tokens.has(account.address.lower()):
                client.oauth2_login(account.user, self._tokens.access(account.address.lower()))
            else:
                client.login(account.user, account.password)
            folder = to.folder or client.find_special_folder(SENT) or _USUAL
            if not client.folder_exists(folder):
                client.create_folder(folder)
            client.select_folder(folder)
        except BaseException:
            client.shutdown()
            raise
        self._open = (account, client, folder)
        return client, folder

    def _close(self) -> None:
        if self._open is not None:
            client, self._open = self._open[1], None
            try:
                client.logout()
            except (OSError, IMAPClientError) as error:
                log.debug("imap goodbye failed", error=str(error))
