"""The table of `ai evaluate` and `ai backtest`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.ai.desk import Desk
from services.ai.evaluation.baselines import Baseline
from services.ai.evaluation.data import Ticket
from services.ai.evaluation.figures import (
    Figure,
    bootstrap,
    calibration_error,
    confusion,
    coverage_at,
    macro_f1,
    mean,
    reliability,
    risk_coverage,
)
from services.ai.evaluation.predict import Prediction


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure by name, in the order to show them; `tables` holds what is more than a number."""

    tickets: int
    engine: str
    figures: dict[str, Figure]
    tables: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, dict[str, float | None]] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {
            "tickets": self.tickets,
            "engine": self.engine,
            "figures": {name: figure.json() for name, figure in self.figures.items()},
            "baselines": self.baselines,
            **self.tables,
        }


def report(tickets: Sequence[Ticket], predictions: Sequence[Prediction], desk: Desk, others: Sequence[Baseline]) -> Report:
    """Figures for whatever is labelled; tickets without a label are left out of its figures only."""
    figures, tables = _routing(tickets, predictions)
    urgency, levels = _priorities(tickets, predictions, desk)
    figures |= urgency | _retrieval(tickets, [p.articles for p in predictions]) | _effort(predictions)
    return Report(
        tickets=len(tickets),
        engine=", ".join(sorted({p.engine for p in predictions if p.engine})),
        figures=figures,
        tables=tables | levels,
        baselines={b.name: _baseline(tickets, b) for b in others},
    )


def _routing(tickets: Sequence[Ticket], predictions: Sequence[Prediction]) -> tuple[dict[str, Figure], dict[str, Any]]:
    pairs = [(t.team, p) for t, p in zip(tickets, predictions, strict=True) if t.team]
    truth, said = [t for t, _ in pairs], [p.team for _, p in pairs]
    right = np.array([t == s for t, s in zip(truth, said, strict=True)], dtype=bool)
    sure, acts = np.array([p.team_confidence for _, p in pairs]), np.array([p.acts for _, p in pairs], dtype=bool)
    n = len(pairs)
    figures = {
        "routing accuracy": mean(right.tolist()),
        "routing macro-F1": bootstrap(lambda rows: macro_f1([truth[i] for i in rows], [said[i] for i in rows]) or 0.0, n),
        "calibration error": bootstrap(lambda rows: calibration_error(sure[rows], right[rows]), n),
        "coverage at 95 % precision": bootstrap(lambda rows: coverage_at(sure[rows], right[rows]), n),
        "acts on": mean(acts.tolist()),
        "precision where it acts": mean(right[acts].tolist()) if n else Figure(None),
    }
    tables = {
        "confusion": confusion(truth, said),
        "reliability": reliability(sure, right) if n else [],
        "risk coverage": risk_coverage(sure, right),
    }
    return figures, tables


def _priorities(tickets: Sequence[Ticket], predictions: Sequence[Prediction], desk: Desk) -> tuple[dict[str, Figure], dict[str, Any]]:
    order = {p.key: p.order for p in desk.priorities}
    half = max(1, len(order) // 2)
    pairs = [(t.priority, p.priority) for t, p in zip(tickets, predictions, strict=True) if t.priority in order]
    truth, said = [t for t, _ in pairs], [s for _, s in pairs]
    rank = [(order[t], order.get(s or "", len(order))) for t, s in pairs]
    figures = {
        "priority accuracy": mean([t == s for t, s in pairs]),
        "priority macro-F1": bootstrap(lambda rows: macro_f1([truth[i] for i in rows], [said[i] for i in rows]) or 0.0, len(pairs)),
        "priority within one": mean([abs(a - b) <= 1 for a, b in rank]),
        "urgent recall": mean([b < half for a, b in rank if a < half]),
        "urgent precision": mean([a < half for a, b in rank if b < half]),
        "most urgent recall": mean([b == 0 for a, b in rank if a == 0]),
    }
    return figures, {"priority confusion": confusion(truth, said), "urgent means": [k for k, place in order.items() if place < half]}


def _retrieval(tickets: Sequence[Ticket], articles: Sequence[Sequence[str]]) -> dict[str, Figure]:
    pairs = [(t.article, found) for t, found in zip(tickets, articles, strict=True) if t.article]
    return {
        "articles hit@1": mean([wanted in found[:1] for wanted, found in pairs]),
        "articles hit@3": mean([wanted in found[:3] for wanted, found in pairs]),
    }


def _effort(predictions: Sequence[Prediction]) -> dict[str, Figure]:
    ms = np.array([p.ms for p in predictions]) if predictions else np.zeros(1)
    return {
        "milliseconds p50": Figure(float(np.percentile(ms, 50))),
        "milliseconds p95": Figure(float(np.percentile(ms, 95))),
        "cost in US dollars": Figure(sum(p.cost for p in predictions)),
    }


def _baseline(tickets: Sequence[Ticket], other: Baseline) -> dict[str, float | None]:
    placed = [(t.team, s) for t, s in zip(tickets, other.teams, strict=True) if t.team]
    graded = [(t.priority, s) for t, s in zip(tickets, other.priorities, strict=True) if t.priority]
    found = _retrieval(tickets, other.articles)
    return {
        "routing accuracy": _share([t == s for t, s in placed]),
        "routing macro-F1": macro_f1([t for t, _ in placed], [s for _, s in placed]),
        "priority accuracy": _share([t == s for t, s in graded]) if any(s for _, s in graded) else None,
        "articles hit@1": found["articles hit@1"].value if any(other.articles) else None,
        "articles hit@3": found["articles hit@3"].value if any(other.articles) else None,
    }


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
