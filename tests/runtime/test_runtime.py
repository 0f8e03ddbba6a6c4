"""The parts every service shares, on real servers where they talk to one."""

import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner
from confluent_kafka.admin import AdminClient
from hypothesis import given, strategies as st

from schemas.topics import DEAD_LETTER_TOPICS, MAIL_RAW, TICKET_MESSAGES, TOPICS
from services.runtime import kafka_settings
from services.runtime.blobs import Blobs
from services.runtime.claim_check import LIMIT, value_of
from services.runtime.codec import CLAIM_CHECK, Outgoing
from services.runtime.consumer import StreamLoop
from services.runtime.errors import PoisonError, UnsafeSettingError
from services.runtime.health import Health
from services.runtime.ids import event_id, is_uuid, object_id
from services.runtime.partitioning import partition_of
from services.runtime.producer import Producer
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.runtime.signing import Keys, SealBrokenError
from services.runtime.topics import ensure_topics
from services.runtime.tracing import child_of, step
from tests.servers import Servers, eventually

KEYS = Keys(("a" * 40,))


@pytest.fixture(scope="module")
def config(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    ensure_topics(servers.kafka)
    values = {"KAFKA_BOOTSTRAP_SERVERS": servers.kafka, "HELPDESK_HOME": tmp_path_factory.mktemp("home"), "HELPDESK_SECRET_KEY": "s" * 40}
    return Settings.of(values).named("runtime-test")


@pytest.mark.parametrize(
    "bad",
    [{"acks": 1}, {"acks": 0}, {"enable.idempotence": False}, {"enable.auto.commit": True}, {"allow.auto.create.topics": True}],
    ids=str,
)
def test_settings_that_lose_messages_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(UnsafeSettingError):
        kafka_settings.refuse_unsafe(bad)


@given(st.text(min_size=1))
def test_partitions_agree_with_other_clients(key: str) -> None:
    everything = list(range(8))
    assert partition_of(key, 8) == DefaultPartitioner()(key.encode("utf-8", "surrogatepass"), everything, everything)


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1)), st.text())
def test_object_ids_are_version_7_ordered_and_the_same_again(at: datetime, cause: str) -> None:
    at = at.replace(tzinfo=UTC)
    made = uuid.UUID(object_id(at, cause))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(at.timestamp() * 1000)
    assert object_id(at, cause) == str(made)
    assert is_uuid(event_id("x", cause))


def test_a_sealed_value_opens_in_its_place_only_and_after_a_rotation() -> None:
    sealed = KEYS.seal("secret", where="mailbox/a")
    assert Keys(("b" * 40, "a" * 40)).unseal(sealed, where="mailbox/a") == "secret"
    with pytest.raises(SealBrokenError):
        KEYS.unseal(sealed, where="mailbox/b")
    with pytest.raises(SealBrokenError):
        Keys(("b" * 40,)).unseal(sealed, where="mailbox/a")


def test_purposes_do_not_share_keys() -> None:
    assert KEYS.sign("message-id", "t") != KEYS.sign("reply-address", "t")
    assert not KEYS.verify("cursor", KEYS.sign("message-id", "t"), "t")


def test_every_declared_topic_exists_with_its_partitions(config: Settings) -> None:
    there = AdminClient({"bootstrap.servers": config.kafka_bootstrap_servers}).list_topics(timeout=10).topics
    declared = {t.name: t.partitions for t in TOPICS} | {t.name: t.partitions for t in DEAD_LETTER_TOPICS}
    assert {name: len(there[name].partitions) for name in declared if name in there} == declared


def test_a_record_keeps_headers_and_a_large_value_goes_by_claim_check(config: Settings) -> None:
    blobs, big, home = Blobs(config), b"x" * (LIMIT + 1), str(uuid.uuid4())
    with Producer(config, blobs=blobs) as producer:
        record = Outgoing(
            topic=TICKET_MESSAGES.name, key="k", routing=home, value=big, id=event_id(home), type="t", source="s", team="", version=3
        )
        partition, offset = producer.send(record).result(20)
    assert partition == partition_of(home, TICKET_MESSAGES.partitions)
    found = next(r for r in read_topic(config, TICKET_MESSAGES) if (r.partition, r.offset) == (partition, offset))
    assert (found.id, found.headers["ce_team"], found.headers["ce_version"], found.content_type) == (record.id, "", "3", CLAIM_CHECK)
    assert value_of(found, blobs) == big


def test_a_missing_blob_is_poison(config: Settings, tmp_path: Path) -> None:
    blobs = Blobs(config.model_copy(update={"home": tmp_path}))
    with pytest.raises(PoisonError), Producer(config, blobs=Blobs(config)) as producer:
        producer.send(
            Outgoing(topic=MAIL_RAW.name, key="missing", value=b"y" * (LIMIT + 1), id=event_id("m"), type="t", source="s")
        ).result(20)
        value_of(next(r for r in read_topic(config, MAIL_RAW) if r.key == "missing"), blobs)


def test_the_loop_dead_letters_poison_and_goes_on(config: Settings) -> None:
    settled: list[str] = []

    def handle(record: object) -> list[Outgoing]:
        value = record.value or b""  # type: ignore[attr-defined]
        if b"poison" in value:
            raise PoisonError("cannot be read")
        if b"bug" in value:
            raise ZeroDivisionError("a bug")
        settled.append(value.decode())
        return []

    health, stop = Health(config), threading.Event()
    with Producer(config) as producer:
        values = ("one", "poison", "bug", "two")
        producer.send_all([
            Outgoing(topic="chat.raw", key=f"chat-{v}", routing="same", value=v.encode(), id=event_id("loop", v), type="t", source="s") for v in values
        ])  # fmt: skip
        loop = StreamLoop(config, group=f"test-{uuid.uuid4()}", topics=["chat.raw"], handle=handle, producer=producer, health=health)
        thread = threading.Thread(target=loop.run, args=(stop,))
        thread.start()
        eventually(lambda: settled[-1:] == ["two"], seconds=60, what="the record behind the poison")
        letters = {t.name: t for t in DEAD_LETTER_TOPICS}["chat.raw.dlq"]
        eventually(
            lambda: {r.key for r in read_topic(config, letters)} >= {event_id("loop", "poison"), event_id("loop", "bug")},
            what="two dead letters",
        )
        stop.set()
        thread.join(20)
    reasons = [r.headers["ce_reason"] for r in read_topic(config, letters)]
    assert any("cannot be read" in r for r in reasons)
    assert any("ZeroDivisionError" in r for r in reasons)


def test_health_reports_progress_not_mere_life() -> None:
    health = Health(Settings().named("x"), stuck_after=0.05)
    health.running()
    assert health.answer("/readyz")[0] == 200
    eventually(lambda: health.answer("/healthz")[0] == 503, seconds=5, what="a loop that stands still")
    assert health.status()["state"] == "stuck"
    health.beat()
    assert health.answer("/healthz")[0] == 200


def test_a_trace_goes_on_from_record_to_record() -> None:
    root = child_of(None)
    with step("x", root) as child:
        assert child.split("-")[1] == root.split("-")[1]
        assert child.split("-")[2] != root.split("-")[2]
    assert child_of("nonsense").split("-")[1] != root.split("-")[1]
