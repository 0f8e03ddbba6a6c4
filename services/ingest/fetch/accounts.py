"""Which mailboxes to read: the first from the environment, all others from `config.state`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.config import Mailbox
from services.runtime.hosts import is_loopback
from services.runtime.settings import Settings
from services.runtime.signing import Keys

Security = Literal["tls", "starttls", "none"]
AfterStoring = Literal["leave", "mark_read", "move", "delete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One mailbox to read. `name` is its address; `after_storing` says what becomes of mails on the server once Kafka has them."""

    name: str
    host: str
    port: int
    security: Security
    user: str
    password: str
    folders: tuple[str, ...] = ("INBOX",)
    after_storing: AfterStoring = "leave"
    move_to: str = "Processed"
    by_token: bool = False
    """There is no password: without a token nobody is signed in."""

    def __repr__(self) -> str:
        return f"Account({self.name} at {self.host}:{self.port})"


def from_environment(settings: Settings) -> Account | None:
    """The mailbox of EMAIL_USER and IMAP_SERVER, None when they are not set."""
    if not settings.email_user or not settings.imap_server:
        return None
    security: Security = "tls" if settings.imap_port == 993 else "none" if is_loopback(settings.imap_server) else "starttls"
    return Account(
        name=settings.email_user.lower(),
        host=settings.imap_server,
        port=settings.imap_port,
        security=security,
        user=settings.email_user,
        password=settings.email_auth_credential.get_secret_value(),
        folders=tuple(folder.strip() for folder in settings.inbound_folder.split(",") if folder.strip()) or ("INBOX",),
        after_storing="delete" if settings.email_delete_settled else "leave",
    )


def from_config(box: Mailbox, keys: Keys, *, key: str) -> Account | None:
    """A configured mailbox, None when it is switched off. SealBrokenError when its password does not open; `key` is its record's key."""
    if not box.active:
        return None
    return Account(
        name=box.address.lower(),
        host=box.imap_host,
        port=box.imap_port,
        security=box.imap_security,
        user=box.user,
        password=keys.unseal(box.secret, where=key) if box.secret else "",
        folders=tuple(box.folders) or ("INBOX",),
        after_storing="delete" if box.delete_settled else box.after_storing,
        move_to=box.move_to,
        by_token=box.sign_in == "oauth",
    )
