"""Multinomial logistic regression over a Gaussian kernel in plain numpy: trained in milliseconds, and nothing big to import.

With n examples and c classes it keeps one coefficient per example and class. The step is Newton's with Böhning's bound of the
Hessian (Ann. Inst. Stat. Math. 44, 1992), so it needs one inverse, never overshoots and takes no line search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.float32]

_WIDTH = 0.3
_LINEAR = 0.1
_RIDGE = 0.1
_BIAS = 0.25
_STEPS = 80


@dataclass(frozen=True, slots=True)
class KernelSoftmax:
    """Immutable once fitted."""

    rows: Rows
    lengths: Rows
    coefficients: Floats

    @classmethod
    def of(cls, rows: Rows, coefficients: Floats) -> KernelSoftmax:
        return cls(rows, lengths(rows), coefficients)

    def logits(self, rows: Rows) -> Floats:
        """Shape (len(rows), classes)."""
        found: Floats = kernel(rows, self.rows, self.lengths) @ self.coefficients
        return found


def lengths(rows: Rows) -> Rows:
    """Squared length of each row."""
    found: Rows = np.einsum("ij,ij->i", rows, rows)
    return found


def kernel(left: Rows, right: Rows, right_lengths: Rows) -> Floats:
    """How alike every pair is: near ones by a Gaussian, far ones by a line; and a constant for the classes' own frequency."""
    cross = _products(left, right).astype(np.float64)
    distance = lengths(left)[:, None] + right_lengths[None, :] - 2 * cross
    found: Floats = np.exp(-_WIDTH * np.maximum(distance, 0)) + _LINEAR * cross + _BIAS
    return found


def _products(left: Rows, right: Rows) -> Rows:
    """All dot products. One row is mostly empty and small: waking BLAS's threads on busy cores costs it ten times the sum."""
    if len(left) > 1:
        found: Rows = left @ right.T
        return found
    filled = np.flatnonzero(left[0])
    one: Rows = np.einsum("j,ij->i", left[0][filled], right[:, filled])[None, :]
    return one


def solve(similar: Floats, y: NDArray[np.int64], classes: int, weights: Floats | None = None) -> Floats:
    """Coefficients for a square kernel matrix. `weights`: how much each example counts, on average 1."""
    n = len(y)
    weight = np.ones(n) if weights is None else weights
    root = np.sqrt(weight)
    wanted = np.eye(classes)[y]
    # In the scaled variables b = a / sqrt(w) the problem is the unweighted one.
    scaled = root[:, None] * similar * root[None, :]
    step = np.linalg.inv(scaled / 2 + _RIDGE * np.eye(n))
    b = np.zeros((n, classes))
    for _ in range(_STEPS):
        p = softmax(similar @ (root[:, None] * b))
        b -= step @ (root[:, None] * (p - wanted) + _RIDGE * b)
    found: Floats = root[:, None] * b
    return found


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Rows of probabilities."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
