"""Each server answers its clients, whoever provides it."""

from __future__ import annotations

import smtplib
import uuid

import imapclient
import psycopg
import redis as redis_client
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.servers import Servers, eventually


def test_kafka_gives_back_what_was_produced(servers: Servers) -> None:
    topic = f"probe-{uuid.uuid4().hex}"
    admin = AdminClient({"bootstrap.servers": servers.kafka})
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic].result(20)
    producer = Producer({"bootstrap.servers": servers.kafka, "acks": "all"})
    producer.produce(topic, key=b"k", value=b"v")
    assert producer.flush(20) == 0

    consumer = Consumer(
        {"bootstrap.servers": servers.kafka, "group.id": topic, "group.protocol": "consumer", "auto.offset.reset": "earliest"}
    )
    try:
        consumer.subscribe([topic])
        record = eventually(lambda: consumer.poll(1.0), what="the record")
        assert (record.key(), record.value()) == (b"k", b"v")
    finally:
        consumer.close()
        admin.delete_topics([topic])[topic].result(20)


def test_kafka_creates_no_topic_by_accident(servers: Servers) -> None:
    admin = AdminClient({"bootstrap.servers": servers.kafka})
    name = f"nobody-made-{uuid.uuid4().hex}"
    admin.list_topics(name, timeout=10)
    assert name not in admin.list_topics(timeout=10).topics


def test_postgres_has_the_extensions_everywhere(servers: Servers) -> None:
    name = f"probe_{uuid.uuid4().hex}"
    with psycopg.connect(servers.database_url, autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name}".encode())
        try:
            with psycopg.connect(servers.database_url, dbname=name) as fresh:
                for extension in ("vector", "pg_trgm", "unaccent", "btree_gin", "citext"):
                    fresh.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}".encode())
                assert fresh.execute("SELECT '[1,2]'::vector <-> '[1,3]'::vector, similarity('desk', 'desks') > 0.5").fetchone() == (
                    1.0,
                    True,
                )
        finally:
            link.execute(f"DROP DATABASE {name}".encode())


def test_redis_answers(servers: Servers) -> None:
    with redis_client.Redis.from_url(servers.redis_url) as client:
        assert client.ping() is True


def test_mail_for_an_unknown_address_gets_a_mailbox(servers: Servers) -> None:
    address = f"{uuid.uuid4().hex}@customers.example"
    with smtplib.SMTP(*servers.smtp, timeout=10) as smtp:
        smtp.sendmail("someone@customers.example", [address], b"Subject: hello\r\n\r\nbody\r\n")
    with imapclient.IMAPClient(*servers.imap, ssl=False, timeout=10) as imap:
        imap.login(address, address)
        assert imap.select_folder("INBOX")[b"EXISTS"] == 1


def test_mail_refuses_a_wrong_password(servers: Servers) -> None:
    address = f"{uuid.uuid4().hex}@customers.example"
    with smtplib.SMTP(*servers.smtp, timeout=10) as smtp:
        smtp.sendmail("someone@customers.example", [address], b"Subject: hello\r\n\r\nbody\r\n")
    imap = imapclient.IMAPClient(*servers.imap, ssl=False, timeout=10)
    try:
        imap.login(address, "not the password")
    except imapclient.exceptions.LoginError:
        return
    finally:
        imap.shutdown()
    raise AssertionError("a wrong password was accepted")
