"""Fold the log (architecture.md 3): `ticket.events` with `evolve`, texts and names from the compacted topics."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from schemas.topics import AI_SUGGESTIONS, CONFIG_STATE, CUSTOMER_STATE, TICKET_EVENTS, TICKET_MESSAGES, TICKET_STATE
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.tickets.domain import reviews
from services.tickets.domain.state import Texts, Ticket, evolve

Json = dict[str, Any]


@dataclass(slots=True)
class Rebuilt:
    """What the log amounts to."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    events: dict[str, Json] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)
    states: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    customers: dict[str, Json] = field(default_factory=dict)
    config: dict[tuple[str, str], Json] = field(default_factory=dict)
    suggestions: dict[str, Json] = field(default_factory=dict)
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Event id -> its first (partition, offset) in `ticket.events`."""
    causes: dict[str, str] = field(default_factory=dict)
    """Event id -> the input that caused it."""

    def reviews(self) -> dict[str, reviews.Review]:
        """What became of the assistant's drafts."""
        return reviews.fold(sorted(self.events.values(), key=lambda e: (e["ticket_id"], e["version"])), self.suggestions)

    def texts(self, ticket_id: str) -> Texts:
        """The words of a ticket, from its state."""
        doc = self.states[ticket_id]
        requester = doc["requester"]
        return Texts(subject=doc["subject"], snippet=doc["snippet"], tags=tuple(doc["tags"]), requester_name=requester["name"],
                     requester_email=requester["email"], mailbox=doc.get("mailbox"))  # fmt: skip


def fold(config: Settings) -> Rebuilt:
    """Read the log and fold it."""
    out, blobs = Rebuilt(), Blobs(config)
    for record in read_topic(config, TICKET_EVENTS):
        event = _json(record, blobs)
        if event is None or event["id"] in out.events:
            continue
        out.events[event["id"]] = event
        cause = record.headers.get("ce_causationid", "")
        out.inputs.add(cause)
        out.causes[event["id"]], out.positions[event["id"]] = cause, (record.partition, record.offset)
        ticket_id = event["ticket_id"]
        out.tickets[ticket_id] = evolve(
            out.tickets.get(ticket_id), ticket_id=ticket_id, version=event["version"], time=datetime.fromisoformat(event["time"]),
            changes=event["data"].get("changes", {}),
        )  # fmt: skip
    kept = ((TICKET_STATE, out.states), (TICKET_MESSAGES, out.messages), (CUSTOMER_STATE, out.customers), (AI_SUGGESTIONS, out.suggestions))
    for topic, target in kept:
        for record in read_topic(config, topic):
            _keep_newest(target, record, _json(record, blobs))
    for record in read_topic(config, CONFIG_STATE):
        entry = _json(record, blobs)
        kind, _, rest = (record.key or "").partition("/")
        if entry is None:
            out.config.pop((kind, rest.rpartition("/")[0] if kind == "article" else rest), None)
        else:
            out.config[kind, entry["id"]] = entry
    return out


def _json(record: Record, blobs: Blobs) -> Json | None:
    value = value_of(record, blobs)
    found: Json | None = orjson.loads(value) if value else None
    return found


def _keep_newest(target: dict[str, Json], record: Record, doc: Json | None) -> None:
    key = record.key or ""
    if doc is None:
        target.pop(key, None)
    elif key not in target or doc.get("version", 1) >= target[key].get("version", 1):
        target[key] = doc
