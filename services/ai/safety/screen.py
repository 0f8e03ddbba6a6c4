"""The first look at a message: what kind it is and what a machine must keep its hands off."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST_CHARACTERS = 20_000
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f]"
)
_ONE_WORD = re.compile(r"\W*(?:human|mensch|humain|humano)\W*(?:\n|$)", re.IGNORECASE)
"""The word that safety/disclosure.py asks for, alone on the first line: signatures and quotes may follow."""
_FLAGS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "human_please": (
            r"\b(?:(?:speak|talk|chat)\w* (?:to|with) (?:a |an |some)?(?:real |actual |live )?(?:human|person|someone"
            r"|somebody|agent|people)|(?:real|actual|live) (?:human|person|agent)|human please|no (?:bots?|robots?|ai)\b"
            r"|not (?:a |another )?(?:bot|robot|machine))"
        ),
        "legal": r"\b(?:lawyer|attorney|solicitor|legal action|lawsuit|sue|court|regulator|gdpr)\b",
        "security": r"\b(?:hacked|data breach|vulnerability|ransomware|phishing|compromised|stolen)\b",
        "safety": r"\b(?:on fire|smoke|injur\w+|electric shock|suicid\w+|danger\w*|emergency services)\b",
        "medical": r"\b(?:hospital|doctor|medical|ambulance|allergic|medication)\b",
        "instruction": (
            r"\b(?:ignore (?:all |any |the )?(?:previous|above|prior|earlier) (?:instructions?|prompts?|rules)|you are now"
            r"|system prompt|disregard (?:all|the|your)|as an ai\b|act as)\b"
        ),
    }.items()
}


@dataclass(frozen=True, slots=True)
class Screened:
    """`text` is canonical: visible characters only, at most MOST_CHARACTERS.

    `hands_off` says why no reply may be drafted, '' if one may.
    """

    subject: str
    text: str
    flags: tuple[str, ...]
    hands_off: str
    hidden_characters: int


def screen(*, subject: str, text: str, kind: str) -> Screened:
    """`kind` is the mail's kind as ingest saw it; anything but `human` is never answered."""
    clean_subject, _ = _canonical(subject)
    clean, hidden = _canonical(text)
    flags = tuple(name for name, pattern in _FLAGS.items() if pattern.search(clean) or pattern.search(clean_subject))
    hands_off = ""
    if kind not in ("human", ""):
        hands_off = f"automatic mail ({kind}) is never answered"
    elif "human_please" in flags or _ONE_WORD.match(clean):
        hands_off = "the customer asks for a human"
    return Screened(clean_subject[:500], clean[:MOST_CHARACTERS], (*flags, "hidden_text") if hidden > 2 else flags, hands_off, hidden)


def _canonical(text: str) -> tuple[str, int]:
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    visible, hidden = _INVISIBLE.subn("", normal)
    return "".join(c for c in visible if c in "\n\t" or unicodedata.category(c) != "Cc"), hidden
