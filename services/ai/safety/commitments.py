"""What a machine must never promise unless an article says the same in the same words: English, German, French, Spanish."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.ai.knowledge.sentences import sentences

_DAYS = (
    "today|tonight|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day|heute|morgen|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch"
    "|aujourd.hui|demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    "|hoy|mañana|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
)
_SPANS = (
    "minutes?|hours?|days?|weeks?|months?|minuten?|stunden?|(?:werk)?tage?n?|wochen?|monate?n?|heures?|jours?|semaines?|mois|minutos?|horas?"
    "|días?|semanas?|mes(?:es)?"
)
_COUNTS = "\\d+|an?|one|two|three|few|a few|eine[mnr]?|zwei|drei|wenigen|une?|deux|trois|quelques|una?|dos|tres|pocos|pocas"
_DATES = (
    r"\b(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}"
    r"|(?:by|until|before|on|within|in|bis|binnen|innerhalb(?: von)?|vor|am|avant|dans|sous|d.ici|pour|en|dentro de|antes de|hasta|para)"
    rf" (?:\w+ )?(?:{_DAYS}|(?:{_COUNTS}) (?:business |working )?(?:{_SPANS})))\b"
)
"""A day or a span of time after a word that makes it a deadline."""

_COMMITMENTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        (
            "amount",
            (
                r"(?:[€$£¥]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[€$£¥]|\b(?:eur|usd|gbp|chf|cents?)\b)"
                r"|[^\W_][\w.,-]*\s(?:euros?|dollars?|pounds?|francs?|franken|dólares|libras|pesos)\b)"
            ),
        ),
        ("percentage", r"\d[\d.,]*\s?%|\b(?:per ?cent|prozent|pour ?cent|por ?ciento)\b"),
        (
            "money words",
            (
                r"\b(?:refund\w*|reimburse\w*|compensat\w*|credit(?:ed|s)?\b(?! card)|discount\w*|vouchers?|free of charge|for free"
                r"|(?:at )?no (?:charge|cost)|waive[ds]?|money back"
                r"|(?:rück)?erstatt\w*|gutschrift\w*|gutgeschrieben|gutschreib\w*|rabatt\w*|gutschein\w*|kostenlos\w*|kostenfrei\w*|entschädig\w*"
                r"|geld zurück|rembours\w*|dédommag\w*|indemnis\w*|remises?|réductions?|bons? d.achat|gratuit\w*|un avoir"
                r"|reembols\w*|devoluci[oó]n\w*|descuentos?|gratis|compensa\w*|indemniza\w*|abonaremos|vales? de)"
            ),
        ),
        (
            "guarantee",
            (
                r"\b(?:guarante\w+|warrant(?:y|ies)|promis\w+|assure[ds]?|ensure[ds]? that|garant\w+|versprech\w*|versproch\w*|zusicher\w*"
                r"|zusag\w*|zugesagt|promett\w*|assur(?:ons|é|ée)|promet\w*|asegur\w*)\b"
            ),
        ),
        ("date", _DATES),
        (
            "admission",
            (
                r"\b(?:our (?:fault|mistake|error)|we (?:are|were) (?:liable|responsible|negligent|at fault)|we admit|liabilit(?:y|ies)|negligen\w+"
                r"|unser(?:e|em|en)? (?:fehler|schuld|versehen)|wir (?:haften|sind (?:schuld|haftbar|verantwortlich))|haftung|fahrlässig\w*"
                r"|notre (?:faute|erreur)|nous sommes responsables|nous reconnaissons|responsabilité|négligen\w+"
                r"|nuestr[oa] (?:culpa|error)|somos responsables|reconocemos|responsabilidad|negligencia)\b"
            ),
        ),
        (
            "future",
            (
                r"\b(?:(?:we|i|our team|somebody|someone|they|he|she|it)(?:'ll|’ll| will| shall| are going to|['’]re going to| am going to)"
                r"|(?:wir|ich) (?:werden?|kümmern?|schicken?|senden?|melden?|überweisen?|veranlassen?)|werden wir|werde ich"
                r"|nous (?:allons|(?:vous |le |la |les |y )*\w+rons)|je (?:vais|(?:vous |le |la )*\w+rai)|on va"
                r"|vamos a|voy a|(?:le |les |lo |la |se lo )*\w+(?:aremos|eremos|iremos))\b[^.!?\n]{0,80}"
            ),
        ),
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
