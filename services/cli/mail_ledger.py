"""`helpdesk mail ledger`: per mailbox, seen on the server = stored in mail.raw = ticketed, parked or dead. Computed from log and database."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from services.runtime.codec import Record
    from services.runtime.settings import Settings

Outcome = Literal["ticketed", "parked", "dead", "waiting", "erased"]
_CHUNK = 10_000
_SHOWN = 50


@dataclass(slots=True)
class Account:
    """What is known of one mailbox. `seen` is what fetching counted; each stored mail is exactly one of the five after `stored`."""

    mailbox: str
    seen: int = 0
    stored: int = 0
    ticketed: int = 0
    parked: int = 0
    dead: int = 0
    waiting: int = 0
    erased: int = 0
    unreadable: int = 0
    differences: list[str] = field(default_factory=list)


def ledger(home: HomeOption = DEFAULT_HOME, *, as_json: JsonOption = False) -> None:
    """Account for every mail; exit 1 when something is missing."""
    from services.cli.running import settings_of

    accounts = read_ledger(settings_of(home))
    if as_json:
        typer.echo(json.dumps([asdict(account) for account in accounts]))
    else:
        for account in accounts:
            typer.echo(
                f"{account.mailbox}: {account.seen} seen, {account.stored} stored = {account.ticketed} ticketed + {account.parked} parked"
                f" + {account.dead} dead + {account.waiting} waiting + {account.erased} erased; {account.unreadable} the server did not give out"
            )
            for difference in account.differences[:_SHOWN]:
                typer.echo(f"  {difference}")
    raise typer.Exit(1 if any(account.differences for account in accounts) else 0)


def read_ledger(config: Settings) -> list[Account]:
    """The accounts of all mailboxes that were ever read, by name."""
    from schemas.inbound import MailPosition
    from schemas.topics import DLQ_SUFFIX, MAIL_POSITION, MAIL_RAW
    from services.cli.mail_log import raw_mails
    from services.runtime.reading import read_topic

    positions = {record.key: record.value for record in read_topic(config, MAIL_POSITION)}
    seen: dict[str, int] = defaultdict(int)
    for value in positions.values():
        if value is not None:
            position = MailPosition.model_validate_json(value)
            seen[position.account] += position.seen
    letters = _letters(config)
    unreadable = {key: place for key, (topic, place) in letters.items() if topic == MAIL_RAW.name + DLQ_SUFFIX}
    return balance(seen, raw_mails(config), _outcomes(config), dead=set(letters), unreadable=unreadable)


def balance(
    seen: Mapping[str, int], mails: Mapping[str, Record], outcomes: Mapping[str, Outcome], *, dead: set[str], unreadable: Mapping[str, str]
) -> list[Account]:
    """Put each mail into its account. `outcomes` by the id of the parsed mail, `unreadable` dead letter ids with their places."""
    from services.ingest.parse.inbound import inbound_id

    accounts: dict[str, Account] = {name: Account(name, seen=count) for name, count in seen.items()}
    for key, record in mails.items():
        place = record.headers.get("ce_subject", "")
        account = accounts.setdefault(_mailbox(place), Account(_mailbox(place)))
        parsed = inbound_id(key)
        outcome = outcomes.get(parsed) or ("erased" if record.value is None else "dead" if {key, parsed} & dead else "waiting")
        account.stored += 1
        setattr(account, outcome, getattr(account, outcome) + 1)
        if outcome == "waiting":
            account.differences.append(
                f"{key} {place}: stored in {record.topic}[{record.partition}]@{record.offset}, nothing came of it yet"
            )
    for key, place in unreadable.items():
        if key not in mails:
            account = accounts.setdefault(_mailbox(place), Account(_mailbox(place)))
            account.unreadable += 1
    for account in accounts.values():
        missing = account.seen - account.stored - account.unreadable
        if account.seen and missing > 0:
            account.differences.append(f"{missing} mails were seen that are not stored (erased and compacted, or lost)")
    return [accounts[name] for name in sorted(accounts)]


def _mailbox(place: str) -> str:
    return place.partition(";")[0].partition("/")[0]


def _letters(config: Settings) -> dict[str, tuple[str, str]]:
    """Unresolved dead letters: id to topic and place."""
    from schemas.topics import DEAD_LETTER_TOPICS, MAIL_RAW, MESSAGE_INBOUND
    from services.runtime.reading import read_topic

    found: dict[str, tuple[str, str]] = {}
    for topic in (topic for topic in DEAD_LETTER_TOPICS if topic.of in (MAIL_RAW, MESSAGE_INBOUND)):
        for record in read_topic(config, topic):
            if record.value is None:
                found.pop(record.key or "", None)
            else:
                found[record.key or ""] = (topic.name, record.headers.get("ce_subject", ""))
    return found


def _outcomes(config: Settings) -> dict[str, Outcome]:
    """What tickets decided, by the id of the parsed mail."""
    import psycopg

    questions: tuple[tuple[str, Outcome], ...] = (
        ("SELECT id FROM helpdesk.parked_event WHERE topic = 'message.inbound'", "dead"),
        ("SELECT DISTINCT causation_id FROM helpdesk.ticket_event WHERE causation_id IS NOT NULL", "ticketed"),
        ("SELECT id FROM helpdesk.parked_mail WHERE status <> 'released'", "parked"),
    )
    found: dict[str, Outcome] = {}
    with psycopg.connect(config.database_url) as db:
        for question, outcome in questions:
            with db.cursor(f"ledger_{outcome}") as rows:
                rows.itersize = _CHUNK
                found.update(_each(rows.execute(question), outcome))
    return found


def _each(rows: Iterable[tuple[Any, ...]], outcome: Outcome) -> dict[str, Outcome]:
    return {str(row[0]): outcome for row in rows}
