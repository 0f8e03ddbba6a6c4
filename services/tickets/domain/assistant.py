"""The deterministic policy over the assistant's suggestions (ai.md 3): it has no key, sees no prompt, and the human has the last word."""

from schemas.ai import AiSuggestion
from schemas.autonomy import TrackRecord
from schemas.base import Actor
from schemas.commands import AddReply, AnswerSuggestion
from schemas.config import Answering
from schemas.ticket import Message
from services.runtime.ids import object_id
from services.tickets.domain import autopilot, changes, conversation
from services.tickets.domain.autopilot import ASSISTANT, Correspondence
from services.tickets.domain.state import Json
from services.tickets.domain.turn import Rejected, Turn

_AI = Actor(kind="ai", id=ASSISTANT)
REASONS = frozenset({"wrong_team", "wrong_article", "incomplete", "tone", "not_needed"})
"""Why an agent refuses a suggestion; words of their own are not kept in the log."""
_ANSWERABLE = {"applied", "suggested", "abstained"}


def consider(turn: Turn, suggestion: AiSuggestion, *, said: Correspondence | None = None) -> str:
    """Apply what the two dials allow; the decision's code.

    Routing: applied, suggested, abstained, outdated, replay, human_decided, handed_off, off. Answering goes on from the first three:
    `answered` (sent by itself; needs `said`), `waiting_approval`, else the routing's code stays.
    """
    ticket, settings = turn.ticket, turn.desk.settings
    if suggestion.replay:
        return "replay"
    if not settings.ai_enabled:
        return "off"
    if suggestion.message_id != ticket.last_customer_message_id:
        return "outdated"
    turn.actor = _AI
    before: Json = {"team_id": ticket.team_id, "priority": ticket.priority}
    routing = _route(turn, suggestion)
    rule, lowered = autopilot.dial(settings, suggestion, said.record if said else TrackRecord())
    answer, why_not = _answer_by_itself(turn, suggestion, rule, said) if routing in _ANSWERABLE else ("", "")
    why_not = why_not or lowered
    told = {"suggestion_id": suggestion.id, "decision": answer or routing, "engine": suggestion.engine, "confidence": round(suggestion.confidence, 4),
            "team_id": suggestion.team.id if suggestion.team else None, "priority": suggestion.priority}  # fmt: skip
    more = {"routing": routing, "answering": rule.mode, "withheld": why_not} if answer or why_not else {}
    # A suggestion alone moves nothing in anybody's list.
    waits = _waits_for_agent(turn, suggestion, answer or routing)
    turn.emit("ai_decided", {**told, **more}, updated_at=turn.ticket.updated_at, ai_waiting=waits,
              ai_before=before if routing == "applied" else turn.ticket.ai_before)  # fmt: skip
    return answer or routing


def _waits_for_agent(turn: Turn, suggestion: AiSuggestion, decision: str) -> bool:
    """A draft that nobody has answered, or a team that the assistant was not sure of."""
    if turn.ticket.status != "open" or decision in {"answered", "handed_off"}:
        return False
    return suggestion.draft is not None or (bool(suggestion.teams) and turn.ticket.team_id is None)


def _answer_by_itself(turn: Turn, suggestion: AiSuggestion, rule: Answering, said: Correspondence | None) -> tuple[str, str]:
    """What the answering dial makes of it: (decision or '', why it was not sent or '')."""
    if rule.mode == "approve":
        return ("waiting_approval", "") if suggestion.draft else ("", "")
    if rule.mode != "autopilot" or said is None:
        return "", ""
    settings = turn.desk.settings
    why_not = autopilot.withheld(turn.ticket, suggestion, rule, said, settings=settings, email=turn.texts.requester_email)
    if why_not:
        return "", why_not
    reply = AddReply(
        message_id=object_id(turn.at, turn.cause, "automatic reply"), body_text=str(suggestion.record["automatic_reply"]), by_ai=True,
        suggestion_id=suggestion.id, undo_seconds=settings.recall_seconds,
        status_after="resolved" if suggestion.next_action == "propose_resolve" else None,
    )  # fmt: skip
    conversation.reply(turn, reply, thread=said.thread)
    return "answered", ""


