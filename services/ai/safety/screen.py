"""The first look at a message: what kind it is and what a machine must keep its hands off."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from services.ai.safety.rendered import differs, render

MOST_CHARACTERS = 20_000
_HARMLESS = 2
"""Invisible characters that a keyboard or a phone leaves behind."""
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e007f]"
)
_DECEPTIVE = re.compile("[\u202d\u202e\U000e0020-\U000e007f]")
"""Turning the direction of writing round, or letters made for machines: one is enough."""
_ONE_WORD = re.compile(r"\W*(?:human|mensch|humain|humano)\W*(?:\n|$)", re.IGNORECASE)
"""The word that safety/disclosure.py asks for, alone on the first line: signatures and quotes may follow."""
_FLAGS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "human_please": (
            r"\b(?:(?:speak|talk|chat)\w* (?:to|with) (?:a |an |some)?(?:real |actual |live )?(?:human|person|someone"
            r"|somebody|agent|people)|(?:real|actual|live) (?:human|person|agent)|human please|no (?:bots?|robots?|ai)\b"
            r"|not (?:a |another )?(?:bot|robot|machine)"
            r"|mit (?:einem|einer) (?:echten |richtigen )?(?:menschen|person|mitarbeiter\w*) (?:sprechen|reden)|kein(?:en?)? (?:bot|roboter|ki)\b"
            r"|parler (?:à|avec) (?:un (?:vrai )?humain|une (?:vraie )?personne|quelqu.un)"
            r"|hablar con (?:una persona|un (?:humano|agente)|alguien))"
        ),
        "legal": r"\b(?:lawyer|attorney|solicitor|legal action|lawsuit|sue|court|regulator|gdpr)\b",
        "security": r"\b(?:hacked|data breach|vulnerability|ransomware|phishing|compromised|stolen)\b",
        "safety": r"\b(?:on fire|smoke|injur\w+|electric shock|suicid\w+|danger\w*|emergency services)\b",
        "medical": r"\b(?:hospital|doctor|medical|ambulance|allergic|medication)\b",
        "instruction": (
            r"\b(?:ignore (?:all |any |the )?(?:previous|above|prior|earlier) (?:instructions?|prompts?|rules)|you are now"
            r"|system prompt|disregard (?:all|the|your)|as an ai\b|act as|ignor(?:iere|e|ez|a|en) (?:alle|toutes?|todas?|las|les) \w+"
            r"|note (?:to|for) (?:the )?(?:ai|assistant|bot|model))\b"
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


def screen(*, subject: str, text: str, kind: str, html: str = "") -> Screened:
    """`kind` is the mail's kind as ingest saw it; anything but `human` is never answered.

    Where the mail has HTML the text is what a person sees of it, whatever its text/plain part says.
    """
    clean_subject, hidden_in_subject = _canonical(subject)
    seen = render(html) if html else None
    clean, hidden = _canonical(seen.text if seen is not None and seen.text else text)
    hidden += hidden_in_subject + (len(seen.hidden) if seen is not None else 0)
    flags = tuple(name for name, pattern in _FLAGS.items() if pattern.search(clean) or pattern.search(clean_subject))
    hands_off = ""
    if kind not in ("human", ""):
        hands_off = f"automatic mail ({kind}) is never answered"
    elif "human_please" in flags or _ONE_WORD.match(clean):
        hands_off = "the customer asks for a human"
    if hidden > _HARMLESS or _DECEPTIVE.search(text):
        flags = (*flags, "hidden_text")
    if seen is not None and seen.text and differs(text, clean):
        flags = (*flags, "text_differs")
    return Screened(clean_subject[:500], clean[:MOST_CHARACTERS], flags, hands_off, hidden)


def _canonical(text: str) -> tuple[str, int]:
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    visible, hidden = _INVISIBLE.subn("", normal)
    return "".join(c for c in visible if c in "\n\t" or unicodedata.category(c) != "Cc"), hidden
