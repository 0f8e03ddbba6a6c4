"""Mail to agents: only what they asked for, never about themselves, once, under the caps, and an answer to it is an agent's only by proof."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.base import Actor
from schemas.commands import AddNote, AddReply, TimerFired
from services.runtime.ids import new_object_id
from services.tickets.domain import changes, conversation, delivery, notices, signed_ids
from services.tickets.domain.limits import Sent, Suppressed
from services.tickets.domain.timers import of_ticket
from services.tickets.domain.turn import Turn
from tests.tickets.domain.world import ADMIN, BEN, BILLING, KEYS, NOOR, World

BENS = "ben@desk.example"
EVERYTHING = ["assigned", "mentioned", "customer_replied", "sla_warned", "not_sent"]


def world(*wanted: str, **settings: Any) -> World:
    made = World(**settings)
    ben = made.desk.agents[BEN].model_copy(update={"notices": list(wanted), "role": "admin"})
    made.desk = replace(made.desk, agents={**made.desk.agents, BEN: ben}, address="https://desk.example")
    return made.opened()


def told(made: World, turn: Turn) -> list[tuple[str, str]]:
    notices.tell(turn, before=made.ticket)
    made.keep(turn)
    return [(e.data["agent"], e.data["why"]) for e in turn.events if e.type == "ticket.notice_queued"]


def assigned(made: World, *, by: str = NOOR) -> Turn:
    turn = made.turn(Actor(kind="agent", id=by))
    changes.set_assignee(turn, BEN)
    return turn


def bens(made: World) -> World:
    made.keep(assigned(made))
    return made


def customer_wrote(made: World) -> Turn:
    """The turn, before it is kept."""
    ticket, messages, history = made.ticket, dict(made.messages), list(made.history)
    turn = made.customer_writes()
    made.ticket, made.messages, made.history = ticket, messages, history
    return turn


def test_an_agent_is_told_who_assigned_and_where_and_nothing_of_what_the_customer_wrote() -> None:
    made = world("assigned")
    turn = assigned(made)
    before = turn.ticket.updated_at
    assert told(made, turn) == [(BEN, "assigned")]
    notice = next(m for m in turn.messages.values() if m.flags == ["notice"])
    out = notice.outbound
    assert out is not None and out.automatic and out.unsubscribe_url
    assert ([a.address for a in notice.to], notice.channel) == ([BENS], "notice")
    assert f"https://desk.example/tickets/{made.ticket.number}" in notice.body_text
    assert "It does not work" not in notice.body_text and "Help" not in notice.subject
    assert turn.automatic_to[0][0] == BENS and made.ticket.updated_at == before
    assert out.reply_to and signed_ids.read_reply_address(KEYS, out.reply_to.address, sender=BENS) == made.ticket.id
    assert signed_ids.read_reply_address(KEYS, out.reply_to.address, sender="noor@desk.example") is None


def test_nobody_is_told_what_they_did_themselves_or_did_not_ask_for() -> None:
    made = world(*EVERYTHING)
    assert told(made, assigned(made, by=BEN)) == []
    for wanted in ((), ("mentioned",)):
        made = world(*wanted)
        assert told(made, assigned(made)) == []


def test_a_mention_in_a_note_is_told_and_one_mail_stands_for_all_that_one_decision_brings() -> None:
    made = world("mentioned", "assigned")
    turn = assigned(made)
    conversation.note(turn, AddNote(message_id=new_object_id(), body_text="Look, Ben", mentions=[BEN, BEN, "nobody", NOOR]))
    assert told(made, turn) == [(BEN, "mentioned")]


def test_a_customers_words_are_told_once_until_an_agent_acts() -> None:
    made = bens(world("customer_replied"))
    made.ticket = replace(made.ticket, unread=False)
    assert told(made, customer_wrote(made)) == [(BEN, "customer_replied")]
    assert told(made, customer_wrote(made)) == []
    made.ticket = replace(made.ticket, unread=False)
    assert told(made, customer_wrote(made)) == [(BEN, "customer_replied")]


def test_a_close_target_is_told_to_the_assignee() -> None:
    made = bens(world("sla_warned"))
    due = of_ticket(made.ticket, auto_close_days=4)["sla_warn_first_response"]
    turn = made.turn(Actor(kind="timer"))
    changes.timer(turn, TimerFired(timer="t", kind="sla_warn_first_response", generation=1, due_at=due))
    assert told(made, turn) == [(BEN, "sla_warned")]


@pytest.mark.parametrize("way", ["failed", "held"])
def test_a_reply_that_was_not_sent_is_told_to_its_author(way: str) -> None:
    made = world("not_sent")
    turn = made.turn(Actor(kind="agent", id=BEN))
    action = AddReply(message_id=new_object_id(), body_text="Hello", undo_seconds=60)
    conversation.reply(turn, action, thread=made.thread())
    made.keep(turn)
    if way == "held":
        turn = customer_wrote(made)
    else:
        turn = made.turn(Actor(kind="system"))
        delivery.fail(turn, made.messages[action.message_id], state="failed", reason="no such user")
    assert told(made, turn) == [(BEN, "not_sent")]


def test_caps_suppression_and_walls_between_teams_hold() -> None:
    made = world(*EVERYTHING)
    turn = assigned(made)
    turn.sent = {BENS: Sent(today=20)}
    assert told(made, turn) == []
    made = world(*EVERYTHING)
    turn = assigned(made)
    turn.suppressed = {BENS: Suppressed("unsubscribed", "asked")}
    assert told(made, turn) == []
    made = world(*EVERYTHING)
    made.desk = replace(made.desk, agents={**made.desk.agents, BEN: made.desk.agents[BEN].model_copy(update={"role": "agent"})})
    made.ticket = replace(made.ticket, team_id=BILLING)
    turn = made.turn(Actor(kind="agent", id=ADMIN))
    conversation.note(turn, AddNote(message_id=new_object_id(), body_text="Ben?", mentions=[BEN]))
    assert told(made, turn) == []


def test_a_notice_that_fails_neither_opens_a_ticket_nor_tells_again() -> None:
    made = world(*EVERYTHING)
    turn = assigned(made)
    told(made, turn)
    notice = next(m for m in made.messages.values() if m.channel == "notice")
    status = made.ticket.status
    turn = made.turn(Actor(kind="system"))
    delivery.fail(turn, notice, state="bounced", reason="no such user")
    assert [e.type for e in turn.events] == ["ticket.notice_failed"]
    assert told(made, turn) == [] and made.ticket.status == status
