"""How well the offline engine sorts 48 tickets it has never seen (tests/ai/tickets.tsv); the floors leave room for other CPUs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.ai.desk import Desk
from services.ai.engines.local.embedder import MiniLM
from services.ai.engines.local.priority import Prioritiser
from services.ai.engines.local.router import Route, Router
from services.ai.engines.local.views import Views

MAJORITY = 0.25


@dataclass(frozen=True)
class Ticket:
    team: str
    priority: str
    text: str


def tickets() -> list[Ticket]:
    lines = (Path(__file__).parents[2] / "tickets.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Ticket(team, priority, f"{subject}. {text}") for team, priority, subject, text in rows]


@pytest.fixture(scope="module")
def router(desk: Desk, embedder: MiniLM) -> Router:
    return Router.trained(desk.teams, embedder)


@pytest.fixture(scope="module")
def routed(router: Router, embedder: MiniLM) -> list[tuple[Ticket, Route]]:
    return [(t, router.route(t.text, Views(embedder).embed([t.text])[0])) for t in tickets()]


def test_most_tickets_find_their_team(routed: list[tuple[Ticket, Route]]) -> None:
    right = sum(route.ranked[0].name == t.team for t, route in routed)
    assert right / len(routed) >= 0.85 > MAJORITY


def test_what_the_router_decides_is_right(routed: list[tuple[Ticket, Route]]) -> None:
    decided = [(t, route.decided) for t, route in routed if route.decided is not None]
    assert len(decided) / len(routed) >= 0.4, "abstains nearly always"
    assert sum(choice.name == t.team for t, choice in decided) / len(decided) >= 0.95


def test_confidence_is_no_boast(routed: list[tuple[Ticket, Route]]) -> None:
    mean = sum(route.ranked[0].confidence for _, route in routed) / len(routed)
    right = sum(route.ranked[0].name == t.team for t, route in routed) / len(routed)
    assert mean <= right + 0.1


def test_words_alone_still_beat_the_majority(desk: Desk) -> None:
    router = Router.trained(desk.teams, None)
    right = sum(router.route(t.text, None).ranked[0].name == t.team for t in tickets())
    assert right / len(tickets()) >= 0.6


def test_urgent_tickets_are_seen(desk: Desk, embedder: MiniLM) -> None:
    judge = Prioritiser.trained(embedder)
    urgent = [t for t in tickets() if t.priority == "critical"]
    judged = [judge.judge(t.text, embedder.embed([t.text])[0], desk) for t in urgent]
    assert all(p is not None and p.key in ("critical", "high") for p in judged)


def test_priorities_are_rarely_far_off(desk: Desk, embedder: MiniLM) -> None:
    judge, order = Prioritiser.trained(embedder), {p.key: p.order for p in desk.priorities}
    far = 0
    for t in tickets():
        found = judge.judge(t.text, embedder.embed([t.text])[0], desk)
        assert found is not None
        far += abs(order[found.key] - order[t.priority]) > 1
    assert far / len(tickets()) <= 0.05


def test_routing_costs_little_beside_the_embedding(router: Router, embedder: MiniLM) -> None:
    """Against the bare model in the same run, never the clock: the machine is shared."""
    long = " ".join(t.text for t in tickets())
    seen = Views(embedder).embed([long])[0]
    bare, whole = [], []
    for _ in range(15):
        start = time.perf_counter()
        embedder.embed([long])
        bare.append(time.perf_counter() - start)
        router.route(long[:2000], seen)
        whole.append(time.perf_counter() - start)
    assert sorted(whole)[7] < 2 * sorted(bare)[7]
