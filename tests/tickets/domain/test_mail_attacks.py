"""email.md 4, the attacks: each rule fails closed. Pure: what the store would have found is given."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.base import Address
from schemas.config import Mailbox
from services.runtime.ids import object_id
from services.tickets.domain.by_mail import orders_in
from services.tickets.domain.correlation import Brief, Known, Verdict, correlate, topic_changed
from services.tickets.domain.desk import Desk
from services.tickets.domain.signed_ids import bounce_address, message_id, reply_address
from tests.tickets.domain.world import KEYS, NOOR, START, SUPPORT, desk, mail

TICKET, MESSAGE = (object_id(START, n) for n in ("ticket-a", "message-a"))
MIA, MALLORY, AGENT = "mia@customers.example", "mallory@evil.example", "noor@desk.example"
OURS = message_id(KEYS, ticket_id=TICKET, message_id=MESSAGE, domain="desk.example")
PASS = "mx.desk.example; spf=pass; dmarc=pass header.from=desk.example"
FOREIGN = {"refs": {"<first@customers.example>": TICKET}, "stored_refs": frozenset({"<first@customers.example>"})}


def listening(*names: str) -> Desk:
    """A desk whose mailbox knows which server vouches for senders."""
    made = desk()
    box = Mailbox(address=SUPPORT, user=SUPPORT, imap_host="h", imap_port=1, smtp_host="h", smtp_port=1, trusted_authserv_ids=list(names))
    object.__setattr__(made, "mailboxes", {SUPPORT: box})
    return made


def decide(known: Mapping[str, Any] | None = None, **more: Any) -> Verdict:
    brief = Brief(id=TICKET, status="open", merged_into=None, participants=frozenset({MIA, AGENT}), requester=MIA, subject="Broken kettle")
    on = more.pop("on", None) or listening("mx.desk.example")
    return correlate(mail(**more), Known(tickets={TICKET: brief}, **(known or {})), desk=on, keys=KEYS)


def tagged(recipient: str) -> list[Address]:
    return [Address(address=str(reply_address(KEYS, mailbox=SUPPORT, ticket_id=TICKET, recipient=recipient)))]


def test_ticket_trick_a_service_that_mails_the_reply_address_reaches_no_ticket() -> None:
    verdict = decide(sender="no-reply@service.example", to=tagged(MIA), subject="Confirm your address")
    assert (verdict.action, verdict.ticket_id) == ("open", None)


def test_spoof_and_cc_a_copied_stranger_does_not_take_part() -> None:
    known_id = decide(FOREIGN, sender=MIA, in_reply_to=["<first@customers.example>"], cc=[Address(address=MALLORY)])
    assert (known_id.public, "copies_ignored" in known_id.flags) == (True, True)
    assert "copies_ignored" not in decide(sender=MIA, to=tagged(MIA), cc=[Address(address="jo@customers.example")]).flags


def test_forged_in_reply_to_of_a_known_mail_stays_private() -> None:
    verdict = decide(FOREIGN, sender=MALLORY, in_reply_to=["<first@customers.example>"])
    assert (verdict.action, verdict.public, "third_party" in verdict.flags) == ("append", False, True)


def test_flipped_token_bit_is_a_strangers_address() -> None:
    good = tagged(MIA)[0].address
    for place in range(good.index("+") + 1, good.index("@")):
        bad = good[:place] + ("a" if good[place] != "a" else "b") + good[place + 1 :]
        assert decide(sender=MIA, to=[Address(address=bad)]).reason == "new"


def test_two_from_headers_are_quarantined_and_stay_marked_when_released() -> None:
    twice = mail(sender=MIA, from_count=2, in_reply_to=[OURS])
    brief = Brief(id=TICKET, status="open", merged_into=None, participants=frozenset({MIA}), requester=MIA)
    known = Known(tickets={TICKET: brief})
    assert correlate(twice, known, desk=desk(), keys=KEYS).action == "park"
    assert "quarantine" in correlate(twice, known, desk=desk(), keys=KEYS, released=True).flags


def test_an_agent_acts_by_mail_with_a_token_and_an_aligned_pass() -> None:
    verdict = decide(sender=AGENT, in_reply_to=[OURS], authentication_results=[PASS])
    assert (verdict.action, verdict.agent_id, verdict.ticket_id) == ("agent", NOOR, TICKET)


@pytest.mark.parametrize(
    "header",
    [
        "evil.example; dmarc=pass header.from=desk.example",
        "mx.desk.example; dmarc=fail header.from=desk.example",
        "mx.desk.example; dmarc=pass header.from=evil.example",
        "mx.desk.example; spf=pass; dkim=pass",
        "evil.example (mx.desk.example; dmarc=pass header.from=desk.example); dmarc=fail",
        'evil.example; x="mx.desk.example; dmarc=pass header.from=desk.example"',
    ],
)
def test_spoofed_authentication_results_give_no_power(header: str) -> None:
    verdict = decide(sender=AGENT, in_reply_to=[OURS], authentication_results=[header])
    assert (verdict.action, verdict.public, "agent_unproven" in verdict.flags) == ("append", False, True)


def test_a_sender_put_on_top_of_the_servers_own_results_gives_no_power_where_no_server_is_named() -> None:
    assert decide(sender=AGENT, in_reply_to=[OURS], authentication_results=[PASS], on=listening()).action == "append"


def test_an_agent_without_a_token_has_no_power_however_proven() -> None:
    numbered = {"numbers": {"TIK-261122-00001": TICKET}}
    verdict = decide(numbered, sender=AGENT, subject="TIK-261122-00001 close it", authentication_results=[PASS])
    assert (verdict.action, verdict.public) == ("append", False)


def test_an_agents_mail_with_another_reply_to_has_no_power() -> None:
    verdict = decide(sender=AGENT, in_reply_to=[OURS], authentication_results=[PASS], reply_to=[Address(address=MALLORY)])
    assert (verdict.action, verdict.public, "reply_to_differs" in verdict.flags) == ("append", False, True)


def test_a_forward_counts_for_a_proven_agent_only() -> None:
    forward: dict[str, Any] = {"sender": AGENT, "subject": "Fwd: kettle", "forwarded_from": Address(address=MIA)}
    assert decide(authentication_results=[PASS], **forward).reason == "forwarded_by_agent"
    unproven = decide(**forward)
    assert (unproven.reason, "agent_unproven" in unproven.flags) == ("new", True)
    assert decide(sender=MALLORY, forwarded_from=Address(address=MIA)).reason == "new"


@pytest.mark.parametrize(
    ("subject", "changed"),
    [
        ("Re: Broken kettle", False),
        ("AW: broken Kettle again", False),
        ("Invoice 2026", True),
        ("", False),
        ("Re:", False),
        ("Re: [TIK-1] kettle", False),
    ],
)
def test_a_wholly_changed_subject_is_noticed(subject: str, changed: bool) -> None:
    assert topic_changed(subject, "Broken kettle") == changed


def test_a_changed_subject_stays_in_the_ticket_with_a_flag() -> None:
    verdict = decide(sender=MIA, in_reply_to=[OURS], subject="My invoice")
    assert (verdict.action, verdict.ticket_id, verdict.flags) == ("append", TICKET, ("topic_changed",))


def test_a_bounce_is_ours_by_envelope_sender_then_returned_id_then_recent_recipient() -> None:
    verp = str(bounce_address(KEYS, mailbox=SUPPORT, message_id=MESSAGE))
    bounce: dict[str, Any] = {
        "kind": "bounce",
        "sender": "mailer-daemon@mx.example",
        "bounce": [{"recipient": MIA, "status": "5.1.1", "permanent": True}],
    }
    sent = {"messages": {MESSAGE: TICKET}, "sent_to": {MIA: (MESSAGE, TICKET)}}
    assert decide(sent, to=[Address(address=verp)], **bounce).reason == "envelope_sender_token"
    assert decide(sent, returned_message_id=OURS, **bounce).reason == "signed_id_in_returned_part"
    assert decide(sent, **bounce).reason == "recent_recipient"
    assert decide(**bounce).reason == "backscatter"


def test_orders_by_mail_are_lines_of_their_own() -> None:
    orders = orders_in("Try again now.\n#resolve\n#assign me\n\nBest #close friends")
    assert (orders.text, orders.status, orders.assign, orders.note) == ("Try again now.\n\nBest #close friends", "resolved", "me", False)
    assert orders_in("#note ask billing first") == type(orders)(text="ask billing first", note=True)
