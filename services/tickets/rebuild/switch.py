"""Put what the log amounts to in place of the live rows: one transaction, the writer kept out, nothing left of the former rows.

What stays as it is, because it is about the future or not in the log: consumer offsets (after a loss they begin at the log's start, and the
seen inputs make that harmless), parked records and mails, the round robin, the suppression list.
"""

from datetime import datetime
from typing import Any

import psycopg

from schemas.ticket import Message
from services.runtime.settings import Settings
from services.tickets.domain import timers
from services.tickets.domain.desk import Desk
from services.tickets.rebuild.fold import Json, Rebuilt
from services.tickets.store import config as configuration, shapes
from services.tickets.store.rows import Rows, json_text

_TABLES = ("outbox", "seen_event", "automatic_mail", "timer", "ai_suggestion", "ai_review", "attachment", "ticket_event", "participant", "thread_ref", "message", "ticket",
           "handle", "customer")  # fmt: skip


def put_in_place(db: psycopg.Connection[Any], rebuilt: Rebuilt, config: Settings) -> None:
    """Replace every row the log knows. Configuration first: the rows of tickets depend on it."""
    with db.transaction():
        db.execute("SET LOCAL search_path = helpdesk, public")
        db.execute("LOCK TABLE consumer_offset IN EXCLUSIVE MODE")
        db.execute(f"TRUNCATE {', '.join(_TABLES)}".encode())
        _configuration(db, rebuilt)
        desk = configuration.load_desk(db, config)
        rows = Rows()
        _people(rows, rebuilt)
        messages = {key: Message.model_validate(doc) for key, doc in rebuilt.messages.items()}
        _tickets(rows, rebuilt, messages, desk)
        for message in messages.values():
            _message(rows, message, rebuilt.messages[message.id])
        _threads(rows, rebuilt, messages, desk)
        _decisions(rows, rebuilt)
        for key in rebuilt.inputs | set(rebuilt.causes.values()):
            if key:
                rows.add("seen_event", key)
        rows.flush(db)
        _history(db, rebuilt)
        _counters(db, rebuilt)


