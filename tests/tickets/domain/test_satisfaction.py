"""CSAT: customers of resolved tickets are asked once how it went, nobody else is, and their answer counts once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from schemas.base import Actor, Address, Named
from schemas.commands import AddReply, ImportedMessage, ImportTicket, MergeTicket, RateTicket, TakeBackReply, TimerFired
from services.runtime.ids import event_id, new_object_id
from services.runtime.public_links import rating_path, read_rating
from services.tickets.domain import changes, conversation, joining, opening, satisfaction
from services.tickets.domain.limits import Sent, Suppressed
from services.tickets.domain.timers import of_ticket
from services.tickets.domain.turn import Rejected, Turn
from tests.tickets.domain.world import KEYS, NOOR, START, World, mail

MIA = "mia@customers.example"


def answered(world: World, **more: Any) -> World:
    turn = world.turn()
    conversation.reply(turn, AddReply(message_id=new_object_id(), body_text="Fixed.", undo_seconds=0, **more), thread=world.thread())
    world.keep(turn)
    return world


def to(world: World, status: str) -> World:
    turn = world.turn()
    changes.set_status(turn, status)
    world.keep(turn)
    return world


def resolved(**settings: Any) -> World:
    return to(answered(World(csat=True, **settings).opened()), "resolved")


def fired(world: World, due_at: Any = None, *, meanwhile: Callable[[Turn], None] | None = None) -> Turn:
    world.wait(hours=1)
    turn = world.turn(Actor(kind="timer"))
    if meanwhile:
        meanwhile(turn)
    due_at = due_at or world.ticket.rating_due
    satisfaction.ask(turn, TimerFired(timer="t", kind=satisfaction.TIMER, generation=1, due_at=due_at), thread=world.thread())
    return world.keep(turn)


def told(turn: Turn) -> list[tuple[str, Any]]:
    return [(e.type.removeprefix("ticket."), e.data.get("reason")) for e in turn.events]


def rated(world: World, score: str = "good", *, comment: str = "", cycle: int = 0) -> Turn:
    turn = world.turn(Actor(kind="customer"))
    satisfaction.rate(turn, RateTicket.model_validate({"cycle": cycle, "score": score, "comment": comment}))
    return world.keep(turn)


def test_the_customer_is_asked_an_hour_after_the_resolution_by_automatic_mail_with_a_signed_link() -> None:
    world = resolved()
    assert of_ticket(world.ticket, auto_close_days=4)["ask_rating"] == world.now + timedelta(hours=1)
    turn = fired(world)
    assert told(turn) == [("rating_asked", None)]
    asked = next(iter(turn.messages.values()))
    assert (asked.kind, asked.flags, [a.address for a in asked.to]) == ("system", ["rating_request"], [MIA])
    assert asked.outbound and asked.outbound.automatic and turn.automatic_to[0][0] == MIA
    assert rating_path(KEYS, ticket_id=world.ticket.id, cycle=0) in asked.body_text
    assert world.ticket.status == "resolved" and world.ticket.rating_due is None
    assert "ask_rating" not in of_ticket(world.ticket, auto_close_days=4)


def test_closing_after_resolving_asks_once() -> None:
    world = resolved()
    due = world.ticket.rating_due
    assert to(world, "closed").ticket.rating_due == due
    assert told(fired(world)) == [("rating_asked", None)]
    assert told(fired(world, due)) == []


def test_nobody_is_asked_unless_the_desk_or_the_mailbox_says_so() -> None:
    assert to(answered(World().opened()), "resolved").ticket.rating_due is None
    world = World(csat=True)
    box = next(iter(world.desk.mailboxes.values()))
    for says, asks in (("off", False), ("on", True), ("desk", True)):
        world = World(csat=True)
        world.desk.mailboxes[box.address] = box.model_copy(update={"csat": says})  # type: ignore[index]
        assert (to(answered(world.opened()), "resolved").ticket.rating_due is not None) == asks


def test_a_ticket_that_is_opened_again_before_is_not_asked_about_and_the_next_resolution_is() -> None:
    world = resolved()
    due = world.ticket.rating_due
    world.customer_writes("Still broken!")
    assert world.ticket.rating_due is None
    assert told(fired(world, due)) == []
    assert told(fired(to(world, "resolved"))) == [("rating_asked", None)]
    asked = next(m for m in world.messages.values() if m.flags == ["rating_request"])
    assert rating_path(KEYS, ticket_id=world.ticket.id, cycle=1) in asked.body_text


def test_taking_back_the_reply_that_resolved_takes_back_the_question() -> None:
    world = World(csat=True).opened()
    turn = world.turn()
    action = AddReply(message_id=new_object_id(), body_text="Done.", undo_seconds=10, status_after="resolved")
    conversation.reply(turn, action, thread=world.thread())
    world.keep(turn)
    assert world.ticket.rating_due is not None
    turn = world.turn()
    conversation.take_back(turn, TakeBackReply(message_id=action.message_id))
    assert world.keep(turn).ticket.rating_due is None


@pytest.mark.parametrize("kind", ["bulk", "auto-reply"])
def test_automatic_mail_is_not_asked(kind: str) -> None:
    world = World(csat=True).opened(mail(message_id="<first@customers.example>", kind=kind))
    assert told(fired(to(answered(world), "resolved"))) == [("rating_withheld", "automatic")]


def test_spam_that_was_closed_without_an_answer_is_not_asked() -> None:
    assert told(fired(to(World(csat=True).opened(), "closed"))) == [("rating_withheld", "unanswered")]


def test_merged_tickets_are_not_asked() -> None:
    source, target = resolved(), World().opened()
    turn, into = source.turn(), target.turn()
    joining.merge(turn, into, MergeTicket(into=into.ticket.id + "x"), thread=source.thread())
    assert source.keep(turn).ticket.rating_due is None


def test_imported_tickets_are_not_asked() -> None:
    world = World(csat=True)
    turn = world.turn(Actor(kind="system"))
    said = [ImportedMessage(kind=k, body_text="x", created_at=START) for k in ("customer", "agent")]
    action = ImportTicket(subject="Old", requester=Address(address=MIA), messages=said, status="resolved")
    opening.import_thread(turn, action, number="TIK-1", requester=Named(id=NOOR, name="Mia"), email=MIA)
    assert world.keep(turn).ticket.rating_due is None


def test_the_caps_and_the_suppression_list_hold() -> None:
    def capped(turn: Turn) -> None:
        turn.sent = {MIA: Sent(today=20)}

    def suppressed(turn: Turn) -> None:
        turn.suppressed = {MIA: Suppressed("unsubscribed", "asked")}

    assert told(fired(resolved(), meanwhile=capped)) == [("rating_withheld", "daily_cap")]
    assert told(fired(resolved(), meanwhile=suppressed)) == [("rating_withheld", "suppressed")]


def test_an_answer_is_an_event_without_words_and_the_comment_an_internal_note() -> None:
    world = resolved()
    fired(world)
    turn = rated(world, "bad", comment="Too slow. ")
    assert [(e.type, e.data["score"], e.actor["kind"]) for e in turn.events] == [("ticket.rated", "bad", "customer")]
    assert "slow" not in str(turn.events)
    note = next(iter(turn.messages.values()))
    assert (note.kind, note.body_text, note.flags) == ("note", "Too slow.", ["rating", "rated_bad"])
    assert (world.ticket.rating, world.ticket.rated_at, world.ticket.status) == ("bad", world.now, "resolved")


def test_a_resolution_is_rated_once_and_the_next_one_anew() -> None:
    world = resolved()
    rated(world)
    with pytest.raises(Rejected, match="answered already"):
        rated(world, "bad")
    with pytest.raises(Rejected):
        rated(world, cycle=1)
    world.customer_writes("Again!")
    rated(to(world, "resolved"), "bad", cycle=1)
    assert world.ticket.rating == "bad"
    assert world.ticket.rated_cycle == 1


def test_one_flipped_sign_of_a_link_is_nobodys() -> None:
    ticket = event_id("ticket", 1)
    token = rating_path(KEYS, ticket_id=ticket, cycle=3).rpartition("/")[2]
    assert read_rating(KEYS, token) == (ticket, 3)
    assert read_rating(KEYS, token.replace(".3.", ".4.")) is None
    assert read_rating(KEYS, token[:-1] + ("a" if token[-1] != "a" else "b")) is None
