"""Which team: decide only where being right 95 times of 100 was shown on held-out examples, else say who it might be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from services.ai.engines.local.views import Views

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
"""A team's own threshold flatters itself, being chosen on few held-out tickets: so much of a mistake is added to those seen."""
_CHANCE = 0.2
"""Over all teams the promise must be proven: a router that breaks it would look so good at most this often (Clopper-Pearson).

Without a mistake that takes 32 tickets; with one of them wrong, 59. Fewer examples teach, but the router abstains.
"""


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
        vectors = Views(teacher).embed([e.text for e in material]) if teacher is not None and material else None
        fitted = train(samples, vectors, themes_of(teacher) if teacher is not None else None)
        if fitted is None:
            return cls(teams, None, {})
        classifier, judged = fitted
        said = judged.probabilities.argmax(axis=1)
        held_out = {samples[row].text: classifier.labels[i] for row, i in zip(judged.rows, said, strict=True) if samples[row].real}
        return cls(teams, classifier, _thresholds(classifier.labels, judged), held_out)

    def route(self, text: str, seen: Vectors | None, *, language_known: bool = True) -> Route:
        """`seen`: the text's row of `Views`; None without embeddings."""
        if self._classifier is None:
            return Route(None, (), "no team: the desk has fewer than two teams to choose from")
        p = self._classifier.probabilities(text, seen)
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
    common = _lowest(sure, right, _proven)
    lowest = _LOWEST if judged.real else _LOWEST_ON_SEEDS
    found: dict[str, float] = {}
    for i, label in enumerate(labels):
        mine = chosen == i
        own = _lowest(sure[mine], right[mine], _likely)
        if common is not None and own is not None and right[mine].sum() >= _SUPPORT:
            found[label] = max(lowest, round(max(common, own), 4))
    return found


def _lowest(sure: Floats, right: NDArray[np.bool_], kept: Callable[[int, int], bool]) -> float | None:
    """The lowest confidence above which the promise is `kept` (tickets, mistakes), None when there is none.

    Surest first, it stops where the promise first breaks: a stretch of luck further down is not looked for.
    """
    order = np.argsort(-sure, kind="stable")
    mistakes = np.cumsum(~right[order])
    last = None
    for tickets in range(1, len(order) + 1):
        if kept(tickets, int(mistakes[tickets - 1])):
            last = tickets - 1
        elif last is not None:
            break
    return float(sure[order[last]]) if last is not None else None


def _likely(tickets: int, mistakes: int) -> bool:
    return (mistakes + _DOUBT) / (tickets + _DOUBT) <= 1 - PRECISION


def _proven(tickets: int, mistakes: int) -> bool:
    """Whether a router just breaking the promise would so rarely make no more than these mistakes."""
    wrong = 1 - PRECISION
    term = PRECISION**tickets
    chance = term
    for n in range(1, mistakes + 1):
        term *= (tickets - n + 1) / n * wrong / PRECISION
        chance += term
    return chance <= _CHANCE
