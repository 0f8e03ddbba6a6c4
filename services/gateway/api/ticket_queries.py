"""The SQL of the ticket list: filters, sorts, keyset positions. Values are always parameters."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from services.gateway.api.lists import read_cursor
from services.gateway.errors import Problem
from services.runtime.ids import is_uuid
from services.runtime.signing import Keys

Sort = Literal["-updated_at", "-created_at", "sla"]
_STATUSES = {"open", "replied", "on_hold", "resolved", "closed"}

ONE = text("SELECT doc::text, version FROM helpdesk.ticket WHERE id = :id")
COUNTS = text(
    """
WITH t AS (
  SELECT team_id, assignee_id, unread, snoozed_until > now() AS snoozed FROM helpdesk.ticket WHERE status IN ('open', 'replied', 'on_hold')
), awake AS (SELECT * FROM t WHERE snoozed IS NOT TRUE)
SELECT json_build_object(
  'inbox', (SELECT count(*) FROM awake), 'mine', (SELECT count(*) FROM awake WHERE assignee_id = CAST(:me AS uuid)),
  'unassigned', (SELECT count(*) FROM awake WHERE assignee_id IS NULL), 'unread', (SELECT count(*) FROM awake WHERE unread),
  'snoozed', (SELECT count(*) FROM t WHERE snoozed), 'ai_review', (SELECT count(*) FROM helpdesk.ticket WHERE doc ->> 'ai_waiting' = 'true'
    AND status IN ('open', 'replied', 'on_hold') AND (snoozed_until > now()) IS NOT TRUE),
  'teams', (SELECT coalesce(json_object_agg(team_id, n), '{}') FROM (SELECT team_id, count(*) AS n FROM awake WHERE team_id IS NOT NULL GROUP BY 1) g)
)::text
"""
)

_DUE = "CASE WHEN sla_due IS NULL THEN 'infinity' ELSE sla_due END"
"""No due time comes last; word for word the index ticket_sla. Not coalesce: Postgres takes it for leaky and, under row policies, only filters by it."""


class Filters(BaseModel):
    """Query parameters of `GET /tickets`. Several values of one filter are given with commas."""

    model_config = ConfigDict(extra="ignore")

    status: str | None = Field(None, max_length=100, description="open, replied, on_hold, resolved, closed")
    team: str | None = Field(None, max_length=400, description="team id, or none")
    assignee: str | None = Field(None, max_length=400, description="agent id, me, or none")
    priority: str | None = Field(None, max_length=200)
    requester: str | None = Field(None, max_length=320, description="customer id or address")
    tag: str | None = Field(None, max_length=100)
    unread: bool | None = None
    snoozed: bool | None = None
    rating: Literal["good", "bad"] | None = Field(None, description="what the customer said of how it went")
    ai_waiting: bool | None = Field(None, description="whether a suggestion of the assistant waits for an agent")
    q: str | None = Field(None, max_length=500, description="words to search for")
    sort: Sort = "-updated_at"


def build(filters: Filters, me: str, keys: Keys, after: str | None) -> tuple[str, dict[str, Any], str]:
    """(SQL with a :limit parameter, values, the list's name for its cursors)."""
    where: list[str] = []
    values: dict[str, Any] = {}
    _add_choices(filters, me, where, values)
    _add_rest(filters, where, values)
    name = f"tickets{filters.sort}"
    order, columns = _add_position(filters.sort, read_cursor(keys, name, after), where, values)
    condition = " AND ".join(where) or "true"
    return f"SELECT doc::text, {columns} FROM helpdesk.ticket t WHERE {condition} ORDER BY {order} LIMIT :limit", values, name


def _add_choices(filters: Filters, me: str, where: list[str], values: dict[str, Any]) -> None:
    if filters.status:
        chosen = filters.status.split(",")
        if not set(chosen) <= _STATUSES:
            raise Problem(422, f"status must be of: {', '.join(sorted(_STATUSES))}")
        where.append("status = ANY(:status)")
        values["status"] = chosen
    if filters.priority:
        where.append("priority = ANY(:priority)")
        values["priority"] = filters.priority.split(",")
    for column, given in (("team_id", filters.team), ("assignee_id", filters.assignee)):
        if given:
            _add_ids(column, [me if part == "me" and column == "assignee_id" else part for part in given.split(",")], where, values)


def _add_ids(column: str, chosen: list[str], where: list[str], values: dict[str, Any]) -> None:
    ids = [part for part in chosen if part != "none"]
    if not all(is_uuid(part) for part in ids):
        raise Problem(422, f"{column.removesuffix('_id')} must be an id, or none")
    clauses = [f"{column} IS NULL"] if "none" in chosen else []
    if len(ids) == 1:  # an equality lets Postgres walk the index in list order
        clauses.append(f"{column} = CAST(:{column} AS uuid)")
        values[column] = ids[0]
    elif ids:
        clauses.append(f"{column} = ANY(CAST(:{column} AS uuid[]))")
        values[column] = ids
    where.append(f"({' OR '.join(clauses)})")


def _add_rest(filters: Filters, where: list[str], values: dict[str, Any]) -> None:
    if filters.requester:
        by_id = is_uuid(filters.requester)
        where.append(
            "requester_id = CAST(:requester AS uuid)" if by_id else
            "requester_id = (SELECT customer_id FROM helpdesk.handle WHERE kind = 'email' AND value = lower(:requester))"
        )  # fmt: skip
        values["requester"] = filters.requester
    if filters.tag:
        where.append(":tag = ANY(tags)")
        values["tag"] = filters.tag
    if filters.unread is not None:
        where.append("unread = :unread")
        values["unread"] = filters.unread
    if filters.snoozed is not None:
        where.append("snoozed_until > now()" if filters.snoozed else "(snoozed_until IS NULL OR snoozed_until <= now())")
    if filters.rating is not None:
        where.append("doc ->> 'rating' = :rating")
        values["rating"] = filters.rating
    if filters.ai_waiting is not None:
        where.append("doc ->> 'ai_waiting' = 'true'" if filters.ai_waiting else "doc ->> 'ai_waiting' IS DISTINCT FROM 'true'")
    if filters.q and filters.q.strip():
        where.append("id IN (SELECT f.id FROM helpdesk.search_tickets(:q, 100) f)")
        values["q"] = filters.q.replace("\x00", " ")


def _add_position(sort: Sort, position: list[Any] | None, where: list[str], values: dict[str, Any]) -> tuple[str, str]:
    column, key, after, way = {
        "-updated_at": ("updated_at", "updated_at", "<", " DESC"),
        "-created_at": ("created_at", "created_at", "<", " DESC"),
        "sla": ("sla_due", _DUE, ">", ""),
    }[sort]
    if position is not None:
        values["at"] = datetime.fromisoformat(position[0]) if position[0] else None
        values["last"] = position[1]
        where.append(f"({key}, id) {after} (coalesce(CAST(:at AS timestamptz), 'infinity'), CAST(:last AS uuid))")
    return f"{key}{way}, t.id{way}", f"{column}, id::text"  # a bare `id` in ORDER BY is the text of the output: no index is in its order
