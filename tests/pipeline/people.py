"""People with data of their own: every word of theirs is unlike any other in the system, so that a search for it cannot miss."""

from __future__ import annotations

import random
from dataclasses import dataclass

_FIRST = "Zoltan Ngozi Þóra Xiomara Björn Léa Yūki Olamide Marit Iñaki Oksana Dafydd Siobhán Quentin Ebru".split()
_SYLLABLES = "va ri ko mu zen tal pio qua dro fle shi gno wex bru cla jin".split()
_TROUBLES = ("cannot log in to", "was charged twice for", "wants a refund of", "has lost", "is waiting for", "needs help with")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer and the mail they send."""

    name: str
    address: str
    subject: str
    text: str
    secrets: tuple[str, ...]
    """Words that identify this person or what they said."""


def _word(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(syllables))


def people(count: int, *, seed: int = 7) -> list[Person]:
    """Generated people; the same seed gives the same."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        surname, firm, thing, secret = (_word(dice, n) + str(number) for n in (4, 5, 5, 6))
        name = f"{dice.choice(_FIRST)} {surname.capitalize()}"
        address = f"{surname}@{firm}.example"
        trouble = dice.choice(_TROUBLES)
        subject = f"{surname.capitalize()} {trouble} {thing}"
        text = f"Hello,\n\nmy {thing} says {secret}. Call me at +49 30 5550{number:04d}.\n\nRegards\n{name}"
        found.append(Person(name, address, subject, text, (surname, firm, thing, secret, f"5550{number:04d}")))
    return found
