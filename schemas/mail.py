"""Mail that opened no ticket, and addresses that get none: `mail.commands`, `mail.parked`, `mail.suppressions`."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Actor, Address, Contract, Instant, MailKind

ParkedState = Literal["parked", "recorded", "released", "deleted", "dropped"]
SuppressionKind = Literal["bounce", "complaint", "loop", "manual", "unsubscribed"]


class ParkedMail(Contract):
    """Value of `mail.parked`, key = id of the parsed mail. The words of it are in `mail.raw` only."""

    id: str
    mailbox: str
    reason: str
    """A rule's code: `flood`, `blocked`, `backscatter`, `two_from_headers`, …"""
    state: ParkedState = "parked"
    """`parked` waits for a human; `recorded` needs none (a duplicate, our own mail, a bounce that was noted)."""
    kind: MailKind = "human"
    sender: Address = Address()
    subject: str = ""
    at: Instant
    settled_at: Instant | None = None
    settled_by: str | None = None
    """Id of the agent who released or deleted it."""
    ticket_id: str | None = None
    """Where a released mail went."""


class Suppression(Contract):
    """Value of `mail.suppressions`, key = address; null = lifted. `bounce` and `manual` stop every mail, the others automatic mail only."""

    address: str
    kind: SuppressionKind
    reason: str
    at: Instant
    until: Instant | None = None
    """When it ends by itself."""


class ReleaseMail(Contract):
    """A parked mail becomes the ticket or message it would have been."""

    verb: Literal["release"] = "release"
    mail_id: str


class DeleteMail(Contract):
    """A parked mail is taken off the list; its words are erased there."""

    verb: Literal["delete"] = "delete"
    mail_id: str


class SuppressAddress(Contract):
    """No more mail to an address."""

    verb: Literal["suppress"] = "suppress"
    address: str
    reason: str = ""
    kind: Literal["manual", "unsubscribed"] = "manual"
    """`unsubscribed`: by the link of an automatic mail; ends automatic mail only."""


class LiftSuppression(Contract):
    """Mail to an address again."""

    verb: Literal["lift"] = "lift"
    address: str


MailAction = Annotated[ReleaseMail | DeleteMail | SuppressAddress | LiftSuppression, Field(discriminator="verb")]


class MailCommand(Contract):
    """Value of `mail.commands` (type helpdesk.mail.command.v1); key: the mail's id, or the address."""

    id: str
    actor: Actor
    at: Instant
    body_hash: str = ""
    action: MailAction
