"""What the inputs of a batch refer to, and the questions about it that go out before any ticket is known."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection

from schemas.ai import AiSuggestion
from schemas.base import Address
from schemas.commands import (
    AddReply,
    AnswerSuggestion,
    CorrectMessage,
    MergeTicket,
    MoveMessage,
    OpenIncident,
    RestoreMessage,
    RunAi,
    SettleDelivery,
    TakeBackReply,
    TicketCommand,
    TimerFired,
)
from schemas.delivery import DeliveryReport
from schemas.inbound import InboundMessage
from schemas.mail import MailCommand
from schemas.ticket import CustomerState, Message
from services.runtime.ids import is_uuid
from services.runtime.signing import Keys
from services.tickets.domain import notices, satisfaction, signed_ids
from services.tickets.domain.correlation import MAX_REFERENCES, NOT_A_TICKET, numbers_in, references_newest_first, returned_to
from services.tickets.domain.desk import Desk
from services.tickets.inputs import Input
from services.tickets.store import lookup, mail_lookup

Db = Connection[Any]
_NEEDS_MESSAGE = TakeBackReply | MoveMessage | SettleDelivery | CorrectMessage | RestoreMessage


@dataclass(slots=True)
class Wanted:
    """What the inputs of a batch refer to."""

    tickets: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    suggestions: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    refs: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    shas: set[str] = field(default_factory=set)
    rfc_ids: set[str] = field(default_factory=set)
    recipients: set[str] = field(default_factory=set)
    """Addresses that a command writes to."""
    told: set[str] = field(default_factory=set)
    """Addresses of agents who may get notices."""
    written_to: set[str] = field(default_factory=set)
    """Tickets whose participants may get automatic mail."""
    bounced: set[str] = field(default_factory=set)
    """Addresses that bounces name."""
    first_mail_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is looked up before the tickets are known, asked for in the round trip that moves the fence."""

    wanted: Wanted
    customers: Callable[[], dict[str, CustomerState]]
    refs: Callable[[], dict[str, tuple[str, bool]]]
    numbers: Callable[[], dict[str, str]]
    messages: Callable[[], dict[str, Message]]
    sent_to: Callable[[], dict[str, tuple[str, str]]]

    @classmethod
    def ask(cls, db: Db, inputs: Collection[Input], *, desk: Desk, keys: Keys) -> "Ahead":
        """Send the questions; the answers are there when they are called, once each."""
        w = wanted_by(inputs, desk=desk, keys=keys)
        return cls(
            w,
            lookup.customers(db, w.addresses),
            lookup.refs(db, w.refs),
            lookup.numbers(db, w.numbers),
            lookup.messages_by_id(db, w.messages),
            mail_lookup.sent_to(db, w.bounced),
        )


def wanted_by(inputs: Collection[Input], *, desk: Desk, keys: Keys) -> Wanted:
    """Collect every reference of every input."""
    w = Wanted(told=set(notices.wanting(desk)))
    for item in inputs:
        body = item.body
        mail = body if isinstance(body, InboundMessage) else item.parked
        if mail is not None:
            _wanted_by_mail(w, mail, desk=desk, keys=keys)
            w.first_mail_at = w.first_mail_at or item.at
        if isinstance(body, TicketCommand):
            _wanted_by_command(w, body)
        elif isinstance(body, MailCommand):
            w.recipients.add(getattr(body.action, "address", "").strip().lower())
        elif isinstance(body, AiSuggestion):
            w.tickets.add(body.ticket_id)
        elif isinstance(body, DeliveryReport):
            w.messages.add(body.message_id)
            w.tickets.add(body.home_ticket_id)
    return w


def _wanted_by_mail(w: Wanted, mail: InboundMessage, *, desk: Desk, keys: Keys) -> None:
    sender = mail.from_.address.lower()
    w.addresses.add(sender)
    referred = references_newest_first(mail)
    w.refs.update(referred)
    for ref in [*referred, mail.returned_message_id or "", mail.body_marker or ""]:
        own = signed_ids.read_message_id(keys, ref)
        if own:
            w.tickets.add(own[0])
            if mail.kind in NOT_A_TICKET:
                w.messages.add(own[1])
    for address in [*mail.envelope_to, *(a.address for a in [*mail.to, *mail.cc])]:
        ticket = signed_ids.read_reply_address(keys, address, sender=sender)
        if ticket:
            w.tickets.add(ticket)
    if mail.kind in NOT_A_TICKET:
        w.messages.update(returned_to(mail, keys))
        w.bounced.update(b.recipient.lower() for b in mail.bounce[:MAX_REFERENCES])
    if mail.message_id:
        w.refs.add(mail.message_id)
        w.rfc_ids.add(mail.message_id)
    if mail.raw_sha256:
        w.shas.add(mail.raw_sha256)
    w.numbers.update(numbers_in(mail, desk))


def _wanted_by_command(w: Wanted, command: TicketCommand) -> None:
    w.tickets.add(command.ticket_id)
    action = command.action
    if isinstance(action, MergeTicket) or (isinstance(action, MoveMessage) and action.into):
        w.tickets.add(str(action.into))
    if isinstance(action, OpenIncident):
        w.tickets.update(action.ticket_ids)
    if isinstance(action, _NEEDS_MESSAGE):
        w.messages.add(action.message_id)
    if isinstance(action, TimerFired) and action.kind == satisfaction.TIMER:
        w.written_to.add(command.ticket_id)
    if isinstance(action, TimerFired) and action.message_id:
        w.messages.add(action.message_id)
    if isinstance(action, AnswerSuggestion):
        w.suggestions.add(action.suggestion_id)
    if isinstance(action, AddReply):
        w.recipients.update(a.address.strip().lower() for a in [*action.to, *action.cc, *action.bcc])
    if isinstance(action, AddReply) and action.suggestion_id and is_uuid(action.suggestion_id):
        w.suggestions.add(action.suggestion_id)
    if isinstance(action, RunAi) and action.replay_of:
        w.suggestions.add(action.replay_of)
    requester = getattr(action, "requester", None)
    if isinstance(requester, Address):
        w.addresses.add(requester.address.strip().lower())
