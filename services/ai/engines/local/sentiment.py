"""How the customer feels, by a small lexicon with negation and emphasis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.ai.engines.base import Sentiment
from services.ai.knowledge.sentences import words

_WEIGHTS: dict[str, float] = {
    **dict.fromkeys(
        (
            "unacceptable outrageous disgusting furious scam fraud ridiculous pathetic terrible horrible awful worst "
            "disgrace incompetent liars nightmare appalling"
        ).split(),
        -2.0,
    ),
    **dict.fromkeys(
        (
            "angry annoyed annoying disappointed disappointing frustrated frustrating useless bad upset unhappy poor wrong "
            "never waiting again complaint fails failed broken unfortunately sick tired joke lawyer"
        ).split(),
        -1.0,
    ),
    **dict.fromkeys("thanks thank great good nice happy helpful lovely glad appreciate pleased kind works perfect".split(), 1.0),
    **dict.fromkeys("excellent amazing fantastic wonderful awesome love brilliant delighted".split(), 2.0),
}
_NEGATIONS = frozenset("not no never isn't wasn't don't doesn't didn't can't cannot won't hardly without".split())
_COURTESY = re.compile(
    r"\b(?:many thanks|thanks?(?: you)?(?: in advance| for your help| very much)?|kind regards|good (?:morning|day|evening|afternoon))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Feeling:
    """The mood of a message and the words that gave it away."""

    label: Sentiment
    score: float
    """-1 (furious) to 1 (delighted)."""
    because: tuple[str, ...]


def feeling(text: str) -> Feeling:
    """A closing "thanks" is manners, not joy, as long as anything else carries weight."""
    tokens = words(_COURTESY.sub(" ", text))
    scored: list[tuple[str, float]] = []
    for i, token in enumerate(tokens):
        weight = _WEIGHTS.get(token, 0.0)
        if weight:
            scored.append((token, -weight / 2 if _NEGATIONS & set(tokens[max(0, i - 3) : i]) and token not in _NEGATIONS else weight))
    shouting = len(re.findall(r"!{2,}", text)) + (1 if _shouts(text) else 0)
    total = sum(w for _, w in scored)
    if total < 0 or shouting > 1:
        total -= shouting
    if not scored and not shouting and _COURTESY.search(text) and "?" not in text and len(tokens) < 15:
        total = 1.0
    because = tuple(dict.fromkeys(t for t, w in scored if w * total > 0))[:4]
    return Feeling(_label(total), max(-1.0, min(1.0, round(total / 4, 2))), because)


def _label(total: float) -> Sentiment:
    if total <= -3:
        return "very_negative"
    if total <= -1:
        return "negative"
    return "positive" if total >= 1 else "neutral"


def _shouts(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 20 and sum(c.isupper() for c in letters) > 0.6 * len(letters)
