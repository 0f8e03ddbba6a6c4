"""Every difference between the log and the live schema."""

from dataclasses import asdict, dataclass
from typing import Any

import orjson
import psycopg

from services.tickets.rebuild.fold import Json, Rebuilt


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not what the log amounts to. `live` or `rebuilt` is None where the row is missing there."""

    table: str
    id: str
    field: str
    live: object
    rebuilt: object


def plain(value: object) -> Any:
    """Through JSON and back, so that times and tuples compare."""
    return orjson.loads(orjson.dumps(value))


def compare(db: psycopg.Connection[Any], rebuilt: Rebuilt) -> list[Difference]:
    """Every difference between the log and the live schema, in the snapshot of the running transaction."""
    found: list[Difference] = []
    live = {str(i): (state, doc) for i, state, doc in db.execute("SELECT id, state, doc FROM helpdesk.ticket")}
    for key in live.keys() | rebuilt.tickets.keys():
        if key not in live or key not in rebuilt.tickets:
            found.append(Difference("ticket", key, "row", key in live or None, key in rebuilt.tickets or None))
            continue
        state, doc = live[key]
        found += _fields("ticket.state", key, state["ticket"], plain(asdict(rebuilt.tickets[key])))
        if key not in rebuilt.states:
            found.append(Difference("ticket", key, "ticket.state", "row", None))
            continue
        found += _fields("ticket.texts", key, state["texts"], plain(asdict(rebuilt.texts(key))))
        found += _fields("ticket.doc", key, doc, rebuilt.states[key])
    found += _rows("message", {str(i): d for i, d in db.execute("SELECT id, doc FROM helpdesk.message")}, rebuilt.messages)
    history = {
        str(i): {"ticket_id": str(t), "version": v, "type": y, "data": d, "actor": a}
        for i, t, v, y, d, a in db.execute("SELECT id, ticket_id, version, type, data, actor FROM helpdesk.ticket_event")
    }
    found += _rows(
        "ticket_event",
        history,
        {k: {n: e[n] for n in ("ticket_id", "version", "type", "data", "actor")} for k, e in rebuilt.events.items()},
    )
    customers = {
        str(i): {"number": n, "name": m, "email": e} for i, n, m, e in db.execute("SELECT id, number, name, email FROM helpdesk.customer")
    }
    found += _rows("customer", customers, {k: {n: c[n] for n in ("number", "name", "email")} for k, c in rebuilt.customers.items()})
    drafts = {
        str(i): {"verdict": v, "topic": t, "team_id": str(m) if m else None, "returned": r}
        for i, v, t, m, r in db.execute("SELECT id, verdict, topic, team_id, returned FROM helpdesk.ai_review")
    }
    folded = rebuilt.reviews()
    found += _rows(
        "ai_review", drafts, {k: {n: getattr(r, n) for n in ("verdict", "topic", "team_id", "returned")} for k, r in folded.items()}
    )
    config = {f"{k}/{i}": v for k, i, v in db.execute("SELECT kind, id, value FROM helpdesk.config_entry WHERE value IS NOT NULL")}
    found += _rows("config_entry", config, {f"{k}/{i}": e["value"] for (k, i), e in rebuilt.config.items()})
    seen = {str(i) for (i,) in db.execute("SELECT event_id FROM helpdesk.seen_event UNION SELECT command_id FROM helpdesk.command_outcome")}
    found += [Difference("seen_event", i, "row", None, "settled") for i in rebuilt.inputs - seen if i]
    return found


def _rows(table: str, live: dict[str, Json], rebuilt: dict[str, Json]) -> list[Difference]:
    out: list[Difference] = []
    for key in live.keys() | rebuilt.keys():
        if key not in live or key not in rebuilt:
            out.append(Difference(table, key, "row", "row" if key in live else None, "row" if key in rebuilt else None))
        else:
            out += _fields(table, key, live[key], rebuilt[key])
    return out


def _fields(table: str, key: str, live: Json, rebuilt: Json) -> list[Difference]:
    return [
        Difference(table, key, name, live.get(name), rebuilt.get(name))
        for name in live.keys() | rebuilt.keys()
        if live.get(name) != rebuilt.get(name)
    ]
