"""Reading a whole topic as it is now, without a group: for rebuilds, traces, dead letters and tests."""

import time
from collections.abc import Iterator
from typing import Protocol

from confluent_kafka import Consumer as KafkaConsumer, KafkaException, TopicPartition

from services.runtime import kafka_settings
from services.runtime.codec import Record
from services.runtime.consumer import to_record
from services.runtime.settings import Settings

_LEADER_WITHIN = 15.0


class ReadableTopic(Protocol):
    """A topic of schemas/topics.py, or its dead letters."""

    @property
    def name(self) -> str: ...
    @property
    def partitions(self) -> int: ...


def watermarks(consumer: KafkaConsumer, part: TopicPartition) -> tuple[int, int]:
    """(low, high) of a partition; waits out a leader that is only just being elected, KafkaException after 15 s."""
    end = time.monotonic() + _LEADER_WITHIN
    while True:
        try:
            low, high = consumer.get_watermark_offsets(part, timeout=10)
        except KafkaException:  # a partition just created has no leader for a moment, which librdkafka does not call retriable
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return int(low), int(high)


def read_topic(config: Settings, topic: ReadableTopic) -> Iterator[Record]:
    """Every record of a topic up to its end as it is now, in order within each partition."""
    consumer = KafkaConsumer(kafka_settings.consumer(config, group=None, **{"enable.partition.eof": True, "auto.offset.reset": "earliest"}))
    try:
        ends = {p: watermarks(consumer, TopicPartition(topic.name, p)) for p in range(topic.partitions)}
        unread = {p for p, (low, high) in ends.items() if high > low}
        consumer.assign([TopicPartition(topic.name, p, ends[p][0]) for p in unread])
        while unread:
            for message in consumer.consume(1000, 1.0):
                error = message.error()
                if error is None:
                    yield to_record(message)
                if error is not None or (message.offset() or 0) + 1 >= ends[message.partition() or 0][1]:
                    unread.discard(message.partition() or 0)
    finally:
        consumer.close()


def read_one(config: Settings, topic: str, partition: int, offset: int) -> Record | None:
    """The record at a place of the log; None when compaction has taken it, because a newer one of its key stands further on."""
    consumer = KafkaConsumer(kafka_settings.consumer(config, group=None, **{"enable.partition.eof": True, "auto.offset.reset": "earliest"}))
    try:
        part = TopicPartition(topic, partition, offset)
        low, high = watermarks(consumer, part)
        if not low <= offset < high:
            return None
        consumer.assign([part])
        end = time.monotonic() + _LEADER_WITHIN
        while time.monotonic() < end:
            for message in consumer.consume(1, 1.0):
                if message.error() is None:
                    record = to_record(message)
                    return record if record.offset == offset else None
                return None
        return None
    finally:
        consumer.close()


def read_since(config: Settings, topic: str, partition: int, time_ms: int) -> Iterator[Record]:
    """The records of one partition from a moment on, up to its end as it is now."""
    consumer = KafkaConsumer(kafka_settings.consumer(config, group=None, **{"enable.partition.eof": True, "auto.offset.reset": "earliest"}))
    try:
        low, high = watermarks(consumer, TopicPartition(topic, partition))
        found = consumer.offsets_for_times([TopicPartition(topic, partition, max(time_ms, 0))], timeout=10)[0].offset
        at = max(low, found) if found >= 0 else high
        if at >= high:
            return
        consumer.assign([TopicPartition(topic, partition, at)])
        while True:
            for message in consumer.consume(500, 1.0):
                if message.error() is not None:
                    return
                yield to_record(message)
                if (message.offset() or 0) + 1 >= high:
                    return
    finally:
        consumer.close()
