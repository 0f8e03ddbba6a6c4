"""A mail that a newer parser reads differently: corrected, told, and put back."""

from __future__ import annotations

import pytest

from schemas.base import Actor
from schemas.commands import CorrectMessage, RestoreMessage
from schemas.ticket import Message, Origin
from services.tickets.domain import corrections
from services.tickets.domain.turn import Rejected, Turn
from tests.tickets.domain.world import World


def _world(**more: object) -> tuple[Turn, Message]:
    world = World().opened()
    key, message = next((key, m) for key, m in world.messages.items() if m.kind == "customer")
    world.messages[key] = message.model_copy(update={"origin": Origin(topic="mail.raw", key="k"), **more})
    return world.turn(Actor(kind="system", id="reparse")), world.messages[key]


def _as_it_is(message: Message, **more: object) -> CorrectMessage:
    given = {
        "body_text": message.body_text,
        "body_html": message.body_html,
        "quoted_html": message.quoted_html,
        "mail_kind": message.mail_kind,
    }
    return CorrectMessage.model_validate({"message_id": message.id, **given, **more})


def test_a_correction_is_told_and_put_back() -> None:
    turn, before = _world()
    corrections.correct(turn, _as_it_is(before, body_text="Read better."))
    now = turn.message(before.id)
    assert now.body_text == "Read better." and now.former is not None and now.former.body_text == before.body_text
    assert [(e.type, e.data["fields"]) for e in turn.events] == [("ticket.message_corrected", ["body_text"])]
    corrections.restore(turn, RestoreMessage(message_id=before.id))
    assert turn.message(before.id).body_text == before.body_text and turn.events[-1].type == "ticket.message_restored"


def test_what_reads_the_same_leaves_no_trace() -> None:
    turn, before = _world()
    corrections.correct(turn, _as_it_is(before))
    assert not turn.events and turn.message(before.id).former is None


def test_only_mail_can_be_read_again_and_only_corrections_put_back() -> None:
    turn, before = _world(origin=None)
    with pytest.raises(Rejected):
        corrections.correct(turn, _as_it_is(before, body_text="x"))
    with pytest.raises(Rejected):
        corrections.restore(turn, RestoreMessage(message_id=before.id))
