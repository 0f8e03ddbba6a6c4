"""What simple means reach on the same tickets: the measure of whether the engine is worth its effort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.ai.desk import Desk
from services.ai.evaluation.data import Ticket
from services.ai.knowledge.bm25 import BM25

_HITS = 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """Teams, priorities and articles as one of the simple means would name them, one per ticket."""

    name: str
    teams: list[str | None]
    priorities: list[str | None]
    articles: list[list[str]]


def baselines(tickets: Sequence[Ticket], desk: Desk, examples: Sequence[Ticket]) -> list[Baseline]:
    """Majority, BM25 (nearest example or description), TF-IDF with logistic regression."""
    return [_majority(tickets, desk, examples), _nearest(tickets, desk, examples), _regression(tickets, desk, examples)]


def _majority(tickets: Sequence[Ticket], desk: Desk, examples: Sequence[Ticket]) -> Baseline:
    """The commonest answers: of the examples, else of the tickets' own labels, which flatters this baseline."""
    known = examples or tickets
    team, priority = _commonest([t.team for t in known]), _commonest([t.priority for t in known])
    articles = [a for a, _ in Counter(t.article for t in known if t.article).most_common(_HITS)]
    return Baseline("majority", [team] * len(tickets), [priority] * len(tickets), [articles] * len(tickets))


def _nearest(tickets: Sequence[Ticket], desk: Desk, examples: Sequence[Ticket]) -> Baseline:
    described = [(t.id, f"{t.name}. {t.description}") for t in desk.teams]
    placed = described + [(e.team, e.text) for e in examples if e.team]
    graded = [(e.priority, e.text) for e in examples if e.priority]
    answers = [(a.id, f"{a.title}\n{a.body}") for a in desk.articles]
    return Baseline(
        "bm25",
        [_first(found) for found in _search(placed, tickets)],
        [_first(found) for found in _search(graded, tickets)],
        _search(answers, tickets),
    )


def _regression(tickets: Sequence[Ticket], desk: Desk, examples: Sequence[Ticket]) -> Baseline:
    placed = [(t.id, f"{t.name}. {t.description}") for t in desk.teams] + [(e.team, e.text) for e in examples if e.team]
    graded = [(e.priority, e.text) for e in examples if e.priority]
    return Baseline("tf-idf + logistic regression", _fit_predict(placed, tickets), _fit_predict(graded, tickets), [[]] * len(tickets))


def _search(documents: Sequence[tuple[str, str]], tickets: Sequence[Ticket]) -> list[list[str]]:
    index = BM25([text for _, text in documents])
    found = []
    for ticket in tickets:
        scores = index.scores(ticket.text)
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        found.append([documents[i][0] for i in order[:_HITS]])
    return found


def _fit_predict(labelled: Sequence[tuple[str, str]], tickets: Sequence[Ticket]) -> list[str | None]:
    if len({label for label, _ in labelled}) < 2 or not tickets:
        return [None] * len(tickets)
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import, and needed for this comparison only
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model: Any = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=500))
    model.fit([text for _, text in labelled], [label for label, _ in labelled])
    return [str(label) for label in model.predict([t.text for t in tickets])]


def _commonest(labels: Sequence[str]) -> str | None:
    found = Counter(label for label in labels if label).most_common(1)
    return found[0][0] if found else None


def _first(found: Sequence[str]) -> str | None:
    return found[0] if found else None
