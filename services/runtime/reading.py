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
