"""What is in hand, and what may be committed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from schemas.base import DeliveryState
from schemas.ticket import Delivery, Message
from services.notify.ledger import Ledger, Seen
from tests.notify.messages import outgoing


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Feed = Callable[..., None]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> Ledger:
    made = Ledger("start-1", clock=clock)
    made.caught_up(0)
    return made


@pytest.fixture
def feed(ledger: Ledger) -> Feed:
    offsets = {0: 0, 1: 0}

    def give(
        message: Message, state: DeliveryState, version: int, *, claim: str | None = None, partition: int = 0, attempts: int = 0
    ) -> None:
        now = message.model_copy(update={"delivery": Delivery(state=state, claim=claim, attempts=attempts), "version": version})
        keep = now if state in {"queued", "sending"} else None
        ledger.see(Seen(message_id=message.id, partition=partition, offset=offsets[partition], version=version, state=state, message=keep))
        offsets[partition] += 1

    return give


def test_one_claim_at_a_time_in_order(ledger: Ledger, feed: Feed) -> None:
    first, second = outgoing(), outgoing()
    feed(first, "queued", 1)
    feed(second, "queued", 1)
    claim = ledger.next_claim()
    assert claim is not None
    assert claim.message.id == first.id
    assert ledger.next_claim() is None
    feed(first, "sending", 2, claim=claim.claim)
    assert ledger.next_claim() is None
    grant = ledger.take_grant()
    assert grant is not None
    assert grant.message.id == first.id
    assert ledger.next_claim() is None
    ledger.settle()
    following = ledger.next_claim()
    assert following is not None
    assert following.message.id == second.id


def test_nothing_old_is_claimed_before_the_end_was_read(feed: Feed, ledger: Ledger) -> None:
    message = outgoing()
    feed(message, "queued", 1, partition=1)
    assert ledger.next_claim() is None
    feed(message, "sent", 3, partition=1)
    ledger.caught_up(1)
    assert ledger.next_claim() is None


def test_an_older_version_never_brings_a_message_back(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "sent", 3)
    feed(message, "queued", 1)
    assert ledger.next_claim() is None


def test_a_grant_to_somebody_else_ends_the_claim(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    assert ledger.next_claim() is not None
    feed(message, "sending", 2, claim="another worker's")
    assert ledger.take_grant() is None
    assert ledger.wait_for_answer() == 0
    assert ledger.safe_offsets() == {0: 2}


def test_an_unanswered_claim_is_asked_again_after_the_others(ledger: Ledger, feed: Feed, clock: Clock) -> None:
    first, second = outgoing(), outgoing()
    feed(first, "queued", 1)
    feed(second, "queued", 1)
    one = ledger.next_claim()
    clock.now += 9.9
    assert ledger.next_claim() is None
    clock.now += 0.1
    two = ledger.next_claim()
    clock.now += 10
    three = ledger.next_claim()
    assert one and two and three
    assert [h.message.id for h in (one, two, three)] == [first.id, second.id, first.id]
    assert (three.claim, three.asked) == (one.claim, 2)
    feed(second, "sending", 2, claim=two.claim)  # a late grant is still carried out
    assert (grant := ledger.take_grant())
    assert grant.message.id == second.id


def test_every_attempt_and_every_start_has_its_own_claim(ledger: Ledger, feed: Feed, clock: Clock) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    first = ledger.next_claim()
    feed(message, "delayed", 2)
    feed(message, "queued", 3, attempts=1)
    second = ledger.next_claim()
    other = Ledger("start-2", clock=clock)
    other.caught_up(0)
    other.see(Seen(message_id=message.id, partition=0, offset=0, version=1, state="queued", message=message))
    third = other.next_claim()
    assert first and second and third
    assert len({first.claim, second.claim, third.claim}) == 3


def test_offsets_wait_for_what_is_in_hand(ledger: Ledger, feed: Feed) -> None:
    done, waiting, last = outgoing(), outgoing(), outgoing()
    feed(done, "sent", 2)
    feed(waiting, "queued", 1)
    feed(last, "sent", 2)
    assert ledger.safe_offsets() == {0: 1}
    claim = ledger.next_claim()
    assert claim
    feed(waiting, "sending", 2, claim=claim.claim)
    assert ledger.safe_offsets() == {0: 1}
    ledger.take_grant()
    assert ledger.safe_offsets() == {0: 1}
    ledger.settle()
    assert ledger.safe_offsets() == {0: 4}


def test_a_released_partition_is_forgotten_but_its_grant_is_carried_out(ledger: Ledger, feed: Feed) -> None:
    granted, waiting = outgoing(), outgoing()
    feed(granted, "queued", 1)
    feed(waiting, "queued", 1)
    claim = ledger.next_claim()
    assert claim
    assert ledger.asks_in([0]) == {0: 2}
    feed(granted, "sending", 2, claim=claim.claim)
    assert ledger.asks_in([0]) == {}
    ledger.release([0])
    assert ledger.take_grant()
    ledger.settle()
    assert ledger.next_claim() is None
    assert ledger.safe_offsets() == {}


def test_an_erased_message_is_dropped(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    ledger.see(Seen(message_id=message.id, partition=0, offset=1, version=None, state="none"))
    assert ledger.next_claim() is None
    assert ledger.safe_offsets() == {0: 2}


def test_a_claim_that_did_not_reach_the_log_is_asked_at_once(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    assert ledger.next_claim()
    ledger.forget_claim(message.id)
    assert ledger.next_claim()


def test_a_message_that_changes_while_it_is_asked_for_keeps_its_claim(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    claim = ledger.next_claim()
    assert claim
    feed(message.model_copy(update={"ticket_id": "merged"}), "queued", 2)
    assert ledger.next_claim() is None
    feed(message, "sending", 3, claim=claim.claim, attempts=1)
    assert ledger.take_grant()


def test_a_message_queued_again_by_a_human_has_a_new_claim(ledger: Ledger, feed: Feed) -> None:
    message = outgoing()
    feed(message, "queued", 1)
    first = ledger.next_claim()
    feed(message, "unknown", 3)
    feed(message, "queued", 4)
    second = ledger.next_claim()
    assert first and second
    assert first.claim != second.claim
