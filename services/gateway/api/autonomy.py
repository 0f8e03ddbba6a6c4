"""What the assistant's drafts have earned, per team and topic, and what the answering dial makes of it."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import text

from schemas.autonomy import (
    ACCEPTED_AT_LEAST,
    LOWER_BOUND_AT_LEAST,
    REOPENED_AT_MOST,
    REVIEWED_AT_LEAST,
    TrackRecord,
)
from schemas.base import Named
from schemas.config import Answering
from services.gateway.identity.asking import Asking, PartsDep
from services.gateway.parts import Parts

router = APIRouter(tags=["ai"])
_COUNTS = tuple(TrackRecord.model_fields)
_ALL = text(f"SELECT team_id::text, topic, {', '.join(_COUNTS)} FROM helpdesk.ai_track_record")


class EarnedView(TrackRecord):
    """The figures of a team and topic; shares are null where nothing was counted. `missing`: few_reviews, too_few_accepted,
    fell_lately, reopens, or '' once autopilot is earned.
    """

    team: Named | None = None
    topic: str | None = None
    accepted_unedited: float | None = None
    at_least: float | None = None
    """Wilson lower bound of `accepted_unedited`, 95 %."""
    seven_days: float | None = None
    reopened: float | None = None
    missing_for_autopilot: str = ""


class DialView(EarnedView):
    """An entry of the answering dial with its figures. `acts_as` is what it amounts to now."""

    mode: str
    acts_as: str
    given: str = ""
    """Why a person gave it autopilot before it was earned."""
    why: str = ""


class AutonomyView(BaseModel):
    """`GET /ai/autonomy`."""

    dial: list[DialView] = Field(default=[])
    records: list[EarnedView] = Field(default=[])
    needed: dict[str, float] = Field(default={})


@router.get("/ai/autonomy", response_model=AutonomyView)
async def get_autonomy(principal: Asking, parts: PartsDep) -> AutonomyView:
    """Reviewed drafts, how many went out unedited, the seven-day figure and reopenings: counts only, of the whole desk."""
    async with parts.database.seen_by(principal.agent_id) as connection:
        rows = [(r[0], r[1], TrackRecord.model_validate(dict(zip(_COUNTS, r[2:], strict=True)))) for r in await connection.execute(_ALL)]
    await parts.directory.refresh("setting", "desk")
    dial = [_dial(parts, entry, rows) for entry in parts.directory.settings.answering]
    records = [EarnedView(**_figures(parts, record, team, topic)) for team, topic, record in rows]
    needed = {
        "reviewed": REVIEWED_AT_LEAST, "accepted_unedited": ACCEPTED_AT_LEAST, "at_least": LOWER_BOUND_AT_LEAST, "reopened": REOPENED_AT_MOST,
    }  # fmt: skip
    return AutonomyView(dial=dial, records=sorted(records, key=lambda r: -r.reviewed), needed=needed)


def _dial(parts: Parts, entry: Answering, rows: list[tuple[str | None, str | None, TrackRecord]]) -> DialView:
    fitting = [r for team, topic, r in rows if entry.team_id in (None, team) and entry.topic in (None, topic)]
    total = TrackRecord(**{name: sum(getattr(r, name) for r in fitting) for name in _COUNTS})
    why = (total.lost() if entry.unlocked else total.missing()) if entry.mode == "autopilot" else ""
    figures = _figures(parts, total, entry.team_id, entry.topic)
    return DialView(**figures, mode=entry.mode, acts_as="approve" if why else entry.mode, given=entry.unlocked, why=why)


def _figures(parts: Parts, record: TrackRecord, team_id: str | None, topic: str | None) -> dict[str, Any]:
    team = Named(id=team_id, name=parts.directory.team_name(team_id)) if team_id else None
    return {
        **record.model_dump(), "team": team, "topic": topic, "accepted_unedited": record.accepted_share, "at_least": record.lower_bound,
        "seven_days": record.lately_share, "reopened": record.reopened_share, "missing_for_autopilot": record.missing(),
    }  # fmt: skip
