"""Mails and positions as records."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import orjson

from schemas.inbound import MailPosition
from schemas.topics import DLQ_SUFFIX, MAIL_POSITION, MAIL_RAW
from services.ingest.fetch.imap import Fetched
from services.ingest.fetch.spool import Stored
from services.runtime.codec import CLAIM_CHECK, RFC822, Outgoing
from services.runtime.ids import event_id

_TYPE: Final = "helpdesk.mail.received.v1"
_SOURCE: Final = "ingest-fetch"


def mail_id(account: str, folder: str, uidvalidity: int, uid: int) -> str:
    """The same mail in the same place has the same id in every process, before and after every crash."""
    return event_id("mail", account, folder, uidvalidity, uid)


def route(account: str, folder: str) -> str:
    """Key of `mail.position`, and what `mail.raw` is partitioned by."""
    return f"{account}/{folder}"


def mail_record(mail: Fetched, *, account: str, folder: str, uidvalidity: int) -> Outgoing:
    """`ce_time` is when the server took the mail in; `ce_subject` is account/folder;uidvalidity=N;uid=N."""
    key = mail_id(account, folder, uidvalidity, mail.uid)
    value, content_type = (_claim(mail.stored), CLAIM_CHECK) if mail.stored else (mail.raw, RFC822)
    return Outgoing(
        topic=MAIL_RAW.name, key=key, value=value, id=key, type=_TYPE, source=_SOURCE, time=min(mail.arrived, datetime.now(UTC)),
        routing=route(account, folder), subject=f"{route(account, folder)};uidvalidity={uidvalidity};uid={mail.uid}",
        correlation_id=key, content_type=content_type, traceparent=_trace(key),
    )  # fmt: skip


def _trace(key: str) -> str:
    """A trace of the mail's own, the same when it is published again. Random ones would give the GIL away twice a mail."""
    digits = key.replace("-", "")
    return f"00-{digits}-{digits[16:]}-01"


def _claim(stored: Stored) -> bytes:
    return orjson.dumps({"blob": stored.sha256, "sha256": stored.sha256, "size": stored.size, "content_type": RFC822})


def poison_record(uid: int, reason: str, *, account: str, folder: str, uidvalidity: int) -> Outgoing:
    """The dead letter of a mail that the server does not give out."""
    key = mail_id(account, folder, uidvalidity, uid)
    place = f"{route(account, folder)};uidvalidity={uidvalidity};uid={uid}"
    return Outgoing(
        topic=MAIL_RAW.name + DLQ_SUFFIX, key=key, value=b"", id=event_id("dlq", key), type=_TYPE, source=_SOURCE,
        subject=place, reason=reason[:500], causation_id=key, content_type=RFC822,
    )  # fmt: skip


def position_record(position: MailPosition) -> Outgoing:
    """The newest position of a folder replaces all older ones."""
    key = route(position.account, position.folder)
    return Outgoing(
        topic=MAIL_POSITION.name, key=key, value=position.to_json(), type="helpdesk.mail.position.v1", source=_SOURCE,
        id=event_id("position", key, position.uidvalidity, position.low, position.seen, datetime.now(UTC).isoformat()),
    )  # fmt: skip
