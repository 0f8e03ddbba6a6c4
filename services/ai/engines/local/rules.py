"""Signs of pressure that can be read out to a customer: blast radius, safety, deadline, blocked work, law."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A sign of pressure that can be read out to a customer."""

    level: str
    what: str
    pattern: re.Pattern[str]
    acts: bool = True
    """Whether it is right often enough for a priority to be raised by itself; otherwise it is only suggested."""


def _rule(level: str, what: str, pattern: str, *, acts: bool = True) -> Rule:
    return Rule(level, what, re.compile(pattern, re.IGNORECASE), acts)


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
        "critical",
        "people in danger",
        r"\b(?:ambulance|bleeding|unconscious|suicid\w+|(?:not|n't) want to live|(?:people|colleagues)(?: \w+)? feel sick|toxic fumes|splinters?|poison(?:ed|ous|ing)|explosion)\b",
    ),
    _rule(
        "critical",
        "fraud or extortion",
        r"\b(?:forged|ransom|files (?:are|were) encrypted|defraud\w*|fake (?:page|site)|(?:mails?|messages?) I never (?:wrote|sent)|stolen identity)\b",
    ),
    _rule(
        "high",
        "time runs out",
        (
            r"\b(?:this (?:minute|noon|afternoon|evening)|tonight|in (?:an|one|two|half an) hours?|at once|right now"
            r"|before (?:he|she|they) (?:gets?|leaves?|arrives?)|(?:begins?|starts?|leaves?|arrives?|due|hearing|filed?) (?:is |by |on )?"
            r"(?:today|tomorrow|this)|(?:be (?:there|done|sent|back)|need it|want it back) (?:by )?today|today and|by friday)\b"
        ),
        acts=False,
    ),
    _rule(
        "high",
        "many are affected",
        (
            r"\b(?:(?:\d{2,}|hundreds?(?: of)?|dozens of|six|seven|eight|nine|ten|four hundred) (?:people|users|customers|colleagues|employees"
            r"|pupils|of us|patients|guests)|all people|every (?:customer|employee|supplier|user)|nobody (?:in|who|can|at)"
            r"|not a single (?:order|call|mail|customer|user)|every(?:body|one) waits)\b"
        ),
        acts=False,
    ),
    _rule(
        "high",
        "work stands still",
        (
            r"\b(?:(?:cannot|can't|can ?not|hardly|no longer) (?:work|start|continue|serve|load)|(?:has|have) (?:nearly |almost )?stopped"
            r"|stand(?:s|ing)? still|standstill|lose (?:my|our) work|no income|overdrawn|dead line|no dial tone)\b"
        ),
        acts=False,
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


def matching_rules(text: str) -> list[tuple[Rule, str]]:
    """Every rule that fires with the words it fired on, negated ones left out ("not urgent")."""
    found: list[tuple[Rule, str]] = []
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            if rule.level == "low" or not _NEGATED.search(text[: match.start()]):
                found.append((rule, " ".join(match.group().split())[:80]))
                break
    return found
