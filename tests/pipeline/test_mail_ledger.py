"""The mail ledger as it is kept: it balances, agrees with a count from scratch, lists what became nothing, and gives every mail out raw."""

from __future__ import annotations

import json
from typing import Any

import httpx
from typer.testing import CliRunner

from services.cli.main import app
from tests.pipeline.desk import Desk
from tests.pipeline.mails import SUPPORT, compose
from tests.servers import eventually


def _ledger(desk: Desk, *arguments: str) -> Any:
    done = CliRunner().invoke(app, ["mail", "ledger", "--json", *arguments, "--home", "/nonexistent-home"], env=desk.env)
    return next(account for account in json.loads(done.stdout) if account["mailbox"] == SUPPORT), done


def _view(http: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = http.get(f"/mailboxes/{SUPPORT}/ledger", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _row(desk: Desk, message_id: str) -> tuple[Any, ...]:
    return next(
        iter(desk.rows("SELECT outcome, id::text, partition, record_offset FROM helpdesk.mail_ledger WHERE message_id = %s", message_id)),
        (),
    )


def test_the_kept_ledger_balances_and_agrees_with_a_count_from_scratch(desk: Desk) -> None:
    mail = compose("Ledger", "Count me.", sender="eve@customers.example")
    parked = compose("Out of office", "I am away.", sender="fay@customers.example")
    parked["Auto-Submitted"] = "auto-replied"
    desk.post.send(mail, parked)
    eventually(lambda: _row(desk, mail["Message-ID"])[:1] == ("ticketed",), seconds=60, what="the mail ticketed in the ledger")
    eventually(lambda: _row(desk, parked["Message-ID"])[:1] == ("parked",), seconds=60, what="the absence note parked in the ledger")
    account, done = _ledger(desk, "--recount")
    assert done.exit_code == 0, done.output
    assert account["seen"] == account["stored"] == sum(account[o] for o in ("ticketed", "parked", "dead", "waiting", "erased"))
    with desk.http as http:
        view = _view(http)
        assert {name: view[name] for name in ("seen", "stored", "ticketed", "parked", "missing")} == {
            **{name: account[name] for name in ("seen", "stored", "ticketed", "parked")}, "missing": 0,
        }  # fmt: skip
        assert view["balanced"] and view["data"] == []
        page = _view(http, show="all", limit=1)
        assert len(page["data"]) == 1 and _view(http, show="all", limit=1, after=page["next"])["data"] != page["data"]


def test_a_mail_that_nothing_came_of_is_listed_with_its_offset_until_something_does(desk: Desk) -> None:
    desk.running["ingest-parse"].stop()
    mail = compose("Stuck", "Nobody reads me yet.", sender="gus@customers.example")
    desk.post.send(mail)
    found = eventually(lambda: _row(desk, mail["Message-ID"]), seconds=60, what="the mail in the ledger")
    with desk.http as http:
        listed = next(row for row in _view(http)["data"] if row["id"] == found[1])
        assert (listed["outcome"], listed["topic"], listed["partition"], listed["offset"]) == ("waiting", "mail.raw", *found[2:])
        account, done = _ledger(desk)
        assert done.exit_code == 1 and any(f"mail.raw[{found[2]}]@{found[3]}" in line for line in account["differences"])
        desk.heal()
        eventually(lambda: _row(desk, mail["Message-ID"])[0] == "ticketed", seconds=60, what="the mail ticketed in the ledger")
        assert found[1] not in [row["id"] for row in _view(http)["data"]]


def test_a_mail_is_given_out_raw_and_read_again_from_the_console(desk: Desk) -> None:
    mail = compose("Give me out", "Größe", sender="hed@customers.example")
    desk.post.send(mail)
    desk.ticket_of(mail["Message-ID"])
    desk.settle()
    found = eventually(lambda: _row(desk, mail["Message-ID"]), seconds=60, what="the mail in the ledger")
    held = "SELECT version, doc FROM helpdesk.ticket WHERE doc ->> 'subject' = 'Give me out'"
    before = desk.rows(held)
    with desk.http as http:
        raw = http.get(f"/mail/{found[1]}/raw")
        assert raw.headers["content-type"].startswith("text/plain") and raw.headers["content-disposition"].startswith("attachment")
        assert b"Subject: Give me out" in raw.content
        assert http.post(f"/mail/{found[1]}/reprocess").status_code == 202
        moved = eventually(
            lambda: (row := _row(desk, mail["Message-ID"]))[3] > found[3] and row, seconds=60, what="the mail further on in the log"
        )
        desk.settle()
        assert moved[:2] == ("ticketed", found[1]) and desk.rows(held) == before
        assert http.get(f"/mail/{found[1]}/raw").content == raw.content
        assert http.get("/mail/00000000-0000-0000-0000-000000000001/raw").status_code == 404


def test_a_ledger_that_lost_its_rows_and_offsets_is_the_same_again(desk: Desk) -> None:
    desk.settle()
    before, _ = _ledger(desk)
    desk.running["timers"].stop()
    desk.rows("DELETE FROM helpdesk.consumer_offset WHERE consumer = 'ledger' RETURNING 1")
    desk.rows(
        "WITH a AS (DELETE FROM helpdesk.mail_ledger), b AS (DELETE FROM helpdesk.mail_folder) DELETE FROM helpdesk.mail_letter RETURNING 1"
    )
    desk.heal()
    eventually(lambda: _ledger_of(desk) == before, seconds=60, what="the ledger as it was")


def _ledger_of(desk: Desk) -> Any:
    try:
        return _ledger(desk)[0]
    except StopIteration:
        return None
