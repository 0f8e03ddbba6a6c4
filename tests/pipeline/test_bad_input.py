"""What is broken ends as a flagged ticket or a dead letter, and never stops what comes behind it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from confluent_kafka import Producer as PlainProducer

from schemas.ai import AiSuggestion
from schemas.base import Actor, Address
from schemas.commands import OpenTicket, TicketCommand
from schemas.topics import AI_SUGGESTIONS, TICKET_COMMANDS
from services.runtime.codec import Outgoing, Record
from services.runtime.ids import new_object_id
from services.tickets import unpark
from tests.pipeline.desk import PATIENCE, Desk
from tests.pipeline.log import Seen
from tests.pipeline.mails import compose
from tests.servers import eventually


def _next_mail_arrives(desk: Desk) -> None:
    mail = compose("after the bad one", "I am fine.", sender="eve@customers.example")
    desk.post.send(mail)
    desk.ticket_of(mail["Message-ID"])


def _letter(desk: Desk, topic: str, marker: str) -> Seen:
    """The dead letter whose value or key holds the marker."""

    def find() -> Seen | None:
        return next((r for r in desk.log.read(f"{topic}.dlq") if marker in r.key or marker.encode() in (r.value or b"")), None)

    return eventually(find, seconds=PATIENCE, what=f"a dead letter with {marker}")


def _produce(desk: Desk, topic: str, value: bytes, *, key: str, headers: dict[str, str], partition: int = -1) -> None:
    producer = PlainProducer({"bootstrap.servers": desk.stack.kafka, "partitioner": "murmur2_random"})
    producer.produce(topic, value=value, key=key.encode(), headers=list(headers.items()), partition=partition)
    assert producer.flush(30) == 0


@pytest.mark.parametrize(
    "garbage",
    [
        bytes(range(1, 256)).replace(b"\n.", b"\n") * 20,
        b"\xff\xfe\x00garbage",
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n--\r\n',
    ],
    ids=["all-bytes", "no-header", "empty-boundary"],
)
def test_garbage_bytes_are_a_ticket(desk: Desk, garbage: bytes) -> None:
    marker = uuid.uuid4().hex
    before = _messages(desk)
    desk.post.send_raw(
        b"X-Marker: " + marker.encode() + b"\r\nSubject: " + marker.encode() + b"\r\n" + garbage, sender="mallory@customers.example"
    )
    _next_mail_arrives(desk)
    desk.settle()
    assert _messages(desk) + _parked(desk) >= before + 2


def _messages(desk: Desk) -> int:
    return int(desk.rows("SELECT count(*) FROM helpdesk.message WHERE kind = 'customer'")[0][0])


def _parked(desk: Desk) -> int:
    return int(desk.rows("SELECT count(*) FROM helpdesk.parked_mail")[0][0])


@pytest.mark.timeout(300)
def test_a_mail_of_50_megabytes_is_a_flagged_ticket_with_its_original(desk: Desk) -> None:
    subject = f"huge {uuid.uuid4().hex}"
    line = b"A" * 76 + b"\r\n"
    head = f"From: big@customers.example\r\nTo: support@helpdesk.example\r\nSubject: {subject}\r\nMessage-ID: <{uuid.uuid4().hex}@big.example>\r\n".encode()
    attachment = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the file.\r\n'
        b'--b\r\nContent-Type: application/octet-stream; name="big.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    raw = head + attachment + line * (51 * 1024 * 1024 // len(line)) + b"\r\n--b--\r\n"
    desk.post.send_raw(raw, sender="big@customers.example")
    _next_mail_arrives(desk)
    found = eventually(
        lambda: desk.rows("SELECT doc FROM helpdesk.message WHERE doc ->> 'subject' = %s AND kind = 'customer'", subject), seconds=PATIENCE,
        what="a ticket of the huge mail",
    )  # fmt: skip
    assert "mail-too-large" in found[0][0]["flags"]
    original = next(a for a in found[0][0]["attachments"] if a["name"] == "original.eml")
    assert original["size"] == pytest.approx(len(raw), rel=0.01)


@pytest.mark.parametrize("topic", ["mail.raw", "message.inbound", "ticket.commands", "delivery.reports"])
def test_a_record_without_headers_is_a_dead_letter(desk: Desk, topic: str) -> None:
    marker = uuid.uuid4().hex
    _produce(desk, topic, f"no headers {marker}".encode(), key="nobody", headers={})
    letter = _letter(desk, topic, marker)
    assert letter.headers["ce_origin"].startswith(f"{topic}[")
    _next_mail_arrives(desk)


@pytest.mark.parametrize("topic", ["message.inbound", "ticket.commands", "config.commands", "ai.suggestions"])
def test_an_unknown_event_type_is_a_dead_letter_that_says_so(desk: Desk, topic: str) -> None:
    key = str(uuid.uuid4())
    _produce(
        desk,
        topic,
        b'{"a": 1}',
        key=key,
        headers={"ce_id": key, "ce_type": "helpdesk.surprise.v9", "ce_source": "tests", "ce_specversion": "1.0"},
    )
    letter = _letter(desk, topic, key)
    assert letter.value == b'{"a": 1}'
    assert "helpdesk.surprise.v9" in letter.headers["ce_reason"]
    _next_mail_arrives(desk)


def test_a_known_type_with_a_broken_body_is_a_dead_letter(desk: Desk) -> None:
    key = str(uuid.uuid4())
    _produce(
        desk,
        "message.inbound",
        b'{"id": 3',
        key=key,
        headers={"ce_id": key, "ce_type": "helpdesk.message.inbound.v1", "ce_source": "tests"},
    )
    assert "does not follow its schema" in _letter(desk, "message.inbound", key).headers["ce_reason"]
    _next_mail_arrives(desk)


def _suggestion(ticket_id: str, summary: str) -> AiSuggestion:
    key = new_object_id()
    return AiSuggestion(
        id=key, run_id=key, ticket_id=ticket_id, message_id=new_object_id(), ticket_version=1, engine="local", model="none", pipeline_version="test",
        created_at=datetime.now(UTC), summary=summary,
    )  # fmt: skip


def _open(desk: Desk, ticket_id: str) -> None:
    action = OpenTicket(
        message_id=new_object_id(),
        subject="late",
        body_text="I am here now.",
        requester=Address(name="Fay", address="fay@customers.example"),
    )
    command = TicketCommand(
        id=str(uuid.uuid4()), ticket_id=ticket_id, actor=Actor(kind="system", id="tests"), at=datetime.now(UTC), action=action
    )
    desk.publish(Outgoing(
        topic=TICKET_COMMANDS.name, key=ticket_id, value=command.to_json(), id=command.id, type="helpdesk.ticket.command.v1", source="tests",
    ))  # fmt: skip
    eventually(lambda: desk.rows("SELECT 1 FROM helpdesk.ticket WHERE id = %s", ticket_id), seconds=PATIENCE, what="the ticket")


def _stored(desk: Desk, *suggestions: AiSuggestion) -> list[bool]:
    known = {
        str(key) for (key,) in desk.rows("SELECT id FROM helpdesk.ai_suggestion WHERE id = ANY(%s::uuid[])", [s.id for s in suggestions])
    }
    return [s.id in known for s in suggestions]


def test_poison_parks_its_own_key_only_and_a_retry_brings_it_back_in_order(desk: Desk) -> None:
    there, missing, key = new_object_id(), new_object_id(), f"run-{uuid.uuid4().hex}"
    _open(desk, there)
    first, behind, other = _suggestion(missing, "first"), _suggestion(there, "behind"), _suggestion(there, "other")
    desk.publish(*(
        Outgoing(topic=AI_SUGGESTIONS.name, key=k, routing="one partition", value=s.to_json(), id=s.id, type="helpdesk.ai.suggested.v1", source="tests")
        for k, s in ((key, first), (key, behind), (f"{key}-other", other))
    ))  # fmt: skip
    eventually(lambda: _stored(desk, other) == [True], seconds=PATIENCE, what="the partition moves on")
    assert _stored(desk, first, behind) == [False, False]
    letter = _letter(desk, "ai.suggestions", first.id)
    assert "does not exist" in letter.headers["ce_reason"]

    _open(desk, missing)
    record = Record(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        key=letter.key,
        value=letter.value,
        headers=dict(letter.headers),
    )
    assert unpark.retry(desk.config, record) == 2
    eventually(lambda: _stored(desk, first, behind) == [True, True], seconds=PATIENCE, what="both are settled")
    assert [r.value for r in desk.log.read("ai.suggestions.dlq") if r.key == letter.key][-1] is None
    assert desk.rows("SELECT 1 FROM helpdesk.parked_event WHERE routing = %s", f"ai.suggestions:{key}") == []
