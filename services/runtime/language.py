"""Which language, by the commonest little words and the script: enough to choose a template, and to know when English-only parts must
stay silent.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_COMMON: dict[str, frozenset[str]] = {
    "en": frozenset(
        (
            "the and is are was to of in it i you we my our not for on with this that have has can cannot do does please how "
            "what when be your me from"
        ).split()
    ),
    "de": frozenset(
        (
            "der die das und ist sind nicht ich sie wir ein eine zu in mit auf für von den dem mein meine unser bitte wie "
            "was wenn kann können haben habe es auch noch ihr"
        ).split()
    ),
    "fr": frozenset(
        (
            "le la les et est sont pas je vous nous un une des de du en pour avec que qui ce mon ma notre votre comment "
            "quand peut avoir dans sur au merci bonjour ne"
        ).split()
    ),
    "es": frozenset(
        (
            "el la los las y es son no yo usted un una de del en para con que mi nuestro su cómo cuando puede tengo hola "
            "gracias por se al lo está"
        ).split()
    ),
    "it": frozenset(
        "il lo la gli le e è sono non io un una di del della in per con che mio nostro come quando può ho ciao grazie si al questo".split()
    ),
    "pt": frozenset(
        "o a os as e é são não eu um uma de do da em para com que meu nosso como quando pode tenho olá obrigado por se ao está".split()
    ),
    "nl": frozenset(
        "de het een en is zijn niet ik u wij van in voor met dat die mijn onze hoe wat wanneer kan heb hallo bedankt op te aan er".split()
    ),
}
_SCRIPTS = {
    "CYRILLIC": "ru",
    "GREEK": "el",
    "HEBREW": "he",
    "ARABIC": "ar",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "CJK": "zh",
    "THAI": "th",
    "DEVANAGARI": "hi",
}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE = 2000


@dataclass(frozen=True, slots=True)
class Language:
    """What a text is written in, and how clearly."""

    code: str
    """ISO 639-1, `und` when nothing can be said."""
    confidence: float


def detect(text: str) -> Language:
    """Deterministic; a message without any common word is `und`."""
    sample = text[:_SAMPLE]
    letters = _LETTER.findall(sample)
    foreign = [code for c in letters if not c.isascii() and (code := _SCRIPTS.get(unicodedata.name(c, "").split(" ")[0]))]
    if letters and len(foreign) > len(letters) / 3:
        code = "ja" if "ja" in foreign else max(set(foreign), key=foreign.count)
        return Language(code, round(len(foreign) / len(letters), 2))
    tokens = [word.lower() for word in _WORD.findall(sample)]
    hits = {code: sum(t in common for t in tokens) for code, common in _COMMON.items()}
    best = max(hits, key=lambda code: hits[code])
    total = sum(hits.values())
    if not total:
        return Language("und", 0.0)
    second = max(n for code, n in hits.items() if code != best)
    return Language(best, round((hits[best] - second / 2) / max(hits[best], 1) * min(1.0, 0.5 + hits[best] / 8), 2))
