"""The desk's configuration in Postgres: reading it as a snapshot, changing one entry."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import Connection
from pydantic import ValidationError

from schemas.commands import ConfigCommand
from schemas.config import KINDS, Mailbox, Settings
from schemas.ticket import ConfigState
from services.runtime.settings import Settings as Environment
from services.tickets.domain.desk import Desk
from services.tickets.domain.turn import Rejected
from services.tickets.store.lookup import later

GENERATION = "config"


def first_mailbox(env: Environment) -> Mailbox | None:
    """The mailbox of the environment (EMAIL_USER, …), or None."""
    if not env.email_user:
        return None
    address = env.email_user.lower()
    return Mailbox(
        address=address, user=env.email_user, imap_host=env.imap_server, imap_port=env.imap_port, smtp_host=env.smtp_server, smtp_port=env.smtp_port,
        folders=[env.inbound_folder], plus_addressing=env.email_plus_addressing, trusts_server=env.email_trusts_server, null_sender=env.email_null_sender, delete_settled=env.email_delete_settled,
    )  # fmt: skip


@later
def generation(connection: Connection[Any]) -> Generator[None, None, int]:
    """Goes up with every change of any entry."""
    rows = connection.execute("SELECT next FROM counter WHERE name = %s", (GENERATION,))
    yield
    row = rows.fetchone()
    return int(row[0]) if row else 0


def load_desk(connection: Connection[Any], env: Environment) -> Desk:
    """A snapshot of all configuration. Entries that do not follow their model any more are left out."""
    now = generation(connection)()
    found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for kind, key, value in connection.execute("SELECT kind, id, value FROM config_entry WHERE value IS NOT NULL"):
        if kind in KINDS:
            try:
                found[kind][key] = KINDS[kind].model_validate(value)
            except ValidationError:
                continue
    mailboxes: dict[str, Mailbox] = found["mailbox"]
    own = first_mailbox(env)
    if own:
        mailboxes.setdefault(own.address, own)
    more = {"priorities": found["priority"]} if found["priority"] else {}
    settings: Settings = found["setting"].get("desk") or Settings()
    return Desk(
        generation=now, settings=settings, address=(settings.public_url or env.url).rstrip("/"), teams=found["team"], agents=found["agent"], slas=found["sla"],
        mailboxes=mailboxes, templates=found["template"], blocks=found["block"], **more,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """What a config command did. `state` None: nothing (it was there already and `only_if_absent`)."""

    state: ConfigState | None
    key: str
    deleted: bool
    version: int


def apply(connection: Connection[Any], command: ConfigCommand) -> Changed:
    """Put or delete one entry under the row's lock. Rejected(422) if the value does not follow its kind's model."""
    model = KINDS.get(command.kind)
    if model is None:
        raise Rejected(422, "kind", f"There is no configuration kind '{command.kind}'. Known: {', '.join(KINDS)}.")
    if command.value is not None:
        try:
            value = model.model_validate(command.value).model_dump(mode="json")
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            raise Rejected(422, "value", f"{command.kind}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    else:
        value = None
    row = connection.execute(
        "SELECT version, value FROM config_entry WHERE kind = %s AND id = %s FOR UPDATE", (command.kind, command.object_id)
    ).fetchone()
    if row and row[1] is not None and command.only_if_absent:
        return Changed(None, command.object_id, deleted=False, version=row[0])
    if value is None and (row is None or row[1] is None):
        raise Rejected(404, "no_such_object", f"There is no {command.kind} {command.object_id}.")
    version = (row[0] if row else 0) + 1
    if command.kind == "article" and value is not None:
        value |= {"article_id": command.object_id, "article_version": version, "updated_at": command.at.isoformat()}
    connection.execute(
        "INSERT INTO config_entry (kind, id, version, value, updated_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, value = excluded.value, updated_at = excluded.updated_at",
        (command.kind, command.object_id, version, orjson.dumps(value).decode() if value is not None else None, command.at),
    )
    connection.execute(
        "INSERT INTO counter (name, next) VALUES (%s, 1) ON CONFLICT (name) DO UPDATE SET next = counter.next + 1", (GENERATION,)
    )
    state = ConfigState(kind=command.kind, id=command.object_id, version=version, value=value or {}, updated_at=command.at)
    return Changed(state, command.object_id, deleted=value is None, version=version)
