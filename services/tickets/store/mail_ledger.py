"""The rows of the mail ledger: what stands in the log, what became of it, and how the two compare."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from psycopg import Connection

from schemas.inbound import MailPosition
from schemas.topics import IMPORTED_MAIL
from services.runtime.codec import CLAIM_CHECK, Record
from services.runtime.ids import event_id, is_uuid

Db = Connection[Any]

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)
_HEADER_BYTES = 64 * 1024

_STORED = (
    "INSERT INTO mail_ledger (id, inbound_id, mailbox, place, topic, partition, record_offset, received_at, message_id, sha256, imported, erased, outcome)"
    " VALUES (%(id)s, %(inbound_id)s, %(mailbox)s, %(place)s, %(topic)s, %(partition)s, %(offset)s, %(at)s, %(message_id)s, %(sha256)s, %(imported)s,"
    " %(erased)s, 'waiting') ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, partition = excluded.partition,"
    " record_offset = excluded.record_offset, message_id = excluded.message_id, sha256 = excluded.sha256, erased = excluded.erased,"
    " mailbox = CASE WHEN excluded.mailbox = '' THEN mail_ledger.mailbox ELSE excluded.mailbox END,"
    " place = CASE WHEN excluded.place = '' THEN mail_ledger.place ELSE excluded.place END,"
    " outcome = CASE WHEN mail_ledger.outcome = 'unreadable' OR excluded.erased THEN 'waiting' ELSE mail_ledger.outcome END"
)
_UNREADABLE = (
    "INSERT INTO mail_ledger (id, inbound_id, mailbox, place, topic, partition, record_offset, received_at, outcome)"
    " VALUES (%(id)s, %(inbound_id)s, %(mailbox)s, %(place)s, %(topic)s, %(partition)s, %(offset)s, %(at)s, 'unreadable') ON CONFLICT DO NOTHING"
)
_LETTER = (
    "INSERT INTO mail_letter (id, topic, record_offset, reason) VALUES (%s, %s, %s, %s)"
    " ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, record_offset = excluded.record_offset, reason = excluded.reason"
)
_SEEN = (
    "INSERT INTO mail_folder (account, folder, seen) VALUES (%s, %s, %s) ON CONFLICT (account, folder) DO UPDATE SET seen = excluded.seen"
)
# A parked mail may be released and a dead letter retried: nothing but a ticket is final. An imported mail is known by its bytes, because
# it is one of many that one command brought in.
_JUDGE = """
WITH piece AS (SELECT id, inbound_id, sha256, erased, outcome FROM mail_ledger WHERE {which} AND id > %(after)s ORDER BY id LIMIT %(most)s),
judged AS (
  SELECT s.id, s.outcome AS was, CASE
    WHEN EXISTS (SELECT 1 FROM parked_mail p WHERE p.id = s.inbound_id AND p.status <> 'released') THEN 'parked'
    WHEN EXISTS (SELECT 1 FROM ticket_event e WHERE e.causation_id = s.inbound_id)
      OR EXISTS (SELECT 1 FROM parked_mail p WHERE p.id = s.inbound_id)
      OR EXISTS (SELECT 1 FROM message m WHERE m.raw_sha256 = s.sha256 AND m.doc #>> '{{origin,key}}' = s.id::text) THEN 'ticketed'
    WHEN EXISTS (SELECT 1 FROM parked_event d WHERE d.id = s.inbound_id AND d.topic = 'message.inbound') THEN 'dead'
    WHEN s.erased THEN 'erased'
    WHEN EXISTS (SELECT 1 FROM mail_letter l WHERE l.id IN (s.id, s.inbound_id)) THEN 'dead'
    ELSE 'waiting' END AS outcome
  FROM piece s),
changed AS (UPDATE mail_ledger l SET outcome = j.outcome FROM judged j WHERE l.id = j.id AND j.outcome <> j.was RETURNING 1)
SELECT (SELECT max(id::text) FROM piece), (SELECT count(*) FROM piece), (SELECT count(*) FROM changed)
"""
_WAITING = _JUDGE.format(which="outcome = 'waiting'").encode()
_SETTLED = _JUDGE.format(which="outcome IN ('parked', 'dead')").encode()
_FIRST: Final = "00000000-0000-0000-0000-000000000000"


def inbound_id(raw_id: str) -> str:
    """`ce_id` of what parse makes of a raw record."""
    return event_id("inbound", raw_id)


def message_id(raw: bytes) -> str:
    """The Message-ID of a raw mail, '' without one."""
    found = _MESSAGE_ID.search(raw[:_HEADER_BYTES])
    return found[1].decode("ascii", "replace") if found else ""


def mailbox_of(place: str) -> str:
    """The account out of `account/folder;uidvalidity=…;uid=…`."""
    return place.partition(";")[0].partition("/")[0]


def note_mails(db: Db, records: Iterable[Record], *, digest: Any) -> None:
    """Records of `mail.raw`, in order; `digest` is sha256 in hex. A repetition changes nothing; a tombstone takes everything but the place."""
    rows = [_mail(record, digest) for record in records if record.key and is_uuid(record.key)]
    if rows:
        db.cursor().executemany(_STORED, rows)


def note_letters(db: Db, records: Iterable[Record], *, of_raw: bool) -> None:
    """Dead letters of one topic, in order; null resolves. A letter of a mail that is not stored: the server did not give it out."""
    for record in records:
        if not record.key or not is_uuid(record.key):
            continue
        if record.value is None:
            db.execute("DELETE FROM mail_letter WHERE id = %s", (record.key,))
            db.execute("DELETE FROM mail_ledger WHERE id = %s AND outcome = 'unreadable'", (record.key,))
            continue
        db.execute(_LETTER, (record.key, record.topic, record.offset, record.headers.get("ce_reason", "")))
        if of_raw:
            db.execute(_UNREADABLE, _place(record))


def note_positions(db: Db, records: Iterable[Record]) -> None:
    """How many mails each folder has given."""
    newest = {record.key: record.value for record in records if record.key}
    for value in newest.values():
        if value is not None:
            position = MailPosition.model_validate_json(value)
            db.execute(_SEEN, (position.account, position.folder, position.seen))


def judge(db: Db, *, waiting: bool, after: str | None, most: int) -> str | None:
    """Look up what became of the next `most` mails behind `after`; where to go on, None at the end."""
    row = db.execute(_WAITING if waiting else _SETTLED, {"after": after or _FIRST, "most": most}).fetchone()
    return row[0] if row and row[1] == most else None


def _mail(record: Record, digest: Any) -> dict[str, Any]:
    value = record.value
    claimed = value is not None and record.content_type == CLAIM_CHECK
    return {
        **_place(record),
        "message_id": message_id(value) or None if value is not None and not claimed else None,
        "sha256": None if value is None else str(orjson.loads(value)["sha256"]) if claimed else digest(value),
        "imported": record.type == IMPORTED_MAIL,
        "erased": value is None,
    }


def _place(record: Record) -> dict[str, Any]:
    key, place = record.key or "", record.headers.get("ce_subject", "")
    try:
        at = datetime.fromisoformat(record.headers["ce_time"])
    except (KeyError, ValueError):
        at = datetime.fromtimestamp(max(record.time_ms, 0) / 1000, UTC)
    return {
        "id": key, "inbound_id": inbound_id(key), "mailbox": mailbox_of(place), "place": place, "topic": record.topic, "partition": record.partition,
        "offset": record.offset, "at": at,
    }  # fmt: skip
