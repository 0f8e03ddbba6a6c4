"""What comes back and who may do what by mail, decided by the real writer on a real database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.base import Address
from schemas.commands import AddReply, ChangeTicket, MoveMessage
from schemas.inbound import InboundMessage
from services.runtime.ids import new_object_id
from tests.tickets.writer import AGENT, SUPPORT, Writer, inbound, now

AGENTS_MAIL = "noor@desk.example"
PASS = "mx.desk.example; dmarc=pass header.from=desk.example"


@dataclass
class Case:
    """A ticket of one customer with a sent reply."""

    writer: Writer
    sender: str
    ticket: str
    reply: str
    own_id: str

    def state(self) -> dict[str, Any]:
        return dict(self.writer.rows("SELECT doc FROM ticket WHERE id = %s", self.ticket)[0][0])

    def delivery(self) -> dict[str, Any]:
        return dict(self.writer.rows("SELECT doc -> 'delivery' FROM message WHERE id = %s", self.reply)[0][0])

    def events(self) -> list[str]:
        return [t for (t,) in self.writer.rows("SELECT type FROM ticket_event WHERE ticket_id = %s ORDER BY version", self.ticket)]

    def suppressed(self, address: str | None = None) -> list[str]:
        return [k for (k,) in self.writer.rows("SELECT kind FROM suppression WHERE address = %s", address or self.sender)]

    def thread(self) -> list[dict[str, Any]]:
        return [d for (d,) in self.writer.rows("SELECT doc FROM message WHERE ticket_id = %s ORDER BY created_at, id", self.ticket)]

    def receive(self, subject: str, **more: Any) -> InboundMessage:
        mail = inbound(subject, at=now(), **{"sender": self.sender, **more})
        self.writer.mails(mail, at=now())
        return mail

    def returned(self, recipient: str | None = None, **more: Any) -> None:
        said = {"recipient": recipient or self.sender, "status": "5.1.1", "action": "failed", "permanent": True, **more.pop("said", {})}
        named = {"kind": "bounce", "returned_message_id": self.own_id, "bounce": [said], **more}
        self.receive("Undelivered mail", sender="mailer-daemon@mx.example", **named)


@pytest.fixture
def case(writer: Writer, sender: str) -> Case:
    at = now()
    mail = inbound("Broken kettle", sender=sender, at=at)
    writer.mails(mail, at=at)
    ticket = str(writer.rows("SELECT id FROM ticket WHERE doc #>> '{requester,email}' = %s", sender)[0][0])
    reply = new_object_id()
    writer.ticket_command(ticket, AddReply(message_id=reply, body_text="Send it in.", undo_seconds=0), at=at, agent=AGENT)
    writer.deliver(reply, ticket, at=at)
    own_id = str(writer.rows("SELECT doc ->> 'message_id' FROM message WHERE id = %s", reply)[0][0])
    return Case(writer, sender, ticket, reply, own_id)


@pytest.fixture(scope="module")
def vouched(writer: Writer) -> None:
    """An agent, and the server that vouches for senders."""
    writer.configure("agent", AGENT, {"name": "Noor", "email": AGENTS_MAIL, "role": "admin"}, at=now())
    servers = {"imap_host": "h", "imap_port": 1, "smtp_host": "h", "smtp_port": 1}
    writer.configure(
        "mailbox", SUPPORT, {"address": SUPPORT, "user": SUPPORT, **servers, "trusted_authserv_ids": ["mx.desk.example"]}, at=now()
    )


def test_a_lasting_bounce_is_told_and_its_address_gets_no_mail(case: Case) -> None:
    case.returned()
    assert (case.delivery()["state"], case.state()["status"], case.state()["unread"]) == ("bounced", "open", True)
    assert "5.1.1" in case.delivery()["reason"]
    assert case.suppressed() == ["bounce"]
    assert "ticket.reply_failed" in case.events()


def test_a_bounce_suppresses_nobody_we_did_not_write_to(case: Case) -> None:
    victim = f"{uuid.uuid4().hex[:8]}@victims.example"
    case.receive("Undelivered", sender="mailer-daemon@mx.example", kind="bounce", returned_message_id=case.own_id,
                 bounce=[{"recipient": victim, "status": "5.1.1", "permanent": True}])  # fmt: skip
    assert case.suppressed(victim) == []


def test_a_temporary_refusal_is_a_delay(case: Case) -> None:
    case.returned(said={"status": "4.4.1", "action": "delayed", "permanent": False})
    assert (case.delivery()["state"], case.suppressed(), case.state()["status"]) == ("delayed", [], "replied")
    case.returned()
    assert (case.delivery()["state"], case.suppressed()) == ("bounced", ["bounce"])


def test_a_bounce_without_any_signature_is_told_but_suppresses_nobody(case: Case) -> None:
    case.returned(returned_message_id=None)
    assert (case.delivery()["state"], case.suppressed()) == ("bounced", [])


def test_backscatter_is_parked(case: Case, sender: str) -> None:
    case.returned(recipient=f"never-written-to-{sender}", returned_message_id="<spam@elsewhere.example>")
    assert case.delivery()["state"] == "sent"
    parked = case.writer.rows("SELECT reason FROM parked_mail WHERE sender = 'mailer-daemon@mx.example' AND status = 'parked'")
    assert ("backscatter",) in parked


def test_a_complaint_stops_automatic_mail_but_not_people(case: Case) -> None:
    case.receive("Abuse report", sender="fbl@provider.example", kind="feedback-report", returned_message_id=case.own_id)
    assert case.suppressed() == ["complaint"] and "ticket.complained" in case.events()
    again = new_object_id()
    said = case.writer.ticket_command(case.ticket, AddReply(message_id=again, body_text="Sorry."), at=now(), agent=AGENT)
    assert said.status == "done"
    case.receive("Something else entirely")
    assert case.writer.rows("SELECT data ->> 'reason' FROM ticket_event WHERE type = 'ticket.confirmation_withheld' AND ticket_id IN"
                            " (SELECT id FROM ticket WHERE doc #>> '{requester,email}' = %s)", case.sender) == [("suppressed",)]  # fmt: skip


def test_a_third_partys_reply_is_private_and_changes_nothing(case: Case) -> None:
    before = case.state()
    case.receive("Re: Broken kettle", sender="mallory@evil.example", in_reply_to=[case.own_id], cc=[Address(address="eve@evil.example")])
    after = case.state()
    assert {k: after[k] for k in ("status", "unread", "reopen_count", "snippet")} == {
        k: before[k] for k in ("status", "unread", "reopen_count", "snippet")
    }
    assert case.thread()[-1]["kind"] == "third_party"
    taking_part = {a for (a,) in case.writer.rows("SELECT address FROM participant WHERE ticket_id = %s", case.ticket)}
    assert not taking_part & {"mallory@evil.example", "eve@evil.example"}


@pytest.mark.usefixtures("vouched")
def test_a_proven_agent_answers_and_resolves_by_mail(case: Case) -> None:
    case.receive(
        "Re: Broken kettle",
        sender=AGENTS_MAIL,
        in_reply_to=[case.own_id],
        text="A new one is on its way.\n#resolve",
        authentication_results=[PASS],
    )
    last = case.thread()[-1]
    assert (last["kind"], last["body_text"], last["to"][0]["address"]) == ("agent", "A new one is on its way.", case.sender)
    assert case.state()["status"] == "resolved"


@pytest.mark.usefixtures("vouched")
def test_an_agents_answer_by_mail_to_a_suppressed_address_is_kept_and_not_sent(case: Case) -> None:
    case.returned()
    case.receive("Re: Broken kettle", sender=AGENTS_MAIL, in_reply_to=[case.own_id], text="Are you there?", authentication_results=[PASS])
    assert (case.thread()[-1]["kind"], "refused_suppressed" in case.thread()[-1]["flags"]) == ("third_party", True)


@pytest.mark.usefixtures("vouched")
def test_an_unproven_agent_only_leaves_a_private_comment(case: Case) -> None:
    case.receive("Re: Broken kettle", sender=AGENTS_MAIL, in_reply_to=[case.own_id], text="#close")
    assert (case.thread()[-1]["kind"], case.state()["status"]) == ("third_party", "replied")
    assert "agent_unproven" in case.thread()[-1]["flags"]


@pytest.mark.usefixtures("vouched")
def test_what_an_agent_cannot_do_by_mail_is_kept_as_a_private_comment(case: Case) -> None:
    case.receive("Re: Broken kettle", sender=AGENTS_MAIL, in_reply_to=[case.own_id], text="#assign nobody", authentication_results=[PASS])
    assert case.thread()[-1]["kind"] == "third_party" and "refused_assignee" in case.thread()[-1]["flags"]


@pytest.mark.usefixtures("vouched")
def test_a_proven_agents_forward_is_the_first_senders_ticket(case: Case, writer: Writer) -> None:
    first = f"{uuid.uuid4().hex[:8]}@customers.example"
    quoted = f"---------- Forwarded message ---------\nFrom: Jo <{first}>\nSubject: Leak\n\nIt leaks."
    case.receive("Fwd: Leak", sender=AGENTS_MAIL, forwarded_from=Address(name="Jo", address=first), text=f"Please take this.\n\n{quoted}",
                 reply="Please take this.", quoted=quoted, authentication_results=[PASS])  # fmt: skip
    ticket, doc = writer.rows("SELECT id, doc FROM ticket WHERE doc #>> '{requester,email}' = %s", first)[0]
    said = [
        (d["kind"], d["body_text"])
        for (d,) in writer.rows("SELECT doc FROM message WHERE ticket_id = %s ORDER BY created_at, doc ->> 'kind'", ticket)
    ]
    assert said == [("customer", "It leaks."), ("note", "Please take this.")]
    assert doc["requester"]["name"] == "Jo"


def test_a_changed_subject_is_split_off_with_one_command_and_moved_back(case: Case, writer: Writer) -> None:
    mail = case.receive("My invoice of October", in_reply_to=[case.own_id])
    message = case.thread()[-1]
    assert "topic_changed" in message["flags"]
    assert writer.ticket_command(case.ticket, MoveMessage(message_id=message["id"]), at=now(), agent=AGENT).status == "done"
    split = str(writer.rows("SELECT ticket_id FROM message WHERE id = %s", message["id"])[0][0])
    assert split != case.ticket
    follow = case.receive("Re: My invoice of October", in_reply_to=[str(mail.message_id)])
    assert str(writer.rows("SELECT ticket_id FROM message WHERE rfc_id = %s", follow.message_id)[0][0]) == split, (
        "its own answers follow it"
    )
    back = writer.ticket_command(split, MoveMessage(message_id=message["id"], into=case.ticket), at=now(), agent=AGENT)
    assert back.status == "done"
    assert message["id"] in {m["id"] for m in case.thread()}
    assert {"ticket.message_moved", "ticket.message_arrived"} <= set(case.events())


@pytest.mark.usefixtures("vouched")
def test_an_agents_answer_to_a_notice_is_their_answer_only_with_proof_and_an_absence_note_never_is(case: Case, writer: Writer) -> None:
    agent = {"name": "Noor", "email": AGENTS_MAIL, "role": "admin"}
    writer.configure("agent", AGENT, {**agent, "notices": ["assigned", "customer_replied"]}, at=now())
    try:
        assigned = ChangeTicket(set=["assignee_id"], assignee_id=AGENT)
        assert writer.ticket_command(case.ticket, assigned, at=now(), agent=new_object_id()).status == "done"
        notice = case.thread()[-1]
        assert (notice["channel"], notice["to"][0]["address"]) == ("notice", AGENTS_MAIL)
        answer = {"sender": AGENTS_MAIL, "in_reply_to": [notice["message_id"]], "text": "I am on it."}
        case.receive("Away until Monday", **answer, kind="auto-reply", authentication_results=[PASS])
        assert case.thread()[-1]["kind"] == "third_party"
        case.receive("Re: Assigned to you", **answer)
        assert case.thread()[-1]["kind"] == "third_party"
        case.receive("Re: Assigned to you", **answer, authentication_results=[PASS])
        last = case.thread()[-1]
        assert (last["kind"], last["to"][0]["address"], last["body_text"]) == ("agent", case.sender, "I am on it.")
        assert case.events().count("ticket.notice_queued") == 1
    finally:
        writer.configure("agent", AGENT, agent, at=now())
