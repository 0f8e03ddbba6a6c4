"""What a thread amounts to so far, and the one question that would help: from the customer's own words, written by no model."""

from __future__ import annotations

import re

from schemas.ai import AiRequest
from services.ai.engines.base import Triage
from services.ai.engines.local.summary import summarise
from services.ai.knowledge.sentences import terms

_FEW_WORDS = 6
_GENERAL = "Could you tell us what you did, what you expected and what happened instead?"
_ASKED: tuple[tuple[frozenset[str], re.Pattern[str], str], ...] = (
    (
        frozenset({"invoice", "payment", "refund"}),
        re.compile(r"\d{3,}|[A-Z]{2,}-\d+"),
        "Which invoice or payment is it about? Its number is enough.",
    ),
    (frozenset({"shipping"}), re.compile(r"\d{3,}|[A-Z]{2,}-\d+"), "What is the number of your order?"),
    (
        frozenset({"bug", "outage", "integration", "data"}),
        re.compile(r"[\"“'„]|error|\b\d{3}\b|since|yesterday|today|\d{1,2}:\d\d", re.IGNORECASE),
        "Since when does it happen, and what exactly does the message on the screen say?",
    ),
    (
        frozenset({"password", "login"}),
        re.compile(r"[\"“'„]|error|says|message", re.IGNORECASE),
        "What does the sign-in page say when you try?",
    ),
)
"""(topics, what answers the question already, the question)"""


def summary_of(request: AiRequest, newest: str) -> str:
    """The first message and, where more were written since, what the customer says now."""
    earlier = [m for m in request.thread if m.kind == "customer" and m.text.strip()]
    if not earlier:
        return newest
    first = summarise(request.subject, earlier[0].text)
    answers = sum(m.kind == "agent" for m in request.thread)
    answered = f"{answers} {'answer' if answers == 1 else 'answers'} since" if answers else "not answered yet"
    return newest if first == newest else f"{first} ({answered}.) Now: {newest}"


def question_for(request: AiRequest, triage: Triage) -> str:
    """At most one, and only where there is nothing to answer with and the message leaves out what every answer needs."""
    if triage.draft is not None or triage.next_action == "handoff" or triage.language != "en" or request.mail_kind != "human":
        return ""
    if any(m.kind == "agent" for m in request.thread):
        return ""  # somebody has the conversation in hand
    text = f"{request.subject}. {request.text}"
    for topics, answered, question in _ASKED:
        if topics & set(triage.tags[:1]):
            return "" if answered.search(text) else question
    return _GENERAL if len(terms(request.text)) < _FEW_WORDS else ""
