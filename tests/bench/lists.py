"""Ticket list and search at 100,000 tickets, as an agent under row policies, beside the same SQL as superuser."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import orjson
import psycopg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.psycopg import dialect

from services.gateway.api import ticket_queries
from services.runtime.ids import event_id, new_object_id
from services.runtime.postgres import role_url
from services.runtime.settings import Settings
from services.runtime.signing import Keys
from tests.bench.figure import Figure, percentile, scaled
from tests.bench.running import Running

_OPTIONS = "-c search_path=helpdesk,public -c TimeZone=UTC -c jit=off"  # as the gateway connects
_ROUNDS = 40
_TEAMS = tuple(event_id("bench", "team", number) for number in range(6))
_ME = new_object_id()
# Team 0 is the agent's; a twelfth of the tickets has no team; words 0 to 199 are frequent, `rareN` stands in a few tickets each.
_FILL = """
INSERT INTO helpdesk.ticket (id, number, version, status, priority, team_id, assignee_id, requester_id, channel, subject, created_at, updated_at,
  sla_due, unread, state, doc, search)
SELECT gen_random_uuid(), 'BENCH-' || n, 3, (ARRAY['open','replied','on_hold','resolved','closed'])[1 + n %% 5], 'medium',
  CASE WHEN n %% 12 = 11 THEN NULL ELSE (%(teams)s::uuid[])[1 + n %% 6] END, CASE WHEN n %% 7 = 0 THEN %(me)s::uuid END, gen_random_uuid(), 'email',
  'Subject ' || n, now() - n * interval '30 s', now() - (n * 7919 %% %(count)s) * interval '30 s',
  CASE WHEN n %% 5 < 3 THEN now() + n * interval '1 s' END, n %% 3 = 0, '{}',
  jsonb_build_object('id', n, 'number', 'BENCH-' || n, 'subject', 'Subject ' || n, 'snippet', repeat('word ', 30), 'tags', '[]'::jsonb,
    'requester', jsonb_build_object('id', n, 'name', 'Customer ' || n, 'email', 'customer' || n || '@customers.example')),
  to_tsvector('simple', 'word' || n %% 200 || ' word' || n * 31 %% 211 || ' word' || n * 17 %% 5003 || ' rare' || n / 4 || ' subject lamp ' || n)
FROM generate_series(1, %(count)s) n
"""
_SEARCH = "SELECT t.doc::text FROM helpdesk.search_tickets(:q, 100) f JOIN helpdesk.ticket t ON t.id = f.id ORDER BY f.rank DESC, t.updated_at DESC"
_PREDICATE = re.compile(r"\n\s*AND \(\(t\.team_id IS NULL.*")


@dataclass(frozen=True, slots=True)
class Query:
    """A statement with its parameters, as the agent's request runs it and as the superuser does."""

    name: str
    agent: str
    superuser: str
    values: dict[str, Any]


def measure(running: Running) -> list[Figure]:
    """p95 of whole transactions on one connection: scope, statement, all rows read, commit."""
    settings, count = running.settings, scaled(100_000, least=2_000)
    _fill(settings, count)
    queries = [*_lists(settings), *_searches(settings, count)]
    with (
        psycopg.connect(role_url(settings, "helpdesk_gateway"), options=_OPTIONS) as agent,
        psycopg.connect(settings.database_url, options=_OPTIONS) as root,
    ):
        taken = {query.name: _take(query, agent, root) for query in queries}
    return [_figure(kind, {n: t for n, t in taken.items() if n.startswith(kind)}, count) for kind in ("list", "search")]


def _figure(kind: str, taken: dict[str, tuple[list[float], list[float]]], count: int) -> Figure:
    ours = [took for agent, _ in taken.values() for took in agent]
    floor = [took for _, root in taken.values() for took in root]
    each = ", ".join(f"{name.removeprefix(kind).strip()} {median(a):.2f} against {median(r):.2f}" for name, (a, r) in taken.items())
    return Figure(name=f"{kind} p95", value=percentile(ours, 0.95), unit="ms", floor=percentile(floor, 0.95), bar=3, at_most=True,
                  note=f"{count} tickets; medians in ms: {each}")  # fmt: skip


