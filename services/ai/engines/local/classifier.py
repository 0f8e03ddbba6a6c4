"""A calibrated softmax over meaning, words and themes, small enough to train at every start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.ai.engines.local.embedder import Vectors
from services.ai.engines.local.features import Features
from services.ai.engines.local.kernel import Floats, KernelSoftmax, kernel, lengths, softmax, solve
from services.ai.engines.local.themes import Themes

_FOLDS = 5
_SEED = 20
_SHARPEST_ON_SEEDS, _SHARPEST, _BLUNTEST = 0.7, 0.3, 4.0
"""Clean seed sentences alone would talk the classifier into certainty; tickets of the desk's own may."""
_SPREAD = 0.15
"""How far, in logarithms, a temperature lies from 1 as a rule: a few dozen tickets alone would talk it into certainty."""
_ENOUGH_REAL = 60
"""From as many tickets of the desk on, calibration is judged on them alone."""
_MOST_EXAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to learn from. `real`: a ticket of the desk, not a seed or a description. `extra`: further columns."""

    text: str
    label: str
    real: bool = False
    extra: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What the classifier says about examples while it was not trained on them.

    `rows` are their places in the samples; `real` tells that only tickets of the desk were asked.
    """

    probabilities: Floats
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    real: bool = False


class SoftmaxClassifier:
    """`labels` in a fixed order; `probabilities` are temperature-scaled on held-out folds, so that 0.8 means right four times of five."""

    def __init__(self, labels: tuple[str, ...], features: Features, model: KernelSoftmax, temperature: float) -> None:
        self.labels = labels
        self._features, self._model = features, model
        self.temperature = temperature

    def probabilities(self, text: str, vector: Vectors | None, extra: Sequence[float] = ()) -> Floats:
        """One probability per label. Vector and extra columns as in training."""
        columns = np.array([extra], dtype=np.float32) if extra else None
        row = self._features.of([text], None if vector is None else vector[None, :], columns)
        found: Floats = softmax(self._model.logits(row), self.temperature)[0]
        return found


def train(samples: Sequence[Sample], vectors: Vectors | None, themes: Themes | None = None) -> tuple[SoftmaxClassifier, OutOfFold] | None:
    """Fit, calibrate and judge. None with fewer than two labels: there is nothing to decide between. Deterministic.

    Of more than 2000 samples the last ones count: the newest tickets.
    """
    if len(samples) > _MOST_EXAMPLES:
        samples = samples[-_MOST_EXAMPLES:]
        vectors = vectors[-_MOST_EXAMPLES:] if vectors is not None else None
    names = tuple(sorted({s.label for s in samples}))
    if len(names) < 2:
        return None
    y = np.array([names.index(s.label) for s in samples], dtype=np.int64)
    real = np.array([s.real for s in samples])
    texts = [s.text for s in samples]
    features = Features(texts, vectors, themes)
    extra = np.array([s.extra for s in samples], dtype=np.float32) if samples[0].extra else None
    rows = features.of(texts, vectors, extra)
    similar = kernel(rows, rows, lengths(rows))
    logits, held = _held_out(similar, y, len(names))
    on_real = bool((held & real).sum() >= _ENOUGH_REAL)
    if on_real:
        held &= real
    temperature = _temperature(logits[held], y[held], _SHARPEST if on_real else _SHARPEST_ON_SEEDS)
    judged = OutOfFold(softmax(logits[held], temperature), y[held], np.flatnonzero(held), on_real)
    model = KernelSoftmax.of(rows, solve(similar, y, len(names), _balance(y, len(names))))
    return SoftmaxClassifier(names, features, model, temperature), judged


def _balance(y: NDArray[np.int64], classes: int) -> Floats:
    """Half way between every example alike and every class alike: a team with few examples is heard, but not believed blindly."""
    counts = np.maximum(np.bincount(y, minlength=classes), 1)
    weights = np.sqrt(len(y) / (classes * counts))[y]
    found: Floats = weights / weights.mean()
    return found


def _held_out(similar: Floats, y: NDArray[np.int64], classes: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Logits of each example from a model trained without its fold; a class's examples are dealt evenly to the folds."""
    logits, held = np.zeros((len(y), classes)), np.zeros(len(y), dtype=bool)
    fold = np.zeros(len(y), dtype=np.int64)
    order = np.random.default_rng(_SEED).permutation(len(y))
    for c in range(classes):
        mine = order[y[order] == c]
        fold[mine] = np.arange(len(mine)) % _FOLDS
        held[mine] = len(mine) >= _FOLDS
    if len(set(y[held])) < 2:
        return logits, np.zeros(len(y), dtype=bool)
    for f in range(_FOLDS):
        kept, out = np.flatnonzero((fold != f) | ~held), np.flatnonzero((fold == f) & held)
        coefficients = solve(similar[np.ix_(kept, kept)], y[kept], classes, _balance(y[kept], classes))
        logits[out] = similar[np.ix_(out, kept)] @ coefficients
    return logits, held


def _temperature(logits: Floats, y: NDArray[np.int64], sharpest: float) -> float:
    """The likeliest temperature, on a fine grid: the loss is smooth and flat at its bottom."""
    if len(y) == 0:
        return 1.0
    grid = np.geomspace(sharpest, _BLUNTEST, 60)
    losses = [-np.log(np.maximum(softmax(logits, float(t))[np.arange(len(y)), y], 1e-12)).sum() for t in grid]
    doubts = np.log(grid) ** 2 / (2 * _SPREAD**2)
    return float(grid[int(np.argmin(losses + doubts))])
