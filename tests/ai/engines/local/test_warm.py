"""Vectors made beforehand and kept between starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services.ai.engines.local.embedder import MiniLM, Vectors
from services.ai.engines.local.vectors import Remembering
from services.ai.engines.local.warm import key, our_own, warm_vectors


class Counting:
    def __init__(self, inner: MiniLM) -> None:
        self.inner, self.asked = inner, 0

    @property
    def model(self) -> str:
        return self.inner.model

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += len(texts)
        return self.inner.embed(texts)


def test_every_sentence_of_ours_is_shipped_with_its_vector(embedder: MiniLM) -> None:
    stored = warm_vectors(embedder.model)
    assert {key(text) for text in our_own()} == set(stored), "run: python -m services.ai.engines.local.warm"
    some = our_own()[::40]
    cosines = [float(stored[key(t)] @ v) for t, v in zip(some, embedder.embed(some), strict=True)]
    assert min(cosines) > 0.99  # int8 kernels differ a little between CPUs


def test_another_model_gets_none_of_them() -> None:
    assert warm_vectors("another") == {}


def test_a_second_start_embeds_nothing(embedder: MiniLM, tmp_path: Path) -> None:
    first, second = Counting(embedder), Counting(embedder)
    file, texts = tmp_path / "ai" / "vectors.npz", ["Pumps and pipes.", "Ladders.", our_own()[0]]
    before = Remembering(first, file)
    made = before.embed(texts)
    before.save()
    again = Remembering(second, file).embed(texts)
    assert (first.asked, second.asked) == (2, 0)
    assert np.allclose(made, again)


def test_a_broken_file_costs_time_only(embedder: MiniLM, tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    file.write_bytes(b"PK\x03\x04 no archive")
    assert Remembering(embedder, file).embed(["Ladders."]).shape == (1, 384)
