"""The one writer on a real database, without a broker: records go in, rows and outbox come out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from pydantic import BaseModel

from schemas.base import Actor, Address
from schemas.commands import ConfigCommand, TicketAction, TicketCommand
from schemas.delivery import DeliveryReport
from schemas.inbound import InboundMessage
from schemas.mail import MailAction, MailCommand
from schemas.ticket import CommandOutcome
from schemas.topics import CONFIG_COMMANDS, DELIVERY_REPORTS, MAIL_COMMANDS, MESSAGE_INBOUND, TICKET_COMMANDS
from services.runtime.blobs import Blobs
from services.runtime.codec import Record
from services.runtime.ids import event_id
from services.runtime.postgres import connect
from services.runtime.settings import Settings
from services.runtime.signing import Keys
from services.tickets.batch import CONSUMER, Batches
from services.tickets.store import lookup

SUPPORT = "support@desk.example"
AGENT = str(uuid.uuid4())
_NUMBERS = count(1)
_PARTITIONS = count(1000)


def now() -> datetime:
    """This moment: what the store counts, it counts back from now."""
    return datetime.now(UTC)


class Writer:
    """Settles what a test gives it, each call as one batch."""

    def __init__(self, config: Settings) -> None:
        self.db = connect(config, "helpdesk_tickets", autocommit=True)
        self.keys = Keys.of(config)
        self.database_url = config.database_url
        self._batches = Batches(self.db, config, self.keys, Blobs(config))
        self._partition = next(_PARTITIONS)
        self._next: dict[str, int] = {}

    def mails(self, *mails: InboundMessage, at: datetime) -> None:
        """Mails that were read at one moment, in one batch."""
        self._settle(MESSAGE_INBOUND.name, [(m.id, "helpdesk.message.inbound.v1", m.id, m) for m in mails], at)

    def mail_command(self, action: MailAction, *, at: datetime, agent: str) -> CommandOutcome:
        """What somebody wants done with parked mail or an address."""
        command = MailCommand(id=event_id("test", next(_NUMBERS)), actor=Actor(kind="agent", id=agent), at=at, action=action)
        self._settle(MAIL_COMMANDS.name, [(command.id, "helpdesk.mail.command.v1", command.id, command)], at)
        return self._outcome(command.id)

    def configure(self, kind: str, key: str, value: dict[str, Any], *, at: datetime) -> None:
        """Change the desk."""
        command = ConfigCommand(
            id=event_id("test", next(_NUMBERS)), actor=Actor(kind="system"), at=at, kind=kind, object_id=key, value=value
        )
        self._settle(CONFIG_COMMANDS.name, [(f"{kind}/{key}", "helpdesk.config.command.v1", command.id, command)], at)

    def deliver(self, message_id: str, ticket_id: str, *, at: datetime) -> None:
        """Notify claims a queued message and sends it."""
        for said in ("claim", "sent"):
            report = DeliveryReport.model_validate({
                "id": event_id("test", next(_NUMBERS)), "message_id": message_id, "ticket_id": ticket_id, "home_ticket_id": ticket_id, "report": said,
                "claim": "worker", "attempt": 0, "at": at,
            })  # fmt: skip
            self._settle(DELIVERY_REPORTS.name, [(message_id, "helpdesk.delivery.report.v1", report.id, report)], at)

    def ticket_command(self, ticket_id: str, action: TicketAction, *, at: datetime, agent: str) -> CommandOutcome:
        """What an agent wants done with a ticket."""
        command = TicketCommand(
            id=event_id("test", next(_NUMBERS)), ticket_id=ticket_id, actor=Actor(kind="agent", id=agent), at=at, action=action
        )  # fmt: skip
        self._settle(TICKET_COMMANDS.name, [(ticket_id, "helpdesk.ticket.command.v1", command.id, command)], at)
        return self._outcome(command.id)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database holds."""
        return self.db.execute(statement.encode(), values).fetchall()

    def told(self, topic: str, key: str) -> list[bytes | None]:
        """What the outbox says of a key, oldest first."""
        return [
            bytes(v) if v is not None else None
            for (v,) in self.rows("SELECT value FROM outbox WHERE topic = %s AND key = %s ORDER BY id", topic, key)
        ]

    def _outcome(self, command_id: str) -> CommandOutcome:
        return CommandOutcome.model_validate(self.rows("SELECT outcome FROM command_outcome WHERE command_id = %s", command_id)[0][0])

    def _settle(self, topic: str, values: Iterable[tuple[str, str, str, BaseModel]], at: datetime) -> None:
        place = topic, self._partition
        if topic not in self._next:
            self._next[topic] = lookup.offsets(self.db, consumer=CONSUMER, first={place: 0})[place]
        mine = self._next[topic]
        records = [
            Record(topic=topic, partition=self._partition, offset=mine + n, key=key, value=body.model_dump_json(by_alias=True).encode(),
                   headers={"ce_id": identity, "ce_type": type_, "ce_source": "tests"}, time_ms=int(at.timestamp() * 1000))
            for n, (key, type_, identity, body) in enumerate(values)
        ]  # fmt: skip
        done = self._batches.process(records, mine=mine)
        self._next[topic] = mine + len(records)
        assert done.poison == 0, self.rows("SELECT reason FROM parked_event WHERE partition = %s", self._partition)


def inbound(subject: str, *, sender: str, at: datetime, text: str = "", **more: Any) -> InboundMessage:
    """A mail as parse hands it over."""
    number = next(_NUMBERS)
    text = text or f"Words {number}"
    more.setdefault("reply", text)
    named = {"mailbox": SUPPORT, "from": Address(name="", address=sender), "to": [Address(address=SUPPORT)], "message_id": f"<{number}@customers.example>",
             "raw_sha256": f"{number:064x}", "body_hash": f"{number:064x}", "raw_key": event_id("raw", number)}  # fmt: skip
    return InboundMessage(id=event_id("inbound", number, sender), received_at=at, subject=subject, text=text, **{**named, **more})
