"""Two short sentences of the customer's own, chosen, never written."""

from __future__ import annotations

import re

from services.ai.knowledge.sentences import sentences, terms

LIMIT = 240
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|day|evening|afternoon)|to whom|hallo|guten (?:tag|morgen|abend)|sehr geehrte\w*|liebe[sr]?|moin"
    r"|bonjour|bonsoir|madame|monsieur|chère?s?|salut|hola|buen[oa]s (?:días|tardes|noches)|estimad[oa]s?)\b[^.!?]{0,40}[,.!]?$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm )?(?:thanks|thank you|regards|cheers|sincerely|yours|bye|greetings)\b|sent from my\b|--"
    r"|(?:vielen |herzlichen )?dank\b|danke\b|(?:mit )?(?:freundlichen|besten|vielen|viele|liebe|herzliche) grüße\w*|gruß\b"
    r"|merci\b|cordialement|bien à vous|salutations|(?:muchas )?gracias\b|(?:un )?(?:cordial )?saludos?\b|atentamente)",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"\b(?:can(?:no|')t|not|error|fail\w*|broken|wrong|since|after|please|need|want|how|why|charged|crash\w*|missing"
    r"|nicht|kein\w*|kann|fehler\w*|fehlt|kaputt|falsch|seit|bitte|brauche|möchte|wie|warum|pas|erreur\w*|panne|faux|depuis|besoin|veux"
    r"|comment|pourquoi|manque|no|error\w*|fall[ao]\w*|mal|desde|favor|necesito|quiero|cómo|falta)\b",
    re.IGNORECASE,
)


def summarise(subject: str, text: str) -> str:
    """The one or two sentences that say most, in their order, at most LIMIT characters; the subject when the text says nothing."""
    candidates = [s for s in sentences(text[:6000]) if not _GREETING.match(s) and not _CLOSING.match(s)]
    if not candidates:
        return _cut(subject)
    wanted = set(terms(subject))
    ranked = sorted(range(len(candidates)), key=lambda i: (-_weight(candidates[i], i, wanted), i))
    chosen = [ranked[0]]
    if len(ranked) > 1 and len(candidates[ranked[0]]) + len(candidates[ranked[1]]) < LIMIT:
        chosen.append(ranked[1])
    return _cut(" ".join(candidates[i] for i in sorted(chosen)))


def _weight(sentence: str, place: int, wanted: set[str]) -> float:
    found = set(terms(sentence))
    told = len(_TELLING.findall(sentence))
    return (
        len(found & wanted)
        + min(told, 3)
        + 0.1 * min(len(found), 12)
        + 1.5 / (1 + place)
        + (0.5 if any(c.isdigit() for c in sentence) else 0)
    )


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LIMIT else flat[: LIMIT - 1].rsplit(" ", 1)[0] + "…"
