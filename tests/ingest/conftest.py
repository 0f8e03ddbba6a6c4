"""A desk's ingest half: real servers, the two services in threads, and a look into their topics."""

from __future__ import annotations

import smtplib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition
from imapclient import IMAPClient

from schemas.inbound import InboundMessage
from schemas.topics import MESSAGE_INBOUND
from services.ingest.fetch import main as fetch
from services.ingest.parse import main as parse
from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import poll_batch
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from tests.servers import Servers

T = TypeVar("T")


def eventually(probe: Callable[[], T], *, seconds: float = 20.0, what: str = "the expected state") -> T:
    """The first true answer of `probe`."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        last = probe()
        if last:
            return last
        time.sleep(0.01)
    raise AssertionError(f"{what} not reached in {seconds:.0f} s; last: {str(last)[:300]}")


class Topic:
    """Everything in a topic, followed from its beginning."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.records: list[Record] = []
        self._messages: list[InboundMessage | None] = []
        self._stop = threading.Event()
        self._consumer = Consumer(kafka_settings.consumer(settings, group=None, **{"auto.offset.reset": "earliest"}))
        partitions = self._consumer.list_topics(name, timeout=20).topics[name].partitions
        self._consumer.assign([TopicPartition(name, p, OFFSET_BEGINNING) for p in partitions])
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._stop.is_set():
            self.records += poll_batch(self._consumer, 0.05)

    def messages(self) -> list[InboundMessage]:
        """Its records as messages, each read once: it is asked for again and again beside the services that write them."""
        for record in self.records[len(self._messages) :]:
            mail = record.value if record.content_type == "application/json" else None
            self._messages.append(InboundMessage.model_validate_json(mail) if mail else None)
        return [message for message in self._messages if message is not None]

    def close(self) -> None:
        self._stop.set()
        self._thread.join(5)
        self._consumer.close()


@dataclass(slots=True)
class Desk:
    """One mailbox of its own on the shared servers."""

    settings: Settings
    servers: Servers
    address: str

    def mail(self, subject: str, body: str = "Please help.", *, sender: str = "mia@customers.example") -> str:
        """Send a mail to the desk; its Message-ID."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, self.address, subject
        message["Message-ID"] = f"<{uuid.uuid4().hex}@customers.example>"
        message.set_content(body)
        self.send(message.as_bytes(), sender)
        return str(message["Message-ID"])

    def send(self, raw: bytes, sender: str = "mia@customers.example") -> None:
        with smtplib.SMTP(*self.servers.smtp, timeout=20) as smtp:
            smtp.sendmail(sender, [self.address], raw)

    def left_on_server(self) -> int:
        """How many mails the mailbox still holds."""
        with IMAPClient(self.servers.imap[0], port=self.servers.imap[1], ssl=False, timeout=10) as client:
            client.login(self.address, self.address)
            client.select_folder("INBOX", readonly=True)
            return len(client.search("ALL"))

    @contextmanager
    def fetching(self) -> Iterator[None]:
        with _running(fetch.run, self.settings.named("ingest-fetch")):
            yield

    @contextmanager
    def parsing(self) -> Iterator[None]:
        with _running(parse.run, self.settings.named("ingest-parse")):
            yield

    def messages(self, topic: Topic) -> list[InboundMessage]:
        """The desk's messages, each id once."""
        return list({m.id: m for m in topic.messages() if m.mailbox == self.address}.values())


@contextmanager
def _running(run: Callable[[Settings, threading.Event], None], settings: Settings) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(settings, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)


@pytest.fixture
def desk(servers: Servers, tmp_path: Path) -> Desk:
    """A desk with an address of its own; its topics exist, its services do not run yet."""
    ensure_topics(servers.kafka)
    address = f"support-{uuid.uuid4().hex[:8]}@desk.example"
    settings = Settings(
        kafka_bootstrap_servers=servers.kafka, email_user=address, email_auth_credential=address, imap_server=servers.imap[0],
        imap_port=servers.imap[1], smtp_server=servers.smtp[0], smtp_port=servers.smtp[1], HELPDESK_HOME=str(tmp_path),
        HELPDESK_SECRET_KEY="x" * 32,
    )  # fmt: skip
    made = Desk(settings, servers, address)
    made.mail("A mailbox exists from its first mail on")
    return made


@pytest.fixture
def inbound(desk: Desk) -> Iterator[Topic]:
    """`message.inbound` as it fills."""
    topic = Topic(desk.settings, MESSAGE_INBOUND.name)
    yield topic
    topic.close()
