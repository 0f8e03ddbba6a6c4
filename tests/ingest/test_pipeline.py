"""Mail by SMTP to `message.inbound`, through real servers."""

from __future__ import annotations

import time

from schemas.topics import MAIL_RAW
from tests.ingest.conftest import Desk, Topic, eventually


def test_a_mail_becomes_a_message(desk: Desk, inbound: Topic) -> None:
    with desk.fetching(), desk.parsing():
        eventually(lambda: desk.messages(inbound), what="the first message")
        took = []
        for number in range(10):
            subject = f"Größe {number}"
            desk.mail(subject)
            start = time.perf_counter()
            eventually(lambda s=subject: [m for m in desk.messages(inbound) if m.subject == s], what=subject)  # type: ignore[misc]
            took.append(time.perf_counter() - start)
    print(sorted(round(1000 * t) for t in took))
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
        message = eventually(lambda: next((m for m in desk.messages(inbound) if m.subject == "big"), None) or _claims(desk, inbound))
    assert message


def _claims(desk: Desk, topic: Topic) -> bool:
    return any("claim-check" in record.content_type for record in topic.records)


def _mine(desk: Desk, topic: Topic) -> list:  # type: ignore[type-arg]
    return [r for r in topic.records if r.headers.get("ce_subject", "").startswith(desk.address)]
