"""The real process on the real broker: a queued message becomes one mail and one true report."""

from __future__ import annotations

import hashlib
import smtplib
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import dkim
import imapclient
import pytest
from confluent_kafka import Consumer as KafkaConsumer, TopicPartition
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from schemas.config import Mailbox
from schemas.topics import TICKET_MESSAGES
from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.ids import new_object_id
from services.runtime.partitioning import partition_of
from services.runtime.settings import Settings
from services.runtime.signing import Keys
from tests.notify.conftest import Start
from tests.notify.desk import Desk
from tests.notify.messages import file, outgoing
from tests.notify.process import NotifyProcess
from tests.notify.scripted import DROP, Script, smtp_server
from tests.servers import Servers, eventually

pytestmark = pytest.mark.usefixtures("notify")


def read_mail(servers: Servers, address: str) -> EmailMessage:
    with imapclient.IMAPClient(*servers.imap, ssl=False, timeout=10) as imap:
        imap.login(address, address)
        imap.select_folder("INBOX")
        uids = imap.search()
        assert len(uids) == 1
        raw = imap.fetch(uids, ["BODY.PEEK[]"])[uids[0]][b"BODY[]"]
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_reply_reaches_the_customers_inbox_whole(desk: Desk, servers: Servers, config: Settings) -> None:
    address = f"{new_object_id()}@customers.example"
    content = b"\x00\x01 a file" * 1000
    digest = Blobs(config).put(content)
    message = desk.queue(outgoing(to=[address], subject="Re: Größe", attachments=[file("Maß.pdf", sha256=digest)]))
    desk.wait(message.id, "sent")
    mail = read_mail(servers, address)
    assert message.outbound is not None
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: Größe", message.outbound.message_id)
    attachment = next(mail.iter_attachments())
    assert (attachment.get_filename(), hashlib.sha256(attachment.get_content()).hexdigest()) == ("Maß.pdf", digest)
    assert desk.of(message.id) == ["claim", "sent"]


def test_a_mailbox_of_the_configuration_is_used(desk: Desk, box: str, script: Script) -> None:
    message = desk.queue(outgoing(mailbox=box))
    desk.wait(message.id, "sent")
    assert [m.mail_from for m in script.mails] == [box]


def test_a_sealed_password_is_used(desk: Desk, config: Settings) -> None:
    script, address = Script(), f"sealed-{new_object_id()}@helpdesk.example"
    sealed = Keys.of(config).seal("s3cret", where=f"mailbox/{address}")
    with smtp_server(script, password="s3cret") as port:
        box = Mailbox(
            address=address,
            imap_host="127.0.0.1",
            imap_port=1,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            user="login",
            secret=sealed,
        )
        desk.mailbox(box, address)
        message = desk.queue(outgoing(mailbox=address))
        desk.wait(message.id, "sent")
    assert script.logins == [("login", "s3cret")]


