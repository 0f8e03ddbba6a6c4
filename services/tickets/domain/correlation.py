"""Which ticket a mail belongs to: the rules of email.md 4 in their order, first hit wins, each with its reason and score.

Pure: the store has looked up what the mail refers to; this decides. Never by subject equality, never None equals None.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from schemas.inbound import InboundMessage
from services.runtime.signing import Keys
from services.tickets.domain.blocks import blocked
from services.tickets.domain.desk import Desk
from services.tickets.domain.senders import is_verified
from services.tickets.domain.signed_ids import is_own_loop, is_unsubscribe_address, read_bounce_address, read_message_id, read_reply_address

MAX_REFERENCES = 50
UNPROVEN_AGENT = "agent_unproven"
COPIES_IGNORED = "copies_ignored"
_TOKENS = {"reply_address_token", "signed_id_in_reply", "signed_id_in_references"}
_PREFIX = re.compile(r"^\s*(?:\w{1,6}\s*(?:\[\d+\])?\s*[:：]\s*)+")
_WORD = re.compile(r"\w+")
Action = Literal["open", "append", "agent", "park", "drop", "duplicate", "bounce"]
_AUTOMATIC = {"auto-reply"}
UNSUBSCRIBED = "unsubscribed"
NOT_A_TICKET = {"bounce", "feedback-report"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What correlation needs of a candidate ticket."""

    id: str
    status: str
    merged_into: str | None
    participants: frozenset[str]
    requester: str | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store found for one mail."""

    tickets: Mapping[str, Brief] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    """Message-ID -> ticket id, stored or only referred to."""
    stored_refs: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    """Our message's id -> ticket id, of those that a bounce names."""
    sent_to: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Address -> (message id, ticket id) of what we sent it last, for those that a bounce names."""
    duplicate_of: str | None = None
    duplicate_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Where the mail goes. `public` False: a third party's private comment. `linked_to`: the closed ticket a new one continues."""

    action: Action
    reason: str
    score: float = 1.0
    ticket_id: str | None = None
    public: bool = True
    linked_to: str | None = None
    message_id: str | None = None
    flags: tuple[str, ...] = ()
    agent_id: str | None = None
    """`agent`: who acts by mail. `open`: whose forward this is; the first sender becomes the requester."""


def references_newest_first(message: InboundMessage) -> list[str]:
    """In-Reply-To, then References from newest to oldest, without repetition, at most 50."""
    return list(dict.fromkeys([*message.in_reply_to, *reversed(message.references)]))[:MAX_REFERENCES]


def number_pattern(desk: Desk) -> re.Pattern[str]:
    """The desk's ticket numbers as they stand in subjects."""
    return re.compile(rf"\b({re.escape(desk.settings.ticket_prefix)}-\d{{6}}-\d{{5,}})\b", re.IGNORECASE)


def numbers_in(message: InboundMessage, desk: Desk) -> list[str]:
    """Ticket numbers in the subject, upper case."""
    return [n.upper() for n in number_pattern(desk).findall(message.subject)]


def correlate(message: InboundMessage, known: Known, *, desk: Desk, keys: Keys, released: bool = False) -> Verdict:
    """The decision for one mail. `released`: a person has looked at it and wants it in a ticket, so nothing parks it again."""
    sender = message.from_.address.lower()
    if not released and (own := _own(message, desk=desk, keys=keys, sender=sender)):
        return own
    if known.duplicate_of:
        return Verdict(action="duplicate", reason=known.duplicate_reason, ticket_id=known.duplicate_of)
    if not released and (aside := _aside(message, known, desk=desk, keys=keys, sender=sender)):
        return aside
    found = _evidence(message, known, desk=desk, keys=keys, sender=sender)
    if message.kind in _AUTOMATIC and found is None and not released:
        return Verdict(action="park", reason="auto_reply_without_ticket")
    if found is None:
        return _new(message, desk=desk, sender=sender)
    return _authorise(message, found, known, desk=desk, sender=sender)


def _new(message: InboundMessage, *, desk: Desk, sender: str) -> Verdict:
    """A new ticket; a forward by an agent whose address is proven is the first sender's."""
    flags = _identity_flags(message)
    forwarded = message.forwarded_from is not None and bool(message.forwarded_from.address)
    if forwarded and (agent := desk.agent_by_address(sender)):
        if is_verified(message, desk.mailboxes.get(message.mailbox)):
            return Verdict(action="open", reason="forwarded_by_agent", flags=(*flags, "forwarded_by_agent"), agent_id=agent)
        flags = (*flags, UNPROVEN_AGENT)
    return Verdict(action="open", reason="new", flags=flags)


def _own(message: InboundMessage, *, desk: Desk, keys: Keys, sender: str) -> Verdict | None:
    if is_own_loop(keys, message.loop):
        return Verdict(action="park", reason="own_mail")
    if sender and sender in desk.own_addresses():
        return Verdict(action="park", reason="from_own_mailbox")
    return None


def _aside(message: InboundMessage, known: Known, *, desk: Desk, keys: Keys, sender: str) -> Verdict | None:
    """What becomes no ticket whatever it refers to."""
    if message.kind in NOT_A_TICKET:
        return _bounce(message, known, keys)
    if any(is_unsubscribe_address(keys, address, sender=sender) for address in _receivers(message)):
        return Verdict(action="park", reason=UNSUBSCRIBED)
    if block := blocked(desk, sender):
        return Verdict(action=block.action, reason="blocked")
    if message.from_count > 1:
        return Verdict(action="park", reason="two_from_headers", flags=("quarantine",))
    return None


def _receivers(message: InboundMessage) -> list[str]:
    return [*message.envelope_to, *(a.address for a in [*message.to, *message.cc])]


