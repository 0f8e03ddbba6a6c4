"""Writes are commands through Kafka: produce, wait for the outcome, answer (gateway.md 2)."""

import asyncio
import hashlib
import secrets
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.base import Actor
from schemas.commands import ConfigCommand, TicketAction, TicketCommand
from schemas.mail import MailAction, MailCommand
from schemas.ticket import CommandOutcome
from schemas.topics import CONFIG_COMMANDS, MAIL_COMMANDS, TICKET_COMMANDS
from services.gateway.errors import Problem, unavailable
from services.gateway.identity.principal import Principal
from services.runtime.codec import Outgoing
from services.runtime.errors import NotAcknowledgedError
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.telemetry import log

WAIT_SECONDS = 2.0
"""How long a write may take before its answer is 202; also how long the broker may take to acknowledge before it is 503."""


def body_hash(body: Any) -> str:
    """sha256 of the canonical JSON: the same words in another order of fields are the same body."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def command_id(principal: Principal, method: str, path: str, key: str | None) -> str:
    """The id that a repetition under the same Idempotency-Key makes again; random without one."""
    return event_id("command", principal.scope, method, path, key or secrets.token_hex(16))


def _actor(who: Principal | Actor) -> Actor:
    return who if isinstance(who, Actor) else Actor(kind="agent", id=who.agent_id)


class Commands:
    """Sends commands and hands each outcome to whoever waits for it. Lives on the event loop."""

    def __init__(self, producer: Producer, *, source: str) -> None:
        self._producer, self._source = producer, source
        self._waiting: defaultdict[str, list[asyncio.Future[CommandOutcome]]] = defaultdict(list)
        self.broker_down = False
        """Set by the reader of the log, so that a write fails at once instead of after two seconds."""

    async def ticket(
        self, command: str, *, ticket_id: str, principal: Principal | Actor, action: TicketAction, digest: str, expected: int | None = None
    ) -> CommandOutcome | None:
        """Ask for a change of a ticket. None: no outcome within two seconds (202). Problem 503: the broker is away."""
        value = TicketCommand(
            id=command, ticket_id=ticket_id, actor=_actor(principal), at=datetime.now(UTC),
            expected_version=expected, body_hash=digest, action=action,
        )  # fmt: skip
        return await self._send(
            Outgoing(
                topic=TICKET_COMMANDS.name, key=ticket_id, value=value.to_json(), id=command, type="helpdesk.ticket.command.v1",
                source=self._source, subject=ticket_id, correlation_id=command,
            )
        )  # fmt: skip

    async def config(
        self,
        command: str,
        *,
        kind: str,
        object_id: str,
        value: dict[str, Any] | None,
        principal: Principal,
        digest: str = "",
        new: bool = False,
    ) -> CommandOutcome | None:
        """Ask for a change of configuration; value None deletes."""
        wanted = ConfigCommand(
            id=command, actor=Actor(kind="agent", id=principal.agent_id), at=datetime.now(UTC), kind=kind, object_id=object_id, value=value,
            only_if_absent=new, body_hash=digest,
        )  # fmt: skip
        return await self._send(
            Outgoing(
                topic=CONFIG_COMMANDS.name, key=f"{kind}/{object_id}", value=wanted.to_json(), id=command, type="helpdesk.config.command.v1",
                source=self._source, subject=f"{kind}/{object_id}", correlation_id=command,
            )
        )  # fmt: skip

    async def mail(
        self, command: str, *, key: str, action: MailAction, principal: Principal | Actor, digest: str = ""
    ) -> CommandOutcome | None:
        """Ask for what is to become of a parked mail, or of a suppressed address."""
        wanted = MailCommand(
            id=command, actor=_actor(principal), at=datetime.now(UTC), body_hash=digest, action=action,
        )  # fmt: skip
        return await self._send(
            Outgoing(
                topic=MAIL_COMMANDS.name, key=key, value=wanted.to_json(), id=command, type="helpdesk.mail.command.v1", source=self._source,
                subject=key, correlation_id=command,
            )
        )  # fmt: skip

    async def publish(self, record: Outgoing) -> None:
        """Write one record that nobody answers. Problem 503: the broker is away."""
        if self.broker_down:
            raise unavailable("Kafka does not answer; nothing was changed")
        await self._acknowledged(record)

    async def _send(self, record: Outgoing) -> CommandOutcome | None:
        if self.broker_down:
            raise unavailable("Kafka does not answer; nothing was changed")
        future: asyncio.Future[CommandOutcome] = asyncio.get_running_loop().create_future()
        self._waiting[record.id].append(future)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._acknowledged(record)
                return await future
        except TimeoutError:
            return None
        finally:
            waiting = self._waiting[record.id]
            waiting.remove(future)
            if not waiting:
                del self._waiting[record.id]

    async def _acknowledged(self, record: Outgoing) -> None:
        acknowledged = asyncio.wrap_future(self._producer.send(record))
        try:
            await asyncio.wait_for(asyncio.shield(acknowledged), WAIT_SECONDS - 0.1)
        except (NotAcknowledgedError, TimeoutError) as error:
            acknowledged.add_done_callback(_forget)
            log.warning("command not acknowledged", topic=record.topic, command=record.id)
            raise unavailable("Kafka did not acknowledge the command; repeat it with the same Idempotency-Key") from error

    def resolve(self, command: str, value: bytes) -> None:
        """An outcome came by; whoever waits for it gets it."""
        if command not in self._waiting:
            return
        outcome = CommandOutcome.model_validate_json(value)
        for future in self._waiting[command]:
            if not future.done():
                future.set_result(outcome)


def _forget(future: "asyncio.Future[Any]") -> None:
    if not future.cancelled():
        future.exception()  # read, so that asyncio does not complain: the caller has its 503 already


def refuse(outcome: CommandOutcome) -> None:
    """Raise the problem that a rejected outcome stands for."""
    if outcome.status == "rejected":
        code = outcome.code if 400 <= outcome.code < 500 else 422
        raise Problem(code, outcome.detail or outcome.reason or "the command was refused", reason=outcome.reason)
