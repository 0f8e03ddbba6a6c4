"""Mails as customers send them, and their inboxes."""

from __future__ import annotations

import smtplib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.utils import formataddr
from uuid import uuid4

from imapclient import IMAPClient

SUPPORT = "support@helpdesk.example"
_AT_ONCE = 20


def compose(
    subject: str, body: str, *, sender: str, name: str = "", cc: str = "", message_id: str | None = None, references: Sequence[str] = ()
) -> EmailMessage:
    """A mail to the desk."""
    mail = EmailMessage()
    mail["From"] = formataddr((name, sender))
    mail["To"] = SUPPORT
    if cc:
        mail["Cc"] = cc
    mail["Subject"] = subject
    mail["Message-ID"] = message_id or f"<{uuid4().hex}@customers.example>"
    if references:
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    mail.set_content(body)
    return mail


@dataclass(frozen=True, slots=True)
class PostOffice:
    """The mail server of the sample desk: user and password are the address."""

    smtp: tuple[str, int]
    imap: tuple[str, int]

    def send(self, *mails: EmailMessage) -> None:
        """Hand mails in, in one connection."""
        with smtplib.SMTP(*self.smtp, timeout=60) as server:
            for mail in mails:
                server.send_message(mail)

    def send_raw(self, raw: bytes, *, sender: str) -> None:
        """Hand in bytes as they are."""
        with smtplib.SMTP(*self.smtp, timeout=120) as server:
            server.sendmail(sender, [SUPPORT], raw)

    def inbox(self, address: str) -> list[Message]:
        """All mails of a customer, oldest first; none before the first one came."""
        with IMAPClient(self.imap[0], port=self.imap[1], ssl=False, timeout=60) as client:
            client.login(address, address)
            client.select_folder("INBOX", readonly=True)
            uids = client.search("ALL")
            found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
            return [message_from_bytes(found[uid][b"BODY[]"]) for uid in sorted(found)]

    def inboxes(self, addresses: Iterable[str]) -> dict[str, list[Message]]:
        """The inboxes of several customers; an address that never got mail has an empty one."""
        known = list(dict.fromkeys(addresses))
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # the server lets each command wait for 40 ms
            return dict(zip(known, pool.map(self._inbox_if_any, known), strict=True))

    def _inbox_if_any(self, address: str) -> list[Message]:
        try:
            return self.inbox(address)
        except IMAPClient.Error as error:
            if "authenticat" not in str(error).lower() and "login" not in str(error).lower():
                raise
            return []

    def next_uid(self) -> int:
        """UIDNEXT of the desk's own inbox."""
        with IMAPClient(self.imap[0], port=self.imap[1], ssl=False, timeout=60) as client:
            client.login(SUPPORT, SUPPORT)
            return int(client.folder_status("INBOX", ["UIDNEXT"])[b"UIDNEXT"])