def returned_to(message: InboundMessage, keys: Keys) -> list[str]:
    """Ids of our messages whose own envelope sender (VERP) this mail was sent to."""
    return [found for address in _receivers(message) if (found := read_bounce_address(keys, address))]


def _bounce(message: InboundMessage, known: Known, keys: Keys) -> Verdict:
    for message_id in returned_to(message, keys):
        if known.messages.get(message_id) in known.tickets:
            return Verdict(action="bounce", reason="envelope_sender_token", ticket_id=known.messages[message_id], message_id=message_id)
    for candidate in [message.returned_message_id or "", *references_newest_first(message)]:
        own = read_message_id(keys, candidate)
        if own and own[0] in known.tickets:
            return Verdict(action="bounce", reason="signed_id_in_returned_part", ticket_id=own[0], message_id=own[1])
    for bounced in message.bounce:
        last = known.sent_to.get(bounced.recipient.lower())
        if message.kind == "bounce" and last and last[1] in known.tickets:
            return Verdict(action="bounce", reason="recent_recipient", score=0.6, ticket_id=last[1], message_id=last[0])
    return Verdict(action="park", reason="backscatter" if message.kind == "bounce" else "feedback_report")


def _evidence(message: InboundMessage, known: Known, *, desk: Desk, keys: Keys, sender: str) -> tuple[str, str, float] | None:
    """(ticket id, reason, score) of the first evidence that leads to a ticket we have."""
    for address in _receivers(message):
        ticket = read_reply_address(keys, address, sender=sender)
        if ticket in known.tickets:
            return str(ticket), "reply_address_token", 1.0
    referred = references_newest_first(message)
    for ref in referred:
        own = read_message_id(keys, ref)
        if own and own[0] in known.tickets:
            return own[0], "signed_id_in_reply" if ref in message.in_reply_to else "signed_id_in_references", 1.0
    for ref in referred:
        ticket = known.refs.get(ref)
        if ticket in known.tickets:
            stored = ref in known.stored_refs
            return str(ticket), "known_message_id" if stored else "shared_missing_parent", 0.95 if stored else 0.8
    if message.message_id and message.message_id not in known.stored_refs and known.refs.get(message.message_id) in known.tickets:
        return known.refs[message.message_id], "missing_parent_arrived", 0.9
    own = read_message_id(keys, message.body_marker or "")
    if own and own[0] in known.tickets:
        return own[0], "body_marker", 0.9
    for number in numbers_in(message, desk):
        ticket = known.numbers.get(number)
        if ticket in known.tickets and sender and sender in known.tickets[str(ticket)].participants:
            return str(ticket), "number_in_subject", 0.7
    return None


def _authorise(message: InboundMessage, found: tuple[str, str, float], known: Known, *, desk: Desk, sender: str) -> Verdict:
    ticket_id, reason, score = found
    ticket = known.tickets[ticket_id]
    for _ in range(10):  # merged tickets lead to their target; a chain longer than this is a fault
        if not (ticket.merged_into and ticket.merged_into in known.tickets):
            break
        ticket = known.tickets[ticket.merged_into]
    requester = bool(sender) and sender in {ticket.requester, known.tickets[ticket_id].requester}
    if not requester and (agent := desk.agent_by_address(sender)):
        return _by_agent(message, found, ticket, desk=desk, agent=agent)
    participant = bool(sender) and (sender in ticket.participants or sender in known.tickets[ticket_id].participants)
    flags = _identity_flags(message)
    if not (participant or reason == "reply_address_token"):
        return Verdict(action="append", reason=reason, score=score, ticket_id=ticket.id, public=False, flags=(*flags, "third_party"))
    if ticket.status == "closed" and message.kind not in _AUTOMATIC:
        return Verdict(action="open", reason="continues_closed", score=score, linked_to=ticket.id, flags=flags)
    if message.kind == "human" and topic_changed(message.subject, ticket.subject):
        flags = (*flags, "topic_changed")
    if message.cc and not (reason in _TOKENS or is_verified(message, desk.mailboxes.get(message.mailbox))):
        flags = (*flags, COPIES_IGNORED)
    return Verdict(action="append", reason=reason, score=score, ticket_id=ticket.id, flags=flags)


def _by_agent(message: InboundMessage, found: tuple[str, str, float], ticket: Brief, *, desk: Desk, agent: str) -> Verdict:
    """Power by mail needs one of our signatures and a proven sender; without, an agent's address is just a claim."""
    _, reason, score = found
    flags = _identity_flags(message)
    proven = reason in _TOKENS and is_verified(message, desk.mailboxes.get(message.mailbox)) and message.kind == "human" and not flags
    if proven:
        return Verdict(action="agent", reason=reason, score=score, ticket_id=ticket.id, agent_id=agent)
    return Verdict(
        action="append", reason=reason, score=score, ticket_id=ticket.id, public=False, flags=(*flags, "third_party", UNPROVEN_AGENT)
    )


def topic_changed(subject: str, before: str) -> bool:
    """Whether not one word of the ticket's subject is left in a mail's."""
    now, then = _words(subject), _words(before)
    return (
        bool(now and then) and not now & then and not ("".join(sorted(now)) in before.casefold() or before.casefold() in subject.casefold())
    )


def _words(subject: str) -> set[str]:
    return {w for w in _WORD.findall(_PREFIX.sub("", subject).casefold()) if not w.isdigit()}


def _identity_flags(message: InboundMessage) -> tuple[str, ...]:
    answers = {a.address.lower() for a in message.reply_to if a.address}
    differs = ("reply_to_differs",) if answers and message.from_.address.lower() not in answers else ()
    return (*differs, "quarantine") if message.from_count > 1 else differs
