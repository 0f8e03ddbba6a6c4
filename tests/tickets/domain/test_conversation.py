"""What a ticket becomes when people write: the transitions of contract.md."""

from datetime import timedelta

import pytest

from schemas.base import Address
from schemas.commands import AddNote, AddReply, ChangeTicket, TakeBackReply, TimerFired
from services.runtime.ids import new_object_id
from services.tickets.domain import changes, conversation, delivery, signed_ids
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.timers import of_message
from services.tickets.domain.turn import Rejected
from tests.tickets.domain.world import KEYS, NOOR, SUPPORT, World, mail


def answer(world: World, text: str = "Try again now.", **more: object) -> str:
    action = AddReply(message_id=new_object_id(), body_text=text, **{"undo_seconds": 0, **more})
    turn = world.turn()
    conversation.reply(turn, action, thread=world.thread())
    world.keep(turn)
    return action.message_id


def test_a_new_ticket_has_a_number_a_priority_and_targets() -> None:
    t = World().opened().ticket
    assert (t.number, t.status, t.priority, t.unread) == ("TIK-261122-00001", "open", "medium", True)
    assert t.created_at is not None
    assert t.sla.first_response_due == t.created_at + timedelta(hours=8)


def test_the_confirmation_goes_out_once_quotes_nothing_and_changes_no_status() -> None:
    world = World().opened(mail("Win a prize at evil.example", "Click evil.example now", message_id="<a@b>"))
    sent = [m for m in world.messages.values() if m.kind == "system"]
    assert len(sent) == 1
    assert "TIK-261122-00001" in sent[0].body_text
    assert "evil" not in sent[0].body_text + sent[0].subject
    assert [(a.name, a.address) for a in sent[0].to] == [("", "mia@customers.example")]
    assert sent[0].outbound.automatic
    assert world.ticket.status == "open"
    assert world.ticket.first_response_at is None


@pytest.mark.parametrize("kind", ["bulk", "auto-reply"])
def test_automatic_mail_gets_no_confirmation(kind: str) -> None:
    world = World().opened(mail(kind=kind))
    assert [m.kind for m in world.messages.values()] == ["customer"]


def test_a_reply_makes_it_replied_and_meets_the_first_response() -> None:
    world = World().opened()
    world.wait(minutes=5)
    message = world.messages[answer(world)]
    assert world.ticket.status == "replied"
    assert world.ticket.first_response_at == world.now
    assert not world.ticket.unread
    assert message.delivery.state == "queued"
    assert message.outbound.in_reply_to == "<first@customers.example>"
    assert message.outbound.references == ["<first@customers.example>"]


def test_a_reply_carries_our_signed_id_and_an_address_bound_to_its_recipient() -> None:
    world = World().opened()
    outbound = world.messages[answer(world)].outbound
    assert signed_ids.read_message_id(KEYS, outbound.message_id)[0] == world.ticket.id  # type: ignore[index]
    reply_to = outbound.reply_to.address
    assert signed_ids.read_reply_address(KEYS, reply_to, sender="mia@customers.example") == world.ticket.id
    assert signed_ids.read_reply_address(KEYS, reply_to, sender="mallory@evil.example") is None


def test_one_flipped_character_makes_our_id_a_strangers() -> None:
    world = World().opened()
    good = world.messages[answer(world)].outbound.message_id
    for place in range(1, good.index("@")):
        bad = good[:place] + ("a" if good[place] != "a" else "b") + good[place + 1 :]
        assert signed_ids.read_message_id(KEYS, bad) is None


@pytest.mark.parametrize("before", ["replied", "on_hold", "resolved"])
def test_a_customers_message_opens_it_again(before: str) -> None:
    world = World().opened()
    turn = world.turn()
    changes.set_status(turn, before)
    world.keep(turn)
    world.wait(minutes=1)
    world.customer_writes()
    assert world.ticket.status == "open"
    assert world.ticket.reopen_count == (1 if before == "resolved" else 0)
    assert world.ticket.resolved_at is None
    assert world.ticket.sla.paused_since is None


def test_taking_a_reply_back_leaves_the_ticket_as_it_was() -> None:
    world = World().opened()
    before = world.ticket
    message_id = answer(world, undo_seconds=10, status_after="resolved")
    assert world.ticket.status == "resolved"
    turn = world.turn()
    conversation.take_back(turn, TakeBackReply(message_id=message_id))
    world.keep(turn)
    for field in (
        "status",
        "unread",
        "first_response_at",
        "resolved_at",
        "resolved_by",
        "message_count",
        "human_set",
        "sla",
        "before_reply",
    ):
        assert getattr(world.ticket, field) == getattr(before, field), field
    assert world.messages[message_id].taken_back


