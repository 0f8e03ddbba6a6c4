"""A desk that starts empty is set up for real use with the command and REST alone, as its first admin does it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.browser.system import PATIENCE, System, environment_of, helpdesk
from tests.pipeline.mails import compose
from tests.servers import eventually

pytestmark = pytest.mark.timeout(600)
BOX = "help@firm.example"


@pytest.fixture(scope="module")
def empty() -> Iterator[System]:
    """`helpdesk up --empty`, wiped afterwards."""
    # Not pytest's own folder: PostgreSQL runs as another user on root's machine.
    home = Path(tempfile.mkdtemp(prefix="helpdesk-empty-"))
    try:
        helpdesk("up", "--empty", "--detach", home=home)
        yield System(home, environment_of(home))
    finally:
        helpdesk("down", "--wipe", home=home)
        shutil.rmtree(home, ignore_errors=True)


def add_mailbox(empty: System) -> None:
    """The sample's mail server plays the firm's: a mailbox exists there from its first mail on."""
    smtp, imap = empty.post.smtp, empty.post.imap
    greeting = EmailMessage()
    greeting["From"], greeting["To"], greeting["Subject"] = "postmaster@firm.example", BOX, "Your mailbox is ready"
    greeting["Auto-Submitted"] = "auto-generated"
    empty.post.send(greeting)
    servers = [f"--imap-host={imap[0]}", f"--imap-port={imap[1]}", f"--smtp-host={smtp[0]}", f"--smtp-port={smtp[1]}"]
    plain = ["--imap-security=none", "--smtp-security=none", "--no-plus-addressing"]
    helpdesk("mailbox", "add", BOX, *servers, *plain, f"--password={BOX}", "--name=Firm", "--team=Parcels", home=empty.home)


def created(http: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_an_empty_desk_becomes_a_working_one_without_touching_a_database(empty: System) -> None:
    assert empty.get("/tickets")["data"] == []
    assert empty.get("/articles")["data"] == []
    helpdesk("user", "add", "boss@firm.example", "--name=Bo Boss", "--password=a long enough one", home=empty.home)
    with httpx.Client(base_url=empty.url + "/api/v1", headers={"Origin": empty.url}, timeout=PATIENCE) as boss:
        signed_in = boss.post("/session", json={"email": "boss@firm.example", "password": "a long enough one"})
        assert signed_in.json()["role"] == "admin", signed_in.text
        team = created(boss, "/teams", name="Parcels", description="Parcels that are late, lost or broken.")
        agent = created(boss, "/agents", name="Ann", email="ann@firm.example", teams=[team["id"]], password="a long enough one")
        created(
            boss,
            "/articles",
            title="Where is my parcel",
            body="A parcel takes two days. Its tracking link is in the mail that confirms your order.",
        )
        add_mailbox(empty)
        assert BOX in helpdesk("mailbox", "list", home=empty.home)
        assert "answers on IMAP and SMTP" in helpdesk("mailbox", "test", BOX, home=empty.home)

    with httpx.Client(base_url=empty.url + "/api/v1", headers={"Origin": empty.url}, timeout=PATIENCE) as ann:
        ann.post("/session", json={"email": "ann@firm.example", "password": "a long enough one"}).raise_for_status()
        question = compose(f"Parcel {uuid4().hex[:8]}", "Where is my parcel?", sender="mia@customers.example", name="Mia")
        question.replace_header("To", BOX)
        empty.post.send(question)
        ticket = empty.ticket_of(str(question["Subject"]))
        assert (ticket["team"]["id"], ticket["assignee"]["id"], ticket["mailbox"]) == (team["id"], agent["id"], BOX)
        reply = created(ann, f"/tickets/{ticket['id']}/replies", body_text="It comes tomorrow.", undo_seconds=0)

    def arrived() -> list[Any]:
        mails = empty.post.inboxes(["mia@customers.example"])["mia@customers.example"]
        return [m for m in mails if "It comes tomorrow." in m.as_string()]

    mail = eventually(arrived, seconds=PATIENCE, what="the answer")[0]
    assert BOX in mail["From"]
    assert mail["In-Reply-To"] == question["Message-ID"]
    again = compose(f"Re: {question['Subject']}", "Thank you.", sender="mia@customers.example", references=[reply["message_id"]])
    again.replace_header("To", BOX)
    empty.post.send(again)
    eventually(
        lambda: [m for m in empty.get(f"/tickets/{ticket['id']}/messages")["data"] if "Thank you." in m["body_text"]],
        seconds=PATIENCE, what="the customer's thanks on the same ticket",
    )  # fmt: skip
