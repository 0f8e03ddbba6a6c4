"""Priorities as this desk gives them: learned from its own tickets, with the readable rules among the signs.

What matters is that urgent tickets are found. So the line between urgent and not is drawn on held-out tickets where most urgent
ones are found while four of five raised alarms are true; the level within each half is the likelier one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.ai.desk import Desk
from services.ai.engines.local.classifier import OutOfFold, Sample, SoftmaxClassifier, train
from services.ai.engines.local.embedder import Embedder, Vectors
from services.ai.engines.local.kernel import Floats
from services.ai.engines.local.rules import RULES, matching_rules
from services.ai.engines.local.seeds import seeds
from services.ai.engines.local.themes import PRESSURE, themes_of
from services.ai.engines.local.vectors import Remembering

_ENOUGH, _ENOUGH_URGENT = 40, 6
_PRECISION = 0.8
_LINES = 0.2, 0.4
"""Few urgent tickets prove little: whatever they say, the line stays within these."""
_RULE_WEIGHT = 1.2
_LOUD = re.compile(r"!{2,}|\b[A-Z]{5,}\b")


@dataclass(frozen=True, slots=True)
class Judged:
    """A ticket of the desk with the priority an agent left it at."""

    priority: str
    text: str


@dataclass(frozen=True, slots=True)
class Urgency:
    """Immutable. `urgent` are the upper half of the desk's priorities, `line` the probability from which a ticket is one of them."""

    classifier: SoftmaxClassifier
    order: tuple[str, ...]
    line: float

    @classmethod
    def learned(cls, desk: Desk, judged: Sequence[Judged], embedder: Embedder | None) -> Urgency | None:
        """None where there are too few tickets, or too few urgent ones, to learn from."""
        order = tuple(p.key for p in sorted(desk.priorities, key=lambda p: p.order))
        urgent = frozenset(order[: len(order) // 2])
        known = [j for j in judged if j.priority in order]
        if len(known) < _ENOUGH or sum(j.priority in urgent for j in known) < _ENOUGH_URGENT:
            return None
        samples = [Sample(s.text, desk.priority_key(s.priority) or "", extra=signs(s.text)) for s in seeds()]
        samples += [Sample(j.text, j.priority, real=True, extra=signs(j.text)) for j in known]
        teacher = Remembering.around(embedder) if embedder is not None else None
        fitted = train(
            samples, teacher.embed([s.text for s in samples]) if teacher else None, themes_of(teacher, PRESSURE) if teacher else None
        )
        if fitted is None:
            return None
        classifier, held = fitted
        return cls(classifier, order, _line(classifier.labels, held, urgent))

    def judge(self, text: str, vector: Vectors | None) -> tuple[str, float]:
        """The priority and how sure it is."""
        p = self.classifier.probabilities(text, vector, signs(text))
        urgent = frozenset(self.order[: len(self.order) // 2])
        half = p[[label in urgent for label in self.classifier.labels]].sum() >= self.line
        places = [i for i, label in enumerate(self.classifier.labels) if (label in urgent) == half]
        best = max(places, key=lambda i: p[i])
        return self.classifier.labels[best], round(float(p[best]), 4)


def signs(text: str) -> tuple[float, ...]:
    """One column per rule, one for loudness: shouting says little, and the classifier learns how little."""
    fired = {id(rule) for rule, _ in matching_rules(text)}
    return (*(_RULE_WEIGHT if id(rule) in fired else 0.0 for rule in RULES), 0.5 if _LOUD.search(text) else 0.0)


def _line(labels: tuple[str, ...], held: OutOfFold, urgent: frozenset[str]) -> float:
    """Among the lines at which four of five alarms are true the one that finds most; else the one with the best balance."""
    columns = np.array([label in urgent for label in labels])
    share: Floats = held.probabilities[:, columns].sum(axis=1)
    truth: NDArray[np.bool_] = columns[held.labels]
    order = np.argsort(-share, kind="stable")
    found = np.cumsum(truth[order])
    precision, recall = found / np.arange(1, len(order) + 1), found / max(int(truth.sum()), 1)
    good = np.flatnonzero(precision >= _PRECISION)
    place = int(good[-1]) if len(good) else int(np.argmax(2 * precision * recall / np.maximum(precision + recall, 1e-9)))
    following = share[order[place + 1]] if place + 1 < len(order) else 0.0
    return float(np.clip((share[order[place]] + following) / 2, *_LINES))
