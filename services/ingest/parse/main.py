"""`helpdesk run ingest-parse`: each record of `mail.raw` becomes one of `message.inbound`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from schemas.topics import IMPORTED_MAIL as IMPORTED, MAIL_RAW, MESSAGE_INBOUND
from services.ingest.parse.guarded import GuardedParser
from services.ingest.parse.inbound import conversation_key, inbound_id, needs_original, to_inbound
from services.ingest.parse.mail import parse_mail
from services.ingest.parse.model import ParsedMail
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Outgoing, Record
from services.runtime.consumer import StreamLoop
from services.runtime.errors import PoisonError
from services.runtime.health import Health
from services.runtime.producer import Producer
from services.runtime.settings import Settings, settings as read_settings
from services.runtime.shutdown import stop_event
from services.runtime.telemetry import configure_logging, log

_GROUP: Final = "ingest-parse"
_TYPE: Final = "helpdesk.message.inbound.v1"


def main() -> None:
    """Until SIGTERM or Ctrl-C."""
    settings = read_settings().named("ingest-parse")
    configure_logging(settings)
    run(settings, stop_event())


def run(settings: Settings, stop: threading.Event) -> None:
    """Parse until `stop`. An offset is committed after what came of its record was acknowledged."""
    health = Health(settings)
    health.serve()
    blobs = Blobs(settings)
    with GuardedParser() as guarded, Producer(settings, blobs=blobs) as producer:
        parser = MailParser(blobs, source=settings.service, parse=guarded.parse)
        health.send_heartbeats(producer)
        StreamLoop(settings, group=_GROUP, topics=[MAIL_RAW.name], handle=parser.handle, producer=producer, health=health).run(stop)
    health.close()


class MailParser:
    """Turns raw records into messages; attachments go into the blob store first."""

    def __init__(self, blobs: Blobs, *, source: str, parse: Callable[[bytes], ParsedMail] = parse_mail) -> None:
        self._blobs, self._source, self._parse = blobs, source, parse

    def handle(self, record: Record) -> Iterable[Outgoing]:
        """One record for a mail, none for a tombstone or an imported mail, which fires nothing. PoisonError for what is no raw mail."""
        if record.type == IMPORTED:
            return []
        raw = value_of(record, self._blobs)
        if raw is None:
            return []
        if not record.id or record.type != MAIL_RAW.types[0]:
            raise PoisonError(f"not a {MAIL_RAW.types[0]} record: type {record.type!r}, id {record.id!r}")
        received_at = _received_at(record)
        mail = self._parse(raw)
        place = (record.partition, record.offset)
        message = to_inbound(mail, raw, raw_id=record.id, mailbox=_mailbox(record), received_at=received_at, place=place)
        for item in mail.attachments:
            self._blobs.put(item.content, sha256=item.sha256)
        if needs_original(mail):
            self._blobs.put(raw, sha256=message.raw_sha256)
        if mail.error:
            log.warning("mail not understood", id=record.id, error=mail.error)
        return [
            Outgoing(
                topic=MESSAGE_INBOUND.name,
                key=conversation_key(mail, record.id),
                value=message.to_json(),
                id=inbound_id(record.id),
                type=_TYPE,
                source=self._source,
                time=received_at,
                subject=message.id,
                correlation_id=record.headers.get("ce_correlationid") or record.id,
                causation_id=record.id,
                traceparent=record.headers.get("traceparent"),
            )
        ]


def _received_at(record: Record) -> datetime:
    text = record.headers.get("ce_time", "")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.fromtimestamp(max(record.time_ms, 0) / 1000, UTC)


def _mailbox(record: Record) -> str:
    """The account out of `account/folder;uidvalidity=…;uid=…`."""
    return record.headers.get("ce_subject", "").partition(";")[0].partition("/")[0]


if __name__ == "__main__":
    main()
