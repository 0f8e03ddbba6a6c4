"""Parked mail, suppressions, caps and floods, decided by the real writer on a real database."""

from __future__ import annotations

from datetime import timedelta

import orjson

from schemas.base import Address
from schemas.commands import AddReply
from schemas.inbound import BounceRecipient
from schemas.mail import DeleteMail, LiftSuppression, ReleaseMail, SuppressAddress
from services.runtime.ids import new_object_id
from services.tickets.domain import signed_ids
from tests.tickets.writer import AGENT, SUPPORT, Writer, inbound, now


def tickets_of(writer: Writer, sender: str) -> int:
    return int(writer.rows("SELECT count(*) FROM ticket WHERE doc #>> '{requester,email}' = %s", sender)[0][0])


def confirmations_to(writer: Writer, sender: str) -> int:
    return int(writer.rows("SELECT count(*) FROM automatic_mail WHERE address = %s", sender)[0][0])


def parked(writer: Writer, sender: str, state: str = "parked") -> list[tuple[str, str]]:
    return [
        (str(i), r)
        for i, r in writer.rows("SELECT id, reason FROM parked_mail WHERE sender = %s AND status = %s ORDER BY at", sender, state)
    ]


def test_a_released_mail_becomes_the_ticket_it_would_have_been(writer: Writer, sender: str) -> None:
    at = now()
    mail = inbound("Two senders", sender=sender, at=at, from_count=2)
    writer.mails(mail, at=at)
    assert parked(writer, sender) == [(mail.id, "two_from_headers")]
    outcome = writer.mail_command(ReleaseMail(mail_id=mail.id), at=at, agent=AGENT)
    assert outcome.status == "done"
    doc = writer.rows("SELECT doc FROM ticket WHERE id = %s", outcome.ticket_id)[0][0]
    assert (doc["subject"], doc["requester"]["email"]) == ("Two senders", sender)
    assert "quarantine" in doc["flags"]
    assert parked(writer, sender) == []
    told = [orjson.loads(v) for v in writer.told("mail.parked", mail.id) if v]
    assert [(t["state"], t["settled_by"], t["ticket_id"]) for t in told] == [("parked", None, None), ("released", AGENT, outcome.ticket_id)]
    assert writer.mail_command(ReleaseMail(mail_id=mail.id), at=at, agent=AGENT).code == 404
    assert tickets_of(writer, sender) == 1


def test_a_deleted_mail_leaves_no_words_in_the_list(writer: Writer, sender: str) -> None:
    at = now()
    mail = inbound("Out of office", sender=sender, at=at, kind="auto-reply", text="I am at the lake.")
    writer.mails(mail, at=at)
    assert writer.mail_command(DeleteMail(mail_id=mail.id), at=at, agent=AGENT).status == "done"
    assert writer.rows("SELECT status, doc FROM parked_mail WHERE id = %s", mail.id) == [("deleted", {"raw_key": mail.raw_key})]
    assert tickets_of(writer, sender) == 0


def test_a_suppression_is_told_stops_a_reply_with_its_reason_and_is_lifted(writer: Writer, sender: str) -> None:
    at = now()
    mail = inbound("Hello", sender=sender, at=at)
    writer.mails(mail, at=at)
    ticket = str(writer.rows("SELECT id FROM ticket WHERE doc #>> '{requester,email}' = %s", sender)[0][0])
    writer.mail_command(SuppressAddress(address=sender, reason="asked us to stop"), at=at, agent=AGENT)

    def reply() -> tuple[str, str | None, str | None]:
        said = writer.ticket_command(ticket, AddReply(message_id=new_object_id(), body_text="Hi"), at=at, agent=AGENT)
        return said.status, said.reason, said.detail

    status, reason, detail = reply()
    assert (status, reason) == ("rejected", "suppressed")
    assert "asked us to stop" in str(detail)
    assert writer.mail_command(LiftSuppression(address=sender), at=at, agent=AGENT).status == "done"
    assert writer.told("mail.suppressions", sender)[-1] is None
    assert reply()[0] == "done"
    assert writer.mail_command(LiftSuppression(address=sender), at=at, agent=AGENT).code == 404


def test_two_helpdesks_without_headers_stop_after_three_pairs(writer: Writer, sender: str) -> None:
    at = now()
    for pair in range(8):  # the other one confirms our confirmation, as a new mail each time
        writer.mails(inbound(f"[#{4711 + pair}] We have received your message", sender=sender, at=at), at=at + timedelta(seconds=pair))
    assert confirmations_to(writer, sender) == 3
    assert tickets_of(writer, sender) == 8, "every mail is kept; only the answers stop"
    assert writer.rows("SELECT kind FROM suppression WHERE address = %s", sender) == [("loop",)]


