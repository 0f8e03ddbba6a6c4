"""Which of the desk's saved replies fits a message, by meaning."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.base import Named
from services.ai.desk import Macro

Vector = NDArray[np.float32]
_FITS_FROM = 0.45
"""Cosine; unrelated texts lie under 0.35 with this model."""


@dataclass(slots=True)
class Macros:
    """Nothing fits before `learn`, nor in the tier without embeddings."""

    _known: tuple[tuple[Macro, Vector], ...] = ()
    _learned: tuple[Macro, ...] = ()

    async def learn(self, macros: tuple[Macro, ...], embed: Callable[[str], Awaitable[Vector | None]]) -> None:
        """Replace the set; what has not changed costs nothing."""
        if macros == self._learned:
            return
        vectors = [(macro, await embed(f"{macro.name}. {macro.text}")) for macro in macros]
        self._known, self._learned = tuple((m, v) for m, v in vectors if v is not None), macros

    def best(self, vector: Vector | None) -> Named | None:
        """The one that fits, if any does."""
        if vector is None or not self._known:
            return None
        macro, score = max(((m, float(v @ vector)) for m, v in self._known), key=lambda found: found[1])
        return Named(id=macro.id, name=macro.name) if score >= _FITS_FROM else None