def test_a_reply_on_its_way_cannot_be_taken_back() -> None:
    world = World().opened()
    message_id = answer(world)
    with pytest.raises(Rejected, match="on its way"):
        conversation.take_back(world.turn(), TakeBackReply(message_id=message_id))


def test_a_waiting_reply_is_held_when_the_customer_writes_first() -> None:
    world = World().opened()
    message_id = answer(world, undo_seconds=10)
    world.wait(seconds=2)
    world.customer_writes("Never mind, solved.")
    assert world.messages[message_id].delivery.state == "held"
    assert of_message(world.messages[message_id]) == {}
    assert world.ticket.status == "open"


def test_the_window_ends_by_its_timer_and_only_by_its_own() -> None:
    world = World().opened()
    message_id = answer(world, undo_seconds=10)
    due = of_message(world.messages[message_id])["send"]
    stale = TimerFired(timer=new_object_id(), kind="send", generation=1, due_at=due - timedelta(seconds=5), message_id=message_id)
    turn = world.turn()
    delivery.timer(turn, stale)
    assert turn.events == []
    turn = world.turn()
    delivery.timer(turn, stale.model_copy(update={"due_at": due}))
    world.keep(turn)
    assert world.messages[message_id].delivery.state == "queued"
    assert world.ticket.before_reply == {}


def test_a_third_party_changes_nothing_but_the_thread() -> None:
    world = World().opened()
    answer(world)
    verdict = Verdict(action="append", reason="known_message_id", ticket_id=world.ticket.id, public=False, flags=("third_party",))
    turn = world.customer_writes(
        "Give me the secret", sender="mallory@evil.example", verdict=verdict, cc=[Address(address="more@evil.example")]
    )
    assert next(iter(turn.messages.values())).kind == "third_party"
    assert world.ticket.status == "replied"
    assert not world.ticket.unread
    assert turn.participants == {}
    assert turn.ask_ai_about is None


def test_a_note_is_never_sent_and_changes_no_status() -> None:
    world = World().opened()
    turn = world.turn()
    conversation.note(turn, AddNote(message_id=new_object_id(), body_text="internal"))
    world.keep(turn)
    assert world.ticket.status == "open"
    note = next(m for m in world.messages.values() if m.kind == "note")
    assert note.outbound is None
    assert note.delivery.state == "none"


def test_recipients_never_hold_our_own_mailbox_nor_anybody_twice() -> None:
    world = World().opened()
    to, cc = ["Mia@customers.example", SUPPORT], ["mia@customers.example", "boss@customers.example"]
    message = world.messages[answer(world, to=[Address(address=a) for a in to], cc=[Address(address=a) for a in cc])]
    assert [a.address for a in message.to] == ["mia@customers.example"]
    assert [a.address for a in message.cc] == ["boss@customers.example"]


def test_a_change_of_several_fields_is_one_decision() -> None:
    world = World().opened()
    turn = world.turn()
    fields = ["status", "priority", "team_id", "assignee_id", "tags"]
    team = next(iter(world.desk.teams))
    changes.change(turn, ChangeTicket(set=fields, status="on_hold", priority="high", team_id=team, assignee_id=NOOR, tags=["vip"]))
    world.keep(turn)
    assert (world.ticket.status, world.ticket.priority, world.ticket.team_id, world.ticket.assignee_id) == ("on_hold", "high", team, NOOR)
    assert world.texts.tags == ("vip",)
    assert "vip" not in str([e.payload() for e in turn.events])


def test_unread_means_the_customer_wrote_after_the_last_agent_action() -> None:
    world = World().opened()
    assert world.ticket.unread
    turn = world.turn()
    changes.set_priority(turn, "high")
    world.keep(turn)
    assert not world.ticket.unread
    world.customer_writes()
    assert world.ticket.unread


def test_an_agents_html_is_cleaned_before_anybody_sees_it() -> None:
    world = World().opened()
    message_id = answer(world, body_html='<p onclick="steal()">Hi<script>steal()</script></p>')
    assert world.messages[message_id].body_html == "<p>Hi</p>"
