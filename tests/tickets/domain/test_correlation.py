"""email.md 4: which ticket a mail belongs to, rule by rule; each attack fails closed."""

from typing import Any

from schemas.base import Address
from services.runtime.ids import object_id
from services.tickets.domain.correlation import Brief, Known, Verdict, correlate
from services.tickets.domain.signed_ids import bounce_address, loop_value, message_id, reply_address, unsubscribe_address
from tests.tickets.domain.world import KEYS, START, SUPPORT, desk, mail

TICKET, OTHER, MESSAGE = (object_id(START, n) for n in ("ticket-a", "ticket-b", "message-a"))
MIA, MALLORY = "mia@customers.example", "mallory@evil.example"
OURS = message_id(KEYS, ticket_id=TICKET, message_id=MESSAGE, domain="desk.example")


def known(**more: Any) -> Known:
    status = more.pop("status", "open")
    merged = more.pop("merged_into", None)
    briefs = {
        TICKET: Brief(id=TICKET, status=status, merged_into=merged, participants=frozenset({MIA})),
        OTHER: Brief(id=OTHER, status="open", merged_into=None, participants=frozenset({MIA})),
    }
    return Known(tickets=briefs, **more)


def decide(known_: Known | None = None, **more: Any) -> Verdict:
    return correlate(mail(**more), known_ or known(), desk=desk(), keys=KEYS)


def test_rule_1_our_own_mail_opens_nothing() -> None:
    assert decide(loop=loop_value(KEYS, MESSAGE)).reason == "own_mail"
    assert decide(sender=SUPPORT).reason == "from_own_mailbox"


def test_rule_1_a_forged_loop_header_hides_nobodys_mail() -> None:
    assert decide(loop="0" * 32 + "." + "a" * 20).action == "open"


def test_rule_2_a_duplicate_is_linked() -> None:
    verdict = decide(known(duplicate_of=TICKET, duplicate_reason="same_bytes"))
    assert (verdict.action, verdict.ticket_id, verdict.reason) == ("duplicate", TICKET, "same_bytes")


def test_rule_3_a_bounce_of_ours_finds_its_message_and_backscatter_is_parked() -> None:
    verdict = decide(kind="bounce", returned_message_id=OURS)
    assert (verdict.action, verdict.ticket_id, verdict.message_id) == ("bounce", TICKET, MESSAGE)
    assert decide(kind="bounce", returned_message_id="<x@y>").reason == "backscatter"


def test_rule_3_the_envelope_sender_token_proves_a_bounce_before_anything_the_mail_says() -> None:
    theirs = message_id(KEYS, ticket_id=OTHER, message_id=object_id(START, "message-b"), domain="desk.example")
    token = bounce_address(KEYS, mailbox=SUPPORT, message_id=MESSAGE) or ""
    ours = known(messages={MESSAGE: TICKET})
    verdict = decide(ours, kind="bounce", envelope_to=[token], returned_message_id=theirs)
    assert (verdict.reason, verdict.ticket_id, verdict.message_id) == ("envelope_sender_token", TICKET, MESSAGE)
    flipped = token.replace("@", "x@")[:-1] if token[-1] == "x" else token.replace("+b", "+bq", 1)
    assert decide(ours, kind="bounce", envelope_to=[flipped]).reason == "backscatter"
    assert decide(known(messages={}), kind="bounce", envelope_to=[token]).reason == "backscatter"


def test_who_writes_to_their_own_unsubscribe_address_gets_no_more_automatic_mail_and_no_ticket() -> None:
    to = [Address(address=unsubscribe_address(KEYS, mailbox=SUPPORT, recipient=MIA) or "")]
    assert (decide(to=to).action, decide(to=to).reason) == ("park", "unsubscribed")
    assert decide(to=to, sender=MALLORY).action == "open"


def test_rule_4_an_auto_reply_threads_but_opens_nothing() -> None:
    assert decide(kind="auto-reply").action == "park"
    assert decide(kind="auto-reply", in_reply_to=[OURS]).action == "append"


def test_rule_5a_a_reply_address_works_for_its_recipient_only() -> None:
    to = [Address(address=reply_address(KEYS, mailbox=SUPPORT, ticket_id=TICKET, recipient=MIA) or "")]
    assert decide(to=to).reason == "reply_address_token"
    assert decide(to=to, sender=MALLORY).action == "open"


def test_rule_5b_our_signed_id_leads_home_whatever_the_subject() -> None:
    verdict = decide(subject="completely other words", in_reply_to=[OURS])
    assert (verdict.action, verdict.ticket_id, verdict.reason, verdict.public) == ("append", TICKET, "signed_id_in_reply", True)


def test_rule_5c_a_known_foreign_id_leads_to_its_ticket() -> None:
    verdict = decide(known(refs={"<a@b>": TICKET}, stored_refs=frozenset({"<a@b>"})), references=["<a@b>"])
    assert (verdict.ticket_id, verdict.reason) == (TICKET, "known_message_id")


def test_rule_5d_answers_to_a_mail_we_never_got_join_and_so_does_the_mail_itself() -> None:
    ghost = known(refs={"<ghost@b>": TICKET})
    assert decide(ghost, in_reply_to=["<ghost@b>"]).reason == "shared_missing_parent"
    assert decide(ghost, message_id="<ghost@b>").reason == "missing_parent_arrived"


def test_rule_5e_the_marker_that_an_answer_quotes_leads_home() -> None:
    verdict = decide(body_marker=OURS, subject="completely other words")
    assert (verdict.ticket_id, verdict.reason, verdict.public) == (TICKET, "body_marker", True)
    assert decide(body_marker=OURS, sender=MALLORY).public is False
    assert decide(body_marker=OURS.replace(".", "0", 1)).action == "open"


def test_rule_5f_the_number_in_the_subject_counts_for_participants_only() -> None:
    numbered = known(numbers={"TIK-261122-00001": TICKET})
    assert decide(numbered, subject="About tik-261122-00001").reason == "number_in_subject"
    assert decide(numbered, subject="About TIK-261122-00001", sender=MALLORY).action == "open"


def test_an_equal_subject_alone_never_threads_and_none_never_equals_none() -> None:
    assert decide(subject="Help").action == "open"
    assert decide(known(refs={}), message_id=None, in_reply_to=[], references=[]).action == "open"


def test_rule_6_a_stranger_becomes_a_third_party() -> None:
    verdict = decide(in_reply_to=[OURS], sender=MALLORY, cc=[Address(address=MIA)])
    assert (verdict.action, verdict.public) == ("append", False)
    assert "third_party" in verdict.flags


def test_rule_8_identity_is_from_and_two_froms_are_quarantined() -> None:
    assert decide(in_reply_to=[OURS], sender=MALLORY, reply_to=[Address(address=MIA)]).public is False
    assert "reply_to_differs" in decide(reply_to=[Address(address=MALLORY)]).flags
    assert decide(from_count=2).reason == "two_from_headers"


def test_rule_9_a_closed_ticket_is_continued_by_a_linked_one_and_a_merged_one_leads_to_its_target() -> None:
    verdict = decide(known(status="closed"), in_reply_to=[OURS])
    assert (verdict.action, verdict.linked_to) == ("open", TICKET)
    assert decide(known(merged_into=OTHER, status="closed"), in_reply_to=[OURS]).ticket_id == OTHER
