"""What agents' hands say about past tickets, folded from `ai.requests` (the words) and `ticket.events` (where they put them)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from schemas.ai import AiRequest
from services.ai.engines.local.lessons import Past
from services.ai.safety.screen import screen

_MOST_LESSONS = 600
"""Newest tickets that teach: training on them and our own sentences takes a second and forty megabytes."""
_MOST_TEXTS, _MOST_VERDICTS = 5000, 20_000
_LONGEST = 1000
_ABOUT_TEAM = frozenset({None, "wrong_team", "other"})
"""Reasons of a refusal that may mean the team; the others are about the words."""
_CONFIRMING = frozenset({"accept", "edit"})


@dataclass(frozen=True, slots=True)
class _Said:
    """The first message of a ticket."""

    request_id: str
    version: int
    text: str


@dataclass(slots=True)
class _Verdict:
    """What a human made of a ticket, the newest word of each kind. `offered`: what the assistant had proposed."""

    team: str = ""
    priority: str = ""
    offered_team: str = ""
    offered_priority: str = ""


class Corrections:
    """Not thread-safe. Only what an agent set or confirmed teaches; what the assistant set and nobody answered proves nothing."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, _Said] = OrderedDict()
        self._verdicts: OrderedDict[str, _Verdict] = OrderedDict()
        self._asked: dict[str, str] = {}

    def asked(self, key: str, request: AiRequest | None) -> bool:
        """A record of `ai.requests`; None forgets its words. True if the lessons changed."""
        if request is None:
            ticket = self._asked.pop(key, "")
            known = self._said.get(ticket)
            if known is None or known.request_id != key:
                return False
            del self._said[ticket]
            return any(self._judged(ticket))
        if request.replay or request.mail_kind != "human":
            return False
        known = self._said.get(request.ticket_id)
        if known is not None and known.version <= request.ticket_version:
            return False
        seen = screen(subject=request.subject, text=request.text, kind=request.mail_kind, html=request.html)
        self._said[request.ticket_id] = _Said(request.id, request.ticket_version, f"{seen.subject}. {seen.text}"[:_LONGEST])
        self._asked[request.id] = request.ticket_id
        if len(self._said) > _MOST_TEXTS:
            _, old = self._said.popitem(last=False)
            self._asked.pop(old.request_id, None)
        return self._teaches(request.ticket_id)

    def happened(self, event: dict[str, Any]) -> bool:
        """A value of `ticket.events`. True if the lessons changed."""
        kind = str(event.get("type", "")).removeprefix("helpdesk.").removesuffix(".v1")
        ticket, data = str(event.get("ticket_id", "")), event.get("data") or {}
        if kind == "ticket.ai_decided":
            verdict = self._verdict(ticket)
            verdict.offered_team, verdict.offered_priority = str(data.get("team_id") or ""), str(data.get("priority") or "")
            return False
        if (event.get("actor") or {}).get("kind") != "agent":
            return False
        before = self._judged(ticket)
        self._heed(kind, ticket, data)
        return self._judged(ticket) != before and ticket in self._said

    def past(self) -> tuple[Past, ...]:
        """The newest judged tickets whose words are known, oldest judgement first."""
        found = [Past(self._said[t].text, v.team, v.priority) for t, v in self._verdicts.items() if self._teaches(t)]
        return tuple(found[-_MOST_LESSONS:])

    def _heed(self, kind: str, ticket: str, data: dict[str, Any]) -> None:
        if kind == "ticket.team_changed":
            self._verdict(ticket).team = str(data.get("to") or "")
        elif kind == "ticket.priority_changed":
            self._verdict(ticket).priority = str(data.get("to") or "")
        elif kind == "ticket.ai_answered" and data.get("answer") in _CONFIRMING:
            verdict = self._verdict(ticket)
            verdict.team, verdict.priority = verdict.offered_team or verdict.team, verdict.offered_priority or verdict.priority
        elif kind == "ticket.ai_answered" and ticket in self._verdicts and data.get("reason") in _ABOUT_TEAM:
            verdict = self._verdicts[ticket]
            verdict.team = "" if verdict.team == verdict.offered_team else verdict.team

    def _verdict(self, ticket: str) -> _Verdict:
        found = self._verdicts.setdefault(ticket, _Verdict())
        self._verdicts.move_to_end(ticket)
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.popitem(last=False)
        return found

    def _judged(self, ticket: str) -> tuple[str, str]:
        verdict = self._verdicts.get(ticket)
        return (verdict.team, verdict.priority) if verdict else ("", "")

    def _teaches(self, ticket: str) -> bool:
        return ticket in self._said and any(self._judged(ticket))
