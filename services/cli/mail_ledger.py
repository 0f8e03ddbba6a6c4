"""`helpdesk mail ledger`: per mailbox, seen on the server = stored in mail.raw = ticketed, parked or dead. Kept by a consumer; `--recount` does
without it, from log and database.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from services.cli.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from psycopg import Connection

    from services.runtime.codec import Record
    from services.runtime.settings import Settings

Outcome = Literal["ticketed", "parked", "dead", "waiting", "erased"]
_CHUNK = 10_000
_SHOWN = 50
_RECOUNTS = 4


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


def ledger(
    home: HomeOption = DEFAULT_HOME,
    *,
    recount: Annotated[
        bool, typer.Option("--recount", help="Read the log and the database from scratch; they must agree with the ledger.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Account for every mail, from the ledger that is kept; exit 1 when something is missing."""
    from services.cli.running import settings_of

    config = settings_of(home)
    accounts = kept_ledger(config)
    disputed = _recount(config) if recount else []
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
    for line in disputed:
        typer.echo(line, err=True)
    if recount and not disputed and not as_json:
        typer.echo("Counted again from the log: the same.")
    raise typer.Exit(1 if disputed or any(account.differences for account in accounts) else 0)


def kept_ledger(config: Settings) -> list[Account]:
    """The accounts as the ledger's consumer keeps them, by name."""
    import psycopg

    accounts: dict[str, Account] = {}
    with psycopg.connect(config.database_url) as db:
        for name, seen in db.execute("SELECT account, sum(seen)::bigint FROM helpdesk.mail_folder GROUP BY 1"):
            accounts[name] = Account(name, seen=seen)
        for name, outcome, count in db.execute("SELECT mailbox, outcome, count(*) FROM helpdesk.mail_ledger GROUP BY 1, 2"):
            account = accounts.setdefault(name, Account(name))
            setattr(account, outcome, count)
            account.stored += count if outcome != "unreadable" else 0
        waiting = db.execute(
            "SELECT mailbox, id, place, topic, partition, record_offset FROM helpdesk.mail_ledger WHERE outcome = 'waiting' ORDER BY received_at, id LIMIT %s",
            (_CHUNK,),
        )
        for name, key, place, topic, partition, offset in waiting:
            accounts[name].differences.append(_waiting(str(key), place, f"{topic}[{partition}]@{offset}"))
    for account in accounts.values():
        _miss(account)
    return [accounts[name] for name in sorted(accounts)]


def _recount(config: Settings) -> list[str]:
    """What the kept ledger and a count from scratch disagree about; a desk at work is given some seconds to come to rest."""
    for attempt in range(_RECOUNTS):
        time.sleep(attempt)
        kept = {account.mailbox: _figures(account) for account in kept_ledger(config)}
        counted = {account.mailbox: _figures(account) for account in read_ledger(config)}
        if kept == counted:
            return []
    return [
        f"{name}: kept {kept.get(name)}, counted {counted.get(name)}"
        for name in sorted(kept.keys() | counted.keys())
        if kept.get(name) != counted.get(name)
    ]


def _figures(account: Account) -> dict[str, int]:
    return {name: value for name, value in asdict(account).items() if isinstance(value, int)}


def read_ledger(config: Settings) -> list[Account]:
    """The accounts of all mailboxes that were ever read, by name, counted from the log."""
    from schemas.inbound import MailPosition
    from schemas.topics import DLQ_SUFFIX, MAIL_POSITION, MAIL_RAW
    from services.cli.mail_log import raw_mails
    from services.runtime.ids import is_uuid
    from services.runtime.reading import read_topic

    positions = {record.key: record.value for record in read_topic(config, MAIL_POSITION)}
    seen: dict[str, int] = defaultdict(int)
    for value in positions.values():
        if value is not None:
            position = MailPosition.model_validate_json(value)
            seen[position.account] += position.seen
    letters = _letters(config)
    unreadable = {key: place for key, (topic, place) in letters.items() if topic == MAIL_RAW.name + DLQ_SUFFIX}
    # As the ledger's consumer: what has no id was not written by fetch, and its dead letter is counted.
    mails = {key: record for key, record in raw_mails(config).items() if is_uuid(key)}
    return balance(seen, mails, _outcomes(config), dead=set(letters), unreadable=unreadable)


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
            account.differences.append(_waiting(key, place, f"{record.topic}[{record.partition}]@{record.offset}"))
    for key, place in unreadable.items():
        if key not in mails:
            account = accounts.setdefault(_mailbox(place), Account(_mailbox(place)))
            account.unreadable += 1
    for account in accounts.values():
        _miss(account)
    return [accounts[name] for name in sorted(accounts)]


def _waiting(key: str, place: str, at: str) -> str:
    return f"{key} {place}: stored in {at}, nothing came of it yet"


def _miss(account: Account) -> None:
    missing = account.seen - account.stored - account.unreadable
    if account.seen and missing > 0:
        account.differences.append(f"{missing} mails were seen that are not stored (erased and compacted, or lost)")


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
        ("SELECT id FROM helpdesk.parked_mail WHERE status = 'released'", "ticketed"),
        ("SELECT id FROM helpdesk.parked_mail WHERE status <> 'released'", "parked"),
    )
    with psycopg.connect(config.database_url) as db:
        found = _said(db)
        for question, outcome in questions:
            with db.cursor(f"ledger_{outcome}") as rows:
                rows.itersize = _CHUNK
                found.update(_each(rows.execute(question), outcome))
    return found


def _said(db: Connection[Any]) -> dict[str, Outcome]:
    """Mails that messages name as their origin: imported ones, and those released from the parked list, come of no record of their own."""
    from services.ingest.parse.inbound import inbound_id

    question = "SELECT DISTINCT doc #>> '{origin,key}' FROM helpdesk.message WHERE doc #>> '{origin,topic}' = 'mail.raw'"
    with db.cursor("ledger_said") as rows:
        rows.itersize = _CHUNK
        return {inbound_id(row[0]): "ticketed" for row in rows.execute(question)}


def _each(rows: Iterable[tuple[Any, ...]], outcome: Outcome) -> dict[str, Outcome]:
    return {str(row[0]): outcome for row in rows}
