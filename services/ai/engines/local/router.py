"""Which team: decide only where being right 95 times of 100 was shown on held-out examples, else say who it might be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.ai.desk import Team
from services.ai.engines.base import TeamChoice
from services.ai.engines.local.classifier import OutOfFold, Sample, SoftmaxClassifier, train
from services.ai.engines.local.embedder import Embedder, Vectors
from services.ai.engines.local.kernel import Floats
from services.ai.engines.local.seeds import Example, examples
from services.ai.engines.local.themes import themes_of
from services.ai.engines.local.vectors import Remembering

PRECISION = 0.95
_LOWEST_ON_SEEDS, _LOWEST = 0.96, 0.97
"""The least sure ticket it acts on must keep the promise by itself, with room for a calibration that is off.

More of it where tickets of the desk may make the temperature sharper than seeds do.
"""
_SUPPORT = 5
"""Fewer held-out hits than this prove nothing, and the team is only ever suggested."""
_ENOUGH_WORDS = 2
_CERTAIN = 0.99
_DOUBT = 0.3
"""A threshold chosen on held-out tickets flatters itself: so much of a mistake is added to those seen."""


@dataclass(frozen=True, slots=True)
class Route:
    """`decided` is None when the router abstains; `ranked` holds every team, likeliest first."""

    decided: TeamChoice | None
    ranked: tuple[TeamChoice, ...]
    why: str


class Router:
    """Immutable once trained. An empty desk gets a router that abstains."""

    def __init__(
        self,
        teams: Sequence[Team],
        classifier: SoftmaxClassifier | None,
        thresholds: dict[str, float],
        held_out: Mapping[str, str] | None = None,
    ) -> None:
        self._teams = {t.id: t for t in teams}
        self._classifier = classifier
        self.thresholds = thresholds
        self.held_out = held_out or {}
        """What it said of each of the desk's tickets while it was not trained on it: text to team."""

    @classmethod
    def trained(cls, teams: Sequence[Team], embedder: Embedder | None, corrections: Sequence[Example] = ()) -> Router:
        """Takes about a second for the default desk; run it in a thread."""
        material = examples(teams, corrections)
        samples = [Sample(e.text, e.team_id, e.real) for e in material]
        teacher = Remembering.around(embedder) if embedder is not None else None
        vectors = teacher.embed([e.text for e in material]) if teacher is not None and material else None
        fitted = train(samples, vectors, themes_of(teacher) if teacher is not None else None)
        if fitted is None:
            return cls(teams, None, {})
        classifier, judged = fitted
        said = judged.probabilities.argmax(axis=1)
        held_out = {samples[row].text: classifier.labels[i] for row, i in zip(judged.rows, said, strict=True) if samples[row].real}
        return cls(teams, classifier, _thresholds(classifier.labels, judged), held_out)

    def route(self, text: str, vector: Vectors | None, *, language_known: bool = True) -> Route:
        if self._classifier is None:
            return Route(None, (), "no team: the desk has fewer than two teams to choose from")
        p = self._classifier.probabilities(text, vector)
        ranked = tuple(
            TeamChoice(label, self._teams[label].name, min(_CERTAIN, round(float(p[i]), 4)))
            for i, label in sorted(enumerate(self._classifier.labels), key=lambda pair: -p[pair[0]])
        )
        best = ranked[0]
        threshold = self.thresholds.get(best.id)
        if not language_known:
            return Route(None, ranked, f"no team: routing is only validated for English; most likely {_name_two(ranked)}")
        if len(text.split()) < _ENOUGH_WORDS:
            return Route(None, ranked, "no team: the message is too short to tell")
        if threshold is None or best.confidence < threshold:
            return Route(None, ranked, f"no team: not sure enough between {_name_two(ranked)}")
        return Route(
            best, ranked, f"team {best.name}: confidence {best.confidence:.0%}, at or above its 95 % precision threshold of {threshold:.0%}"
        )


def _name_two(ranked: tuple[TeamChoice, ...]) -> str:
    return " and ".join(f"{c.name} ({c.confidence:.0%})" for c in ranked[:2])


def _thresholds(labels: tuple[str, ...], judged: OutOfFold) -> dict[str, float]:
    """Per team the lowest confidence from which on held-out predictions were right 95 % of the time.

    Judged over all teams together, as one team rarely has enough tickets to prove it; a team's own predictions may only
    make it stricter, and a team never predicted right does not act at all.
    """
    if not len(judged.labels):
        return {}
    chosen, sure = judged.probabilities.argmax(axis=1), judged.probabilities.max(axis=1)
    right = chosen == judged.labels
    common = _lowest(sure, right)
    lowest = _LOWEST if judged.real else _LOWEST_ON_SEEDS
    found: dict[str, float] = {}
    for i, label in enumerate(labels):
        mine = chosen == i
        own = _lowest(sure[mine], right[mine])
        if common is not None and own is not None and right[mine].sum() >= _SUPPORT:
            found[label] = max(lowest, round(max(common, own), 4))
    return found


def _lowest(sure: Floats, right: NDArray[np.bool_]) -> float | None:
    """The lowest confidence above which at least PRECISION were right, None when there is none.

    Surest first, it stops where the proof first breaks: a stretch of luck further down is not looked for.
    """
    order = np.argsort(-sure, kind="stable")
    error = (np.cumsum(~right[order]) + _DOUBT) / (np.arange(1, len(order) + 1) + _DOUBT)
    proven = np.flatnonzero(error <= 1 - PRECISION)
    if not len(proven):
        return None
    broken = np.flatnonzero(error[proven[0] :] > 1 - PRECISION)
    last = proven[0] + broken[0] - 1 if len(broken) else len(order) - 1
    return float(sure[order[last]])