def _route(turn: Turn, suggestion: AiSuggestion) -> str:
    ticket = turn.ticket
    if ticket.human_set:
        return "human_decided"
    if ticket.status in {"closed", "resolved"} or ticket.merged_into:
        return "suggested"
    if suggestion.error or (suggestion.next_action == "handoff" and not suggestion.team):
        return "handed_off"
    if suggestion.team is None:
        return "abstained"
    if not turn.desk.settings.routing_acts:
        return "suggested"
    acted = False
    if suggestion.acts_on_team and suggestion.team.id in turn.desk.teams and suggestion.team.id != ticket.team_id:
        changes.set_team(turn, suggestion.team.id)
        acted = True
    if suggestion.acts_on_priority and raises(turn, suggestion.priority):
        changes.set_priority(turn, suggestion.priority or "")
        acted = True
    if acted and suggestion.tags:
        changes.set_tags(turn, [*turn.texts.tags, *known_tags(turn, suggestion)])
    return "applied" if acted else "suggested"


def known_tags(turn: Turn, suggestion: AiSuggestion) -> list[str]:
    """The suggestion's tags that the desk has, as the desk writes them. What a model makes up is shown to agents and put nowhere."""
    desk = {tag.casefold(): tag for tag in turn.desk.settings.tags}
    found = (desk.get(tag.casefold()) for tag in suggestion.tags)
    return list(dict.fromkeys(tag for tag in found if tag and tag not in turn.texts.tags))


def raises(turn: Turn, priority: str | None) -> bool:
    """Whether this would make the ticket more urgent: the assistant never lowers a priority."""
    return (
        priority is not None
        and priority in turn.desk.priorities
        and turn.desk.priority_order(priority) < turn.desk.priority_order(turn.ticket.priority)
    )


def answer(turn: Turn, action: AnswerSuggestion, *, suggestion: AiSuggestion, thread: list[Message]) -> str:
    """An agent's answer. `accept` applies team and priority and sends only with `send`; the decision's code."""
    said: Json = {"suggestion_id": suggestion.id, "answer": action.answer}
    if action.reason is not None:
        said["reason"] = action.reason if action.reason in REASONS else "other"
    if action.answer == "reject":
        turn.emit("ai_answered", said, ai_waiting=False)
        return "rejected"
    if action.answer == "undo":
        turn.emit("ai_answered", said, ai_waiting=False)
        _undo(turn, suggestion)
        return "undone"
    team = action.team_id or (suggestion.team.id if suggestion.team else None)
    priority = action.priority or suggestion.priority
    turn.emit("ai_answered", {**said, "sent": action.send}, ai_waiting=False)
    if team and team in turn.desk.teams:
        changes.set_team(turn, team)
    if priority and priority in turn.desk.priorities:
        changes.set_priority(turn, priority)
    if action.send:
        text = action.body_text or suggestion.draft
        if not text:
            raise Rejected(409, "no_draft", "This suggestion has no draft to send.")
        reply = AddReply(
            message_id=action.message_id or object_id(turn.at, turn.cause, "reply"), body_text=text, suggestion_id=suggestion.id
        )
        conversation.reply(turn, reply, thread=thread, draft=suggestion.draft)
    return "accepted" if action.answer == "accept" else "edited"


def _undo(turn: Turn, suggestion: AiSuggestion) -> None:
    """What the assistant set and nobody changed since is as it was before."""
    before = turn.ticket.ai_before
    team, priority = before.get("team_id"), before.get("priority")
    if suggestion.team and turn.ticket.team_id == suggestion.team.id and (team is None or team in turn.desk.teams):
        changes.set_team(turn, team, rotate=False)
    if suggestion.priority and turn.ticket.priority == suggestion.priority and priority in turn.desk.priorities:
        changes.set_priority(turn, str(priority))
    said = {tag.casefold() for tag in suggestion.tags}
    if any(tag.casefold() in said for tag in turn.texts.tags):
        changes.set_tags(turn, [tag for tag in turn.texts.tags if tag.casefold() not in said])
