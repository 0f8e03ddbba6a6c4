"""A whole running Helpdesk, started by its own command as people start it, and what its customers and colleagues do beside the browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.pipeline.mails import PostOffice, compose
from tests.servers import eventually
from tests.web import client

PATIENCE = 60.0
_LINES_OF_A_LOG = 15


@dataclass(frozen=True)
class System:
    """The addresses of a running system."""

    home: Path
    env: dict[str, str]

    @property
    def url(self) -> str:
        return self.env["HELPDESK_URL"]

    @cached_property
    def post(self) -> PostOffice:
        """The mail server with everybody's inbox."""
        smtp, imap = ((self.env[f"SAMPLE_{kind}_HOST"], int(self.env[f"SAMPLE_{kind}_PORT"])) for kind in ("SMTP", "IMAP"))
        return PostOffice(smtp, imap)

    @cached_property
    def api(self) -> httpx.Client:
        """REST as the admin."""
        return client(base_url=self.url + "/api/v1", headers={"Authorization": f"Bearer {self.env['ADMIN_API_KEY']}"}, timeout=PATIENCE)

    def get(self, path: str, **query: str | int) -> Any:
        answer = self.api.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def ticket_of(self, subject: str) -> dict[str, Any]:
        """The ticket that a mail with this subject became, once it did."""
        found: list[dict[str, Any]] = eventually(
            lambda: [t for t in self.get("/tickets", limit=100)["data"] if t["subject"] == subject],
            seconds=PATIENCE,
            what=f"ticket {subject}",
        )
        return found[0]

    def receive(self, subject: str, body: str = "Good day, can you help?", **more: Any) -> dict[str, Any]:
        """A customer writes; their ticket."""
        self.mail(subject, body, **more)
        return self.ticket_of(subject)

    def mail(self, subject: str, body: str = "Good day, can you help?", **more: Any) -> EmailMessage:
        """A customer writes."""
        sent = compose(subject, body, **{"sender": f"{uuid4().hex[:12]}@customers.example", "name": "Cleo Customer", **more})
        self.post.send(sent)
        return sent

    def answer(self, ticket: dict[str, Any], body: str, *, to: str) -> None:
        """The customer writes again."""
        self.post.send(compose(f"Re: {ticket['subject']}", body, sender=ticket["requester"]["email"], references=[to]))

    def texts_for(self, address: str) -> list[str]:
        """What a customer finds in their inbox."""
        return [_text(mail) for mail in self.post.inboxes([address])[address]]

    def last_words(self) -> str:
        """The ends of the services' logs, for the report of a failure."""
        logs = sorted((self.home / "logs").glob("*-1.log"))
        return "\n".join(f"== {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-_LINES_OF_A_LOG:]) for log in logs)


def _text(mail: Any) -> str:
    plain = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return "\n".join(part.get_payload(decode=True).decode(part.get_content_charset() or "utf-8") for part in plain)


def helpdesk(*words: str, home: Path, more: Mapping[str, str] | None = None) -> str:
    """What the command prints about a home; AssertionError with its words when it fails."""
    done = subprocess.run(
        (str(Path(sys.executable).parent / "helpdesk"), *words, "--home", str(home)),
        capture_output=True,
        text=True,
        check=False,
        timeout=540,
        env={**os.environ, **(more or {})},
    )
    if done.returncode:
        raise AssertionError(f"helpdesk {' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def environment_of(home: Path) -> dict[str, str]:
    """`helpdesk env`."""
    return dict(line.split("=", 1) for line in helpdesk("env", home=home).splitlines() if "=" in line)


@contextmanager
def running(more: Mapping[str, str] | None = None) -> Iterator[System]:
    """The system, started for the tests with `more` in its environment and wiped after them. HELPDESK_BROWSER_HOME names one that runs already and is left alone."""
    if mine := os.environ.get("HELPDESK_BROWSER_HOME"):
        yield System(Path(mine), environment_of(Path(mine)))
        return
    # Not pytest's own folder: PostgreSQL runs as another user on root's machine.
    home = Path(tempfile.mkdtemp(prefix="helpdesk-browser-"))
    try:
        helpdesk("up", "--detach", home=home, more=more)
        yield System(home, environment_of(home))
    finally:
        helpdesk("down", "--wipe", home=home)
        shutil.rmtree(home, ignore_errors=True)
