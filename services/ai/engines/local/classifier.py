"""A calibrated softmax over [centred embedding ; hashed n-grams], small enough to train at every start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from services.ai.engines.local.embedder import Vectors

Floats = NDArray[np.float64]

_hashing: Any = HashingVectorizer  # scikit-learn has no types
_logistic: Any = LogisticRegression
_folds: Any = StratifiedKFold
_NGRAMS = _hashing(n_features=2048, ngram_range=(1, 2), alternate_sign=False)
_NGRAM_WEIGHT = 0.6
_STRENGTH = 6.0
_FOLDS = 5
_SEED = 20
_SHARPEST = -0.35
"""log of the lowest temperature (0.7): clean seed sentences alone would talk the classifier into certainty."""


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What the classifier says about the examples while it was not trained on them."""

    probabilities: Floats
    labels: NDArray[np.int64]


class SoftmaxClassifier:
    """`labels` in a fixed order; `probabilities` are temperature-scaled on held-out folds, so that 0.8 means right four times of five."""

    def __init__(self, labels: tuple[str, ...], centre: Vectors, model: Any, temperature: float) -> None:
        self.labels = labels
        self._centre = centre
        self._model = model
        self.temperature = temperature

    def probabilities(self, text: str, vector: Vectors | None) -> Floats:
        """One probability per label. The vector must come from the embedder used in training, None if there was none."""
        row = _features([text], None if vector is None else vector[None, :], self._centre)
        chosen: Floats = _softmax(_logits(self._model, row), self.temperature)[0]
        return chosen


def train(texts: Sequence[str], labels: Sequence[str], vectors: Vectors | None) -> tuple[SoftmaxClassifier, OutOfFold] | None:
    """Fit, calibrate and judge. None with fewer than two labels: there is nothing to decide between. Deterministic."""
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        return None
    y = np.array([names.index(label) for label in labels], dtype=np.int64)
    centre: Vectors = vectors.mean(axis=0) if vectors is not None else np.zeros(0, dtype=np.float32)
    x = _features(texts, vectors, centre)
    held_logits, held = _held_out(x, y, len(names))
    temperature = _temperature(held_logits[held], y[held])
    judged = OutOfFold(_softmax(held_logits[held], temperature), y[held])
    return SoftmaxClassifier(names, centre, _fit(x, y), temperature), judged


def _features(texts: Sequence[str], vectors: Vectors | None, centre: Vectors) -> Floats:
    grams = _NGRAMS.transform(list(texts)).toarray() * _NGRAM_WEIGHT
    if vectors is None:
        return np.asarray(grams / _NGRAM_WEIGHT, dtype=np.float64)
    moved = vectors - centre
    moved = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    return np.hstack([moved, grams]).astype(np.float64)


def _fit(x: Floats, y: NDArray[np.int64]) -> Any:
    return _logistic(C=_STRENGTH, max_iter=300, class_weight="balanced").fit(x, y)


def _logits(model: Any, x: Floats) -> Floats:
    scores = np.asarray(model.decision_function(x), dtype=np.float64)
    return np.stack([-scores / 2, scores / 2], axis=1) if scores.ndim == 1 else scores


def _softmax(logits: Floats, temperature: float) -> Floats:
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _held_out(x: Floats, y: NDArray[np.int64], classes: int) -> tuple[Floats, NDArray[np.bool_]]:
    logits, held = np.zeros((len(y), classes)), np.zeros(len(y), dtype=bool)
    counts = np.bincount(y, minlength=classes)
    common = np.isin(y, np.flatnonzero(counts >= _FOLDS))
    if len(set(y[common])) < 2:
        return logits, held
    rare, rows = np.flatnonzero(~common), np.flatnonzero(common)
    for kept, out in _folds(_FOLDS, shuffle=True, random_state=_SEED).split(rows, y[rows]):
        train_rows = np.concatenate([rows[kept], rare])
        logits[rows[out]] = _logits(_fit(x[train_rows], y[train_rows]), x[rows[out]])
        held[rows[out]] = True
    return logits, held


def _temperature(logits: Floats, y: NDArray[np.int64]) -> float:
    if len(y) == 0:
        return 1.0

    def loss(log_t: float) -> float:
        chosen = _softmax(logits, float(np.exp(log_t)))[np.arange(len(y)), y]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(_SHARPEST, 2.5), method="bounded").x))
