"""The embedded stack: kept ports and data, locked jars, a console built only when it changed."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.embedded import java
from deploy.embedded.console import ConsoleNotBuilt, build_console
from deploy.embedded.home import Home
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.stack import Stack
from services.runtime.reading import watermarks


def test_ports_are_kept(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    first = Ports(home)
    chosen = {name: first.get(name) for name in ("a", "b")}
    again = Ports(home)
    assert {name: again.get(name) for name in ("a", "b")} == chosen
    assert len(set(chosen.values())) == 2


def test_a_port_that_somebody_took_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    ports = Ports(home)
    taken, kept = ports.get("taken"), ports.get("kept")
    with socket.socket() as intruder:
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        intruder.bind(("127.0.0.1", taken))
        intruder.listen()
        assert set(Ports(home).replace_taken()) == {"taken"}
    after = Ports(home)
    assert after.get("taken") != taken
    assert after.get("kept") == kept


def test_every_jar_is_locked_by_checksum_and_no_lock_names_a_host() -> None:
    for name in ("kafka", "mail"):
        jars = java.locked_jars(name)
        assert jars
        assert all(len(jar.sha256) == 64 for jar in jars)
        for file in java.settings_folder(name).glob("jgo*.toml"):
            assert "http" not in file.read_text()


def test_a_damaged_jar_is_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Path(java.classpath("mail"))
    monkeypatch.setenv("HELPDESK_CACHE", str(tmp_path))
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / good.name).write_bytes(good.read_bytes()[:1000])
    refetched = Path(java.classpath("mail"))
    assert refetched.parent == tmp_path / "jars"
    assert hashlib.sha256(refetched.read_bytes()).hexdigest() == java.locked_jars("mail")[0].sha256


def test_a_jar_that_is_not_the_locked_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = java.locked_jars("mail")[0]
    wrong = java.LockedJar(jar.group, jar.artifact, jar.version, "0" * 64)
    monkeypatch.setattr(java, "locked_jars", lambda _: [wrong])
    monkeypatch.setenv("HELPDESK_CACHE", str(tmp_path))
    with pytest.raises(java.ChecksumMismatch):
        java.classpath("mail")
    assert not (tmp_path / "jars" / jar.name).exists()


@pytest.mark.timeout(120)
def test_what_kafka_acknowledged_survives_kill_nine(stack: Stack) -> None:
    admin = AdminClient({"bootstrap.servers": stack.kafka})
    admin.create_topics([NewTopic("survives", num_partitions=1, replication_factor=1)])["survives"].result(20)
    producer = Producer({"bootstrap.servers": stack.kafka, "acks": "all", "enable.idempotence": True})
    for number in range(50):
        producer.produce("survives", value=str(number))
    assert producer.flush(20) == 0
    stack.kill("kafka")
    stack.start("kafka")
    consumer = Consumer({"bootstrap.servers": stack.kafka, "group.id": "survives"})
    try:
        assert watermarks(consumer, TopicPartition("survives", 0)) == (0, 50)
    finally:
        consumer.close()


def test_what_postgres_committed_survives_kill_nine(stack: Stack) -> None:
    with psycopg.connect(stack.database_url) as link:
        link.execute("CREATE TABLE survives AS SELECT 42 AS answer")
    stack.kill("postgres")
    stack.start("postgres")
    with psycopg.connect(stack.database_url) as link:
        assert link.execute("SELECT answer FROM survives").fetchone() == (42,)
        link.execute("DROP TABLE survives")


def test_the_console_is_built_only_when_its_sources_changed(tmp_path: Path) -> None:
    ran: list[str] = []

    def run_job(name: str, launch: Launch) -> int:
        ran.append(name)
        if name == "console-packages":
            (tmp_path / "node_modules").mkdir(exist_ok=True)
            (tmp_path / "node_modules" / ".package-lock.json").write_text("{}")
        return 0

    assert build_console(run_job, print, folder=tmp_path) is False
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    source = tmp_path / "src" / "main.ts"
    source.parent.mkdir()
    source.write_text("one")
    assert build_console(run_job, print, folder=tmp_path) is True
    assert build_console(run_job, print, folder=tmp_path) is True
    assert ran == ["console-packages", "console-build"]
    source.write_text("two")
    build_console(run_job, print, folder=tmp_path)
    assert ran == ["console-packages", "console-build", "console-build"]


def test_a_console_that_does_not_build_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text("{}")
    with pytest.raises(ConsoleNotBuilt, match="console-packages.log"):
        build_console(lambda name, launch: 1, print, folder=tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root do servers run as somebody else")
def test_nothing_of_ours_runs_postgres_as_root(stack: Stack) -> None:
    import psutil

    assert psutil.Process(stack.pid("postgres")).uids().real != 0
