"""Numbered mails, and what became of every one of them: the counting of the kill suite."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from uuid import uuid4

import orjson

from schemas.topics import DEAD_LETTER_TOPICS
from tests.pipeline.desk import Desk
from tests.pipeline.log import Seen
from tests.pipeline.mails import compose

_TOPICS = ("ticket.events", "ticket.state", "ticket.messages")
_DEAD = tuple(t.name for t in DEAD_LETTER_TOPICS)
_SENDERS = 20
_NUMBER = re.compile(r"\[([A-Z]+-\d{6}-\d+)]")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail: the `place`th of its thread."""

    id: str
    thread: int
    place: int
    sender: str
    mail: EmailMessage = field(compare=False)


@dataclass(slots=True)
class Letters:
    """Mails of one run of the suite, thread by thread in turns; `since` is where the topics ended before."""

    desk: Desk
    run: str = field(default_factory=lambda: uuid4().hex[:10])
    sent: list[Letter] = field(default_factory=list)
    since: dict[tuple[str, int], int] = field(default_factory=dict)
    parked_before: int = 0

    def __post_init__(self) -> None:
        self.since = self.desk.log.ends(*_TOPICS, *_DEAD)

    def write(self, count: int, *, length: int) -> list[Letter]:
        """New threads of `length` mails each."""
        first = 1 + max((letter.thread for letter in self.sent), default=-1)
        threads = range(first, first + -(-count // length))
        made = [self._letter(thread, place) for place in range(length) for thread in threads][:count]
        self.sent += made
        return made

    def _letter(self, thread: int, place: int) -> Letter:
        sender = f"{self.run}-{thread % _SENDERS}@customers.example"
        key = f"<{self.run}.{thread}.{place}@customers.example>"
        references = [f"<{self.run}.{thread}.{n}@customers.example>" for n in range(place)]
        mail = compose(f"{self.run} {thread}", f"This is number {place} of {thread}.", sender=sender, message_id=key, references=references)
        return Letter(key, thread, place, sender, mail)

    def post(self, letters: Sequence[Letter]) -> None:
        """Hand them in, in their order."""
        self.desk.post.send(*(letter.mail for letter in letters))


@dataclass(frozen=True, slots=True)
class Tally:
    """What went wrong, counted. All but `unknown` must be nothing."""

    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    dead: int = 0
    unknown: int = 0
    """Deliveries whose fate a kill hid: a human settles them."""
    evidence: tuple[str, ...] = field(default=(), compare=False)
    """What was seen of each reordered ticket, for who has to find out why."""


def count(letters: Letters) -> Tally:
    """Look at tables, topics and inboxes for every mail of the run."""
    desk, ids = letters.desk, {letter.id: letter for letter in letters.sent}
    rows = desk.rows(
        "SELECT rfc_id, ticket_id::text, id::text, version FROM helpdesk.message WHERE rfc_id = ANY(%s) AND kind = 'customer'", list(ids)
    )
    again = desk.rows("SELECT count(*) FROM helpdesk.parked_mail WHERE doc ->> 'message_id' = ANY(%s)", list(ids))[0][0]
    tickets: dict[int, set[str]] = defaultdict(set)
    for rfc_id, ticket, _, _ in rows:
        tickets[ids[rfc_id].thread].add(ticket)
    found = Counter[str]()
    found["lost"] = len(ids) - len({row[0] for row in rows})
    found["doubled"] = len(rows) - len({row[0] for row in rows}) + again + sum(len(t) - 1 for t in tickets.values())
    records = desk.log.read(*_TOPICS, since=letters.since)
    places = {message: ids[rfc_id].place for rfc_id, _, message, _ in rows}
    versions = {key: (number, version) for key, number, version in desk.rows(
        "SELECT id::text, number, version FROM helpdesk.ticket WHERE id = ANY(%s::uuid[])", list(set().union(*tickets.values())),
    )}  # fmt: skip
    found += _events([r for r in records if r.topic == "ticket.events"], {k: v for k, (_, v) in versions.items()}, places)
    found["lost"] += _stale(records, "ticket.state", {k: v for k, (_, v) in versions.items()})
    found["lost"] += _stale(records, "ticket.messages", {row[2]: row[3] for row in rows})
    found += _confirmations(desk, {number: key for key, (number, _) in versions.items()})
    found["dead"] = len({r.key for r in desk.log.read(*_DEAD, since=letters.since)})
    evidence = [name for name in found if name.startswith("ticket ")]
    return Tally(**{name: found[name] for name in ("lost", "doubled", "reordered", "dead", "unknown")}, evidence=tuple(evidence))


def first_of_each(records: Sequence[Seen]) -> Iterator[Seen]:
    """Records as a reader sees them that drops a `ce_id` it has had."""
    had: set[str] = set()
    for record in records:
        if record.headers["ce_id"] not in had:
            had.add(record.headers["ce_id"])
            yield record


def _events(records: Sequence[Seen], versions: Mapping[str, int], places: Mapping[str, int]) -> Counter[str]:
    seen: dict[str, list[int]] = {key: [] for key in versions}
    order: dict[str, list[int]] = {key: [] for key in versions}
    for record in first_of_each(records):
        if record.key not in seen or record.value is None:
            continue
        event = orjson.loads(record.value)
        seen[record.key].append(event["version"])
        if (message := event["data"].get("message_id")) in places and event["type"] in {"ticket.opened", "ticket.message_added"}:
            order[record.key].append(places[message])
    found = Counter[str]()
    for key, had in seen.items():
        found["lost"] += len(set(range(1, versions[key] + 1)) - set(had))
        found["doubled"] += len(had) - len(set(had))
        found["reordered"] += had != sorted(had)
        found["reordered"] += order[key] != sorted(order[key])
        if had != sorted(had) or order[key] != sorted(order[key]):
            found[f"ticket {key}: versions {had}, mails {order[key]}"] = 1
    return found


def _stale(records: Sequence[Seen], topic: str, versions: Mapping[str, int]) -> int:
    """Keys whose newest record is not their newest version."""
    newest = {r.key: int(r.headers.get("ce_version", 0)) for r in records if r.topic == topic}
    return sum(newest.get(key) != version for key, version in versions.items())


def _confirmations(desk: Desk, tickets: Mapping[str, str]) -> Counter[str]:
    """Each ticket is confirmed once: what the desk says of it against what stands in the inboxes."""
    rows = desk.rows(
        "SELECT t.number, m.delivery_state, m.doc -> 'to' -> 0 ->> 'address' FROM helpdesk.message m JOIN helpdesk.ticket t ON t.id = m.ticket_id"
        " WHERE m.kind = 'system' AND m.ticket_id = ANY(%s::uuid[])", list(tickets.values()),
    )  # fmt: skip
    got = Counter[str]()
    for mails in desk.post.inboxes(address for _, _, address in rows).values():
        for mail in mails:
            subject = str(default.header_factory("Subject", str(mail["Subject"])))
            got.update(_NUMBER.findall(subject))
    found = Counter(lost=len(tickets) - len({number for number, _, _ in rows}))
    for number, state, _ in rows:
        found["doubled"] += max(0, got[number] - 1)
        found["unknown"] += state in {"sending", "unknown"}
        found["lost"] += state not in {"sending", "unknown"} and got[number] == 0
    return found
