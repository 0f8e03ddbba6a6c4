"""What `user`, `mailbox` and `keys` share: changing configuration through Kafka and waiting until it is applied."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from services.runtime.settings import Settings

_WITHIN_SECONDS = 20.0


def fail(words: str) -> NoReturn:
    """Say what is wrong and exit with 1."""
    typer.echo(words, err=True)
    raise typer.Exit(1)


def show(value: dict[str, Any], *, as_json: bool, words: str) -> None:
    """A result for people or for scripts."""
    typer.echo(json.dumps(value) if as_json else words)


def entries(config: Settings, kind: str) -> dict[str, dict[str, Any]]:
    """All living configuration of a kind by id."""
    from services.runtime.postgres import connect

    with connect(config, "helpdesk_gateway") as db:
        return dict(db.execute("SELECT id, value FROM helpdesk.config_entry WHERE kind = %s AND value IS NOT NULL", (kind,)).fetchall())


def team_ids(config: Settings, given: list[str]) -> list[str]:
    """Ids of teams that are named or given by id. Exits with 1 and the known names for any other."""
    names = {v["name"].lower(): i for i, v in entries(config, "team").items()}
    found = [names.get(t.lower(), t) for t in given]
    if unknown := [t for t in found if t not in names.values()]:
        fail(f"No such team: {', '.join(unknown)}. Known: {', '.join(sorted(names))}.")
    return found


def configure(config: Settings, *, kind: str, object_id: str, value: dict[str, Any]) -> None:
    """Put one piece of configuration and wait until tickets has applied it. Exits with 1 and its words when it was refused."""
    import uuid
    from datetime import UTC, datetime

    from schemas.base import Actor
    from schemas.commands import ConfigCommand
    from schemas.topics import CONFIG_COMMANDS
    from services.runtime.codec import Outgoing
    from services.runtime.errors import NotAcknowledgedError
    from services.runtime.producer import Producer

    command = ConfigCommand(
        id=str(uuid.uuid4()), actor=Actor(kind="system", id="cli"), at=datetime.now(UTC), kind=kind, object_id=object_id, value=value
    )
    record = Outgoing(
        topic=CONFIG_COMMANDS.name,
        key=f"{kind}/{object_id}",
        value=command.to_json(),
        id=command.id,
        type="helpdesk.config.command.v1",
        source="cli",
    )
    try:
        with Producer(config) as producer:
            producer.send_all([record], timeout=10)
    except NotAcknowledgedError as error:
        fail(f"Kafka did not take the change: {error}")
    _wait(config, command.id)


def _wait(config: Settings, command_id: str) -> None:
    from services.runtime.postgres import connect

    end = time.monotonic() + _WITHIN_SECONDS
    with connect(config, "helpdesk_gateway", autocommit=True) as db:
        while time.monotonic() < end:
            row = db.execute("SELECT outcome FROM helpdesk.command_outcome WHERE command_id = %s", (command_id,)).fetchone()
            if row is not None:
                if row[0]["status"] == "rejected":
                    fail(f"Refused: {row[0].get('detail') or row[0].get('reason')}")
                return
            time.sleep(0.05)
    fail("The change was written, but the tickets service has not applied it. Does it run? See: helpdesk status")
