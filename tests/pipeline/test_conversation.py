"""From a customer's mail to the answer in their inbox, and back."""

from __future__ import annotations

from email.message import Message

from tests.pipeline.desk import PATIENCE, Desk
from tests.pipeline.mails import compose
from tests.servers import eventually


def _inbox(desk: Desk, address: str, *, at_least: int) -> list[Message]:
    def enough() -> list[Message] | None:
        mails = desk.post.inboxes([address])[address]
        return mails if len(mails) >= at_least else None

    return eventually(enough, seconds=PATIENCE, what=f"{at_least} mails for {address}")


def test_a_mail_becomes_a_ticket_and_the_reply_arrives_threaded_in_both_directions(desk: Desk) -> None:
    customer = "ada@customers.example"
    first = compose("Printer on fire", "It burns.", sender=customer, name="Ada Quill")
    desk.post.send(first)
    ticket = desk.ticket_of(first["Message-ID"])
    assert (ticket["subject"], ticket["status"], ticket["requester"]["email"]) == ("Printer on fire", "open", customer)

    with desk.http as http:
        answer = http.post(f"/tickets/{ticket['id']}/replies", json={"body_text": "Use water.", "undo_seconds": 0})
        assert answer.status_code == 201, answer.text
        mails = _inbox(desk, customer, at_least=2)
        reply = next(m for m in mails if "Use water." in m.as_string())
        assert reply["In-Reply-To"] == first["Message-ID"]
        assert first["Message-ID"] in reply["References"]
        assert reply["Subject"] == "Re: Printer on fire"

        second = compose("Re: Printer on fire", "It is out.", sender=customer, references=[first["Message-ID"], reply["Message-ID"]])
        desk.post.send(second)
        assert desk.ticket_of(second["Message-ID"])["id"] == ticket["id"]
        again = http.get(f"/tickets/{ticket['id']}").json()
        thread = [m["kind"] for m in http.get(f"/tickets/{ticket['id']}/messages").json()["data"] if m["kind"] != "system"]
    assert again["status"] == "open"
    assert thread == ["customer", "agent", "customer"]


def test_each_new_ticket_is_confirmed_once(desk: Desk) -> None:
    customer = "bo@customers.example"
    mail = compose("Invoice", "Where is it?", sender=customer)
    desk.post.send(mail)
    ticket = desk.ticket_of(mail["Message-ID"])
    confirmation = _inbox(desk, customer, at_least=1)
    desk.settle()
    assert [ticket["number"] in str(m["Subject"]) for m in desk.post.inbox(customer)] == [True]
    assert confirmation[0]["In-Reply-To"] == mail["Message-ID"]
    assert confirmation[0]["Auto-Submitted"] == "auto-replied"


def test_an_answer_that_quotes_only_our_own_mail_finds_its_ticket(desk: Desk) -> None:
    customer = "cy@customers.example"
    mail = compose("Broken link", "On page 3.", sender=customer)
    desk.post.send(mail)
    ticket = desk.ticket_of(mail["Message-ID"])
    own = _inbox(desk, customer, at_least=1)[0]["Message-ID"]
    answer = compose("quite another subject", "It is page 4.", sender=customer, references=[own])
    desk.post.send(answer)
    assert desk.ticket_of(answer["Message-ID"])["id"] == ticket["id"]


def test_two_mails_of_one_new_thread_at_once_are_one_ticket(desk: Desk) -> None:
    missing = "<never-seen@customers.example>"
    mails = [compose("Re: talk", f"part {n}", sender="di@customers.example", references=[missing]) for n in range(2)]
    desk.post.send(*mails)
    assert len({desk.ticket_of(m["Message-ID"])["id"] for m in mails}) == 1
