"""Breaker and budgets, on a clock of their own."""

from __future__ import annotations

from services.ai.engines.gemini.breaker import Breaker
from services.ai.engines.gemini.budget import Budget, Limits
from services.ai.engines.gemini.client import retry_delay


def test_rule_18_five_failures_in_thirty_seconds_open_the_breaker_for_sixty() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(5):
        assert breaker.allows()
        breaker.failed()
        now[0] += 1
    assert not breaker.allows()
    now[0] = 64.5
    assert breaker.allows() and not breaker.allows(), "one probe only"
    breaker.failed()
    now[0] += 59
    assert not breaker.allows()
    now[0] += 2
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows() and not breaker.is_open


def test_slow_failures_open_nothing() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(20):
        breaker.failed()
        now[0] += 10
    assert breaker.allows()


def test_a_cut_short_probe_leaves_room_for_the_next() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    breaker.failed(retry_after=5)
    now[0] = 6
    assert breaker.allows()
    breaker.dismissed()
    assert breaker.allows()


def test_rule_18_every_limit_holds_by_itself() -> None:
    now = [0.0]
    budget = Budget(Limits(call=1, ticket=2, hour=3, day=4), clock=lambda: now[0])
    assert budget.reserve("a", 1.1) is None
    assert budget.reserve("a", 1) and budget.reserve("a", 1)
    assert budget.reserve("a", 0.1) is None, "ticket"
    assert budget.reserve("b", 1)
    assert budget.reserve("c", 0.1) is None, "hour"
    now[0] = 3601
    assert budget.reserve("c", 1)
    assert budget.reserve("d", 0.1) is None, "day"
    now[0] = 90_001
    assert budget.reserve("d", 1)


def test_settling_gives_back_what_was_not_used() -> None:
    budget = Budget(Limits(call=1, ticket=1, hour=1, day=1))
    reserved = budget.reserve("a", 1)
    assert reserved is not None and budget.reserve("b", 0.5) is None
    budget.settle(reserved, 0.1)
    assert budget.reserve("b", 0.5) is not None


def test_the_vendors_delay_is_read() -> None:
    assert retry_delay({"error": {"details": [{"x": 1}, {"retryDelay": "17.5s"}]}}) == 17.5
    nothings: tuple[object, ...] = (None, {}, {"error": {}}, {"error": {"details": [{"retryDelay": "soon"}]}}, "text")
    for nothing in nothings:
        assert retry_delay(nothing) is None


def test_rule_18_what_others_spent_counts_and_fades_after_a_day() -> None:
    now = [100_000.0]
    budget = Budget(Limits(call=1, ticket=2, hour=2, day=3), clock=lambda: now[0])
    budget.heard("a", 1.5, now[0] - 10)
    budget.heard("b", 9.0, now[0] - 90_000)
    assert budget.share == 0.75 and budget.reserve("a", 1.0) is None, "the ticket's and the hour's"
    assert budget.reserve("b", 0.5) is not None
    now[0] += 3700
    assert budget.reserve("b", 1.0) is not None and budget.share == 1.0
    now[0] += 90_000
    assert budget.share == 0.0
