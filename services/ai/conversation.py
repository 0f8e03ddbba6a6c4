"""What a thread amounts to so far, and the one question that would help: from the customer's own words, written by no model."""

from __future__ import annotations

from schemas.ai import AiRequest
from services.ai.engines.base import Triage
from services.ai.engines.local.summary import summarise
from services.ai.questions import question_about

_SINCE = {
    "en": ("not answered yet", "1 answer since", "{} answers since", "Now"),
    "de": ("noch nicht beantwortet", "seither 1 Antwort", "seither {} Antworten", "Jetzt"),
    "fr": ("pas encore de réponse", "1 réponse depuis", "{} réponses depuis", "Maintenant"),
    "es": ("sin respuesta todavía", "1 respuesta desde entonces", "{} respuestas desde entonces", "Ahora"),
}
"""By language: no answer, one, several, what the newest message begins with."""


def summary_of(request: AiRequest, newest: str, *, language: str = "en") -> str:
    """The first message and, where more were written since, what the customer says now; in their language where it is one of ours."""
    earlier = [m for m in request.thread if m.kind == "customer" and m.text.strip()]
    if not earlier:
        return newest
    first = summarise(request.subject, earlier[0].text)
    if newest == first:
        return newest
    none, one, several, now = _SINCE.get(language, _SINCE["en"])
    answers = sum(m.kind == "agent" for m in request.thread)
    answered = (none, one)[answers] if answers < 2 else several.format(answers)
    return f"{first} ({answered}.) {now}: {newest}"


def question_for(request: AiRequest, triage: Triage) -> str:
    """At most one, and only where there is nothing to answer with and the message leaves out what every answer needs."""
    if triage.draft is not None or triage.next_action == "handoff" or request.mail_kind != "human":
        return ""
    if any(m.kind == "agent" for m in request.thread):
        return ""  # somebody has the conversation in hand
    text = f"{request.subject}. {request.text}"
    return question_about(next(iter(triage.tags), ""), text, said=request.text, language=triage.language)
