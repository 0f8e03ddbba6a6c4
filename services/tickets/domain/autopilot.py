"""The answering dial (ai.md 14 and 15): whether a cited draft may leave without a human. Every rule must hold; the first that does not is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.ai import AiSuggestion
from schemas.autonomy import TrackRecord
from schemas.config import Answering, Settings
from schemas.ticket import Message
from services.tickets.domain.senders import VERIFIED
from services.tickets.domain.state import Ticket

ASSISTANT = "assistant"
"""Author of what the assistant sends."""
_CONFIDENT = 0.95
"""Calibrated confidence in the team from which on a topic may be answered, where the routing dial would still only suggest."""
_VALIDATED = {"en"}
_MISLEADING = {"reply_to_differs", "third_party", "quarantine"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """What an answer to the requester depends on, besides ticket and suggestion."""

    thread: list[Message]
    vip: bool = False
    suppressed: bool = False
    answered_today: int = 0
    """Replies that the assistant sent to the requester by itself within a day."""
    record: TrackRecord = field(default_factory=TrackRecord)
    """What drafts of the dial's entry have earned."""


def dial(settings: Settings, suggestion: AiSuggestion, record: TrackRecord) -> tuple[Answering, str]:
    """The dial's position for a suggestion, and why it is not autopilot's where that was set ('' otherwise).

    Autopilot acts where it was earned, or given with a reason and not lost since. Everywhere else it asks for approval.
    """
    found = settings.answering_for(team_id=likeliest_team(suggestion)[0], topic=suggestion.category)
    if found.mode != "autopilot":
        return found, ""
    why = record.lost() if found.unlocked else record.missing()
    return (found.model_copy(update={"mode": "approve"}), f"autonomy_{why}") if why else (found, "")


def likeliest_team(suggestion: AiSuggestion) -> tuple[str | None, float]:
    """The team the assistant chose or would choose, with its confidence."""
    if suggestion.team is not None:
        return suggestion.team.id, suggestion.confidence
    return (suggestion.teams[0].id, suggestion.teams[0].confidence) if suggestion.teams else (None, 0.0)


def withheld(
    ticket: Ticket, suggestion: AiSuggestion, rule: Answering, said: Correspondence, *, settings: Settings, email: str | None
) -> str:
    """Why the assistant does not answer by itself, '' where it may. `email` is the requester's."""
    about = next((m for m in said.thread if m.id == suggestion.message_id), None)
    if about is None:
        return "no_message"
    broken = (*_of_answer(suggestion, rule), *_of_ticket(ticket, suggestion), *_of_message(suggestion, about, email=email),
              *_of_caps(said, about, settings=settings))  # fmt: skip
    return broken[0] if broken else ""


def _of_answer(suggestion: AiSuggestion, rule: Answering) -> Iterator[str]:
    automatic = str(suggestion.record.get("automatic_reply") or "")
    draft = (suggestion.draft or "").rstrip()
    if not draft:
        yield "no_draft"
    elif not automatic.startswith(draft) or len(automatic) == len(draft):
        yield "not_disclosed"
    if not suggestion.citations or not all(c.quote and c.quote in draft for c in suggestion.citations):
        yield "not_cited"
    if any(c.article_id not in rule.article_ids for c in suggestion.citations):
        yield "article_not_approved"
    if not suggestion.checks or not all(c.get("passed") is True for c in suggestion.checks):
        yield "check_failed"
    if suggestion.next_action not in {"suggest_reply", "propose_resolve"}:
        yield "no_answer_proposed"


def _of_ticket(ticket: Ticket, suggestion: AiSuggestion) -> Iterator[str]:
    team_id, confidence = likeliest_team(suggestion)
    if not (suggestion.acts_on_team or confidence >= _CONFIDENT) or ticket.team_id not in {None, team_id}:
        yield "team_uncertain"
    if ticket.status != "open" or ticket.snoozed_until:
        yield "not_open"
    if ticket.reopen_count:
        yield "reopened"


def _of_message(suggestion: AiSuggestion, about: Message, *, email: str | None) -> Iterator[str]:
    if about.kind != "customer" or about.mail_kind != "human":
        yield "not_a_human_mail"
    elif VERIFIED not in about.flags or _MISLEADING & set(about.flags):
        yield "sender_unverified"
    elif not email or about.from_ is None or about.from_.address.lower() != email.lower():
        yield "not_the_requester"
    if suggestion.language not in _VALIDATED:
        yield "language"
    if suggestion.sentiment == "very_negative":
        yield "very_negative"
    if flags := suggestion.record.get("flags"):
        yield f"flag_{flags[0]}"
    if about.body_text.count("?") > 1:
        yield "several_questions"


def _of_caps(said: Correspondence, about: Message, *, settings: Settings) -> Iterator[str]:
    if said.vip:
        yield "vip"
    if said.suppressed:
        yield "suppressed"
    own = [m for m in said.thread if m.kind == "agent" and m.author is not None and m.author.id == ASSISTANT]
    if any(m.created_at >= about.created_at for m in own):
        yield "answered_already"
    if len(own) >= settings.assistant_replies_per_ticket:
        yield "ticket_cap"
    if said.answered_today >= settings.assistant_replies_per_sender_per_day:
        yield "sender_cap"