def _lists(settings: Settings) -> Iterator[Query]:
    keys = Keys.of(settings)
    for name, given in (("all", {}), ("open", {"status": "open"}), ("mine", {"assignee": "me"}), ("team", {"team": _TEAMS[0]}), ("by sla", {"sort": "sla"}),
                        ("created", {"sort": "-created_at"})):  # fmt: skip
        statement, values, _ = ticket_queries.build(ticket_queries.Filters.model_validate(given), _ME, keys, None)
        yield _query(f"list {name}", statement, statement, {**values, "limit": 51})


def _searches(settings: Settings, count: int) -> Iterator[Query]:
    bare = _SEARCH.replace("helpdesk.search_tickets(:q, 100) f", f"({_without_predicate(settings)}) f")
    words = (("frequent word", "word17"), ("two words", "word17 word30"), ("rare word", f"rare{count // 8}"), ("no hit", "nowhere"))
    for name, q in words:
        yield _query(f"search {name}", _SEARCH, bare, {"q": q})


def _without_predicate(settings: Settings) -> str:
    """What the search function does, but for its teams: without an agent the function itself would find nothing for a superuser."""
    with psycopg.connect(settings.database_url) as db:
        row = db.execute("SELECT prosrc FROM pg_proc WHERE proname = 'search_tickets'").fetchone()
    body, removed = _PREDICATE.subn("", row[0] if row else "")
    if removed != 1:
        raise RuntimeError("search_tickets reads differently now: the floor must be written anew")
    body = re.sub(r"\bquery\b", ":q", body).replace("least(most, 100)", "100")
    return re.sub(r"SELECT t\.id, (ts_rank\([^)]*\))", r"SELECT t.id, \1 AS rank", body, count=1)


def _query(name: str, agent: str, superuser: str, values: dict[str, Any]) -> Query:
    """`:name` placeholders as psycopg writes them, the way SQLAlchemy does it for the gateway."""
    plain = dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    compiled = [str(text(s).compile(dialect=plain)) for s in (agent, superuser)]
    return Query(name, compiled[0], compiled[1], values)


def _take(query: Query, agent: psycopg.Connection[Any], root: psycopg.Connection[Any]) -> tuple[list[float], list[float]]:
    """Milliseconds of either, taking turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for round_number in itertools.count():
        pair = (_timed(agent, query.agent, query.values, scope=True), _timed(root, query.superuser, query.values, scope=False))
        if round_number > 5:  # the first ones fill caches and prepare the statement
            for times, took in zip(taken, pair, strict=True):
                times.append(took)
        if len(taken[0]) == _ROUNDS:
            return taken
    raise AssertionError


def _timed(connection: psycopg.Connection[Any], statement: str, values: dict[str, Any], *, scope: bool) -> float:
    start = time.perf_counter()
    with connection.transaction():
        if scope:
            connection.execute("SELECT set_config('helpdesk.user', %s, true)", (_ME,))
        connection.execute(statement.encode(), values).fetchall()
    return (time.perf_counter() - start) * 1000


def _fill(settings: Settings, count: int) -> None:
    with psycopg.connect(settings.database_url, autocommit=True) as db:
        db.execute("TRUNCATE helpdesk.ticket")
        for team in _TEAMS:
            _entry(db, "team", team, {"name": "Team"})
        _entry(db, "agent", _ME, {"name": "Agent", "email": "agent@desk.example", "role": "agent", "teams": [_TEAMS[0], _TEAMS[1]]})
        db.execute(_FILL.encode(), {"teams": list(_TEAMS), "me": _ME, "count": count})
        db.execute("VACUUM ANALYZE helpdesk.ticket")


def _entry(db: psycopg.Connection[Any], kind: str, key: str, value: dict[str, Any]) -> None:
    db.execute("INSERT INTO helpdesk.config_entry (kind, id, version, value, updated_at) VALUES (%s, %s, 1, %s, now()) ON CONFLICT DO NOTHING",
               (kind, key, orjson.dumps(value).decode()))  # fmt: skip
