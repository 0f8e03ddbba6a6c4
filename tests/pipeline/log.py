"""Topics as a stranger reads them: a plain confluent-kafka consumer, nothing of the project."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

_SETTINGS = {"group.id": "stranger", "enable.auto.commit": False, "auto.offset.reset": "earliest"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of any topic."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, self.partition, self.offset


@dataclass(frozen=True, slots=True)
class Log:
    """The broker."""

    bootstrap: str

    def read(self, *topics: str, since: Mapping[tuple[str, int], int] | None = None) -> list[Seen]:
        """Every record up to the topics' ends as they are now; per partition in order."""
        consumer = Consumer({**_SETTINGS, "bootstrap.servers": self.bootstrap})
        try:
            ends = self._ends(consumer, topics)
            begins = {at: max((since or {}).get(at, 0), low) for at, (low, _) in ends.items()}
            unread = {at for at, (_, high) in ends.items() if high > begins[at]}
            consumer.assign([TopicPartition(*at, begins[at]) for at in unread])
            found: list[Seen] = []
            while unread:
                first = consumer.poll(0.5)  # `consume` would wait for its whole time or 500 records
                found += _records([first, *consumer.consume(499, 0)] if first is not None else [])
                where = consumer.position([TopicPartition(*at) for at in unread])
                unread -= {(p.topic, p.partition) for p in where if p.offset >= ends[p.topic, p.partition][1]}
            return [r for r in found if r.offset < ends[r.topic, r.partition][1]]
        finally:
            consumer.close()

    def ends(self, *topics: str) -> dict[tuple[str, int], int]:
        """The offsets that come next."""
        consumer = Consumer({**_SETTINGS, "bootstrap.servers": self.bootstrap})
        try:
            return {at: high for at, (_, high) in self._ends(consumer, topics).items()}
        finally:
            consumer.close()

    @staticmethod
    def _ends(consumer: Consumer, topics: tuple[str, ...]) -> dict[tuple[str, int], tuple[int, int]]:
        known = consumer.list_topics(timeout=20).topics
        places = [(t, p) for t in topics for p in known[t].partitions]
        return {at: consumer.get_watermark_offsets(TopicPartition(*at), timeout=20) for at in places}

    def committed(self, group: str, topic: str) -> dict[tuple[str, int], int]:
        """A group's offsets, 0 where it has none."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        parts = [TopicPartition(topic, p) for p in admin.list_topics(topic, timeout=20).topics[topic].partitions]
        answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, parts)])[group].result(20)
        return {(p.topic, p.partition): max(p.offset, 0) for p in answer.topic_partitions or ()}

    @contextmanager
    def following(self, topic: str) -> Iterator[list[Seen]]:
        """A list that fills with every record of a topic while the block runs."""
        found: list[Seen] = []
        over = threading.Event()
        consumer = Consumer({**_SETTINGS, "bootstrap.servers": self.bootstrap})
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in partitions])

        def follow() -> None:
            while not over.is_set():
                found.extend(_records(consumer.consume(500, 0.1)))

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            over.set()
            thread.join(10)
            consumer.close()


def _records(messages: list[Any]) -> list[Seen]:
    return [
        Seen(
            topic=m.topic(), partition=m.partition(), offset=m.offset(), key=(m.key() or b"").decode("utf-8", "replace"), value=m.value(),
            headers={name: (value or b"").decode("utf-8", "replace") for name, value in m.headers() or ()},
        )
        for m in messages if m.error() is None
    ]  # fmt: skip
