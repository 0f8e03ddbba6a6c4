"""Reading a small compacted topic as it is now, and following it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from pydantic import ValidationError

from schemas.inbound import MailPosition
from schemas.topics import MAIL_POSITION
from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import poll_batch
from services.runtime.errors import BrokerUnavailableError
from services.runtime.settings import Settings
from services.runtime.telemetry import log


def load_positions(settings: Settings) -> dict[str, MailPosition]:
    """The newest position of every folder, by account/folder. BrokerUnavailableError when no broker answers."""
    found: dict[str, MailPosition] = {}
    for record in read_all(settings, MAIL_POSITION.name):
        if not record.key or not record.value:
            continue
        try:
            found[record.key] = MailPosition.model_validate_json(record.value)
        except ValidationError as error:
            log.error("position unreadable", key=record.key, error=str(error)[:200])
    return found


def read_all(settings: Settings, topic: str, *, seconds: float = 30.0) -> Iterator[Record]:
    """Every record of a one-partition topic up to its end as it was when asked."""
    consumer = Consumer(kafka_settings.consumer(settings, group=None))
    try:
        partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=seconds)
        except KafkaException as error:
            raise BrokerUnavailableError(f"{topic} cannot be read: {error}") from error
        if high <= low:
            return
        consumer.assign([partition])
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield from poll_batch(consumer, 0.2)
            if consumer.position([TopicPartition(topic, 0)])[0].offset >= high:
                return
        raise BrokerUnavailableError(f"{topic} could not be read to its end in {seconds:.0f} s")
    finally:
        consumer.close()


def follow(settings: Settings, topic: str, *, seen: Callable[[Record], None], stop: threading.Event) -> None:
    """Hand over every record of a one-partition topic from its beginning on, until `stop`."""
    consumer = Consumer(kafka_settings.consumer(settings, group=None))
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        while not stop.is_set():
            for record in poll_batch(consumer, 0.5):
                seen(record)
    finally:
        consumer.close()
