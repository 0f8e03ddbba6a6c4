"""Resolving dead letters: the record goes again (or not), what is parked behind it follows in its order, the letter gets its tombstone.

All of it goes through the outbox in the transaction that takes the records out of `parked_event`: sent before that commit, they would be
read while their key is still parked and park again, without a letter; sent after it, a crash in between would lose them.
"""

from typing import Any

import orjson
import psycopg

from schemas.topics import BY_NAME, DLQ_SUFFIX
from services.runtime.codec import JSON, Outgoing, Record
from services.runtime.ids import event_id
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
        parked = _take(db, letter.key or "")
        if not parked and include_first:  # dead on arrival: nothing is parked, the letter itself holds the record
            source = letter.topic.removesuffix(DLQ_SUFFIX)
            parked = [
                (letter.key or "", source, letter.headers.get("ce_originkey"), {**letter.headers, "ce_id": letter.key or ""}, letter.value)
            ]
        again = [p for p in parked if include_first or p[0] != letter.key]
        for one in again:
            rows.out(_outgoing(one))
        rows.out(Outgoing(topic=letter.topic, key=letter.key or "", value=None, id=event_id("resolved", letter.key), type="helpdesk.dlq.resolved.v1",
                          source="cli"))  # fmt: skip
        rows.flush(db)
        db.commit()
    return len(again)


def _take(db: psycopg.Connection[Any], letter: str) -> list[Parked]:
    """Remove the first record of the letter's key and those behind it from the parked ones, in their order."""
    rows = db.execute(
        "DELETE FROM parked_event WHERE routing = (SELECT routing FROM parked_event WHERE id = %s)"
        " RETURNING id, topic, record_key, headers, value, partition, record_offset",
        (letter,),
    ).fetchall()
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
