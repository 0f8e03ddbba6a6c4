"""The real servers that tests use, from one of three providers.

1. *environment*: all of KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, REDIS_URL, SMTP_SERVER/PORT, IMAP_SERVER/PORT are set.
2. *testcontainers*: a Docker engine answers.
3. *embedded*: everything else; `deploy.embedded.stack` in a folder of its own.

`HELPDESK_TEST_SERVERS` names one of them instead. Tests that kill servers take the fixture `stack`, always embedded.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from deploy.embedded.ports import choose_port
from deploy.embedded.stack import Stack

T = TypeVar("T")
_VARIABLES = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "REDIS_URL", "SMTP_SERVER", "SMTP_PORT", "IMAP_SERVER", "IMAP_PORT")


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of running servers. Logins of the mail server: the address is user and password."""

    provider: str
    kafka: str
    database_url: str
    redis_url: str
    smtp: tuple[str, int]
    imap: tuple[str, int]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that services read."""
        smtp, imap = self.smtp, self.imap
        values = (self.kafka, self.database_url, self.redis_url, smtp[0], str(smtp[1]), imap[0], str(imap[1]))
        return dict(zip(_VARIABLES, values, strict=True))


def choose_provider() -> str:
    """The provider that this test session uses."""
    if chosen := os.environ.get("HELPDESK_TEST_SERVERS"):
        return chosen
    if all(os.environ.get(name) for name in _VARIABLES):
        return "environment"
    return "testcontainers" if docker_answers() else "embedded"


def docker_answers() -> bool:
    """Whether a Docker engine can be used from here."""
    try:
        done = subprocess.run(("docker", "info"), capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def from_environment() -> Servers:
    """Servers somebody else runs."""
    kafka, database, redis, smtp, smtp_port, imap, imap_port = (os.environ[name] for name in _VARIABLES)
    return Servers("environment", kafka, database, redis, (smtp, int(smtp_port)), (imap, int(imap_port)))


def from_stack(stack: Stack) -> Servers:
    """The addresses of an embedded stack."""
    return Servers("embedded", stack.kafka, stack.database_url, stack.redis_url, stack.smtp, stack.imap)


@contextmanager
def from_containers() -> Iterator[Servers]:
    """Servers in containers, with the images of `deploy/compose.yaml`; removed at the end."""
    from testcontainers.core.container import DockerContainer

    # Kafka tells its clients where to come back to, so it must know its port on this side beforehand.
    kafka_port = choose_port()
    kafka = DockerContainer("apache/kafka:4.3.0").with_bind_ports(kafka_port, kafka_port)
    settings = {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{kafka_port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{kafka_port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    for name, value in settings.items():
        kafka.with_env(name, value)
    postgres = DockerContainer("pgvector/pgvector:pg18").with_exposed_ports(5432)
    postgres.with_env("POSTGRES_PASSWORD", "tests").with_env("POSTGRES_DB", "helpdesk")
    redis = DockerContainer("redis:7-alpine").with_exposed_ports(6379)
    mail = DockerContainer("greenmail/standalone:2.1.8").with_exposed_ports(3025, 3143)
    mail.with_env("GREENMAIL_OPTS", "-Dgreenmail.setup.test.smtp -Dgreenmail.setup.test.imap -Dgreenmail.hostname=0.0.0.0")
    with ExitStack() as running:
        for container in (kafka, postgres, redis, mail):
            running.enter_context(container)
        host = postgres.get_container_host_ip()
        yield Servers(
            "testcontainers",
            f"127.0.0.1:{kafka_port}",
            f"postgresql://postgres:tests@{host}:{postgres.get_exposed_port(5432)}/helpdesk",
            f"redis://{host}:{redis.get_exposed_port(6379)}/0",
            (host, int(mail.get_exposed_port(3025))),
            (host, int(mail.get_exposed_port(3143))),
        )


def eventually(probe: Callable[[], T | None], *, seconds: float = 20.0, what: str = "the expected state") -> T:
    """Call `probe` until its answer is true and return that; the last answer or error explains a failure."""
    end, last, error = time.monotonic() + seconds, None, None
    while time.monotonic() < end:
        try:
            last, error = probe(), None
        except Exception as caught:
            last, error = None, caught
        if last:
            return last
        time.sleep(0.02)
    raise AssertionError(f"{what} not reached in {seconds:.0f} s; last: {str(error or last)[:300]}") from error
