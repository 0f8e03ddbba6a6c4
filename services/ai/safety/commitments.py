"""What a machine must never promise unless an article says the same in the same words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.ai.knowledge.sentences import sentences

_COMMITMENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("amount", r"(?:[€$£¥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|cents?)\b))"),
        ("percentage", r"\d[\d.,]*\s?(?:%|per ?cent\b)"),
        (
            "money words",
            (
                r"\b(?:refund\w*|reimburse\w*|compensat\w*|credit(?:ed|s)?\b(?! card)|discount\w*|vouchers?|free of charge"
                r"|waive[ds]?|money back)"
            ),
        ),
        ("guarantee", r"\b(?:guarante\w+|warrant(?:y|ies)|promis\w+|assure[ds]?|ensure[ds]? that)\b"),
        (
            "date",
            (
                r"\b(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}|(?:by|until|before|on|within|in) (?:\w+ )?(?:today"
                r"|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday|(?:\d+|one|two|three|few"
                r"|a few) (?:business |working )?(?:minutes?|hours?|days?|weeks?|months?)))\b"
            ),
        ),
        (
            "admission",
            (
                r"\b(?:our (?:fault|mistake|error)|we (?:are|were) (?:liable|responsible|negligent|at fault)|we admit"
                r"|liabilit(?:y|ies)|negligen\w+)\b"
            ),
        ),
        ("future", r"\b(?:we|i|our team|somebody|someone)(?:'ll| will| shall| are going to|'re going to| am going to)\b[^.!?\n]{0,80}"),
    )
)

_URL = re.compile(r"https?://\S+")


def commitments(text: str) -> list[tuple[str, str]]:
    """Every promise in a text as (kind, exact words)."""
    return [(kind, m.group().strip()) for kind, pattern in _COMMITMENTS for m in pattern.finditer(text)]


def uncovered(text: str, quotes: Sequence[str]) -> list[tuple[str, str]]:
    """The promises left once every whole quote is taken out, but for sentences that stand inside one.

    A quoted word in a sentence of one's own is no cover: "we refund you" finds none in "we never refund".
    """
    allowed = [_flat(q) for q in quotes]
    rest = _URL.sub(" ", text)  # addresses have a check of their own
    for quote in sorted(quotes, key=len, reverse=True):
        rest = re.sub(r"\s+".join(map(re.escape, quote.rstrip(" .!").split())), " \u2026", rest, flags=re.IGNORECASE)
    return [found for s in sentences(rest) for found in commitments(s) if not any(_flat(s) in q for q in allowed)]


def _flat(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .!")