def _configuration(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> None:
    db.execute("DELETE FROM config_entry")
    with db.pipeline():
        for (kind, key), entry in rebuilt.config.items():
            db.execute(
                "INSERT INTO config_entry (kind, id, version, value, updated_at) VALUES (%s, %s, %s, %s, %s)",
                (kind, key, entry["version"], json_text(entry["value"]), entry["updated_at"]),
            )


def _people(rows: Rows, rebuilt: Rebuilt) -> None:
    for key, customer in rebuilt.customers.items():
        rows.add("customer", key, customer["number"], customer["name"], customer["email"], customer["created_at"], customer["updated_at"])
        for handle in customer["handles"]:
            rows.add("handle", "email", handle, key)


def _tickets(rows: Rows, rebuilt: Rebuilt, messages: dict[str, Message], desk: Desk) -> None:
    said: dict[str, list[str]] = {}
    for message in messages.values():
        said.setdefault(message.ticket_id, []).append(message.body_text[: shapes.SEARCHED_CHARACTERS])
    for key, ticket in rebuilt.tickets.items():
        texts = rebuilt.texts(key)
        words = [*shapes.ticket_words(ticket, texts), *said.get(key, [])]
        rows.add("ticket", *shapes.ticket_row(ticket, texts, desk, words=" ".join(words)))
        due = timers.of_ticket(ticket, auto_close_days=desk.settings.auto_close_days)
        for row in shapes.timer_rows(due, ticket_id=key, message_id=None, generation=ticket.version):
            rows.add("timer", *row)


def _message(rows: Rows, message: Message, doc: Json) -> None:
    rows.add("message", *shapes.message_row(message, doc))
    for row in shapes.attachment_rows(message):
        rows.add("attachment", *row)
    due = timers.of_message(message)
    for row in shapes.timer_rows(due, ticket_id=message.home_ticket_id, message_id=message.id, generation=message.version):
        rows.add("timer", *row)
    if message.to and (message.kind == "system" or (message.outbound is not None and message.outbound.automatic)):
        rows.add("automatic_mail", message.to[0].address, message.created_at, message.id, "")


def _threads(rows: Rows, rebuilt: Rebuilt, messages: dict[str, Message], desk: Desk) -> None:
    refs: dict[str, tuple[str, bool]] = {}
    own = desk.own_addresses()
    for key, ticket in rebuilt.states.items():
        if ticket["requester"]["email"]:
            rows.add("participant", key, ticket["requester"]["email"], "requester")
    for message in sorted(messages.values(), key=lambda m: (m.created_at, m.id)):
        if message.kind in {"customer", "agent"}:
            for address in {a.address.lower() for a in message.cc} - own - {""}:
                rows.add("participant", message.home_ticket_id, address, "cc")
        imported = message.kind in {"agent", "note"} and message.outbound is None
        if (message.kind == "customer" or imported) and message.message_id:
            refs[message.message_id] = (refs.get(message.message_id, (message.ticket_id, True))[0], True)
        for ref in message.origin.references if message.origin and message.kind == "customer" else []:
            refs.setdefault(ref, (message.home_ticket_id, False))
    for ref, (ticket_id, stored) in refs.items():
        rows.add("thread_ref", ref, ticket_id, stored)


_ANSWERS = {"accept": "accepted", "edit": "edited", "reject": "rejected", "undo": "undone"}


def _decisions(rows: Rows, rebuilt: Rebuilt) -> None:
    """Suggestions with the newest decision that the events tell; one without any was outdated, a replay, or came while the AI was off."""
    decided: dict[str, str] = {}
    for event in sorted(rebuilt.events.values(), key=lambda e: e["version"]):
        data = event["data"]
        if event["type"] == "ticket.ai_decided":
            decided[data["suggestion_id"]] = data["decision"]
        elif event["type"] == "ticket.ai_answered":
            decided[data["suggestion_id"]] = _ANSWERS[data["answer"]]
    for key, doc in rebuilt.suggestions.items():
        rows.add("ai_suggestion", key, doc["ticket_id"], doc["created_at"], decided.get(key, "outdated"), json_text(doc))

    for review in rebuilt.reviews().values():
        rows.add("ai_review", review.id, review.ticket_id, review.team_id, review.topic, review.verdict, review.at, review.returned)


def _history(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> None:
    columns = "id, ticket_id, version, type, time, actor, data, causation_id, topic_partition, topic_offset"
    with db.cursor().copy(f"COPY ticket_event ({columns}) FROM STDIN".encode()) as copy:
        for key, event in rebuilt.events.items():
            partition, offset = rebuilt.positions[key]
            copy.write_row((
                key, event["ticket_id"], event["version"], event["type"], datetime.fromisoformat(event["time"]), json_text(event["actor"]),
                json_text(event["data"]), rebuilt.causes[key] or None, partition, offset,
            ))  # fmt: skip


def _counters(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> None:
    """Numbers go on behind the highest ones given; the configuration counts as changed."""
    days = [t.number.rsplit("-", 2)[-2:] for t in rebuilt.tickets.values()]
    if days:
        day = max(d for d, _ in days)
        number = max(int(n) for d, n in days if d == day)
        db.execute(
            "INSERT INTO counter (name, day, next, last_reset) VALUES ('ticket', to_date(%s, 'YYMMDD'), %s, now())"
            " ON CONFLICT (name) DO UPDATE SET day = greatest(counter.day, excluded.day),"
            " next = CASE WHEN counter.day > excluded.day THEN counter.next ELSE greatest(counter.next, excluded.next) END",
            (day, number),
        )
    customers = [int(c["number"].rpartition("-")[2]) for c in rebuilt.customers.values()]
    for name, value in (("customer", max(customers, default=0)), (configuration.GENERATION, 1)):
        db.execute(
            "INSERT INTO counter (name, next) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET next = greatest(counter.next, excluded.next) + %s",
            (name, value, 1 if name == configuration.GENERATION else 0),
        )
