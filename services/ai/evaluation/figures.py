"""Figures of predictions against labels, each with a 95 % interval where one can be had by resampling the tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PRECISION = 0.95
_BINS = 10
_RESAMPLES = 1000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its bootstrap interval; None where nothing was labelled."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def json(self) -> dict[str, float | None]:
        return {"value": _round(self.value), "low": _round(self.low), "high": _round(self.high)}


def bootstrap(measure: Callable[[NDArray[np.int64]], float], n: int) -> Figure:
    """`measure` takes rows of the n tickets, with repetitions. Deterministic."""
    if n == 0:
        return Figure(None)
    rng = np.random.default_rng(_SEED)
    values = np.array([measure(rng.integers(0, n, n)) for _ in range(_RESAMPLES)])
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return Figure(float(measure(np.arange(n))), float(low), float(high))


def mean(hits: Sequence[bool]) -> Figure:
    """A share with its interval."""
    values = np.asarray(hits, dtype=np.float64)
    return bootstrap(lambda rows: float(values[rows].mean()), len(values))


def macro_f1(truth: Sequence[str], said: Sequence[str | None]) -> float | None:
    """Mean F1 over the labels that occur."""
    labels = sorted(set(truth))
    if not labels:
        return None
    scores = []
    for label in labels:
        hit = sum(t == label == s for t, s in zip(truth, said, strict=True))
        both = sum(t == label for t in truth) + sum(s == label for s in said)
        scores.append(2 * hit / both)
    return sum(scores) / len(scores)


def confusion(truth: Sequence[str], said: Sequence[str | None]) -> dict[str, dict[str, int]]:
    """True label to predicted label to count."""
    table: dict[str, dict[str, int]] = {}
    for t, s in zip(truth, said, strict=True):
        row = table.setdefault(t, {})
        row[s or "none"] = row.get(s or "none", 0) + 1
    return {t: dict(sorted(row.items())) for t, row in sorted(table.items())}


def calibration_error(confidence: Floats, right: Bools) -> float:
    """Expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[places == b].mean() - right[places == b].mean()) * (places == b).mean() for b in set(places.tolist())]
    return float(sum(gaps))


def reliability(confidence: Floats, right: Bools) -> list[dict[str, Any]]:
    """The bins behind the calibration error, for a plot."""
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        {
            "from": b / _BINS,
            "tickets": int((places == b).sum()),
            "confidence": _round(float(confidence[places == b].mean())),
            "accuracy": _round(float(right[places == b].mean())),
            **dict(zip(("low", "high"), wilson(int(right[places == b].sum()), int((places == b).sum())), strict=True)),
        }
        for b in sorted(set(places.tolist()))
    ]


def wilson(hits: int, tickets: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if not tickets:
        return 0.0, 1.0
    share, z2 = hits / tickets, 1.96**2
    middle, spread = share + z2 / (2 * tickets), 1.96 * ((share * (1 - share) + z2 / (4 * tickets)) / tickets) ** 0.5
    scale = 1 + z2 / tickets
    return round(max(0.0, (middle - spread) / scale), 4), round(min(1.0, (middle + spread) / scale), 4)


def risk_coverage(confidence: Floats, right: Bools) -> list[dict[str, float]]:
    """Share of mistakes among the surest tickets, for every share of them; at most a hundred points, for a plot."""
    if not len(right):
        return []
    wrong = np.cumsum(~right[np.argsort(-confidence, kind="stable")])
    places = np.unique(np.linspace(1, len(right), min(len(right), 100)).astype(int))
    return [{"coverage": round(int(n) / len(right), 4), "risk": round(int(wrong[n - 1]) / int(n), 4)} for n in places]


def coverage_at(confidence: Floats, right: Bools, precision: float = PRECISION) -> float:
    """The largest share of tickets, surest first, of which at least `precision` are right."""
    if not len(right):
        return 0.0
    order = np.argsort(-confidence, kind="stable")
    kept = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(kept >= precision)
    return float((good[-1] + 1) / len(order)) if len(good) else 0.0


def _round(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(value, 4)
