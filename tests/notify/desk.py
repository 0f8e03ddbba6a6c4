"""The part of tickets in the tests of notify: queues messages, grants claims, settles reports."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Consumer as KafkaConsumer, TopicPartition

from schemas.base import DeliveryState
from schemas.config import Mailbox
from schemas.delivery import DeliveryReport
from schemas.ticket import ConfigState, Delivery, Message
from schemas.topics import CONFIG_STATE, DELIVERY_REPORTS, TICKET_MESSAGES
from services.runtime import kafka_settings
from services.runtime.codec import Outgoing
from services.runtime.consumer import to_record
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from tests.servers import eventually


class Desk:
    """Grants one claim per attempt, as tickets does. `grants` off: the test answers claims itself. Tombstones what it made at the end."""

    def __init__(self, settings: Settings) -> None:
        self.grants = True
        self.grant_seconds = 30.0
        self.messages: dict[str, Message] = {}
        self.reports: list[DeliveryReport] = []
        self._settings = settings
        self._producer = Producer(settings)
        self._news = threading.Condition(threading.RLock())
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(10)
        for message in self.messages.values():
            self._write(TICKET_MESSAGES.name, message.id, None, routing=message.home_ticket_id)
        self._producer.close()

    def queue(self, message: Message) -> Message:
        """Write a message as it is now."""
        with self._news:
            self.messages[message.id] = message
        self._write(TICKET_MESSAGES.name, message.id, message.to_json(), routing=message.home_ticket_id)
        return message

    def change(self, message_id: str, state: DeliveryState, **delivery: Any) -> Message:
        """The next version of a message."""
        with self._news:
            now = self.messages[message_id]
            new = Delivery(state=state, attempts=delivery.pop("attempts", now.delivery.attempts), **delivery)
            return self.queue(now.model_copy(update={"version": now.version + 1, "delivery": new}))

    def grant(self, claim: DeliveryReport, *, seconds: float | None = None) -> None:
        """Let the claimant send within `seconds`."""
        deadline = datetime.now(UTC) + timedelta(seconds=self.grant_seconds if seconds is None else seconds)
        self.change(claim.message_id, "sending", claim=claim.claim, deadline=deadline, attempts=claim.attempt + 1)

    def erase(self, message_id: str) -> None:
        """A tombstone."""
        with self._news:
            message = self.messages.pop(message_id)
        self._write(TICKET_MESSAGES.name, message_id, None, routing=message.home_ticket_id)

    def mailbox(self, box: Mailbox | None, address: str) -> None:
        """Configure a mailbox, or remove it."""
        state = ConfigState(kind="mailbox", id=address, version=1, value=box.model_dump(), updated_at=datetime.now(UTC)) if box else None
        self._write(CONFIG_STATE.name, f"mailbox/{address}", state.to_json() if state else None)

    def write(self, key: str, value: bytes, *, routing: str) -> None:
        """Any bytes into `ticket.messages`."""
        self._write(TICKET_MESSAGES.name, key, value, routing=routing)

    def of(self, message_id: str) -> list[str]:
        """The kinds of reports of a message so far, in order."""
        with self._news:
            return [r.report for r in self.reports if r.message_id == message_id]

    def wait(self, message_id: str, report: str, *, nth: int = 1, seconds: float = 20.0) -> DeliveryReport:
        """The nth report of this kind for a message."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                found = [r for r in self.reports if r.message_id == message_id and r.report == report]
                if len(found) >= nth:
                    return found[nth - 1]
                left = end - time.monotonic()
                if left <= 0 or not self._news.wait(left):
                    raise AssertionError(f"no {report} #{nth} of {message_id}; reports: {self.of(message_id)}")

    def _write(self, topic: str, key: str, value: bytes | None, *, routing: str | None = None) -> None:
        record = Outgoing(
            topic=topic, key=key, value=value, id=event_id("desk", topic, key, time.monotonic_ns()), type="helpdesk.ticket.message.v1",
            source="tickets", routing=routing,
        )  # fmt: skip
        self._producer.send_all([record])

    def _read(self) -> None:
        consumer = KafkaConsumer(kafka_settings.consumer(self._settings, group=None))
        places = [TopicPartition(DELIVERY_REPORTS.name, p) for p in range(DELIVERY_REPORTS.partitions)]
        for place in places:  # a topic created a moment ago has no leader yet
            place.offset = eventually(partial(consumer.get_watermark_offsets, place, timeout=5), what="the topic's leader")[1]
        consumer.assign(places)
        self._ready.set()
        while not self._stop.is_set():
            message = consumer.poll(0.1)
            if message is not None and message.error() is None and message.value():
                self._take(DeliveryReport.model_validate_json(to_record(message).value or b""))
        consumer.close()

    def _take(self, report: DeliveryReport) -> None:
        with self._news:
            self.reports.append(report)
            self._news.notify_all()
            message = self.messages.get(report.message_id)
            if message is None or not self.grants:
                return
            delivery = message.delivery
            if report.report == "claim":
                if delivery.state == "queued" and delivery.attempts == report.attempt:
                    self.grant(report)
            elif delivery.state == "sending" and delivery.claim == report.claim:
                self.change(message.id, report.report, reason=report.reason)
