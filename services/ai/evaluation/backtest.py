"""`helpdesk ai backtest`: past requests from the log through an engine, compared with what agents did. It writes no topic and never acts."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson
from pydantic import ValidationError

from schemas.ai import AiRequest
from schemas.ticket import TicketState
from schemas.topics import AI_REQUESTS, CONFIG_STATE, TICKET_EVENTS, TICKET_STATE
from services.ai import pipeline
from services.ai.configuration import Configuration
from services.ai.desk import Desk
from services.ai.engines.base import Engine
from services.ai.evaluation.baselines import baselines
from services.ai.evaluation.data import BadFile, Ticket
from services.ai.evaluation.figures import mean
from services.ai.evaluation.predict import nobody, prediction
from services.ai.evaluation.report import Report, report
from services.runtime.blobs import Blobs
from services.runtime.claim_check import value_of
from services.runtime.codec import Record
from services.runtime.errors import PoisonError
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_AGO = re.compile(r"(\d+)\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TOUCHING = frozenset({"team_changed", "priority_changed", "reply_queued", "status_changed", "ai_answered", "assigned"})


@dataclass(frozen=True, slots=True)
class Case:
    """A past request, with the team and priority the ticket has now, if a human had a hand in it."""

    request: AiRequest
    team: str
    priority: str


@dataclass(frozen=True, slots=True)
class Past:
    """What the log holds: the desk as it is, the cases, and how agents answered suggestions."""

    desk: Desk
    cases: list[Case]
    answers: Mapping[str, int]


def moment(since: str, now: datetime) -> datetime:
    """`7d`, `24h`, `2w` ago, or an ISO date. BadFile for anything else."""
    ago = _AGO.fullmatch(since.strip())
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(since.strip())
    except ValueError as error:
        raise BadFile(f"--since {since}: give 7d, 24h, 2w or a date such as 2026-11-01") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def read_past(config: Settings, since: datetime) -> Past:
    """The first request of each ticket since then, in order of time."""
    blobs, folded = Blobs(config), Configuration()
    for record in read_topic(config, CONFIG_STATE):
        folded.apply(record.key or "", record.value)
    touched, answers = hands(record.value for record in read_topic(config, TICKET_EVENTS))
    states = dict(_states(read_topic(config, TICKET_STATE)))
    first: dict[str, AiRequest] = {}
    for request in _requests(read_topic(config, AI_REQUESTS), blobs):
        known = first.get(request.ticket_id)
        if request.created_at >= since and (known is None or request.created_at < known.created_at):
            first[request.ticket_id] = request
    cases = [_case(r, states.get(t) if t in touched else None) for t, r in sorted(first.items(), key=lambda kv: kv[1].created_at)]
    return Past(folded.desk(), cases, answers)


def hands(events: Iterable[bytes | None]) -> tuple[set[str], dict[str, int]]:
    """The tickets an agent had a hand in, and how often suggestions were accepted, edited, rejected, undone."""
    touched: set[str] = set()
    answers: dict[str, int] = {}
    seen: set[str] = set()
    for value in events:
        event = orjson.loads(value) if value else {}
        kind = str(event.get("type", "")).removeprefix("helpdesk.").removesuffix(".v1").removeprefix("ticket.")
        if kind not in _TOUCHING or (event.get("actor") or {}).get("kind") != "agent" or event.get("id") in seen:
            continue
        seen.add(str(event.get("id")))
        touched.add(str(event.get("ticket_id")))
        if kind == "ai_answered":
            answer = str((event.get("data") or {}).get("answer", ""))
            answers[answer] = answers.get(answer, 0) + 1
    return touched, answers


async def replay(past: Past, engine: Engine) -> Report:
    """Each case as it stood when it was asked; requests are marked as replays, and nothing is published."""
    tickets, predictions = [], []
    for case in past.cases:
        began = time.perf_counter()
        request = case.request.model_copy(update={"replay": True})
        found = await pipeline.run(request, desk=past.desk, engine=engine, emit=nobody)
        predictions.append(prediction(request.ticket_id, found, ms=(time.perf_counter() - began) * 1000))
        tickets.append(Ticket(request.ticket_id, request.subject, request.text, case.team, case.priority))
    made = report(tickets, predictions, past.desk, baselines(tickets, past.desk, ()))
    accepted = [answer == "accept" for answer, times in past.answers.items() if answer != "undo" for _ in range(times)]
    return replace(made, figures=made.figures | {"suggestions accepted unedited": mean(accepted)})


def _case(request: AiRequest, state: TicketState | None) -> Case:
    return Case(request, state.team.id if state and state.team else "", state.priority if state else "")


def _requests(records: Iterable[Record], blobs: Blobs) -> Iterator[AiRequest]:
    for record in records:
        try:
            value = value_of(record, blobs)
            if value:
                yield AiRequest.model_validate_json(value)
        except (ValidationError, PoisonError) as error:
            log.warning("request not understood", partition=record.partition, offset=record.offset, error=type(error).__name__)


def _states(records: Iterable[Record]) -> Iterator[tuple[str, TicketState | None]]:
    for record in records:
        try:
            yield record.key or "", TicketState.model_validate_json(record.value) if record.value else None
        except ValidationError:
            log.warning("ticket not understood", partition=record.partition, offset=record.offset)
