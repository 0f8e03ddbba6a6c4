"""The answering dial: what leaves without a human, and everything that keeps it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.ai import AiSuggestion, Citation, TeamScore
from schemas.autonomy import TrackRecord
from schemas.base import Actor, Address, Named
from schemas.commands import AddReply, AnswerSuggestion, ChangeTicket, TakeBackReply, TimerFired
from schemas.config import Answering, Mailbox
from schemas.ticket import Delivery
from services.runtime.ids import event_id, new_object_id
from services.tickets.domain import assistant, changes, conversation, delivery, reviews, senders
from services.tickets.domain.autopilot import Correspondence
from services.tickets.domain.timers import of_ticket
from tests.tickets.domain.world import BILLING, L1, NOOR, START, SUPPORT, World, mail

ARTICLE, QUOTE = "article-password", "Open the sign-in page and choose “Forgot password”."
DRAFT = f"Hello Mia,\n\n{QUOTE}"
DISCLOSED = f"{DRAFT}\n\n-- \nAssistant, an automatic assistant, wrote this reply."
DIAL = Answering(mode="autopilot", topic="password", team_id=L1, article_ids=[ARTICLE], unlocked="by this test")


def world(text: str = "I have forgotten my password. How do I reset it?", *, trusts_server: bool = True, **more: Any) -> World:
    """A ticket that a verified customer opened, on a desk whose dial lets the assistant answer it."""
    settings = {"answering": [DIAL], **more}
    made = World(**settings)
    box = made.desk.mailboxes[SUPPORT].model_copy(update={"trusts_server": trusts_server})
    made.desk = replace(made.desk, mailboxes={SUPPORT: box})
    return made.opened(mail("Password", text, message_id="<first@customers.example>"))


def suggestion(about: World, **more: Any) -> AiSuggestion:
    base = dict(
        id=event_id("run", about.turns), run_id="r", ticket_id=about.ticket.id, message_id=about.ticket.last_customer_message_id, ticket_version=1, engine="local",
        model="m", pipeline_version="1", created_at=START, team=Named(id=L1, name="Level 1"), confidence=0.97, acts_on_team=True, category="password", language="en",
        sentiment="neutral", next_action="suggest_reply", draft=DRAFT, checks=[{"name": "citation", "passed": True, "detail": ""}],
        citations=[Citation(article_id=ARTICLE, article_version=1, title="Reset your password", quote=QUOTE, score=0.9)],
        record={"automatic_reply": DISCLOSED, "flags": []},
    )  # fmt: skip
    return AiSuggestion(**{**base, **more})


def consider(about: World, *, said: dict[str, Any] | None = None, **more: Any) -> str:
    turn = about.turn(Actor(kind="ai", id="assistant"))
    decision = assistant.consider(turn, suggestion(about, **more), said=Correspondence(**{"thread": about.thread(), **(said or {})}))
    about.keep(turn)
    return decision


def replies(about: World) -> list[Any]:
    return [m for m in about.thread() if m.kind == "agent" and not m.taken_back]


def withheld(about: World) -> str:
    return next(str(e.data.get("withheld", "")) for e in reversed(about.history) if e.type == "ticket.ai_decided")


def test_rule_6_a_cited_answer_goes_to_the_verified_requester_alone_disclosed_and_recallable() -> None:
    about = world()
    turn = about.turn(Actor(kind="ai", id="assistant"))
    assert assistant.consider(turn, suggestion(about), said=Correspondence(thread=about.thread())) == "answered"
    about.keep(turn)
    reply = replies(about)[0]
    assert reply.body_text == DISCLOSED
    assert [a.address for a in reply.to] == ["mia@customers.example"]
    assert (reply.cc, reply.attachments, reply.author.id) == ([], [], "assistant")
    assert reply.outbound.automatic
    assert (reply.delivery.state, (reply.delivery.undo_until - about.now).total_seconds()) == ("undo", 60)
    assert turn.automatic_to == [("mia@customers.example", reply.id, "")]
    assert (about.ticket.status, about.ticket.team_id, about.ticket.first_response_at) == ("replied", L1, None)


def test_a_person_takes_it_back_and_the_assistant_only_suggests_from_then_on() -> None:
    about = world()
    consider(about)
    turn = about.turn()
    conversation.take_back(turn, TakeBackReply(message_id=replies(about)[0].id))
    about.keep(turn)
    assert (replies(about), about.ticket.status, about.ticket.human_set) == ([], "open", ("reply",))
    assert consider(about) == "human_decided"
    assert replies(about) == []


def test_a_person_who_answers_first_is_the_only_one_who_does() -> None:
    about = world()
    consider(about)
    turn = about.turn()
    conversation.reply(
        turn, AddReply(message_id=new_object_id(), body_text="I have reset it for you.", undo_seconds=0), thread=about.thread()
    )
    about.keep(turn)
    assert [m.body_text for m in replies(about)] == ["I have reset it for you."]
    assert [m.delivery.state for m in about.messages.values() if m.taken_back] == ["none"]


def test_a_customer_who_writes_first_holds_it() -> None:
    about = world()
    consider(about)
    about.wait(seconds=5)
    about.customer_writes("Never mind, I am in.")
    assert [m.delivery.state for m in replies(about)] == ["held"]


CITED = Citation(article_id=ARTICLE, article_version=1, title="t", quote=QUOTE, score=1)
BELOW_THE_BAR: dict[str, dict[str, Any]] = {
    "team_uncertain": {"acts_on_team": False, "confidence": 0.94},
    "no_draft": {"draft": None},
    "not_disclosed": {"record": {"automatic_reply": DRAFT}},
    "not_cited": {"citations": []},
    "article_not_approved": {"citations": [CITED.model_copy(update={"article_id": "another"})]},
    "check_failed": {"checks": [{"name": "commitment", "passed": False, "detail": "refund"}]},
    "no_answer_proposed": {"next_action": "ask_clarification"},
    "language": {"language": "de"},
    "very_negative": {"sentiment": "very_negative"},
    "flag_security": {"record": {"automatic_reply": DISCLOSED, "flags": ["security"]}},
    "vip": {"said": {"vip": True}},
    "suppressed": {"said": {"suppressed": True}},
    "sender_cap": {"said": {"answered_today": 5}},
}


@pytest.mark.parametrize("why", BELOW_THE_BAR)
def test_below_the_bar_it_is_a_suggestion_and_says_why(why: str) -> None:
    about = world()
    assert consider(about, **BELOW_THE_BAR[why]) in {"applied", "suggested"}
    assert (replies(about), withheld(about)) == ([], why)


def test_a_team_it_is_sure_of_is_enough_where_routing_only_suggests() -> None:
    about = world()
    likely = [TeamScore(id=L1, name="Level 1", confidence=0.96), TeamScore(id=BILLING, name="Billing", confidence=0.02)]
    assert consider(about, team=None, acts_on_team=False, teams=likely) == "answered"
    assert about.ticket.team_id is None


OTHER_TICKETS: dict[str, Callable[[], World]] = {
    "sender_unverified": lambda: world(trusts_server=False),
    "several_questions": lambda: world("How do I reset my password? And when is my refund coming?"),
    "ticket_cap": lambda: world(assistant_replies_per_ticket=0),
}


@pytest.mark.parametrize("why", OTHER_TICKETS)
def test_some_tickets_are_never_answered_by_itself(why: str) -> None:
    about = OTHER_TICKETS[why]()
    assert consider(about) == "applied"
    assert (replies(about), withheld(about)) == ([], why)


def test_one_answer_a_message_even_when_asked_again() -> None:
    about = world()
    consider(about)
    assert consider(about) == "suggested"
    assert (len(replies(about)), withheld(about)) == (1, "not_open")


def test_a_reopened_ticket_is_a_persons() -> None:
    about = world()
    turn = about.turn()
    changes.set_status(turn, "resolved")
    about.keep(turn)
    about.customer_writes("It does not work.", **{"from": Address(name="Mia", address="mia@customers.example")})
    assert consider(about) == "applied"
    assert withheld(about) == "reopened"


@pytest.mark.parametrize(
    ("dial", "decision"),
    [
        ([], "applied"), ([DIAL.model_copy(update={"topic": "refund"})], "applied"), ([DIAL.model_copy(update={"team_id": BILLING})], "applied"),
        ([DIAL.model_copy(update={"mode": "suggest"})], "applied"), ([DIAL.model_copy(update={"mode": "approve"})], "waiting_approval"),
        ([DIAL.model_copy(update={"unlocked": ""})], "waiting_approval"), ([DIAL, Answering(mode="off")], "answered"),
    ],
)  # fmt: skip
def test_only_what_the_dial_says_for_this_team_and_topic_counts(dial: list[Answering], decision: str) -> None:
    about = world(answering=dial)
    assert consider(about) == decision
    assert len(replies(about)) == (decision == "answered")


TRUSTING = Mailbox(
    address=SUPPORT, user="u", imap_host="h", imap_port=1, smtp_host="h", smtp_port=1, trusted_authserv_ids=["mx.desk.example"]
)


@pytest.mark.parametrize(
    ("results", "verified"),
    [
        (["mx.desk.example; spf=pass smtp.mailfrom=a.b; dmarc=pass header.from=customers.example"], True),
        (["mx.desk.example 1; dmarc=pass (p=reject) header.from=customers.example"], True),
        (["mx.desk.example; dmarc=fail header.from=customers.example"], False),
        (["mx.desk.example; dmarc=pass header.from=evil.example"], False),
        (["mx.desk.example; spf=fail (said; dmarc=pass header.from=customers.example) smtp.mailfrom=a"], False),
        (['mx.desk.example; spf=fail smtp.mailfrom="x; dmarc=pass header.from=customers.example"@evil.example'], False),
        (["elsewhere.example; dmarc=pass header.from=customers.example"], False),
        (["mx.desk.example; dmarc=fail header.from=customers.example", "mx.desk.example; dmarc=pass header.from=customers.example"], False),
        (["mx.desk.example; none"], False),
        ([], False),
    ],
)  # fmt: skip
def test_a_sender_is_verified_by_the_mailboxs_own_server_alone(results: list[str], verified: bool) -> None:
    assert senders.is_verified(mail(authentication_results=results), TRUSTING) is verified
    assert not senders.is_verified(mail(authentication_results=results, from_count=2), TRUSTING)


def test_a_ticket_waits_for_review_from_its_draft_to_an_agents_answer() -> None:
    about = world(answering=[])
    consider(about)
    assert about.ticket.ai_waiting
    turn = about.turn()
    conversation.reply(turn, AddReply(message_id=new_object_id(), body_text="Done.", undo_seconds=0), thread=about.thread())
    about.keep(turn)
    assert not about.ticket.ai_waiting


@pytest.mark.parametrize(("decision", "more"), [("answered", {}), ("outdated", {"message_id": "an older one"})])
def test_nothing_waits_where_no_agent_is_asked(decision: str, more: dict[str, Any]) -> None:
    about = world()
    assert consider(about, **more) == decision
    assert not about.ticket.ai_waiting


EARNED = TrackRecord(reviewed=200, accepted=190, lately=40, good_lately=39, sent=60, returned=2)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (EARNED, ""),
        (EARNED.model_copy(update={"reviewed": 199, "accepted": 199}), "autonomy_few_reviews"),
        (EARNED.model_copy(update={"accepted": 189}), "autonomy_too_few_accepted"),
        (EARNED.model_copy(update={"good_lately": 37}), "autonomy_fell_lately"),
        (EARNED.model_copy(update={"returned": 4}), "autonomy_reopens"),
        (EARNED.model_copy(update={"lately": 3, "good_lately": 1, "sent": 10, "returned": 1}), ""),
    ],
)
def test_rule_14_autopilot_unlocks_itself_and_drops_back(record: TrackRecord, why: str) -> None:
    about = world(answering=[DIAL.model_copy(update={"unlocked": ""})])
    decision = consider(about, said={"record": record})
    assert (decision, withheld(about)) == (("answered", "") if not why else ("waiting_approval", why))
    assert len(replies(about)) == (0 if why else 1)


def test_rule_14_autopilot_given_by_a_person_is_lost_the_same_way() -> None:
    assert consider(world(), said={"record": TrackRecord()}) == "answered"
    about = world()
    assert consider(about, said={"record": TrackRecord(lately=20, good_lately=18)}) == "waiting_approval"
    assert withheld(about) == "autonomy_fell_lately"


def test_the_lower_bound_is_wilsons() -> None:
    assert TrackRecord(reviewed=200, accepted=190).lower_bound == pytest.approx(0.9104, abs=1e-4)
    assert TrackRecord().lower_bound is None


def test_what_is_taken_back_or_answered_again_by_a_person_is_told_for_the_track_record() -> None:
    about = world()
    consider(about)
    turn = about.turn()
    conversation.take_back(turn, TakeBackReply(message_id=replies(about)[0].id))
    about.keep(turn)
    again = world()
    consider(again)
    again.wait(minutes=5)
    again.messages = {i: m.model_copy(update={"delivery": Delivery(state="sent")}) for i, m in again.messages.items()}
    again.customer_writes("That did not help.")
    turn = again.turn()
    conversation.reply(turn, AddReply(message_id=new_object_id(), body_text="I have reset it."), thread=again.thread())
    again.keep(turn)
    suggestions = {s.id: s.model_dump(mode="json") for s in (suggestion(about), suggestion(again))}
    assert [(r.verdict, r.returned) for r in told(about, suggestions)] == [("taken_back", False)]
    assert [(r.verdict, r.returned) for r in told(again, suggestions)] == [("answered", True)]


def told(about: World, suggestions: dict[str, Any]) -> list[reviews.Review]:
    events = [
        {"type": e.type, "data": e.payload(), "actor": e.actor, "time": e.time.isoformat(), "ticket_id": about.ticket.id}
        for e in about.history
    ]
    decided = next(e["data"]["suggestion_id"] for e in events if e["type"] == "ticket.ai_decided")
    return list(reviews.fold(events, {decided: {**next(iter(suggestions.values())), "id": decided, "ticket_id": about.ticket.id}}).values())


def test_rule_16_resolving_is_two_steps_and_any_reply_silences_the_assistant() -> None:
    about = world()
    assert consider(about, next_action="propose_resolve") == "answered"
    assert (about.ticket.status, about.ticket.resolved_by_ai, about.ticket.resolved_by) == ("resolved", True, None)
    due = of_ticket(about.ticket, auto_close_days=4)["auto_close"]
    assert due - about.now == timedelta(days=4), "closed only after silence"
    about.customer_writes("No, that is something else.")
    assert (about.ticket.status, about.ticket.resolved_by_ai, about.ticket.reopen_count) == ("open", False, 1)
    before = (about.ticket.team_id, about.ticket.priority)
    assert consider(about, team=Named(id=BILLING, name="Billing"), priority="high", acts_on_priority=True) == "human_decided"
    assert (about.ticket.team_id, about.ticket.priority) == before
    assert len(replies(about)) == 1


def test_rule_16_silence_closes_what_the_assistant_resolved() -> None:
    about = world()
    consider(about, next_action="propose_resolve")
    about.wait(days=4)
    turn = about.turn(Actor(kind="timer"))
    changes.timer(turn, TimerFired(timer="t", kind="auto_close", generation=1, due_at=about.now))
    about.keep(turn)
    assert (about.ticket.status, about.ticket.resolved_by_ai) == ("closed", True)
    assert about.history[-1].data["reason"] == "auto_close", "assumed, not confirmed"


@pytest.mark.parametrize("what", ["reply", "team", "assignee", "priority"])
def test_rule_15_what_a_person_decided_leaves_the_assistant_only_suggestions(what: str) -> None:
    about = world()
    turn = about.turn()
    if what == "reply":
        conversation.reply(turn, AddReply(message_id=new_object_id(), body_text="I look into it.", undo_seconds=0), thread=about.thread())
    else:
        changes.change(turn, ChangeTicket(set=["assignee_id" if what == "assignee" else "team_id" if what == "team" else "priority"],
                                          assignee_id=NOOR, team_id=BILLING, priority="high"))  # fmt: skip
    about.keep(turn)
    about.customer_writes("Anything new?")
    before = (about.ticket.team_id, about.ticket.priority, about.ticket.assignee_id)
    decision = consider(about, team=Named(id=L1, name="Level 1"), priority="critical", acts_on_priority=True)
    assert decision == "human_decided"
    assert (about.ticket.team_id, about.ticket.priority, about.ticket.assignee_id) == before
    assert not [m for m in replies(about) if m.author.id == "assistant"]


def test_rule_20_what_the_assistant_set_is_put_back_at_once_and_counts_as_a_correction() -> None:
    about = world(answering=[])
    turn = about.turn(Actor(kind="timer"))
    changes.set_team(turn, BILLING, rotate=False)
    about.keep(turn)
    found: dict[str, Any] = {"tags": ["password", "login"], "priority": "high", "acts_on_priority": True}
    assert consider(about, **found) == "applied"
    assert (about.ticket.team_id, about.ticket.priority, about.texts.tags) == (L1, "high", ("password", "login"))
    turn = about.turn()
    assistant.answer(turn, AnswerSuggestion(suggestion_id="s", answer="undo"), suggestion=suggestion(about, **found), thread=[])
    about.keep(turn)
    assert (about.ticket.team_id, about.ticket.priority, about.texts.tags) == (BILLING, "medium", ())
    assert {"team", "priority"} <= set(about.ticket.human_set), "from now on it only suggests here"


def test_rule_21_the_kill_switch_holds_what_waits_to_be_recalled() -> None:
    about = world()
    assert consider(about) == "answered"
    reply = replies(about)[0]
    about.desk = replace(about.desk, settings=about.desk.settings.model_copy(update={"ai_enabled": False}))
    assert consider(about) == "off"
    about.wait(seconds=61)
    turn = about.turn(Actor(kind="timer"))
    delivery.timer(turn, TimerFired(timer="t", kind="send", generation=1, due_at=reply.delivery.undo_until, message_id=reply.id))
    about.keep(turn)
    held = next(m for m in about.thread() if m.id == reply.id)
    assert (held.delivery.state, about.ticket.status, about.ticket.unread) == ("held", "open", True)
    assert "switched off" in (held.delivery.reason or "") and "ticket.reply_released" not in [e.type for e in about.history]


def test_rule_5_only_the_desks_own_tags_are_put_on_a_ticket() -> None:
    about = world(answering=[], tags=["Password", "vip-care"])
    found: dict[str, Any] = {"tags": ["password", "give-me-a-refund", "login"], "priority": "high", "acts_on_priority": True}
    assert consider(about, **found) == "applied"
    assert about.texts.tags == ("Password",), "as the desk writes it; the others are proposals"
    turn = about.turn()
    assistant.answer(turn, AnswerSuggestion(suggestion_id="s", answer="undo"), suggestion=suggestion(about, **found), thread=[])
    assert turn.texts.tags == ()


def test_a_refusal_keeps_its_reason_as_a_code() -> None:
    about = world()
    for reason, kept in (("wrong_team", "wrong_team"), ("Mia told me it is her bank", "other"), (None, None)):
        turn = about.turn()
        assistant.answer(turn, AnswerSuggestion(suggestion_id="s", answer="reject", reason=reason), suggestion=suggestion(about), thread=[])
        assert about.keep(turn).events[-1].data.get("reason") == kept
