"""Apache Kafka 4.3, one KRaft node, with settings measured for one disk and fast fail-over (design: embedded stack)."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded import java
from deploy.embedded.home import Home, write_whole
from deploy.embedded.ports import Ports
from deploy.embedded.process import Launch
from deploy.embedded.server import Address, Say, base_environment

_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # A broker killed with -9 is back after 4.3 s; with the default session of 9 s it took 11.9 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    # Otherwise every classic group, Faust's too, waits 3 s before its first assignment.
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "offsets.retention.minutes": "2147483647",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "auto.create.topics.enable": "false",
    # A consumer killed with -9 is replaced after 2.6 s; with the defaults after 45 s.
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "3000",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.consumer.heartbeat.interval.ms": "500",
    # One disk and no replica: an acknowledged record must be on it (0.87 ms instead of 0.14 ms).
    "log.flush.interval.messages": "1",
}


class Kafka:
    """The broker of one home. Acknowledged records survive kill -9; nothing else reaches it than loopback."""

    name = "kafka"

    def __init__(self, home: Home, ports: Ports) -> None:
        self._home = home
        self._at = Address("127.0.0.1", ports.get("kafka"))
        self._controller = Address("127.0.0.1", ports.get("kafka_controller"))
        self._folder = home.data("kafka")
        self._classpath = ""

    @property
    def address(self) -> str:
        return str(self._at)

    @property
    def environment(self) -> Mapping[str, str]:
        return {"KAFKA_BOOTSTRAP_SERVERS": str(self._at)}

    def prepare(self, say: Say) -> None:
        self._classpath = java.classpath("kafka", say=say)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._settings_file, self._settings())
        if not (self._folder / "log" / "meta.properties").exists():
            say("formatting storage")
            self._format()

    def launch(self) -> Launch:
        flags = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
        argv = (*self._java(*flags), "kafka.Kafka", str(self._settings_file))
        return Launch(argv=argv, env=base_environment(), cwd=self._folder, grace=20.0)

    def answers(self) -> bool:
        if not self._at.open():
            return False
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        try:
            AdminClient({"bootstrap.servers": str(self._at), "log_level": 0}).list_topics(timeout=2)
        except KafkaException:
            return False
        return True

    def finish(self) -> None:
        """Nothing: topics are created from `schemas/topics.py`."""

    @property
    def _settings_file(self) -> Path:
        return self._folder / "server.properties"

    def _settings(self) -> str:
        values = {
            **_SETTINGS,
            "listeners": f"PLAINTEXT://{self._at},CONTROLLER://{self._controller}",
            "advertised.listeners": f"PLAINTEXT://{self._at}",
            "controller.quorum.bootstrap.servers": str(self._controller),
            "log.dirs": str(self._folder / "log"),
        }
        return "".join(f"{key}={value}\n" for key, value in values.items())

    def _java(self, *flags: str) -> tuple[str, ...]:
        log4j = java.settings_folder("kafka") / "log4j2.properties"
        return (java.java(), *flags, f"-Dlog4j2.configurationFile={log4j}", "-cp", self._classpath)

    def _format(self) -> None:
        cluster = ("-t", _cluster_id(), "-c", str(self._settings_file))
        argv = (*self._java("-Xmx128m", "-XX:TieredStopAtLevel=1"), "kafka.tools.StorageTool", "format", "--standalone", *cluster)
        done = subprocess.run(argv, env=base_environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Kafka could not format {self._folder / 'log'}: {(done.stderr or done.stdout)[-500:].strip()}")


def _cluster_id() -> str:
    """A random id as Kafka writes them: 16 bytes in URL-safe base64 without padding, not starting with a dash."""
    import base64
    import uuid

    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
