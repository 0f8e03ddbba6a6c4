"""Creating the topics of schemas/topics.py; partitions are never changed in place."""

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from schemas.topics import DEAD_LETTER_TOPICS, TOPICS, DeadLetterTopic, Topic
from services.runtime.telemetry import log


def ensure_topics(bootstrap: str, *, replication: int | None = None) -> list[str]:
    """Create the topics that are missing; the names created. Raises KafkaException when the broker refuses one.

    Replication is the broker's default unless given.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    there = set(admin.list_topics(timeout=30).topics)
    all_topics: list[Topic | DeadLetterTopic] = [*TOPICS, *DEAD_LETTER_TOPICS]
    wanted = [
        NewTopic(t.name, num_partitions=t.partitions, replication_factor=replication or -1, config=t.config())
        for t in all_topics
        if t.name not in there
    ]
    if not wanted:
        return []
    created = []
    for name, future in admin.create_topics(wanted, operation_timeout=30).items():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    log.info("topics created", count=len(created))
    return created
