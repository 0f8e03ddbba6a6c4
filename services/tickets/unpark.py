"""Resolving dead letters: the record goes again (or not), what is parked behind it follows in its order, the letter gets its tombstone.

All of it goes through the outbox in the transaction that marks the records as released: sent before that commit, they would park again,
without a letter; sent after it, a crash in between would lose them. Their key stays parked for all other records until the released ones
are decided (`batch`), and what has parked meanwhile is released behind them: nothing newer overtakes. A record that cannot even be read
parks nothing (nobody knows whose it is), so its retry comes after whatever came since.
"""

from collections.abc import Collection
from typing import Any

import orjson
import psycopg

from schemas.topics import BY_NAME, DLQ_SUFFIX
from services.runtime.codec import JSON, Outgoing, Record
from services.runtime.ids import event_id, is_uuid
from services.runtime.postgres import connect
from services.runtime.settings import Settings
from services.tickets.store.rows import Rows

Parked = tuple[str, str, str | None, dict[str, str], bytes | None]


def retry(config: Settings, letter: Record) -> int:
    """Send the dead record and all behind it again; how many. The relay does it: it must run."""
    return _resolve(config, letter, include_first=True)


def discard(config: Settings, letter: Record) -> int:
    """Send only what is behind the dead record; how many."""
    return _resolve(config, letter, include_first=False)


def _resolve(config: Settings, letter: Record, *, include_first: bool) -> int:
    rows = Rows()
    with connect(config, "helpdesk_tickets") as db:
        parked = _release(db, letter.key or "", include_first=include_first)
        if not parked and include_first:  # dead on arrival: nothing is parked, the letter itself holds the record
            source = letter.topic.removesuffix(DLQ_SUFFIX)
            parked = [
                (letter.key or "", source, letter.headers.get("ce_originkey"), {**letter.headers, "ce_id": letter.key or ""}, letter.value)
            ]
        for one in parked:
            rows.out(_outgoing(one))
        rows.out(Outgoing(topic=letter.topic, key=letter.key or "", value=None, id=event_id("resolved", letter.key), type="helpdesk.dlq.resolved.v1",
                          source="cli"))  # fmt: skip
        rows.flush(db)
        db.commit()
    return len(parked)


def _release(db: psycopg.Connection[Any], letter: str, *, include_first: bool) -> list[Parked]:
    """Mark the records of the letter's key as sent again; they, in their order. Without its first one where that is discarded."""
    if not is_uuid(letter):
        return []
    found = db.execute("SELECT routing FROM parked_event WHERE id = %s FOR UPDATE", (letter,)).fetchone()
    if found is None:
        return []
    if not include_first:
        db.execute("DELETE FROM parked_event WHERE id = %s", (letter,))
    return _marked(db, [found[0]])


def send_followers(db: psycopg.Connection[Any], routes: Collection[str]) -> None:
    """All that was sent again of these keys is decided: what has parked behind it goes the same way."""
    rows = Rows()
    for one in _marked(db, routes):
        rows.out(_outgoing(one))
    rows.flush(db, whole=True)


def _marked(db: psycopg.Connection[Any], routes: Collection[str]) -> list[Parked]:
    rows = db.execute(
        "UPDATE parked_event SET released = true, first = false WHERE routing = ANY(%s) AND NOT released"
        " RETURNING id, topic, record_key, headers, value, partition, record_offset",
        (list(routes),),
    ).fetchall()
    # Without its old refusal a command would be answered with it again instead of being decided.
    db.execute("DELETE FROM command_outcome WHERE command_id = ANY(%s)", ([r[0] for r in rows],))
    rows.sort(key=lambda r: (r[5], r[6]))
    return [(str(r[0]), r[1], r[2], r[3], r[4]) for r in rows]


def _outgoing(parked: Parked) -> Outgoing:
    key, topic, record_key, headers, value = parked
    return Outgoing(
        topic=topic, key=record_key or key, value=value, id=headers.get("ce_id", key), type=headers.get("ce_type", "helpdesk.unknown.v1"),
        source=headers.get("ce_source", "cli"), subject=headers.get("ce_subject"), causation_id=headers.get("ce_causationid"),
        traceparent=headers.get("traceparent"), correlation_id=headers.get("ce_correlationid"), routing=_routing(topic, headers, value),
        content_type=headers.get("content-type", JSON),
    )  # fmt: skip


def _routing(topic: str, headers: dict[str, str], value: bytes | None) -> str | None:
    """What decided the record's partition where it is not the key (schemas/topics.py), so that it goes back into its own."""
    wanted = BY_NAME[topic].routing if topic in BY_NAME else None
    if wanted == "account/folder":
        return headers.get("ce_subject", "").partition(";")[0] or None
    if wanted not in {"ticket id", "home ticket id"}:
        return None
    try:
        body = orjson.loads(value or b"")
    except ValueError:
        return None
    found = (body.get("home_ticket_id") or body.get("ticket_id")) if isinstance(body, dict) else None
    return str(found) if found else None
