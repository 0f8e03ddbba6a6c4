"""A text seen as a whole and sentence by sentence."""

from __future__ import annotations

import numpy as np

from services.ai.engines.local.embedder import DIMENSION, MiniLM
from services.ai.engines.local.views import Views, spoken, whole

MAIL = "Login. Hello! We moved house last week and everything went well. My new router refuses the password. Thanks."


def test_only_sentences_that_say_something_are_looked_at() -> None:
    assert spoken(MAIL) == ["We moved house last week and everything went well.", "My new router refuses the password."]
    assert len(spoken("This is one more sentence. " * 50)) == 4
    assert spoken("My new router refuses the password.") == []


def test_the_whole_stays_what_it_was(embedder: MiniLM) -> None:
    seen = Views(embedder).embed([MAIL])[0]
    assert seen.shape == (2 * DIMENSION,)
    assert np.array_equal(whole(seen), embedder.embed([MAIL])[0])


def test_what_is_wanted_stands_out_behind_a_long_story(embedder: MiniLM) -> None:
    story = "We moved house last week and our cat loves the new garden and the children have found friends in the street already " * 5
    wanted, seen = embedder.embed(["The router refuses my password."])[0], Views(embedder).embed([f"{story}. The router refuses it."])[0]
    assert seen[DIMENSION:] @ wanted > whole(seen) @ wanted + 0.1


def test_one_sentence_is_seen_alike_twice(embedder: MiniLM) -> None:
    seen = Views(embedder).embed(["My new router refuses the password."])[0]
    assert np.array_equal(seen[:DIMENSION], seen[DIMENSION:])
    assert Views(embedder).embed([]).shape == (0, 2 * DIMENSION)
