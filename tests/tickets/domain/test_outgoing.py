"""email.md 5: what tickets fixes about a mail before it is sent, rule by rule."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.base import Actor, Address
from schemas.commands import AddReply, SettleDelivery, TakeBackReply, TimerFired
from schemas.config import Mailbox, MailTemplate
from schemas.ticket import Message
from services.runtime.ids import new_object_id, object_id
from services.runtime.public_links import read_unsubscribe
from services.runtime.signing import Keys
from services.tickets.domain import changes, conversation, delivery, signed_ids
from services.tickets.domain.correlation import Verdict
from services.tickets.domain.timers import of_message
from tests.tickets.domain.world import BILLING, KEYS, NOOR, START, SUPPORT, World, mail

TICKET, MESSAGE = object_id(START, "ticket"), object_id(START, "message")
OLD, NEW = "o" * 40, "n" * 40
MIA = "mia@customers.example"


def with_mailbox(world: World, **changes: Any) -> World:
    box = world.desk.mailboxes[SUPPORT].model_copy(update=changes)
    world.desk = replace(world.desk, mailboxes={SUPPORT: box})
    return world


def reply(world: World, text: str = "Try again now.", **more: Any) -> Message:
    action = AddReply(message_id=new_object_id(), body_text=text, **{"undo_seconds": 0, **more})
    turn = world.turn()
    conversation.reply(turn, action, thread=world.thread())
    world.keep(turn)
    message: Message = world.messages[action.message_id]
    return message


def signed(world: World, *, agent: str = "", team: str = "", mailbox: str = "") -> str:
    with_mailbox(world, signature=mailbox)
    agents = {**world.desk.agents, NOOR: world.desk.agents[NOOR].model_copy(update={"signature": agent})}
    teams = {**world.desk.teams, BILLING: world.desk.teams[BILLING].model_copy(update={"signature": team})}
    world.desk = replace(world.desk, agents=agents, teams=teams)
    world.ticket = replace(world.ticket, team_id=BILLING)
    out = reply(world).outbound
    assert out is not None
    return out.signature


def test_the_signature_is_the_agents_then_the_teams_or_the_mailboxs() -> None:
    assert signed(World().opened(), agent="Noor", team="Billing", mailbox="Harbour Tools") == "Noor\nBilling"
    assert signed(World().opened(), agent="Noor", mailbox="Harbour Tools") == "Noor\nHarbour Tools"
    assert signed(World().opened()) == ""


def test_history_is_quoted_where_the_mailbox_says_so_and_the_agent_not_otherwise() -> None:
    def quoted(*, mailbox: bool, said: bool | None) -> str:
        out = reply(with_mailbox(World().opened(), quote_history=mailbox), quote=said).outbound
        assert out is not None
        return out.quoted_text

    assert "> It does not work." in quoted(mailbox=True, said=None)
    assert "> It does not work." in quoted(mailbox=False, said=True)
    assert quoted(mailbox=True, said=False) == quoted(mailbox=False, said=None) == ""


def test_notes_third_parties_and_what_was_not_sent_are_never_quoted() -> None:
    world = World().opened()
    turn = world.turn()
    conversation.write_note(turn, new_object_id(), "SECRET note")
    world.keep(turn)
    world.customer_writes("PRIVATE remark", verdict=Verdict(action="append", reason="x", ticket_id=world.ticket.id, public=False))
    reply(world, "WAITING words", undo_seconds=100)
    out = reply(world, quote=True).outbound
    assert out is not None
    assert "It does not work." in out.quoted_text
    assert not [w for w in ("SECRET", "PRIVATE", "WAITING") if w in out.quoted_text + out.quoted_html]


def test_the_line_above_a_quotation_is_in_the_customers_language() -> None:
    text = "Guten Tag, ich habe eine Frage zu der Rechnung und kann sie nicht öffnen. Bitte helfen Sie mir."
    out = reply(World().opened(mail(text=text, message_id="<d@e>")), quote=True).outbound
    assert out is not None
    assert "schrieb Mia:" in out.quoted_text


def test_an_envelope_sender_names_the_message_where_plus_addresses_exist() -> None:
    message = reply(World().opened())
    assert message.outbound is not None
    assert signed_ids.read_bounce_address(KEYS, message.outbound.envelope_from or "") == message.id


@pytest.mark.parametrize(("null_sender", "expected"), [(True, ""), (False, None)])
def test_automatic_mail_has_the_null_sender_where_plus_addresses_do_not_exist(*, null_sender: bool, expected: str | None) -> None:
    world = with_mailbox(World(), plus_addressing=False, null_sender=null_sender).opened()
    confirmation = next(m for m in world.messages.values() if m.kind == "system")
    assert confirmation.outbound.envelope_from == expected
    by_agent = reply(world).outbound
    assert by_agent is not None
    assert by_agent.envelope_from is None


def test_a_flipped_character_of_an_envelope_sender_proves_nothing() -> None:
    good = signed_ids.bounce_address(KEYS, mailbox=SUPPORT, message_id=MESSAGE) or ""
    for place in range(good.index("+") + 1, good.index("@")):
        bad = good[:place] + ("a" if good[place] != "a" else "c") + good[place + 1 :]
        assert signed_ids.read_bounce_address(KEYS, bad) is None


@pytest.mark.parametrize("local", ["support", "customer-service", "a-very-long-name-of-a-mailbox-indeed"])
def test_no_address_of_ours_is_longer_than_mail_allows(local: str) -> None:
    box = f"{local}@desk.example"
    reply_to = signed_ids.reply_address(KEYS, mailbox=box, ticket_id=TICKET, recipient=MIA)
    verp = signed_ids.bounce_address(KEYS, mailbox=box, message_id=MESSAGE)
    assert all(len(a.partition("@")[0]) <= 64 for a in (reply_to, verp) if a)
    if reply_to:
        assert signed_ids.read_reply_address(KEYS, reply_to, sender=MIA) == TICKET
        assert signed_ids.read_reply_address(KEYS, reply_to, sender="mallory@evil.example") is None


def test_after_a_key_rotation_old_ids_and_addresses_hold_and_new_ones_carry_the_new_key() -> None:
    before, after, without = Keys((OLD,)), Keys((NEW, OLD)), Keys((NEW,))
    old_id = signed_ids.message_id(before, ticket_id=TICKET, message_id=MESSAGE, domain="d.example")
    old_reply = signed_ids.reply_address(before, mailbox=SUPPORT, ticket_id=TICKET, recipient=MIA) or ""
    old_verp = signed_ids.bounce_address(before, mailbox=SUPPORT, message_id=MESSAGE) or ""
    old_loop = signed_ids.loop_value(before, MESSAGE)
    assert signed_ids.read_message_id(after, old_id) == (TICKET, MESSAGE)
    assert signed_ids.read_reply_address(after, old_reply, sender=MIA) == TICKET
    assert signed_ids.read_bounce_address(after, old_verp) == MESSAGE
    assert signed_ids.is_own_loop(after, old_loop)
    assert signed_ids.read_message_id(without, old_id) is None
    assert signed_ids.read_reply_address(without, old_reply, sender=MIA) is None
    new_id = signed_ids.message_id(after, ticket_id=TICKET, message_id=MESSAGE, domain="d.example")
    assert new_id != old_id
    assert signed_ids.read_message_id(without, new_id) == (TICKET, MESSAGE)
    assert signed_ids.read_message_id(before, new_id) is None


def test_unseen_copies_get_the_mail_and_are_known_to_agents_only() -> None:
    message = reply(World().opened(), bcc=[Address(address="boss@desk.example")])
    assert message.outbound is not None
    assert [a.address for a in message.outbound.bcc] == ["boss@desk.example"]
    assert "boss@desk.example" not in [a.address for a in [*message.to, *message.cc]]


def fire(world: World, message: Message) -> None:
    due = of_message(world.messages[message.id])["send"]
    world.now = max(world.now, due)
    turn = world.turn(Actor(kind="timer"))
    delivery.timer(turn, TimerFired(timer="t", kind="send", generation=1, due_at=due, message_id=message.id))
    world.keep(turn)


def test_a_reply_for_later_answers_nothing_before_it_goes_out() -> None:
    world = World().opened()
    message = reply(world, send_at=world.now + timedelta(hours=20), status_after="resolved")
    assert (message.delivery.state, world.ticket.status, world.ticket.first_response_at) == ("scheduled", "open", None)
    fire(world, message)
    assert world.messages[message.id].delivery.state == "queued"
    assert (world.ticket.status, world.ticket.first_response_at, world.ticket.resolved_by) == ("resolved", world.now, NOOR)
    assert world.ticket.before_reply == {}


@pytest.mark.parametrize("later", [{"send_at": START + timedelta(hours=5)}, {"undo_seconds": 10}])
def test_a_waiting_reply_is_held_when_the_customer_writes_first(later: dict[str, Any]) -> None:
    world = World().opened()
    message = reply(world, **later)
    world.wait(seconds=5)
    world.customer_writes("Never mind, I found it.")
    held = world.messages[message.id]
    assert (held.delivery.state, world.ticket.unread, world.ticket.status) == ("held", True, "open")
    assert of_message(held) == {}
    assert "ticket.reply_held" in [event.type for event in world.history]


def test_a_held_reply_goes_out_when_the_agent_says_so_or_is_taken_back() -> None:
    world = World().opened()
    sent, dropped = (reply(world, text, send_at=START + timedelta(hours=5)) for text in ("one", "two"))
    world.customer_writes()
    turn = world.turn()
    delivery.settle(turn, SettleDelivery(message_id=sent.id, outcome="resend"))
    world.keep(turn)
    assert (world.messages[sent.id].delivery.state, world.ticket.status) == ("queued", "replied")
    turn = world.turn()
    conversation.take_back(turn, TakeBackReply(message_id=dropped.id))
    world.keep(turn)
    assert world.messages[dropped.id].taken_back
    assert world.ticket.before_reply == {}


def test_taking_back_a_reply_for_later_undoes_nothing_that_happened_since() -> None:
    world = World().opened()
    message = reply(world, send_at=START + timedelta(days=3))
    turn = world.turn()
    changes.set_status(turn, "on_hold")
    conversation.take_back(turn, TakeBackReply(message_id=message.id))
    world.keep(turn)
    assert (world.ticket.status, world.ticket.message_count) == ("on_hold", 2)


def test_our_reply_address_in_a_customers_cc_makes_nobody_a_participant() -> None:
    world = World()
    token = signed_ids.reply_address(KEYS, mailbox=SUPPORT, ticket_id=TICKET, recipient=MIA) or ""
    turn = world.opened().turn()
    copied = mail(cc=[Address(address=token), Address(address="ben@customers.example")])
    conversation.take_copies(turn, copied, Verdict(action="append", reason="reply_address_token"))
    assert list(turn.participants) == ["ben@customers.example"]


def test_a_mailbox_without_a_name_for_plus_addresses_still_sends() -> None:
    box = Mailbox(
        address="a-very-long-name-of-a-mailbox-indeed@desk.example", user="u", imap_host="h", imap_port=1, smtp_host="h", smtp_port=1
    )
    world = World()
    world.desk = replace(world.desk, mailboxes={box.address: box})
    out = reply(world.opened(mail(mailbox=box.address, message_id="<d@e>"))).outbound
    assert out is not None
    assert (out.reply_to, out.envelope_from) == (None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Guten Tag, ich kann die Rechnung nicht öffnen. Bitte helfen Sie mir.", "Wir haben Ihre Nachricht erhalten"),
        ("Bonjour, je ne peux pas ouvrir la facture. Merci de nous aider avec une copie.", "Nous avons bien reçu"),
        ("Hola, no puedo abrir la factura. Gracias por su ayuda con el pedido.", "Hemos recibido"),
        ("Hello, I cannot open the invoice. What can we do with it?", "We have received"),
        ("Buongiorno, non ho il codice della fattura. Grazie.", "We have received"),
    ],
)
def test_the_confirmation_is_in_the_customers_language(text: str, expected: str) -> None:
    world = World().opened(mail("Click evil.example", text, message_id="<d@e>"))
    sent = next(m for m in world.messages.values() if m.kind == "system")
    assert sent.subject.startswith(expected)
    assert "TIK-261122-00001" in sent.body_text
    assert "evil" not in sent.subject + sent.body_text


def test_the_desks_own_words_go_before_those_that_came_along() -> None:
    world = World()
    own = MailTemplate(name="confirmation", language="en", subject="Got it {{number}}", body="Thanks. {{desk_name}}")
    world.desk = replace(world.desk, templates={"confirmation.en": own})
    sent = next(m for m in world.opened().messages.values() if m.kind == "system")
    assert (sent.subject, sent.body_text) == ("Got it TIK-261122-00001", "Thanks. Harbour Tools")


def test_automatic_mail_offers_one_click_only_where_the_desk_has_an_https_address() -> None:
    def link(address: str) -> str | None:
        world = World()
        world.desk = replace(world.desk, address=address)
        world.opened()
        confirmation: Message = next(m for m in world.messages.values() if m.kind == "system")
        answer = reply(world)
        assert confirmation.outbound and answer.outbound and answer.outbound.unsubscribe_url is None
        return confirmation.outbound.unsubscribe_url

    found = link("https://desk.example") or ""
    assert found.startswith("https://desk.example/unsubscribe/")
    assert read_unsubscribe(KEYS, found.rpartition("/")[2]) == MIA
    assert link("http://127.0.0.1:8080") is None
