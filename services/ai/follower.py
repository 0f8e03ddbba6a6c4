"""Reading topics in a thread of its own, without a group: what every instance of the assistant needs all of."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.topics import Topic
from services.runtime import kafka_settings
from services.runtime.reading import watermarks
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_BATCH = 500


class Follower(ABC):
    """Hands over every message of `topics` as it comes. What ended the thread before `close` stands in `failed`."""

    topics: ClassVar[tuple[Topic, ...]]
    tail: ClassVar[Mapping[str, int]] = {}
    """By topic: how many of each partition's records are read at the start, where not all of them are needed."""
    overrides: ClassVar[Mapping[str, str | int | float | bool]] = {}
    wait: float = 0.5
    """Seconds to wait for the next message."""

    def __init__(self, settings: Settings, *, name: str) -> None:
        self._settings, self._name = settings, name
        self._ended: set[tuple[str | None, int | None]] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=name, daemon=True)
        self.failed: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(3)

    @property
    def at_end(self) -> bool:
        """Whether everything that was there at the start has been handed over."""
        return len(self._ended) >= sum(topic.partitions for topic in self.topics)

    @abstractmethod
    def take(self, message: Message) -> None:
        """One message, in the follower's thread."""

    @abstractmethod
    def after(self) -> None:
        """After each batch, an empty one too."""

    def _follow(self) -> None:
        config = {"enable.partition.eof": True, "auto.offset.reset": "earliest", **self.overrides}
        consumer = Consumer(kafka_settings.consumer(self._settings, group=None, **config))
        try:
            consumer.assign(list(self._places(consumer)))
            while not self._stop.is_set():
                for message in consumer.consume(_BATCH, self.wait):
                    self._one(message)
                self.after()
        except Exception as error:
            log.exception("following failed", follower=self._name)
            self.failed = error
        finally:
            consumer.close()

    def _places(self, consumer: Consumer) -> Iterable[TopicPartition]:
        for topic in self.topics:
            for partition in range(topic.partitions):
                at = TopicPartition(topic.name, partition, 0)
                if topic.name in self.tail:
                    low, high = watermarks(consumer, at)
                    at.offset = max(low, high - self.tail[topic.name])
                yield at

    def _one(self, message: Message) -> None:
        error = message.error()
        if error is None:
            self.take(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            self._ended.add((message.topic(), message.partition()))
        elif error.fatal():
            raise KafkaException(error)
