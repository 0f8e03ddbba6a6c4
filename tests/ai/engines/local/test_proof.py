"""Rule 14: what a router must have shown before it acts."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from services.ai.engines.local.classifier import OutOfFold
from services.ai.engines.local.router import _CHANCE, PRECISION, _proven, _thresholds

TEAMS = ("a", "b")


def _judged(tickets: int, *, wrong: int, sure: float = 0.99) -> OutOfFold:
    """Held-out tickets of two teams, all alike sure, the last ones wrong."""
    said = np.arange(tickets) % 2
    truth = np.where(np.arange(tickets) < tickets - wrong, said, 1 - said)
    rows = np.full((tickets, 2), 1 - sure)
    rows[np.arange(tickets), said] = sure - np.arange(tickets) * 1e-5  # an order, the surest first
    return OutOfFold(rows, truth, np.arange(tickets), real=True)


@pytest.mark.parametrize(("tickets", "mistakes"), [(31, 0), (32, 0), (58, 1), (59, 1), (300, 11), (2000, 90)])
def test_proof_is_an_exact_binomial_bound(tickets: int, mistakes: int) -> None:
    wrong = 1 - PRECISION
    chance = sum(comb(tickets, k) * wrong**k * PRECISION ** (tickets - k) for k in range(mistakes + 1))
    assert _proven(tickets, mistakes) == (chance <= _CHANCE)


def test_few_tickets_prove_nothing_however_right() -> None:
    assert _thresholds(TEAMS, _judged(31, wrong=0)) == {}
    assert set(_thresholds(TEAMS, _judged(40, wrong=0))) == {"a", "b"}


def test_a_router_that_is_wrong_too_often_never_acts() -> None:
    """One that is right nine times of ten where it is surest, on five hundred desks."""
    rng = np.random.default_rng(3)
    acting = 0
    for _ in range(500):
        given = _judged(200, wrong=0)
        missed = rng.random(200) < 0.1
        acting += bool(
            _thresholds(TEAMS, OutOfFold(given.probabilities, np.where(missed, 1 - given.labels, given.labels), given.rows, real=True))
        )
    assert acting / 500 <= 0.05
