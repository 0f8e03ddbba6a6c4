"""The one question that would help, in the customer's language: written by people, for the languages we can answer for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.ai.knowledge.sentences import terms

_FEW_WORDS = 6
_NUMBER = re.compile(r"\d{3,}|[A-Z]{2,}-\d+")
_WHEN_AND_WHAT = re.compile(
    r"[\"“'„«]|\berror|\bfehler|\berreur|\bfallo?\b|\b\d{3}\b|\bsince\b|\bseit\b|\bdepuis\b|\bdesde\b|yesterday|today|gestern|heute|\bhier\b"
    r"|aujourd|\bayer\b|\bhoy\b|\d{1,2}:\d\d",
    re.IGNORECASE,
)
_WHAT_IT_SAYS = re.compile(
    r"[\"“'„«]|\berror|\bsays\b|\bmessage|\bfehler|\bmeldung|\bsagt\b|\berreur|\baffiche\b|\bdice\b|\bmensaje", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about some topics, by language, unless the message holds the answer already."""

    topics: frozenset[str]
    answered: re.Pattern[str]
    words: dict[str, str]


GENERAL = {
    "en": "Could you tell us what you did, what you expected and what happened instead?",
    "de": "Können Sie uns schreiben, was Sie getan haben, was Sie erwartet haben und was stattdessen geschah?",
    "fr": "Pourriez-vous nous dire ce que vous avez fait, ce que vous attendiez et ce qui s'est passé à la place ?",
    "es": "¿Podría decirnos qué hizo, qué esperaba y qué ocurrió en su lugar?",
}
ASKED = (
    Asked(
        frozenset({"invoice", "payment", "refund"}),
        _NUMBER,
        {
            "en": "Which invoice or payment is it about? Its number is enough.",
            "de": "Um welche Rechnung oder Zahlung geht es? Die Nummer genügt.",
            "fr": "De quelle facture ou de quel paiement s'agit-il ? Son numéro suffit.",
            "es": "¿De qué factura o pago se trata? Basta con su número.",
        },
    ),
    Asked(
        frozenset({"shipping"}),
        _NUMBER,
        {
            "en": "What is the number of your order?",
            "de": "Wie lautet Ihre Bestellnummer?",
            "fr": "Quel est le numéro de votre commande ?",
            "es": "¿Cuál es el número de su pedido?",
        },
    ),
    Asked(
        frozenset({"bug", "outage", "integration", "data"}),
        _WHEN_AND_WHAT,
        {
            "en": "Since when does it happen, and what exactly does the message on the screen say?",
            "de": "Seit wann geschieht das, und was genau steht in der Meldung auf dem Bildschirm?",
            "fr": "Depuis quand cela se produit-il, et que dit exactement le message à l'écran ?",
            "es": "¿Desde cuándo ocurre y qué dice exactamente el mensaje en la pantalla?",
        },
    ),
    Asked(
        frozenset({"password", "login"}),
        _WHAT_IT_SAYS,
        {
            "en": "What does the sign-in page say when you try?",
            "de": "Was sagt die Anmeldeseite, wenn Sie es versuchen?",
            "fr": "Que dit la page de connexion quand vous essayez ?",
            "es": "¿Qué dice la página de inicio de sesión cuando lo intenta?",
        },
    ),
)


def question_about(topic: str, text: str, *, said: str, language: str) -> str:
    """`text`: subject and message, `said` the message alone; '' where nothing needs asking or the language is none of ours."""
    if language not in GENERAL:
        return ""
    for asked in ASKED:
        if topic in asked.topics:
            return "" if asked.answered.search(text) else asked.words[language]
    return GENERAL[language] if len(terms(said)) < _FEW_WORDS else ""
