"""Fill a new desk: the defaults of every desk, the sample agents with their logins, articles, and thirty tickets with a past.

Everything goes through Kafka like any other change (`config.commands`, `ticket.commands`); ids derive from the sample's keys, so a
second run changes nothing.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml

from schemas.base import Actor, Address
from schemas.commands import ConfigCommand, ImportedMessage, ImportTicket, TicketCommand
from schemas.topics import CONFIG_COMMANDS, TICKET_COMMANDS
from services.runtime.codec import Outgoing
from services.runtime.ids import event_id, object_id
from services.runtime.producer import Producer
from services.runtime.settings import Settings

_SAMPLE = Path(__file__).parent / "sample"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_CLI = Actor(kind="system", id="cli")
_APPLIED_WITHIN = 60.0


class SeedNotAppliedError(Exception):
    """The commands were written, but the tickets service has not settled them."""


def seed(env: Mapping[str, str], *, empty: bool) -> None:
    """Write what is missing and wait until it is applied. `empty`: the defaults and the admin only.

    `env` holds the addresses of a running system and ADMIN_*/AGENT_* (email, password, API key).
    """
    config = Settings.of(env).named("cli")
    commands = [*_defaults(empty=empty), *_people(env, empty=empty), *([] if empty else _articles())]
    with Producer(config) as producer:
        producer.send_all([_config_record(c) for c in commands])
        _wait(config, [c.id for c in commands])
        _credentials(config, env, empty=empty)
        if not empty:
            tickets = list(_tickets(datetime.now(UTC)))
            if not _known(config, tickets[0].ticket_id):
                producer.send_all([ticket_record(t) for t in tickets])
                _wait(config, [t.id for t in tickets])


def sample_id(kind: str, key: str) -> str:
    """The id of a sample object."""
    return object_id(_EPOCH, "sample", kind, key)


def _read(name: str) -> Any:
    return yaml.safe_load((_SAMPLE / name).read_text(encoding="utf-8"))


def _put(kind: str, key: str, value: dict[str, Any]) -> ConfigCommand:
    return ConfigCommand(
        id=event_id("seed", kind, key), actor=_CLI, at=datetime.now(UTC), kind=kind, object_id=key, value=value, only_if_absent=True
    )


def _defaults(*, empty: bool) -> Iterable[ConfigCommand]:
    desk = _read("desk.yaml")
    yield _put("setting", "desk", {} if empty else _sample_settings(desk["settings"]))
    for order, team in enumerate(desk["teams"]):
        next_team = team.get("escalates_to")
        value = {"name": team["name"], "description": " ".join(team["description"].split()), "order": order}
        yield _put("team", sample_id("team", team["key"]), {**value, "escalates_to": sample_id("team", next_team) if next_team else None})
    for kind, plural in (("priority", "priorities"), ("sla", "slas"), ("macro", "macros")):
        for entry in desk[plural]:
            key = entry.pop("key")
            yield _put(kind, key, entry)


def _sample_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The sample desk's settings, the keys of its answering dial made ids."""
    dial = [
        {
            **{k: v for k, v in entry.items() if k not in {"team", "articles"}},
            "team_id": sample_id("team", entry["team"]),
            "article_ids": [sample_id("article", key) for key in entry["articles"]],
        }
        for entry in settings["answering"]
    ]
    return {**settings, "answering": dial}


def _people(env: Mapping[str, str], *, empty: bool) -> Iterable[ConfigCommand]:
    desk = _read("desk.yaml")
    yield _put(
        "agent", sample_id("agent", "admin"), {"name": "Ines Marchetti", "email": env["ADMIN_EMAIL"].lower(), "role": "admin", "teams": []}
    )
    if empty:
        return
    teams = [sample_id("team", t["key"]) for t in desk["teams"]]
    yield _put(
        "agent", sample_id("agent", "agent"), {"name": "Robin Haddad", "email": env["AGENT_EMAIL"].lower(), "role": "agent", "teams": teams}
    )
    for agent in desk["agents"]:
        value = {"name": agent["name"], "email": agent["email"], "role": "agent", "teams": [sample_id("team", t) for t in agent["teams"]]}
        yield _put("agent", sample_id("agent", agent["key"]), value)


