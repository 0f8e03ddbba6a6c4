"""Text into words and sentences, always as exact slices of the source so that a quote stays verbatim."""

from __future__ import annotations

import re

_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|no|st|approx|bzw|z\.b)|\b[A-Z])\.$", re.IGNORECASE)
_BOUNDARY = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9À-Þ])|\s*\n\s*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_BULLET = re.compile(r"^(?:[-*•]\s+|\d+[.)]\s+|#+\s+)")

STOPWORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its "
    "just me my no not of on or our out she so than that the their them then there they this to up us was we were what when "
    "where which who why will with would you your hi hello dear please thanks thank regards team support".split()
)


def sentences(text: str) -> list[str]:
    """The sentences of a text in order, each a substring of it without its list marker."""
    found: list[str] = []
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        if "\n" not in boundary.group() and _ABBREVIATION.search(text[start : boundary.start()]):
            continue
        found.append(text[start : boundary.start()])
        start = boundary.end()
    found.append(text[start:])
    return [s for s in (_BULLET.sub("", part.strip()).strip() for part in found) if s]


def words(text: str) -> list[str]:
    """Lower-case words of any script."""
    return [w.lower() for w in _WORD.findall(text)]


def terms(text: str) -> list[str]:
    """Words worth matching: without stopwords, plurals and common endings folded."""
    return [_fold(w) for w in words(text) if w not in STOPWORDS and len(w) > 1]


def _fold(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
