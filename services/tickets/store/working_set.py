"""The working set of a batch: all tickets, messages and customers its inputs touch, loaded and locked in one order, changed in memory.

Order of locks: customers, tickets by id, then counters. Correlations are looked up again once the tickets are locked; what turns up
newly means another transaction was faster, and the batch repeats.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection

from schemas.ai import AiSuggestion
from schemas.inbound import InboundMessage
from schemas.ticket import CustomerState, Message
from services.runtime.ids import object_id
from services.runtime.signing import Keys
from services.tickets.domain.correlation import NOT_A_TICKET, Brief, Known, references_newest_first, returned_to
from services.tickets.domain.desk import Desk
from services.tickets.domain.limits import MINUTE, Sent, Suppressed
from services.tickets.store import lookup, mail_lookup
from services.tickets.store.lookup import Aggregate
from services.tickets.store.rows import Rows
from services.tickets.store.wanted import Ahead, Wanted

Db = Connection[Any]


class Briefs(Mapping[str, Brief]):
    """The tickets of a batch as correlation sees them, each made when it is asked for: a mail asks for one or two of hundreds."""

    def __init__(self, tickets: Mapping[str, Aggregate]) -> None:
        self._tickets = tickets

    def __getitem__(self, key: str) -> Brief:
        found = self._tickets[key]
        return Brief(id=key, status=found.ticket.status, merged_into=found.ticket.merged_into, participants=frozenset(found.participants),
                     requester=found.texts.requester_email, subject=found.texts.subject)  # fmt: skip

    def __contains__(self, key: object) -> bool:
        return key in self._tickets

    def __iter__(self) -> Iterator[str]:
        return iter(self._tickets)

    def __len__(self) -> int:
        return len(self._tickets)


class RepeatBatchError(Exception):
    """Another transaction changed what this batch had looked up; do it again."""


def _remembered(desk: Desk) -> int:
    """How many automatic mails to an address the caps look at."""
    return max(desk.settings.answers_between_automats, *(most for _, most in desk.settings.automatic_mail_caps), 1)


def _since(w: Wanted, desk: Desk) -> datetime | None:
    return w.first_mail_at - MINUTE if w.first_mail_at and desk.settings.flood_per_minute else None


@dataclass(slots=True)
class WorkingSet:
    """See the module. `rows` collects what will be written."""

    db: Db
    desk: Desk
    keys: Keys
    rows: Rows = field(default_factory=Rows)
    tickets: dict[str, Aggregate] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    """Written by `put` only."""
    of_ticket: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answered: frozenset[str] = frozenset()
    """Tickets that mails of this batch refer to."""
    stored_messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    customers: dict[str, CustomerState] = field(default_factory=dict)
    refs: dict[str, tuple[str, bool]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    by_sha: dict[str, str] = field(default_factory=dict)
    by_rfc_id: dict[tuple[str, str], str] = field(default_factory=dict)
    suggestions: dict[str, AiSuggestion] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    suppressed: dict[str, Suppressed] = field(default_factory=dict)
    mails_of: dict[str, list[datetime]] = field(default_factory=dict)
    """When each sender wrote within the last minute."""
    sent_to: dict[str, tuple[str, str]] = field(default_factory=dict)
    settled_mails: set[str] = field(default_factory=set)
    """Parked mails that this batch has released or deleted."""
    counters: dict[str, int] = field(default_factory=dict)
    rotation: dict[str, int] | None = None

    @classmethod
    def load(cls, db: Db, ahead: Ahead, *, desk: Desk, keys: Keys) -> "WorkingSet":
        """Everything the inputs refer to, locked. RepeatBatchError if another transaction interfered."""
        w = ahead.wanted
        self = cls(db=db, desk=desk, keys=keys)
        self.customers, self.numbers = ahead.customers(), ahead.numbers()
        w.tickets.update(t for t, _ in ahead.refs().values())
        w.tickets.update(self.numbers.values())
        w.tickets.update(m.ticket_id for m in ahead.messages().values())
        self.sent_to = ahead.sent_to()
        w.messages.update(message for message, _ in self.sent_to.values())
        w.tickets.update(ticket for _, ticket in self.sent_to.values())
        with lookup.together(db):
            tickets = lookup.lock_tickets(db, w.tickets)  # first: what follows is looked up under its locks
            refs, messages = lookup.refs(db, w.refs), lookup.messages_by_id(db, w.messages)
            duplicates, suggestions = lookup.duplicates(db, w.shas, w.rfc_ids), lookup.suggestions(db, w.suggestions)
            sent, mails = (
                mail_lookup.sent(db, w.addresses | w.told, w.written_to, last=_remembered(desk)),
                mail_lookup.mails_of(db, w.addresses, _since(w, desk)),
            )
            suppressed = mail_lookup.suppressed(db, w.addresses | w.recipients | w.told, w.tickets)
            counted = self._counters_ahead(w)
            self.tickets, self.refs, self.stored_messages = tickets(), refs(), messages()
            (self.by_sha, self.by_rfc_id), self.suggestions = duplicates(), suggestions()
            self.sent, self.mails_of, self.suppressed = sent(), mails(), suppressed()
            for count in counted:
                self.counters |= count()
        self._follow_merges()
        self._follow_incidents()
        if any(t not in self.tickets for t, _ in self.refs.values() if t not in w.tickets):
            raise RepeatBatchError
        for message in self.stored_messages.values():
            self.put(message)
        self.answered = frozenset(t for t, _ in self.refs.values())
        return self

    def _counters_ahead(self, w: Wanted) -> list[Callable[[], dict[str, int]]]:
        """A mail from an unknown address needs a customer's number, one that refers to nothing a ticket's: asked for with the rest."""
        counted = []
        if w.addresses - self.customers.keys():
            counted.append(lookup.customer_counter(self.db))
        if w.first_mail_at and not w.tickets:
            counted.append(lookup.ticket_counter(self.db, self.desk.day(w.first_mail_at)))
        return counted

    def _follow_merges(self) -> None:
        for _ in range(10):
            missing = {a.ticket.merged_into for a in self.tickets.values() if a.ticket.merged_into} - set(self.tickets)
            if not missing:
                return
            self.tickets |= lookup.lock_tickets(self.db, {m for m in missing if m})()

    def _follow_incidents(self) -> None:
        """What is said on an incident is said on its children."""
        missing = {child for a in self.tickets.values() for child in a.ticket.children} - set(self.tickets)
        if missing:
            self.tickets |= lookup.lock_tickets(self.db, missing)()
            self.suppressed |= mail_lookup.suppressed(self.db, (), missing)()

    def thread(self, ticket_id: str) -> list[Message]:
        """All messages of a ticket as they are now in this batch, oldest first."""
        if ticket_id not in self.threads:
            self._load_threads(ticket_id)
        found = [self.messages[i] for i in self.threads[ticket_id]]
        return sorted((m for m in found if m.ticket_id == ticket_id), key=lambda m: (m.created_at, m.id))

    def _load_threads(self, ticket_id: str) -> None:
        """This ticket's, and in the same statement those that the batch's other mails will ask for."""
        wanted = {t for t in (ticket_id, *self.answered) if t not in self.threads and self._is_stored(t)}
        for key, stored in {ticket_id: list[Message](), **lookup.threads(self.db, wanted)}.items():
            for message in stored:
                if message.id not in self.messages:
                    self.put(message)
                self.stored_messages.setdefault(message.id, message)
            there = {m.id for m in stored}
            self.threads[key] = [m.id for m in stored] + [i for i in self.of_ticket.get(key, ()) if i not in there]

    def _is_stored(self, ticket_id: str) -> bool:
        found = self.tickets.get(ticket_id)
        return found is None or found.stored is not None

    def put(self, message: Message) -> None:
        """A message as it is now."""
        former = self.messages.get(message.id)
        if former is not None and former.ticket_id != message.ticket_id:
            self.of_ticket[former.ticket_id].discard(message.id)
        self.messages[message.id] = message
        self.of_ticket[message.ticket_id].add(message.id)

    def messages_of(self, ticket_id: str) -> dict[str, Message]:
        """The messages of a ticket that this batch has met so far."""
        return {i: self.messages[i] for i in self.of_ticket.get(ticket_id, ())}

    def known_for(self, mail: InboundMessage) -> Known:
        """What correlation may know of one mail, as of now in this batch."""
        wanted = [*references_newest_first(mail), *([mail.message_id] if mail.message_id else [])]
        here = {r: self.refs[r] for r in wanted if r in self.refs}
        returned = returned_to(mail, self.keys) if mail.kind in NOT_A_TICKET else []
        duplicate, reason = self.by_sha.get(mail.raw_sha256), "same_bytes"
        if duplicate is None and mail.message_id and mail.body_hash:
            duplicate, reason = self.by_rfc_id.get((mail.message_id, mail.body_hash)), "same_message_id_and_body"
        return Known(
            tickets=Briefs(self.tickets), refs={r: t for r, (t, _) in here.items()}, stored_refs=frozenset(r for r, (_, s) in here.items() if s),
            numbers=self.numbers, messages={i: self.messages[i].ticket_id for i in returned if i in self.messages},
            sent_to=self.sent_to, duplicate_of=duplicate, duplicate_reason=reason if duplicate else "",
        )  # fmt: skip

    def customer(self, address: str, name: str, *, at: datetime) -> tuple[CustomerState, bool]:
        """The customer of an address, made if new; whether it is new."""
        key = address.strip().lower()
        found = self.customers.get(key)
        if found:
            return found, False
        made = CustomerState(
            id=object_id(at, "customer", key), number=self._customer_number(),
            name=name or key.partition("@")[0] or "Unknown sender", email=key or None, handles=[key], created_at=at, updated_at=at,
        )  # fmt: skip
        self.customers[key] = made
        self.rows.add("customer", made.id, made.number, made.name, made.email, made.created_at, made.updated_at)
        self.rows.add("handle", "email", key, made.id)
        return made, True

    def learn_customer(self, address: str) -> None:
        """Look a customer up whom no input named: the sender of a message that is split off."""
        key = address.strip().lower()
        if key not in self.customers:
            self.customers |= lookup.customers(self.db, {key})()

    def ticket_number(self, at: datetime) -> str:
        """The next number of the day; the day never goes backwards."""
        if "ticket" not in self.counters:
            self.counters |= lookup.ticket_counter(self.db, self.desk.day(at))()
        self.counters["ticket"] += 1
        return f"{self.desk.settings.ticket_prefix}-{self.counters['ticket_day']:06d}-{self.counters['ticket']:05d}"

    def _customer_number(self) -> str:
        if "customer" not in self.counters:
            self.counters |= lookup.customer_counter(self.db)()
        self.counters["customer"] += 1
        return f"{self.desk.settings.customer_prefix}-{self.counters['customer']:06d}"

    def rotations(self) -> dict[str, int]:
        """Each team's place in its round robin, locked from the first use on."""
        if self.rotation is None:
            rows = self.db.execute("SELECT name, next FROM counter WHERE name LIKE 'rotation:%' ORDER BY name FOR UPDATE").fetchall()
            self.rotation = {name.removeprefix("rotation:"): int(n) for name, n in rows}
        return self.rotation

    def write_counters(self) -> None:
        """One update per counter that moved."""
        for name, value in self.counters.items():
            if name != "ticket_day":
                self.rows.add("counter", value, name)
        for team, place in (self.rotation or {}).items():
            self.rows.add("rotation", f"rotation:{team}", place)


class Rotations(MutableMapping[str, int]):
    """Each team's place in its round robin, read (and locked) only once a decision asks for one."""

    def __init__(self, work: WorkingSet) -> None:
        self._work = work

    def __getitem__(self, team: str) -> int:
        return self._work.rotations()[team]

    def __setitem__(self, team: str, place: int) -> None:
        self._work.rotations()[team] = place

    def __delitem__(self, team: str) -> None:
        del self._work.rotations()[team]

    def __iter__(self) -> Iterator[str]:
        return iter(self._work.rotations())

    def __len__(self) -> int:
        return len(self._work.rotations())
