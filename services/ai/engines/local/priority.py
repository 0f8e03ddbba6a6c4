"""How pressing: rules that can be read out to a customer first, the classifier second."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.ai.desk import DEFAULT_PRIORITIES, Desk
from services.ai.engines.base import PriorityChoice
from services.ai.engines.local.classifier import SoftmaxClassifier, train
from services.ai.engines.local.embedder import Embedder, Vectors
from services.ai.engines.local.seeds import seeds

RULE_CONFIDENCE = 0.97
_GUESS_CEILING = 0.9
"""The classifier alone never reaches the confidence from which a priority is applied by itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A sign of pressure that can be read out to a customer."""

    level: str
    what: str
    pattern: re.Pattern[str]


def _rule(level: str, what: str, pattern: str) -> Rule:
    return Rule(level, what, re.compile(pattern, re.IGNORECASE))


_ALL = (
    r"(?:every(?:one|body)|all (?:of )?(?:our |the |my )?(?:users|customers|staff|employees|colleagues|offices"
    r"|agents)|(?:the |our )?(?:whole|entire) (?:company|team|office|site|system|department)|nobody|no one)"
)
_BROKEN = (
    r"(?:down|offline|unreachable|cannot|can't|can not|unable|fail\w*|error\w*|not work\w*|doesn'?t work"
    r"|stopped work\w*|crash\w*|time[sd]? ?-?out\w*|lost access|blocked)"
)

RULES: tuple[Rule, ...] = (
    _rule(
        "critical",
        "safety",
        (
            r"\b(?:on fire|fire alarm|smoke|gas leak|injur(?:y|ed|ies)|electric shock|overheat\w*|exploded|burn(?:t|ed"
            r"|ing) (?:smell|person|hand))\b"
        ),
    ),
    _rule(
        "critical",
        "security",
        (
            r"\b(?:hacked|data (?:breach|leak)|ransomware|malware|phish(?:ed|ing)|security (?:breach|incident|vulnerability"
            r"|hole)|vulnerability|xss|sql injection|compromised|stolen (?:password|credentials|laptop))\b"
        ),
    ),
    _rule(
        "critical",
        "data loss",
        (
            r"\b(?:data|records?|entries|files?|documents?|everything|backups?)\b[^.!?\n]{0,60}\b(?:lost|gone|vanished"
            r"|disappeared|wiped|deleted by itself|corrupt(?:ed)?)\b|\blost (?:all )?(?:of )?(?:our|my|the) (?:data|records"
            r"|files|work)\b"
        ),
    ),
    _rule(
        "critical",
        "outage",
        (
            r"\b(?:(?:production|prod|server|site|website|system|service|platform|application|store|shop|api)s? (?:is|are"
            r"|went|has been|seems) (?:completely |totally )?(?:down|offline|unreachable)|total outage|production outage"
            r"|outage)\b"
        ),
    ),
    _rule("critical", "blast radius", rf"\b{_ALL}\b[^.!?\n]{{0,60}}\b{_BROKEN}|{_BROKEN}\b[^.!?\n]{{0,60}}\b(?:for|by|to) {_ALL}\b"),
    _rule(
        "high",
        "legal",
        (
            r"\b(?:lawyer|attorney|legal action|lawsuit|sue you|court|gdpr (?:request|complaint)|regulator"
            r"|data protection authority|breach of contract)\b"
        ),
    ),
    _rule(
        "high",
        "deadline",
        (
            r"\b(?:deadline|due|need(?:ed)?|have to (?:be )?\w+|must (?:be )?\w+)\b[^.!?\n]{0,40}\b(?:today|tonight|tomorrow"
            r"|in an hour|within (?:the|an|one|two) hours?|by (?:noon|end of (?:the )?day|eod))\b"
        ),
    ),
    _rule(
        "high",
        "urgent",
        r"\b(?:urgent(?:ly)?|asap|as soon as possible|emergency|immediately|right away|critical (?:issue|problem|for us))\b",
    ),
    _rule(
        "high",
        "blocked",
        (
            r"\b(?:(?:can ?not|can't|unable to) (?:work|continue|do (?:my|our) (?:job|work)|proceed)|(?:completely"
            r"|totally) (?:blocked|stuck)|work (?:has )?stopped|losing (?:money|customers|sales))\b"
        ),
    ),
    _rule(
        "low",
        "no hurry",
        r"\b(?:no (?:hurry|rush)|not urgent|low priority|whenever you (?:have|find|get)|when you have (?:a )?(?:time|moment|minute))\b",
    ),
    _rule(
        "low",
        "wish",
        r"\b(?:feature request|suggestion|it would be (?:nice|great|lovely|good) (?:if|to)|nice to have|have you considered)\b",
    ),
    _rule("low", "thanks", r"^\W*(?:(?:just )?(?:wanted to )?say(?:ing)? )?(?:many )?thank(?:s| you)\b[^?]{0,200}$"),
)
_NEGATED = re.compile(r"\b(?:not?|isn'?t|wasn'?t|never|without|hardly|non)\b[\s-]+(?:\w+\s+){0,2}$", re.IGNORECASE)


class Prioritiser:
    """Rules, then a classifier trained on our seed sentences. Immutable."""

    def __init__(self, classifier: SoftmaxClassifier | None) -> None:
        self._classifier = classifier

    @classmethod
    def trained(cls, embedder: Embedder | None) -> Prioritiser:
        texts = [s.text for s in seeds()]
        fitted = train(texts, [s.priority for s in seeds()], embedder.embed(texts) if embedder is not None else None)
        return cls(fitted[0] if fitted else None)

    def judge(self, text: str, vector: Vectors | None, desk: Desk, *, language_known: bool = True) -> PriorityChoice | None:
        """The desk's own priority with its reasons; None on a desk without priorities."""
        fired = matching_rules(text)
        if fired:
            level = min((r.level for r, _ in fired), key=DEFAULT_PRIORITIES.index)
            reasons = tuple(f"priority {level}: {r.what} (\u201c{found}\u201d)" for r, found in fired if r.level == level)
            return _choice(desk, level, RULE_CONFIDENCE, reasons)
        if self._classifier is None or not language_known:
            return _choice(desk, "medium", 0.0, ("priority medium: nothing speaks for another",))
        p = self._classifier.probabilities(text, vector)
        best = int(p.argmax())
        level, sure = self._classifier.labels[best], min(_GUESS_CEILING, round(float(p[best]), 4))
        if level == "critical":
            level = "high"  # a guess alone must not wake anybody up
        return _choice(desk, level, sure, (f"priority {level}: no rule matched, similar messages were {level} ({sure:.0%})",))


def matching_rules(text: str) -> list[tuple[Rule, str]]:
    """Every rule that fires with the words it fired on, negated ones left out ("not urgent")."""
    found: list[tuple[Rule, str]] = []
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            if rule.level == "low" or not _NEGATED.search(text[: match.start()]):
                found.append((rule, " ".join(match.group().split())[:80]))
                break
    return found


def _choice(desk: Desk, level: str, confidence: float, reasons: Sequence[str]) -> PriorityChoice | None:
    key = desk.priority_key(level)
    return PriorityChoice(key, confidence, tuple(reasons)) if key is not None else None
