"""A whole desk for the pipeline tests and the kill suite: own servers, every service but the assistant as a process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg

from deploy.embedded.ports import choose_port
from deploy.embedded.stack import Stack
from schemas.base import Actor
from schemas.commands import ConfigCommand
from schemas.topics import BY_NAME, CONFIG_COMMANDS, DEAD_LETTER_TOPICS, MAIL_POSITION, MAIL_RAW
from services.cli.seed import seed
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from services.tickets.inputs import TOPICS as DECIDED
from services.tickets.migrate import migrate
from services.tickets.rebuild import Outcome, rebuild
from tests.pipeline.log import Log
from tests.pipeline.mails import SUPPORT, PostOffice
from tests.pipeline.processes import Service, start
from tests.servers import eventually
from tests.web import client

SERVICES = ("tickets", "outbox", "ingest-fetch", "ingest-parse", "timers", "notify", "gateway")
PATIENCE = 100.0
_ON_THEIR_WAY = ("queued", "sending")


@dataclass(slots=True)
class Desk:
    """Addresses, processes, and what tests ask and do."""

    stack: Stack
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    running: dict[str, Service] = field(default_factory=dict)
    others: list[Service] = field(default_factory=list)
    _database: psycopg.Connection[Any] | None = None

    def open(self) -> None:
        """Migrate, create topics, start the services, seed."""
        self.env = self._environment()
        migrate(self.config)
        ensure_topics(self.stack.kafka)
        for name in SERVICES:
            self.running[name] = self.spawn(name)
        seed(self.env, empty=True)
        # One customer may write and be answered any number of times: the suite counts every mail.
        uncapped = {
            "confirmations_per_sender_per_day": 1_000_000,
            "automatic_mail_caps": [],
            "answers_between_automats": 0,
            "flood_per_minute": 0,
        }
        self.configure("setting", "desk", uncapped)
        for service in self.running.values():
            service.ready()

    def _environment(self) -> dict[str, str]:
        given = {k: v for k, v in os.environ.items() if not k.startswith(("HELPDESK_", "EMAIL_", "GEMINI_"))}
        logins = {f"{who}_{what}": f"hd_{secrets.token_urlsafe(30)}" for who in ("ADMIN", "AGENT") for what in ("PASSWORD", "API_KEY")}
        port = choose_port()
        return {
            **given, **self.stack.environment, **logins, "ADMIN_EMAIL": "admin@helpdesk.example", "AGENT_EMAIL": "robin@helpdesk.example",
            "HELPDESK_SECRET_KEY": "a secret of at least thirty-two characters", "HELPDESK_HOME": str(self.folder),
            "HELPDESK_BLOBS": (self.folder / "blobs").as_uri(), "HELPDESK_URL": f"http://127.0.0.1:{port}", "HELPDESK_HTTP_PORT": str(port),
            "EMAIL_USER": SUPPORT, "EMAIL_AUTH_CREDENTIAL": SUPPORT, "INBOUND_FOLDER": "INBOX", "EMAIL_DELETE_SETTLED": "true",
            "EMAIL_PLUS_ADDRESSING": "false", "EMAIL_NULL_SENDER": "false", "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    @property
    def config(self) -> Settings:
        """The services' settings."""
        return Settings.model_validate({k if k.startswith("HELPDESK_") else k.lower(): v for k, v in self.env.items()}).named("tests")

    @property
    def log(self) -> Log:
        return Log(self.stack.kafka)

    @property
    def post(self) -> PostOffice:
        return PostOffice(self.stack.smtp, self.stack.imap)

    def spawn(self, name: str, **more: Any) -> Service:
        """A process beside those that run; ended with the desk at the latest."""
        self.others.append(start(name, env=self.env, home=self.stack.home, **more))
        return self.others[-1]

    def replace(self, name: str, **more: Any) -> Service:
        """Another process (with a crash point, or unsafe) in the place of a service; returns once it works."""
        self.running[name].stop()
        self.running[name] = self.spawn(name, **more)
        return self.running[name].ready()

    def heal(self) -> None:
        """Every service runs, as it should."""
        for name, service in self.running.items():
            if (
                not service.child.running()
                or "services.cli.run" not in service.child.launch.argv
                or service.child.launch.env["HELPDESK_CRASH_AT"]
            ):
                service.stop()
                self.running[name] = self.spawn(name)
        for service in self.running.values():
            service.ready()

    def close(self) -> None:
        """End every process."""
        if self._database is not None:
            self._database.close()
        for service in self.others:
            service.child.ask_to_stop()
        for service in self.others:
            service.stop()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        if self._database is None or self._database.closed:
            self._database = psycopg.connect(self.stack.database_url, autocommit=True)
        return self._database.execute(statement.encode(), values).fetchall()

    @property
    def http(self) -> httpx.Client:
        """REST as the admin."""
        return client(
            base_url=self.env["HELPDESK_URL"] + "/api/v1", headers={"Authorization": f"Bearer {self.env['ADMIN_API_KEY']}"}, timeout=60
        )

    def publish(self, *records: Outgoing) -> None:
        """Write records as a service would."""
        with Producer(self.config) as producer:
            producer.send_all(records)

    def configure(self, kind: str, key: str, value: Mapping[str, Any]) -> None:
        """Change the configuration and wait until it holds."""
        command = ConfigCommand(
            id=event_id("test", kind, key, datetime.now(UTC)), actor=Actor(kind="system", id="tests"), at=datetime.now(UTC), kind=kind,
            object_id=key, value=dict(value),
        )  # fmt: skip
        self.publish(Outgoing(
            topic=CONFIG_COMMANDS.name, key=f"{kind}/{key}", value=command.to_json(), id=command.id, type="helpdesk.config.command.v1", source="tests",
        ))  # fmt: skip
        eventually(
            lambda: self.rows("SELECT 1 FROM helpdesk.command_outcome WHERE command_id = %s", command.id),
            seconds=PATIENCE,
            what="configuration",
        )

    def ticket_of(self, message_id: str) -> dict[str, Any]:
        """The ticket that a mail ended in, once it did, as `ticket.state` shows it."""
        found = eventually(
            lambda: self.rows("SELECT t.doc FROM helpdesk.message m JOIN helpdesk.ticket t ON t.id = m.ticket_id WHERE m.rfc_id = %s", message_id),
            seconds=PATIENCE, what=f"a ticket of {message_id}",
        )  # fmt: skip
        return dict(found[0][0])

    def quiet(self, *, unknown: int = 0) -> bool:
        """Whether all that was put in is settled: fetched, parsed, decided, relayed, sent. `unknown`: deliveries a kill cut off."""
        if self._undelivered(unknown):
            return False
        log = self.log
        if self._fetched_up_to() < self.post.next_uid() - 1 or _behind(
            log.committed("ingest-parse", MAIL_RAW.name), log.ends(MAIL_RAW.name)
        ):
            return False
        stored = {(t, p): o for t, p, o in self.rows("SELECT topic, partition, next_offset FROM helpdesk.consumer_offset")}
        return not _behind(stored, log.ends(*DECIDED)) and not self._undelivered(unknown)

    def _undelivered(self, unknown: int) -> bool:
        states = dict(
            self.rows(
                "SELECT delivery_state, count(*) FROM helpdesk.message WHERE delivery_state = ANY(%s) GROUP BY 1", list(_ON_THEIR_WAY)
            )
        )
        waiting = bool(states.get("queued")) or int(states.get("sending", 0)) > unknown
        return waiting or bool(self.rows("SELECT 1 FROM helpdesk.outbox LIMIT 1"))

    def _fetched_up_to(self) -> int:
        # Of two fetchers the slower one may write last, and never hear of a mail that the other one has removed by then.
        written = [r.value for r in self.log.read(MAIL_POSITION.name) if r.key == f"{SUPPORT}/INBOX" and r.value]
        return max((int(orjson.loads(value)["low"]) for value in written), default=0)

    def settle(self, *, unknown: int = 0, seconds: float = PATIENCE) -> None:
        """Wait until all is quiet."""
        eventually(lambda: self.quiet(unknown=unknown), seconds=seconds, what="everything settled")

    def start_broker(self) -> None:
        """Start a killed broker and wait until it leads every partition again."""
        self.stack.start("kafka")
        eventually(
            lambda: self.log.ends(*BY_NAME, *(t.name for t in DEAD_LETTER_TOPICS)), seconds=PATIENCE, what="a leader for every partition"
        )

    def rebuilt(self) -> Outcome:
        """The log folded and compared with the database."""
        return rebuild(self.config)


def _behind(stored: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]) -> bool:
    return any(stored.get(place, 0) < end for place, end in ends.items())
