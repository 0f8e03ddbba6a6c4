"""Reading a small compacted topic as it is now, and following it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import poll_batch
from services.runtime.errors import BrokerUnavailableError
from services.runtime.settings import Settings

_LEADERLESS: Final = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)


def read_all(settings: Settings, topic: str, *, seconds: float = 30.0) -> Iterator[Record]:
    """Every record of a one-partition topic up to its end as it was when asked."""
    consumer = Consumer(kafka_settings.consumer(settings, group=None))
    try:
        partition = TopicPartition(topic, 0, OFFSET_BEGINNING)
        low, high = _watermarks(consumer, TopicPartition(topic, 0), seconds)
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


def _watermarks(consumer: Consumer, partition: TopicPartition, seconds: float) -> tuple[int, int]:
    end = time.monotonic() + seconds
    while True:
        try:
            low, high = consumer.get_watermark_offsets(partition, timeout=max(0.1, end - time.monotonic()))
        except KafkaException as error:
            # A partition that was just made, or whose broker was just killed, has no leader for a moment.
            code = error.args[0].code() if error.args and isinstance(error.args[0], KafkaError) else None
            if code not in _LEADERLESS or time.monotonic() > end:
                raise BrokerUnavailableError(f"{partition.topic} cannot be read: {error}") from error
            time.sleep(0.05)
        else:
            return low, high


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
