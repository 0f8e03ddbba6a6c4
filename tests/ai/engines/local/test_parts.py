"""The small deterministic parts of the offline engine."""

from __future__ import annotations

import numpy as np
import pytest

from services.ai.desk import Desk, Priority, Team
from services.ai.engines.local.embedder import DIMENSION, MiniLM
from services.ai.engines.local.router import Router
from services.ai.engines.local.rules import matching_rules
from services.ai.engines.local.sentiment import feeling
from services.ai.engines.local.summary import LIMIT, summarise
from services.ai.engines.local.topics import topics
from services.ai.engines.local.views import Views
from services.runtime.language import detect


def test_near_meanings_lie_near(embedder: MiniLM) -> None:
    a, b, c = embedder.embed(["I was charged twice", "double payment on my card", "the server is down"])
    assert a @ b > 0.4 > a @ c
    assert np.allclose(np.linalg.norm([a, b, c], axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: MiniLM) -> None:
    alone = embedder.embed(["hello there"])[0]
    among = embedder.embed(["a much longer text " * 20, "hello there"])[1]
    assert np.array_equal(alone, among)
    assert embedder.embed([""]).shape == (1, DIMENSION)


@pytest.mark.parametrize(
    ("text", "level", "what"),
    [
        ("The printer on the second floor is on fire", "critical", "safety"),
        ("Nobody in the office can log in, everything is blocked", "critical", "blast radius"),
        ("All our users cannot open the page", "critical", "blast radius"),
        ("Our production server is down", "critical", "outage"),
        ("All records we saved are gone", "critical", "data loss"),
        ("I think my account was hacked", "critical", "security"),
        ("My lawyer will hear of this", "high", "legal"),
        ("I need this by end of day", "high", "deadline"),
        ("I cannot work any more", "high", "blocked"),
        ("This is urgent", "high", "urgent"),
        ("No hurry at all", "low", "no hurry"),
    ],
)
def test_a_rule_says_why(text: str, level: str, what: str) -> None:
    assert (level, what) in [(r.level, r.what) for r, _ in matching_rules(text)]


@pytest.mark.parametrize("text", ["This is not urgent", "It isn't an emergency", "My invoice shows a wrong address", "How do I log in?"])
def test_no_alarm_without_reason(text: str) -> None:
    assert not [r for r, _ in matching_rules(text) if r.level in ("critical", "high")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How do I reset my password?", "en"),
        ("Ich kann mich nicht mehr anmelden, bitte helfen Sie mir.", "de"),
        ("Bonjour, je ne peux pas ouvrir la page de mon compte.", "fr"),
        ("No puedo entrar en mi cuenta, gracias por su ayuda.", "es"),
        ("Не могу войти в аккаунт", "ru"),
        ("ログインできません", "ja"),
        ("4711", "und"),
    ],
)
def test_languages(text: str, code: str) -> None:
    assert detect(text).code == code


def test_another_language_is_not_routed(local: object, desk: Desk, embedder: MiniLM) -> None:
    router = Router.trained(desk.teams, embedder)
    text = "I was charged twice, please refund."
    assert router.route(text, Views(embedder).embed([text])[0], language_known=False).decided is None


def test_feelings() -> None:
    assert feeling("This is unacceptable, the worst service ever!!").label == "very_negative"
    assert feeling("How do I change my name? Thanks, Mia").label == "neutral"
    assert feeling("I am not happy with this").label != "positive"
    assert feeling("Thank you so much!").label == "positive"


def test_a_summary_is_short_and_the_customers_own_words() -> None:
    text = "Hello,\n\nI hope you are well. Since Monday the export fails with error 12. What can I do?\n\nKind regards\nMia"
    found = summarise("Export fails", text)
    assert "error 12" in found and "Hello" not in found and "regards" not in found
    assert len(summarise("x", "word " * 2000)) <= LIMIT
    assert summarise("Only a subject", "") == "Only a subject"


def test_tags_are_few() -> None:
    assert topics("refund refund invoice payment password login")[0] == "refund"
    assert len(topics("refund invoice payment password login api bug")) == 3


def test_a_desk_with_its_own_priorities_keeps_them() -> None:
    own = Desk(priorities=(Priority("p1", "Now", 0), Priority("p2", "Soon", 1), Priority("p3", "Later", 2)))
    assert (own.priority_key("critical"), own.priority_key("low")) == ("p1", "p3")
    assert Desk().priority_key("high") is None


def test_one_team_or_none_leaves_nothing_to_decide(embedder: MiniLM) -> None:
    for teams in ((), (Team("1", "Everybody"),)):
        assert Router.trained(teams, embedder).route("My invoice is wrong", None).decided is None


def test_unknown_teams_are_never_chosen_without_proof(embedder: MiniLM) -> None:
    router = Router.trained((Team("1", "Garden"), Team("2", "Kitchen", "Cooks food.")), embedder)
    text = "The soup was cold."
    assert router.route(text, Views(embedder).embed([text])[0]).decided is None
