"""A router that learned from a mistake does not serve."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from services.ai.desk import Desk, Team
from services.ai.engines.local.embedder import MiniLM
from services.ai.engines.local.engine import LocalEngine
from services.ai.engines.local.lessons import Lessons, Past
from services.ai.engines.local.promotion import promoted
from services.ai.engines.local.router import Router
from services.ai.engines.local.seeds import Example
from services.ai.engines.local.vectors import Remembering
from services.ai.engines.local.warm import key

TEAMS = (Team("blue", "Blue"), Team("green", "Green"))
PRINTERS = tuple(f"The printer {what}" for what in ("is jammed", "prints stripes", "is offline", "has no toner", "eats paper", "beeps", "is slow", "smells"))  # fmt: skip
INVOICES = tuple(f"My invoice {what}" for what in ("is missing", "is wrong", "came twice", "has no VAT", "is too high", "is overdue", "lists tax", "is unpaid"))  # fmt: skip


def lessons(*, swapped: bool = False) -> list[Example]:
    blue, green = ("green", "blue") if swapped else ("blue", "green")
    return [Example(blue, t, real=True) for t in PRINTERS] + [Example(green, t, real=True) for t in INVOICES]


def test_what_agents_did_is_learned(embedder: MiniLM) -> None:
    engine, desk = LocalEngine(embedder), Desk(teams=TEAMS)
    past = [Past(e.text, e.team_id) for e in lessons()]
    assert asyncio.run(engine.learn(desk, Lessons.of(past)))
    assert not asyncio.run(engine.learn(desk, Lessons.of(past))), "nothing new, nothing trained"


def test_a_worse_router_is_refused(embedder: MiniLM) -> None:
    teacher = Remembering(embedder)
    good = Router.trained(TEAMS, teacher, lessons())
    muddled = [Example(("blue", "green")[i % 2], e.text, real=True) for i, e in enumerate(lessons())]
    bad = Router.trained(TEAMS, teacher, muddled)
    assert promoted(bad, good, lessons(), teacher) is good
    assert promoted(good, bad, lessons(), teacher) is good


def test_a_change_of_mind_of_the_whole_desk_is_followed(embedder: MiniLM) -> None:
    teacher = Remembering(embedder)
    before, after = Router.trained(TEAMS, teacher, lessons()), Router.trained(TEAMS, teacher, lessons(swapped=True))
    assert promoted(after, before, lessons(swapped=True), teacher) is after


def test_customers_words_are_never_written_down(embedder: MiniLM, tmp_path: Path) -> None:
    file = tmp_path / "vectors.npz"
    teacher = Remembering(embedder, file)
    teacher.embed(["Blue team"])
    teacher.study(["my private words"])
    assert teacher.embed(["my private words"]).shape == (1, 384)
    teacher.save()
    with np.load(file) as kept:
        keys = set(kept["keys"])
    assert key("Blue team") in keys and key("my private words") not in keys
