"""The bare hops between a mail server and a browser, one after the other: the floor of the latency.

IMAP FETCH of one mail, three times produce to consume, a fenced commit whose NOTIFY wakes a listener, one websocket frame.
"""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from services.runtime import kafka_settings
from tests.bench.bare_imap import BareImap
from tests.bench.corpus import make_mails
from tests.bench.running import System, settings_of

_TOPIC = "bench.hops"
_USER = "hops@desk.example"
_VALUE = b"x" * 1_500
_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.fence (id int PRIMARY KEY, at bigint NOT NULL);
CREATE TABLE IF NOT EXISTS bench.row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, doc text NOT NULL);
INSERT INTO bench.fence VALUES (1, 0) ON CONFLICT DO NOTHING
"""

Hop = Callable[[], None]


def sum_of_hops(system: System, *, count: int, per_second: float) -> list[float]:
    """Milliseconds of all hops together, `count` times at the same pace as the mails: idle processors and caches are part of the cost."""
    with ExitStack() as opened:
        hops = [opened.enter_context(hop) for hop in (_imap(system), _kafka(system), _postgres(system), _websocket())]
        fetch, produce, commit, push = hops
        for hop in hops * 3:
            hop()
        taken, start = [], time.perf_counter()
        for number in range(count):
            time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
            began = time.perf_counter()
            for hop in (fetch, produce, produce, commit, produce, push):
                hop()
            taken.append((time.perf_counter() - began) * 1000)
        return taken


@contextmanager
def _imap(system: System) -> Iterator[Hop]:
    address = system.env["SAMPLE_IMAP_HOST"], int(system.env["SAMPLE_IMAP_PORT"])
    with smtplib.SMTP(system.env["SAMPLE_SMTP_HOST"], int(system.env["SAMPLE_SMTP_PORT"]), timeout=20) as smtp:
        smtp.sendmail("customer@customers.example", [_USER], make_mails(1, to=_USER, plain=True)[0])
    with BareImap(address, _USER) as imap:
        uids = imap.uids()
        yield lambda: _one(imap, uids)


def _one(imap: BareImap, uids: list[int]) -> None:
    if imap.fetch(uids[:1]) != 1:
        raise RuntimeError("the mail did not come")


@contextmanager
def _kafka(system: System) -> Iterator[Hop]:
    settings = settings_of(system.env)
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for future in admin.create_topics([NewTopic(_TOPIC, num_partitions=1)], operation_timeout=30).values():
        future.result()
    producer = Producer(kafka_settings.producer(settings))
    consumer = Consumer(kafka_settings.consumer(settings, group=None, **{"auto.offset.reset": "earliest"}))
    consumer.assign([TopicPartition(_TOPIC, 0, 0)])

    def hop() -> None:
        producer.produce(_TOPIC, _VALUE)
        while (message := consumer.poll(5)) is None or message.error():
            pass

    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            producer.poll(0.1)

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield hop
    finally:
        stop.set()
        thread.join(2)
        producer.flush(5)
        consumer.close()
        for future in admin.delete_topics([_TOPIC]).values():
            future.result()


@contextmanager
def _postgres(system: System) -> Iterator[Hop]:
    url = system.env["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as writer, psycopg.connect(url, autocommit=True) as listener:
        writer.execute(_SCHEMA)
        listener.execute("LISTEN bench")
        at = _fence(writer)

        def hop() -> None:
            nonlocal at
            with writer.transaction(), writer.pipeline():
                writer.execute("UPDATE bench.fence SET at = %s WHERE id = 1 AND at = %s", (at + 1, at))
                writer.execute("INSERT INTO bench.row (doc) VALUES (%s)", (_VALUE.decode(),))
                writer.execute("NOTIFY bench")
            at += 1
            for _ in listener.notifies(timeout=5, stop_after=1):
                return

        yield hop
        writer.execute("DROP SCHEMA bench CASCADE")


def _fence(db: psycopg.Connection[Any]) -> int:
    row = db.execute("SELECT at FROM bench.fence").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _websocket() -> Iterator[Hop]:
    frame, asked = "x" * 1_500, threading.Event()
    ended = threading.Event()

    def feed(link: ServerConnection) -> None:
        while not ended.is_set():
            if asked.wait(0.5):
                asked.clear()
                link.send(frame)

    with serve(feed, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        port = server.socket.getsockname()[1]
        with connect(f"ws://127.0.0.1:{port}", compression=None) as client:

            def hop() -> None:
                asked.set()
                client.recv(5)

            yield hop
            ended.set()
        server.shutdown()
