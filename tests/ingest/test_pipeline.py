"""Mail by SMTP to `message.inbound`, through real servers."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from schemas.topics import MAIL_RAW
from services.ingest.fetch.accounts import from_environment
from services.ingest.fetch.imap import Connection, MailboxUnavailableError
from services.ingest.fetch.mailboxes import Mailboxes
from services.runtime.codec import Record
from services.runtime.producer import Producer
from tests.ingest.conftest import Desk, Topic, eventually


def test_a_mail_becomes_a_message(desk: Desk, inbound: Topic) -> None:
    with desk.fetching(), desk.parsing():
        eventually(lambda: desk.messages(inbound), what="the first message")
        took = []
        for number in range(10):
            subject = f"Größe {number}"
            desk.mail(subject)
            start = time.perf_counter()
            eventually(lambda: any(m.subject == subject for m in desk.messages(inbound)), what=subject)  # noqa: B023  called at once
            took.append(time.perf_counter() - start)
    message = next(m for m in desk.messages(inbound) if m.subject == "Größe 3")
    assert message.from_.address == "mia@customers.example"
    assert message.reply == "Please help."
    assert sorted(took)[5] < 1.0


def test_a_restarted_fetcher_reads_nothing_twice(desk: Desk) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    with desk.fetching():
        for number in range(3):
            desk.mail(f"before {number}")
        eventually(lambda: len(_mine(desk, raw)) == 4)
    with desk.fetching():
        desk.mail("after")
        eventually(lambda: len(_mine(desk, raw)) >= 5)
    raw.close()
    ids = [record.id for record in _mine(desk, raw)]
    assert len(ids) == len(set(ids)) == 5


def test_big_mails_travel_by_claim_check(desk: Desk, inbound: Topic) -> None:
    with desk.fetching(), desk.parsing():
        body = "\n".join("x" * 70 for _ in range(40_000))
        desk.mail("big", body)
        eventually(lambda: any("claim-check" in record.content_type for record in inbound.records), what="a claim check")


def _mine(desk: Desk, topic: Topic) -> list[Record]:
    return [r for r in topic.records if r.headers.get("ce_subject", "").startswith(desk.address)]


def test_settled_mail_leaves_the_server_where_asked(desk: Desk) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    desk.settings = desk.settings.model_copy(update={"email_delete_settled": True})
    with desk.fetching():
        eventually(lambda: len(_mine(desk, raw)) == 1)
        eventually(lambda: desk.left_on_server() == 0, what="an empty mailbox")
        desk.mail("next")
        eventually(lambda: len(_mine(desk, raw)) == 2)
    raw.close()


def test_a_wrong_password_is_named_and_stops_nobody_else(desk: Desk) -> None:
    raw = Topic(desk.settings, MAIL_RAW.name)
    with Producer(desk.settings) as producer:
        boxes = Mailboxes(desk.settings, producer=producer, positions={})
        good = from_environment(desk.settings)
        assert good is not None
        boxes.add(good)
        boxes.add(replace(good, name="locked@desk.example", password="wrong"))
        boxes.add(replace(good, name="lost@desk.example", host="nowhere.invalid", security="tls"))
        eventually(lambda: len(_mine(desk, raw)) == 1, what="the good mailbox's mail")
        rows = eventually(lambda: _errors(boxes) if len(_errors(boxes)) == 2 else None, what="two mailboxes in trouble")
        boxes.stop()
    raw.close()
    assert rows is not None
    assert "login refused" in rows["locked@desk.example"] and "wrong" not in rows["locked@desk.example"]
    assert "nowhere.invalid is unknown" in rows["lost@desk.example"]


def test_passwords_never_travel_in_clear(desk: Desk) -> None:
    account = from_environment(desk.settings)
    assert account is not None
    with pytest.raises(MailboxUnavailableError, match="unencrypted"):
        Connection(replace(account, host="mail.example", security="none"))


def _errors(boxes: Mailboxes) -> dict[str, str]:
    return {row["name"]: row["error"] for row in boxes.status()["mailboxes"] if row["state"] == "error"}