def test_a_mailbox_signs_and_keeps_its_copy(desk: Desk, config: Settings, servers: Servers) -> None:
    script, address = Script(), f"signing-{new_object_id()}@helpdesk.example"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    record = ("v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])).encode()
    with smtplib.SMTP(*servers.smtp, timeout=10) as server:  # the sample server knows a mailbox from its first mail on
        server.sendmail("mia@customers.example", [address], b"Subject: first\r\n\r\nhello\r\n")
    keys = Keys.of(config)
    with smtp_server(script) as port:
        box = Mailbox(
            address=address, imap_host=servers.imap[0], imap_port=servers.imap[1], imap_security="none", smtp_host="127.0.0.1", smtp_port=port,
            smtp_security="none", user=address, secret=keys.seal(address, where=f"mailbox/{address}"), sent_copy=True, sent_folder="Sent",
            dkim_selector="s1", dkim_key=keys.seal(pem, where=f"mailbox/{address}/dkim"),
        )  # fmt: skip
        desk.mailbox(box, address)
        message = desk.queue(outgoing(mailbox=address))
        desk.wait(message.id, "sent")
    (sent,) = script.mails
    assert isinstance(sent.content, bytes)
    assert dkim.verify(sent.content, dnsfunc=lambda name, timeout=5: record if name == b"s1._domainkey.helpdesk.example." else None)
    kept = eventually(lambda: _kept(servers, address), what="the copy")
    assert [copy.strip() for copy in kept] == [sent.content.strip()]
    desk.mailbox(None, address)


def _kept(servers: Servers, address: str) -> list[bytes]:
    with imapclient.IMAPClient(*servers.imap, ssl=False, timeout=10) as imap:
        imap.login(address, address)
        if not imap.folder_exists("Sent"):
            return []
        imap.select_folder("Sent")
        return [found[b"BODY[]"] for found in imap.fetch(imap.search(), ["BODY.PEEK[]"]).values()]


@pytest.mark.parametrize(("answer", "report"), [("451 come back", "delayed"), ("550 no such user", "failed")])
def test_the_servers_answer_is_reported(desk: Desk, box: str, script: Script, answer: str, report: str) -> None:
    script.data = [answer]
    message = desk.queue(outgoing(mailbox=box))
    found = desk.wait(message.id, report)
    assert (found.smtp_code, found.reason) == (int(answer[:3]), answer)


def test_a_delayed_mail_is_sent_when_it_is_queued_again(desk: Desk, box: str, script: Script) -> None:
    script.mail = ["451 later"]
    message = desk.queue(outgoing(mailbox=box))
    first = desk.wait(message.id, "delayed")
    desk.change(message.id, "queued")
    second = desk.wait(message.id, "sent")
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.claim != second.claim
    assert len(script.mails) == 1


def test_a_line_that_is_cut_after_the_mail_claims_nothing(desk: Desk, box: str, script: Script) -> None:
    script.data = [DROP]
    lost, following = desk.queue(outgoing(mailbox=box)), outgoing(mailbox=box)
    assert script.arrived.wait(20)
    desk.queue(following)
    desk.wait(following.id, "sent")
    assert desk.of(lost.id) == ["claim"]


def test_what_cannot_be_written_fails_with_its_reason(desk: Desk, box: str, script: Script) -> None:
    spy = desk.queue(outgoing(mailbox=box, subject="hi\r\nBcc: spy@x.example"))
    gone = desk.queue(outgoing(mailbox=box, attachments=[file("lost.pdf", sha256="ab" * 32)]))
    assert "line break" in (desk.wait(spy.id, "failed").reason or "")
    assert "lost.pdf" in (desk.wait(gone.id, "failed").reason or "")
    assert script.mails == []


def test_an_unknown_mailbox_is_a_delay_that_says_so(desk: Desk) -> None:
    message = desk.queue(outgoing(mailbox="nobody@helpdesk.example"))
    assert "not configured" in (desk.wait(message.id, "delayed").reason or "")


def test_a_claim_granted_to_somebody_else_sends_nothing(desk: Desk, box: str, script: Script) -> None:
    desk.grants = False
    theirs, ours = desk.queue(outgoing(mailbox=box)), outgoing(mailbox=box)
    claim = desk.wait(theirs.id, "claim")
    desk.grant(claim.model_copy(update={"claim": "somebody else's"}))
    desk.grants = True
    desk.queue(ours)
    desk.wait(ours.id, "sent")
    assert [m.rcpt_tos for m in script.mails] == [[a.address for a in ours.to] or ["customer@customers.example"]]
    assert desk.of(theirs.id) == ["claim"]


def test_a_grant_that_comes_too_late_is_left_alone(desk: Desk, box: str, script: Script) -> None:
    desk.grants = False
    late, following = desk.queue(outgoing(mailbox=box)), outgoing(mailbox=box)
    desk.grant(desk.wait(late.id, "claim"), seconds=-1)
    desk.grants = True
    desk.queue(following)
    desk.wait(following.id, "sent")
    assert desk.of(late.id) == ["claim"]
    assert len(script.mails) == 1


def test_one_claim_at_a_time(desk: Desk, box: str) -> None:
    desk.grants = False
    first = desk.queue(outgoing(mailbox=box))
    claim = desk.wait(first.id, "claim")
    others = [desk.queue(outgoing(mailbox=box)) for _ in range(2)]
    desk.grant(claim)
    desk.wait(first.id, "sent")
    claimed = eventually(lambda: next((m for m in others if desk.of(m.id)), None), what="the next claim")
    assert sorted(len(desk.of(m.id)) for m in others) == [0, 1]
    desk.grants = True
    desk.grant(desk.wait(claimed.id, "claim"))
    for m in others:
        desk.wait(m.id, "sent")


def test_an_unanswered_claim_is_asked_again(desk: Desk, box: str) -> None:
    desk.grants = False
    message = desk.queue(outgoing(mailbox=box))
    first = desk.wait(message.id, "claim")
    desk.grants = True
    again = desk.wait(message.id, "claim", nth=2)
    assert (again.claim, again.id != first.id) == (first.claim, True)
    desk.wait(message.id, "sent")


def test_garbage_is_dead_lettered_and_the_partition_goes_on(desk: Desk, box: str, config: Settings) -> None:
    message = outgoing(mailbox=box)
    key = f"garbage-{new_object_id()}"
    desk.write(key, b"{not json", routing=message.home_ticket_id)
    desk.queue(message)
    desk.wait(message.id, "sent")
    consumer = KafkaConsumer(kafka_settings.consumer(config, group=None))
    low, high = consumer.get_watermark_offsets(TopicPartition("ticket.messages.dlq", 0), timeout=10)
    consumer.assign([TopicPartition("ticket.messages.dlq", 0, low)])
    values = [m.value() for m in (eventually(lambda: consumer.poll(1)) for _ in range(high - low))]
    consumer.close()
    assert b"{not json" in values


def test_offsets_follow_what_is_settled(desk: Desk, box: str, config: Settings) -> None:
    message = desk.queue(outgoing(mailbox=box))
    desk.wait(message.id, "sent")
    place = TopicPartition(TICKET_MESSAGES.name, partition_of(message.home_ticket_id, TICKET_MESSAGES.partitions))
    consumer = KafkaConsumer(kafka_settings.consumer(config, group="notify"))

    def committed() -> bool:
        _, high = consumer.get_watermark_offsets(place, timeout=5)
        return bool(consumer.committed([place], timeout=5)[0].offset == high)

    eventually(committed, what="the committed end")
    consumer.close()


def test_a_burst_is_sent_once_each_and_fast(desk: Desk, box: str, script: Script) -> None:
    messages = [outgoing(mailbox=box) for _ in range(30)]
    start = time.monotonic()
    for m in messages:
        desk.queue(m)
    for m in messages:
        desk.wait(m.id, "sent")
    assert len(script.mails) == 30
    assert script.connections == 1
    assert time.monotonic() - start < 15


def test_status_tells_what_waits(notify: NotifyProcess) -> None:
    assert eventually(lambda: (s := notify.status())["state"] == "running" and s["waiting"] == 0 and s["sending"] is None)


def test_two_workers_share_and_nothing_is_doubled(desk: Desk, box: str, script: Script, start: Start) -> None:
    messages = [outgoing(mailbox=box) for _ in range(40)]
    for m in messages[:20]:
        desk.queue(m)
    second = start().ready()  # joins while the first is busy
    for m in messages[20:]:
        desk.queue(m)
    for m in messages:
        desk.wait(m.id, "sent")
    assert second.stop() == 0
    sent = sorted(str(message_from_bytes(m.original_content or b"")["Message-ID"]) for m in script.mails)
    assert sent == sorted(m.outbound.message_id for m in messages if m.outbound)
