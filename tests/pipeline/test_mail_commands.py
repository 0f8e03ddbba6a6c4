"""`helpdesk mail`: every mail is accounted for, shown, explained and read again; others' mail comes in without any noise."""

from __future__ import annotations

import json
import mailbox
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from schemas.base import Actor
from schemas.commands import CorrectMessage, TicketCommand
from services.cli.main import app
from services.cli.seed import ticket_record
from services.runtime.ids import event_id
from tests.pipeline.desk import Desk
from tests.pipeline.mails import SUPPORT, compose
from tests.servers import eventually

_NOWHERE = "/nonexistent-home"


def _run(desk: Desk, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["mail", *arguments, "--home", _NOWHERE], env=desk.env)


def _json(desk: Desk, *arguments: str) -> Any:
    return json.loads(_run(desk, *arguments, "--json").stdout)


def test_a_mail_is_shown_as_it_came_and_its_way_is_explained(desk: Desk) -> None:
    mail = compose("Explain me", "Größe", sender="gil@customers.example")
    desk.post.send(mail)
    ticket = desk.ticket_of(mail["Message-ID"])
    shown = _run(desk, "show", mail["Message-ID"])
    assert "Subject: Explain me" in shown.stdout
    told = _json(desk, "explain", mail["Message-ID"])
    assert told["stored"].startswith("mail.raw[") and told["message"].startswith("message.inbound[")
    assert ticket["number"] in told["decision"] and "ticket.opened" in [row["type"] for row in told["records"]]
    assert told["parsed"]["kind"] == "human"
    assert ticket["number"] in _run(desk, "explain", told["id"]).output


def test_reading_again_changes_no_ticket(desk: Desk) -> None:
    mail = compose("Again", "Once only.", sender="hal@customers.example")
    desk.post.send(mail)
    desk.ticket_of(mail["Message-ID"])
    desk.settle()
    held = "SELECT id, version, doc FROM helpdesk.ticket WHERE doc ->> 'subject' = 'Again'"
    before = desk.rows(held)
    key = _json(desk, "explain", mail["Message-ID"])["id"]
    assert _run(desk, "reprocess", key).exit_code == 0
    desk.settle()
    assert len(before) == 1 and desk.rows(held) == before
    read = _json(desk, "reparse")
    assert read["read"] >= 1 and read["errors"] == 0 and read["published"] == 0 and read["differs"] == {}


def test_what_reads_differently_today_is_corrected_when_asked_and_put_back(desk: Desk) -> None:
    mail = compose("Reread", "The words as they are.", sender="ivy@customers.example")
    desk.post.send(mail)
    ticket = desk.ticket_of(mail["Message-ID"])
    desk.settle()
    # What an older parser would have left behind: a correction of today's reading to another one.
    stored = desk.rows("SELECT id::text, doc FROM helpdesk.message WHERE rfc_id = %s", mail["Message-ID"])[0]
    older = CorrectMessage(message_id=stored[0], body_text="Garbled.", mail_kind=stored[1]["mail_kind"])
    said = "SELECT doc ->> 'body_text' FROM helpdesk.message WHERE rfc_id = %s"
    desk.publish(
        ticket_record(
            TicketCommand(id=event_id("older"), ticket_id=ticket["id"], actor=Actor(kind="system"), at=datetime.now(UTC), action=older)
        )
    )
    eventually(lambda: desk.rows(said, mail["Message-ID"]) == [("Garbled.",)], seconds=60, what="the older reading")
    assert _run(desk, "reparse").exit_code == 0 and desk.rows(said, mail["Message-ID"]) == [("Garbled.",)]
    assert "1 corrected" in _run(desk, "reparse", "--apply").output
    eventually(lambda: desk.rows(said, mail["Message-ID"]) == [("The words as they are.",)], seconds=60, what="today's reading")
    with desk.http as http:
        told = [
            event for event in http.get(f"/tickets/{ticket['id']}/events").json()["data"] if event["type"] == "ticket.message_corrected"
        ]
    assert told[-1]["data"]["fields"] == ["body_text"]
    assert "1 messages" in _run(desk, "reparse", "--undo").output
    eventually(lambda: desk.rows(said, mail["Message-ID"]) == [("Garbled.",)], seconds=60, what="the older reading again")
    assert "1 corrected" in _run(desk, "reparse", "--apply").output
    eventually(lambda: desk.rows(said, mail["Message-ID"]) == [("The words as they are.",)], seconds=60, what="today's reading again")


def test_a_mail_that_is_not_there_is_said_to_be_missing(desk: Desk) -> None:
    assert _run(desk, "show", "<nobody@nowhere.example>").exit_code == 1


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
def test_others_mail_becomes_tickets_without_noise(desk: Desk, tmp_path: Path, kind: str) -> None:
    customer = f"old-{kind}@customers.example"
    first = compose(f"Old {kind}", "From long ago.", sender=customer, message_id=f"<first-{kind}@customers.example>")
    first["Date"] = "Mon, 05 Jan 2015 10:00:00 +0100"
    first["Cc"] = "Colleague <colleague@customers.example>"
    first.add_attachment(b"%PDF-1.4 a bill", maintype="application", subtype="pdf", filename="bill.pdf")
    answer = compose(
        f"Re: Old {kind}",
        "Answered then.",
        sender=SUPPORT,
        message_id=f"<answer-{kind}@helpdesk.example>",
        references=[first["Message-ID"]],
    )
    answer["Date"] = "Mon, 05 Jan 2015 11:00:00 +0100"
    path = tmp_path / kind
    if kind == "eml":
        path.mkdir()
        for number, mail in enumerate((answer, first)):
            (path / f"{number}.eml").write_bytes(bytes(mail))
    else:
        box = mailbox.mbox(path) if kind == "mbox" else mailbox.Maildir(path)
        for mail in (answer, first):
            box.add(mail)
        box.flush()
        box.close()
    for _ in range(2):
        assert "1 threads handed over, 2 mails" in _run(desk, "import", str(path)).output
    ticket = desk.ticket_of(first["Message-ID"])
    desk.settle()
    assert (ticket["status"], ticket["message_count"]) == ("closed", 2)
    assert ticket["created_at"].startswith("2015-01-05T09:00:00")
    assert desk.rows("SELECT count(*) FROM helpdesk.ticket WHERE doc ->> 'subject' = %s", f"Old {kind}") == [(1,)]
    assert desk.post.inboxes([customer])[customer] == []
    said = desk.rows("SELECT doc FROM helpdesk.message WHERE rfc_id = %s", first["Message-ID"])[0][0]
    assert [one["address"] for one in said["cc"]] == ["colleague@customers.example"]
    assert [(file["name"], file["type"]) for file in said["attachments"]] == [("bill.pdf", "application/pdf")]
    with desk.http as http:
        assert http.get(f"/attachments/{said['attachments'][0]['id']}").content.startswith(b"%PDF-1.4 a bill")
    assert f"Subject: Old {kind}" in _run(desk, "show", first["Message-ID"]).stdout
    kept = "SELECT outcome, imported FROM helpdesk.mail_ledger WHERE message_id = %s"
    eventually(lambda: desk.rows(kept, first["Message-ID"]) == [("ticketed", True)], seconds=60, what="the imported mail in the ledger")
