"""One ticket for many about the same: what reaches each customer, and what is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.base import Actor, Address, Named
from schemas.commands import AddReply, ChangeTicket, OpenIncident, TakeBackReply, TimerFired
from services.runtime.ids import new_object_id, object_id
from services.tickets.domain import changes, delivery, incidents
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.opening import open_by_mail
from services.tickets.domain.turn import Rejected, Turn
from tests.tickets.domain.world import NOOR, START, World, mail


class Outage:
    """Three customers who write about the same, and the incident opened for them."""

    def __init__(self, number: int = 3) -> None:
        self.worlds = [self.customer(n) for n in range(number)]
        self.incident = World()
        self.incident.ticket = type(self.incident.ticket)(id=object_id(START, "incident"))

    @staticmethod
    def customer(n: int) -> World:
        made, address = World(), f"customer{n}@customers.example"
        made.ticket = type(made.ticket)(id=object_id(START, "ticket", n))
        turn = made.turn(Actor(kind="customer", id=NOOR))
        open_by_mail(
            turn, mail("It is down", message_id=f"<{n}@customers.example>", sender=address), Verdict(action="open", reason="new"),
            number=f"TIK-261122-0000{n}", requester=Named(id=object_id(START, "c", n), name=f"Customer {n}"), email=address,
        )  # fmt: skip
        made.keep(turn)
        return made

    def turns(self) -> tuple[Turn, list[Turn]]:
        return self.incident.turn(), [w.turn() for w in self.worlds]

    def keep(self, turn: Turn, children: list[Turn]) -> None:
        self.incident.keep(turn)
        for world, child in zip(self.worlds, children, strict=True):
            world.keep(child)

    def open(self) -> Outage:
        turn, children = self.turns()
        action = OpenIncident(
            subject="The site is down", requester=Address(name="Noor", address="noor@desk.example"), ticket_ids=[w.ticket.id for w in self.worlds],
            signal_id="signal", message_id=new_object_id(),
        )  # fmt: skip
        incidents.open_incident(
            turn, children, action, number="TIK-261122-00009", requester=Named(id=object_id(START, "noor"), name="Noor")
        )
        self.keep(turn, children)
        return self

    def reply(self, **more: Any) -> str:
        turn, children = self.turns()
        action = AddReply(message_id=new_object_id(), body_text="We are on it.", **more)
        incidents.reply(turn, children, action, thread=lambda t: next(w.thread() for w in self.worlds if w.ticket.id == t))
        self.keep(turn, children)
        return action.message_id

    def change(self, **fields: Any) -> None:
        self.incident.wait(seconds=1)
        for world in self.worlds:
            world.now = self.incident.now
        turn, children = self.turns()
        incidents.change(turn, children, ChangeTicket(set=[name for name in fields if name != "children"], **fields))
        self.keep(turn, children)

    def answers(self, world: World) -> list[tuple[str, list[str], str]]:
        found = [m for m in world.thread() if m.kind == "agent" and not m.taken_back]
        return [(m.body_text, [a.address for a in m.to], m.delivery.state) for m in found]


def test_an_incident_links_its_tickets_and_asks_nobody() -> None:
    outage = Outage().open()
    parent = outage.incident.ticket
    assert parent.children == tuple(w.ticket.id for w in outage.worlds)
    assert (parent.incident_of, parent.channel, parent.last_customer_message_id) == ("signal", "internal", None)
    assert all(w.ticket.parent_id == parent.id for w in outage.worlds)
    assert "TIK-261122-00001" in outage.incident.thread()[0].body_text
    with pytest.raises(Rejected, match="belongs to an incident"):
        Outage.open(outage)


def test_its_answer_reaches_each_customer_by_a_mail_of_their_own_with_the_same_window() -> None:
    outage = Outage().open()
    outage.reply(undo_seconds=30)
    for n, world in enumerate(outage.worlds):
        assert outage.answers(world) == [("We are on it.", [f"customer{n}@customers.example"], "undo")]
        sent = next(m for m in world.thread() if m.kind == "agent")
        assert sent.outbound.in_reply_to == f"<{n}@customers.example>"
        assert sent.outbound.to[0].address == f"customer{n}@customers.example" and not sent.outbound.cc
        assert (sent.delivery.undo_until - world.now).total_seconds() == 30
        assert world.ticket.status == "replied"
    own = next(m for m in outage.incident.thread() if m.kind == "agent")
    assert (own.delivery.state, own.outbound, own.to) == ("undo", None, [])


def test_taking_it_back_takes_every_copy_back() -> None:
    outage = Outage().open()
    message = outage.reply()
    turn, children = outage.turns()
    incidents.take_back(turn, children, TakeBackReply(message_id=message))
    outage.keep(turn, children)
    assert [outage.answers(w) for w in (*outage.worlds, outage.incident)] == [[], [], [], []]
    assert all(w.ticket.status == "open" for w in outage.worlds)


def test_after_its_window_its_own_answer_counts_as_sent_and_goes_nowhere() -> None:
    outage = Outage().open()
    message = outage.reply(undo_seconds=30)
    outage.incident.wait(seconds=30)
    turn = outage.incident.turn(Actor(kind="timer"))
    delivery.timer(turn, TimerFired(timer="t", kind="send", generation=1, due_at=outage.incident.now, message_id=message))
    outage.incident.keep(turn)
    assert outage.answers(outage.incident) == [("We are on it.", [], "sent")]


def test_who_closed_or_has_no_address_is_left_out_and_nobody_left_is_refused() -> None:
    outage = Outage(2).open()
    turn = outage.worlds[0].turn()
    turn.emit("status_changed", {}, status="closed")
    outage.worlds[0].keep(turn)
    outage.reply()
    assert [len(outage.answers(w)) for w in outage.worlds] == [0, 1]
    turn = outage.worlds[1].turn()
    turn.emit("status_changed", {}, status="closed")
    outage.worlds[1].keep(turn)
    with pytest.raises(Rejected, match="No open ticket"):
        outage.reply()


def test_resolving_it_without_an_answer_resolves_its_open_tickets_and_writes_to_nobody() -> None:
    outage = Outage(4).open()
    for n, status in ((1, "closed"), (2, "on_hold")):
        turn = outage.worlds[n].turn()
        turn.emit("status_changed", {}, status=status)
        outage.worlds[n].keep(turn)
    outage.change(status="resolved")
    assert [w.ticket.status for w in outage.worlds] == ["resolved", "closed", "resolved", "resolved"]
    assert [outage.answers(w) for w in outage.worlds] == [[], [], [], []]
    told = [e for e in outage.worlds[0].history if e.type == "ticket.status_changed"][-1]
    assert (told.data["reason"], told.data["to"], told.actor["kind"]) == ("incident", "resolved", "agent")
    assert outage.worlds[0].ticket.resolved_by == outage.incident.ticket.resolved_by is not None


def test_who_wants_only_the_incident_resolved_says_so() -> None:
    outage = Outage().open()
    outage.change(status="resolved", children=False)
    assert outage.incident.ticket.status == "resolved"
    assert [w.ticket.status for w in outage.worlds] == ["open", "open", "open"]


def test_opened_again_it_opens_what_was_resolved_with_it_and_nothing_else() -> None:
    outage = Outage().open()
    turn = outage.worlds[0].turn()
    changes.set_status(turn, "resolved")
    outage.worlds[0].keep(turn)
    outage.change(status="resolved")
    outage.change(status="open")
    assert [w.ticket.status for w in outage.worlds] == ["resolved", "open", "open"]


def test_other_changes_stay_on_the_incident() -> None:
    outage = Outage().open()
    outage.change(priority="critical", tags=["outage"])
    assert outage.incident.ticket.priority == "critical"
    assert {w.ticket.priority for w in outage.worlds} == {"medium"} and not any(w.texts.tags for w in outage.worlds)