def _articles() -> Iterable[ConfigCommand]:
    for article in _read("articles.yaml"):
        key = sample_id("article", article["key"])
        yield _put("article", key, {"title": article["title"], "body": article["body"].strip(), "category": article["category"]})


def _tickets(now: datetime) -> Iterable[TicketCommand]:
    for ticket in sorted(_read("tickets.yaml"), key=lambda t: -t["minutes_ago"]):
        start = now - timedelta(minutes=ticket["minutes_ago"])
        assignee = sample_id("agent", ticket["assignee"]) if ticket["assignee"] else None
        key = sample_id("ticket", ticket["subject"])
        messages = [
            ImportedMessage(
                kind=m["kind"], author_id=None if m["kind"] == "customer" else assignee or sample_id("agent", "agent"), body_text=m["text"],
                created_at=start + timedelta(minutes=m["after_minutes"]), message_id=f"<sample-{event_id(key, place)}@{_domain(ticket, m)}>",
            )
            for place, m in enumerate(ticket["messages"])
        ]  # fmt: skip
        action = ImportTicket(
            subject=ticket["subject"], requester=Address(**ticket["requester"]), priority=ticket["priority"], team_id=sample_id("team", ticket["team"]),
            assignee_id=assignee, status=ticket["status"], tags=ticket["tags"], messages=messages, ask_ai=ticket["status"] == "open" and not assignee,
        )  # fmt: skip
        yield TicketCommand(id=event_id("seed", "ticket", key), ticket_id=key, actor=_CLI, at=now, action=action)


def _domain(ticket: dict[str, Any], message: dict[str, Any]) -> str:
    return str(ticket["requester"]["address"]).partition("@")[2] if message["kind"] == "customer" else "helpdesk.example"


def _config_record(command: ConfigCommand) -> Outgoing:
    return Outgoing(
        topic=CONFIG_COMMANDS.name, key=f"{command.kind}/{command.object_id}", value=command.to_json(), id=command.id,
        type="helpdesk.config.command.v1", source="cli",
    )  # fmt: skip


def ticket_record(command: TicketCommand) -> Outgoing:
    """The record of a command from the command line."""
    return Outgoing(
        topic=TICKET_COMMANDS.name,
        key=command.ticket_id,
        value=command.to_json(),
        id=command.id,
        type="helpdesk.ticket.command.v1",
        source="cli",
    )


def _wait(config: Settings, ids: list[str]) -> None:
    """Until every command has an outcome. SeedNotAppliedError after a minute."""
    end = time.monotonic() + _APPLIED_WITHIN
    with psycopg.connect(config.database_url, autocommit=True) as db:
        while time.monotonic() < end:
            row = db.execute(
                "SELECT count(*), count(*) FILTER (WHERE outcome ->> 'status' = 'rejected'), min(outcome ->> 'detail')"
                " FROM helpdesk.command_outcome WHERE command_id = ANY(%s::uuid[])",
                (ids,),
            ).fetchone()
            if row and row[1]:
                raise SeedNotAppliedError(f"{row[1]} of {len(ids)} commands were refused: {row[2]}")
            if row and row[0] == len(ids):
                return
            time.sleep(0.1)
    raise SeedNotAppliedError(f"the tickets service has not settled {len(ids)} commands within {_APPLIED_WITHIN:.0f} s; see its log")


def _known(config: Settings, ticket_id: str) -> bool:
    with psycopg.connect(config.database_url, autocommit=True) as db:
        return db.execute("SELECT 1 FROM helpdesk.ticket WHERE id = %s", (ticket_id,)).fetchone() is not None


def _credentials(config: Settings, env: Mapping[str, str], *, empty: bool) -> None:
    from services.gateway.identity.store import put_api_key, put_credential

    people = [("admin", "ADMIN")] if empty else [("admin", "ADMIN"), ("agent", "AGENT")]
    for key, prefix in people:
        agent = sample_id("agent", key)
        put_credential(config, agent, env[f"{prefix}_EMAIL"].lower(), env[f"{prefix}_PASSWORD"])
        put_api_key(config, agent, "sample", env[f"{prefix}_API_KEY"])
    if not empty:
        for agent in _read("desk.yaml")["agents"]:
            put_credential(config, sample_id("agent", agent["key"]), agent["email"], env["AGENT_PASSWORD"])
