"""What the router learns from before a desk has any history: our own seed sentences, team descriptions and team examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.ai.desk import Team
from services.ai.knowledge.sentences import sentences, words

_THEMES: dict[str, frozenset[str]] = {
    "Billing Team": frozenset("billing finance accounting accounts invoices invoicing payments".split()),
    "Engineering Team": frozenset("engineering developers development dev product bugs".split()),
    "Level 2 Support": frozenset("l2 2nd second advanced tier2".split()),
    "Level 1 Support": frozenset("l1 1st first frontline service helpdesk tier1".split()),
}


_ENOUGH_OWN = 8
_PART = re.compile(r"[,;:.!]\s|[,;:.!]$|\s(?:and|or)\s")
"""A description is mostly a list of things; each is an example of what is asked for."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One of our own sentences with the team and the priority it stands for."""

    team: str
    priority: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the id of the team it belongs to. `real`: a ticket that an agent has put there."""

    team_id: str
    text: str
    real: bool = False


@cache
def seeds() -> tuple[Seed, ...]:
    lines = Path(__file__).with_name("seeds.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Seed(*line.split("\t", 2)) for line in lines if line and not line.startswith("#"))


def examples(teams: Sequence[Team], corrections: Sequence[Example] = ()) -> list[Example]:
    """Each team's name, description, own examples, corrections and, where its name says what it does, our seed sentences.

    A team with enough tickets of its own needs no guess of ours.
    """
    known = {t.id for t in teams}
    own = Counter(c.team_id for c in corrections if c.real)
    found = [Example(t.id, text) for t in teams for text in _described(t)]
    for theme, team in _by_theme(teams).items():
        if own[team.id] < _ENOUGH_OWN:
            found += [Example(team.id, s.text) for s in seeds() if s.team == theme]
    return found + [c for c in corrections if c.team_id in known]


def _described(team: Team) -> Sequence[str]:
    whole = f"{team.name}. {team.description}" if team.description else team.name
    parts = [part.strip() for s in sentences(team.description) for part in _PART.split(s)]
    return tuple(dict.fromkeys((team.name, whole, *(p for p in parts if p), *team.examples)))


def _by_theme(teams: Sequence[Team]) -> dict[str, Team]:
    """The one team per theme; an exact name wins, and two teams that both look like it get nothing rather than a guess."""
    chosen: dict[str, Team] = {}
    for theme, signs in _THEMES.items():
        exact = [t for t in teams if t.name.casefold() == theme.casefold()]
        alike = exact or [t for t in teams if signs & set(words(t.name))]
        if len(alike) == 1:
            chosen[theme] = alike[0]
    taken: dict[str, Team] = {}
    for theme, team in chosen.items():
        if team.id not in {t.id for t in taken.values()}:
            taken[theme] = team
    return taken
