"""Bounces that no header gives away, several recipients in one, and what only looks like a bounce."""

from __future__ import annotations

import pytest

from services.ingest.parse.inbound import bounced
from services.ingest.parse.mail import parse_mail
from tests.ingest.parse.mails import plain

_FAILED = "Your message could not be delivered to the following recipients:\n\n  <gone@x.example>: 550 5.1.1 user unknown\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "System <admin@x.example>", "Subject": "Delivery failure"},
        {"From": "Postmaster <>", "Subject": "Undeliverable: Order"},
        {"From": "virus@x.example", "Subject": "Mail could not be delivered", "Return_Path": "<MAILER-DAEMON@x.example>"},
        {"From": "mta@x.example", "Subject": "Non-Delivery: Order", "Precedence": "bulk"},
    ],
)
def test_notices_of_failure_are_bounces_by_their_words(headers: dict[str, str]) -> None:
    mail = parse_mail(plain(_FAILED, **headers))
    assert mail.kind == "bounce"
    assert [(item.recipient, item.status, item.permanent) for item in bounced(mail)] == [("gone@x.example", "5.1.1", True)]


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Delivery failure", "My parcel was never delivered. Where is it?"),
        ("Delivery failed again", "The courier left it with mia@customers.example, I am still waiting."),
        ("Question", _FAILED),
        ("I am out of office paper", "Please send me some."),
    ],
)
def test_people_who_write_of_failed_deliveries_are_people(subject: str, body: str) -> None:
    assert parse_mail(plain(body, Subject=subject)).kind == "human"


def test_an_answer_about_a_bounce_is_a_persons() -> None:
    assert parse_mail(plain(_FAILED, Subject="Re: Undeliverable: Order", In_Reply_To="<1@desk.example>")).kind == "human"


def _report(*blocks: str) -> bytes:
    status = "\r\n\r\n".join(["Reporting-MTA: dns; mx", *blocks])
    return (
        "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n\r\n--b--\r\n"
    ).encode()


def test_each_recipient_of_a_report_is_named_with_its_own_status() -> None:
    raw = _report(
        "Final-Recipient: rfc822; a@x.example\r\nAction: failed\r\nStatus: 5.1.1",
        "Final-Recipient: rfc822; b@x.example\r\nAction: delayed\r\nStatus: 4.2.2",
        "Final-Recipient: rfc822; c@x.example\r\nAction: relayed\r\nStatus: 2.0.0",
    )
    found = [(item.recipient, item.action, item.permanent) for item in bounced(parse_mail(raw))]
    assert found == [("a@x.example", "failed", True), ("b@x.example", "delayed", False)]


def test_the_address_we_wrote_to_counts_not_the_one_it_was_forwarded_to() -> None:
    raw = _report(
        "Original-Recipient: rfc822; shown@x.example\r\nFinal-Recipient: rfc822; inner@host.x.example\r\nAction: failed\r\nStatus: 5.0.0"
    )
    assert [item.recipient for item in bounced(parse_mail(raw))] == ["shown@x.example"]


def test_our_own_address_in_a_notice_is_no_recipient_that_failed() -> None:
    body = "From: support@desk.example\nTo: list@desk.example\n\ndid not reach the following recipient(s):\n\ngone@x.example on Fri\n"
    mail = parse_mail(plain(body, From="Postmaster <postmaster@x.example>", Subject="Undeliverable: Order"))
    assert [item.recipient for item in bounced(mail)] == ["gone@x.example"]


def test_a_refused_receipt_is_a_bounce() -> None:
    raw = (
        b"From: a@x.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nRejected.\r\n"
        b"--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; gone@x.example\r\n"
        b"Disposition: automatic-action/MDN-sent-automatically; deleted\r\n\r\n--b--\r\n"
    )
    assert parse_mail(raw).kind == "bounce"
    assert parse_mail(raw.replace(b"; deleted", b"; displayed")).kind == "auto-reply"