def test_two_helpdesks_stop_though_each_mail_has_another_subject(writer: Writer, sender: str) -> None:
    at = now()
    for pair, word in enumerate("heron otter ibis wren crane stork".split()):
        text = f"Good day, your message about {word} has reached our service team as case {pair}. Somebody will answer you within two days."
        writer.mails(inbound(f"Case {pair}: {word}", sender=sender, at=at, text=text), at=at + timedelta(seconds=pair))
    assert confirmations_to(writer, sender) == 3
    assert tickets_of(writer, sender) == 6


def test_a_recipient_gets_ten_automatic_mails_in_ten_minutes(writer: Writer, sender: str) -> None:
    at, words = now(), "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima".split()
    for n, word in enumerate(words):
        writer.mails(inbound(f"Question about {word}", sender=sender, at=at), at=at + timedelta(seconds=n))
    assert confirmations_to(writer, sender) == 10
    withheld = writer.rows(
        "SELECT e.data ->> 'reason' FROM ticket_event e JOIN ticket t ON t.id = e.ticket_id WHERE e.type = 'ticket.confirmation_withheld'"
        " AND t.doc #>> '{requester,email}' = %s", sender,
    )  # fmt: skip
    assert withheld == [("cap_10_minutes",)] * 2


def test_five_hundred_mails_in_a_minute_open_no_five_hundred_tickets_and_none_is_lost(writer: Writer, sender: str) -> None:
    at = now()
    mails = [inbound(f"Flood {n}", sender=sender, at=at) for n in range(500)]
    for first in range(0, 500, 100):
        writer.mails(*mails[first : first + 100], at=at + timedelta(seconds=first / 10))
    waiting = parked(writer, sender)
    assert tickets_of(writer, sender) == 60
    assert len(waiting) == 440 and {reason for _, reason in waiting} == {"flood"}
    for mail_id, _ in waiting[:3]:
        assert writer.mail_command(ReleaseMail(mail_id=mail_id), at=at, agent=AGENT).status == "done"
    assert tickets_of(writer, sender) == 63


def test_thirty_mails_a_minute_of_one_sender_never_meet_the_flood_rule(writer: Writer, sender: str) -> None:
    at = now()
    for minute in range(3):
        for n in range(30):
            writer.mails(inbound(f"Order {minute} {n}", sender=sender, at=at), at=at + timedelta(minutes=minute, seconds=2 * n))
    assert tickets_of(writer, sender) == 90
    assert parked(writer, sender) == []


def test_a_bounce_to_the_envelope_sender_of_a_reply_marks_it_bounced_and_suppresses(writer: Writer, sender: str) -> None:
    at = now()
    first = inbound("Will bounce", sender=sender, at=at)
    writer.mails(first, at=at)
    ticket_id = str(writer.rows("SELECT id FROM ticket WHERE doc #>> '{requester,email}' = %s", sender)[0][0])
    reply = AddReply(message_id=new_object_id(), body_text="Hello", undo_seconds=0)
    assert writer.ticket_command(ticket_id, reply, at=at, agent=AGENT).status == "done"
    verp = signed_ids.bounce_address(writer.keys, mailbox=SUPPORT, message_id=reply.message_id)
    (outbound,) = writer.rows("SELECT doc #>> '{outbound,envelope_from}' FROM message WHERE id = %s", reply.message_id)
    assert outbound == (verp,)
    writer.rows("UPDATE message SET doc = jsonb_set(doc, '{delivery,state}', '\"sent\"') WHERE id = %s RETURNING id", reply.message_id)
    returned = inbound("Undelivered", sender="mailer-daemon@mx.example", at=at, kind="bounce", envelope_to=[verp or ""],
                       bounce=[BounceRecipient(recipient=sender, status="5.1.1", action="failed", permanent=True)])  # fmt: skip
    writer.mails(returned, at=at)
    assert writer.rows("SELECT doc #>> '{delivery,state}' FROM message WHERE id = %s", reply.message_id) == [("bounced",)]
    assert writer.rows("SELECT kind FROM suppression WHERE address = %s", sender) == [("bounce",)]


def test_who_unsubscribes_gets_no_more_automatic_mail_and_opens_no_ticket(writer: Writer, sender: str) -> None:
    at = now()
    writer.mails(inbound("A question", sender=sender, at=at), at=at)
    assert confirmations_to(writer, sender) == 1
    address = signed_ids.unsubscribe_address(writer.keys, mailbox=SUPPORT, recipient=sender) or ""
    writer.mails(inbound("unsubscribe", sender=sender, at=at, to=[Address(address=address)]), at=at)
    writer.mails(inbound("Another question", sender=sender, at=at), at=at)
    assert (tickets_of(writer, sender), confirmations_to(writer, sender)) == (2, 1)
    assert parked(writer, sender, state="recorded")[0][1] == "unsubscribed"
