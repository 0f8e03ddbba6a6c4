"""`message.inbound` filled beforehand, as the parser would have filled it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.topics import MAIL_RAW
from services.ingest.parse.main import MailParser
from services.runtime.blobs import Blobs
from services.runtime.codec import RFC822, Record
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from tests.bench.corpus import make_mails


def prefill(settings: Settings, count: int) -> None:
    """Parse `count` mails and write what comes of them to `message.inbound`."""
    address = settings.email_user
    blobs = Blobs(settings)
    parser = MailParser(blobs, source="bench")
    overrides: dict[str, Any] = {"linger.ms": 5}
    with Producer(settings, **overrides) as producer:
        raws = make_mails(count, to=address)
        out = [outgoing for number, raw in enumerate(raws) for outgoing in parser.handle(_raw_record(raw, number, address))]
        for start in range(0, len(out), 1_000):
            producer.send_all(out[start : start + 1_000], timeout=60)


def _raw_record(raw: bytes, number: int, address: str) -> Record:
    now = datetime.now(UTC).isoformat()
    key = event_id("bench", number)
    headers = {"ce_id": key, "ce_type": MAIL_RAW.types[0], "ce_source": "bench", "ce_time": now, "ce_subject": f"{address}/INBOX;uidvalidity=1;uid={number}",
               "content-type": RFC822}  # fmt: skip
    return Record(topic=MAIL_RAW.name, partition=0, offset=number, key=key, value=raw, headers=headers)
