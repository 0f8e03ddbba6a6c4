"""A running desk for the gateway's tests: own servers, the real tickets service and relay, as many gateways as a test wants."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from deploy.embedded.ports import choose_port
from deploy.embedded.stack import Stack
from services.cli.seed import sample_id, seed
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from services.tickets.migrate import migrate
from tests.servers import eventually
from tests.web import client, is_ready


@dataclass(slots=True)
class Process:
    """One service of ours as a process."""

    service: str
    popen: subprocess.Popen[bytes]
    url: str

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; its exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(20)


@dataclass(slots=True)
class Running:
    """The desk: addresses, logins, processes."""

    stack: Stack
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    gateway: Process = field(init=False)

    def open(self) -> None:
        """Migrate, start the services, seed."""
        given = {k: v for k, v in os.environ.items() if not k.startswith(("HELPDESK_", "EMAIL_"))}
        desk = {"ADMIN_EMAIL": "admin@helpdesk.example", "AGENT_EMAIL": "robin@helpdesk.example"}
        logins = {f"{who}_{what}": f"hd_{secrets.token_urlsafe(30)}" for who in ("ADMIN", "AGENT") for what in ("PASSWORD", "API_KEY")}
        self.env = {
            **given, **self.stack.environment, **desk, **logins, "HELPDESK_SECRET_KEY": "a secret of at least thirty-two characters",
            "HELPDESK_HOME": str(self.folder), "HELPDESK_BLOBS": (self.folder / "blobs").as_uri(),
            "EMAIL_USER": "support@helpdesk.example", "IMAP_SERVER": "127.0.0.1", "SMTP_SERVER": "127.0.0.1",
        }  # fmt: skip
        config = self.settings()
        migrate(config)
        ensure_topics(config.kafka_bootstrap_servers)
        for service in ("tickets", "outbox"):
            self.start(service)
        self.gateway = self.start("gateway")
        seed(self.env, empty=False)
        self.wait_ready(self.gateway)

    def settings(self) -> Settings:
        """The services' settings."""
        return Settings.model_validate({k if k.startswith("HELPDESK_") else k.lower(): v for k, v in self.env.items()}).named("tests")

    def start(self, service: str, **more: str) -> Process:
        """Start a service; a gateway gets a port of its own."""
        port = choose_port()
        url = f"http://127.0.0.1:{port}"
        env = {**self.env, "HELPDESK_URL": url, "HELPDESK_HTTP_PORT": str(port), "HELPDESK_SERVICE": service, **more}
        log = (self.folder / f"{service}-{port}.log").open("wb")
        popen = subprocess.Popen([sys.executable, "-m", "services.cli.run", service], env=env, stdout=log, stderr=log)
        log.close()
        self.processes.append(Process(service, popen, url))
        return self.processes[-1]

    def revive(self) -> None:
        """Start again what ended by itself, as the supervisor does; not gateways, which must survive."""
        for process in [p for p in self.processes if p.service != "gateway" and p.popen.poll() is not None]:
            self.processes.remove(process)
            self.start(process.service)

    @staticmethod
    def wait_ready(gateway: Process) -> None:
        """Until it has read the log up to its end."""
        eventually(lambda: is_ready(gateway.url), seconds=60, what="the gateway ready")

    def close(self) -> None:
        """End all processes."""
        for process in self.processes:
            if process.popen.poll() is None:
                process.popen.kill()
                process.popen.wait(10)

    def http(self, key: str | None = None, *, gateway: Process | None = None) -> httpx.Client:
        """A client with the sample agent's key, or another."""
        return client(
            base_url=(gateway or self.gateway).url + "/api/v1", timeout=20, headers={"Authorization": f"Bearer {key or self.env['AGENT_API_KEY']}"}
        )  # fmt: skip

    @property
    def admin(self) -> httpx.Client:
        """A client as admin."""
        return self.http(self.env["ADMIN_API_KEY"])

    def agent_of_one_team(self) -> tuple[dict[str, Any], str]:
        """(agent, key) of a sample agent who is in one team only."""
        with self.admin as http:
            agent = next(a for a in http.get("/agents").json()["data"] if a["role"] == "agent" and len(a["teams"]) == 1)
            return agent, http.post("/keys", json={"agent_id": agent["id"], "name": "test"}).json()["key"]

    def team(self, key: str) -> str:
        """Id of a sample team."""
        return sample_id("team", key)

    def open_ticket(self, subject: str, body: str = "Please help.", **more: object) -> dict[str, Any]:
        """A ticket opened through the API by the sample agent."""
        with self.http() as http:
            answer = http.post("/tickets", json={"subject": subject, "body": body, "requester": "ann@customers.example", **more})
            assert answer.status_code == 201, answer.text
            return dict(answer.json())
