"""`dlq retry` and `discard`: what is parked goes again in its order, and nothing newer of its key overtakes it."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from schemas.ai import AiSuggestion
from schemas.base import Actor, Address
from schemas.commands import ImportTicket, OpenTicket, TicketCommand
from schemas.topics import AI_SUGGESTIONS, TICKET_COMMANDS
from services.runtime.blobs import Blobs
from services.runtime.codec import Record
from services.runtime.ids import event_id, new_object_id
from services.runtime.settings import Settings
from services.tickets import unpark
from services.tickets.batch import CONSUMER, Batches
from services.tickets.store import lookup
from tests.tickets.writer import AGENT, Writer, now


class Log:
    """One partition of a topic: what a test writes is settled at once; `relay` writes what the outbox holds for it, once."""

    def __init__(self, writer: Writer, config: Settings, topic: str) -> None:
        self.writer, self.topic, self.partition = writer, topic, 5000 + hash(new_object_id()) % 100_000
        self.batches = Batches(writer.db, config, writer.keys, Blobs(config))
        self.next = lookup.offsets(writer.db, consumer=CONSUMER, first={(topic, self.partition): 0})[topic, self.partition]
        self.relayed: set[int] = {i for (i,) in writer.rows("SELECT id FROM outbox")}

    def write(self, *records: tuple[str, str, str, bytes]) -> None:
        made = [
            Record(topic=self.topic, partition=self.partition, offset=self.next + n, key=key, value=value, time_ms=int(now().timestamp() * 1000),
                   headers={"ce_id": identity, "ce_type": type_, "ce_source": "tests"})
            for n, (key, identity, type_, value) in enumerate(records)
        ]  # fmt: skip
        self.batches.process(made, mine=self.next)
        self.next += len(made)

    def relay(self) -> int:
        rows = self.writer.rows("SELECT id, key, headers, value FROM outbox WHERE topic = %s ORDER BY id", self.topic)
        fresh = [(key, dict(headers), bytes(value)) for i, key, headers, value in rows if i not in self.relayed]
        self.relayed |= {i for i, *_ in rows}
        if fresh:
            self.write(*((key, headers["ce_id"], headers["ce_type"], value) for key, headers, value in fresh))
        return len(fresh)

    def letter(self, identity: str) -> Record:
        statement = "SELECT headers, value FROM outbox WHERE topic = %s AND key = %s AND value IS NOT NULL ORDER BY id DESC"
        headers, value = self.writer.rows(statement, f"{self.topic}.dlq", identity)[0]
        return Record(topic=f"{self.topic}.dlq", partition=0, offset=0, key=identity, value=bytes(value), headers=dict(headers), time_ms=0)


@pytest.fixture
def config(writer: Writer) -> Settings:
    return Settings.of({"DATABASE_URL": writer.database_url, "HELPDESK_SECRET_KEY": "s" * 40}).named("writer-test")


def message_of(ticket: str) -> str:
    """The id that the ticket's first message will have."""
    return event_id("message", ticket)


def suggestion(ticket: str, words: str) -> AiSuggestion:
    return AiSuggestion(
        id=new_object_id(), run_id=new_object_id(), ticket_id=ticket, message_id=message_of(ticket), ticket_version=1, engine="local", model="m",
        pipeline_version="1", created_at=now(), summary=words,
    )  # fmt: skip


def records(key: str, *said: AiSuggestion) -> Iterable[tuple[str, str, str, bytes]]:
    return [(key, s.id, "helpdesk.ai.suggested.v1", s.to_json()) for s in said]


def opened(writer: Writer, ticket: str) -> None:
    action = OpenTicket(message_id=message_of(ticket), subject="Late", requester=Address(address="late@customers.example"))
    assert writer.ticket_command(ticket, action, at=now(), agent=AGENT).status == "done"


def decided(writer: Writer, ticket: str) -> list[str]:
    rows = writer.rows("SELECT data FROM ticket_event WHERE ticket_id = %s AND type = 'ticket.ai_decided' ORDER BY version", ticket)
    return [r[0]["suggestion_id"] for r in rows]


def parked(writer: Writer, key: str) -> int:
    return int(writer.rows("SELECT count(*) FROM parked_event WHERE record_key = %s", key)[0][0])


@pytest.mark.parametrize("discarding", [False, True], ids=["retry", "discard"])
def test_nothing_newer_overtakes_what_is_sent_again(writer: Writer, config: Settings, discarding: bool) -> None:
    log, ticket, key = Log(writer, config, AI_SUGGESTIONS.name), new_object_id(), new_object_id()
    first, behind, newer, newest = (suggestion(ticket, w) for w in ("first", "behind", "newer", "newest"))
    log.write(*records(key, first, behind))
    assert parked(writer, key) == 2
    opened(writer, ticket)
    again = unpark.discard if discarding else unpark.retry
    assert again(config, log.letter(first.id)) == (1 if discarding else 2)
    log.write(*records(key, newer))  # it came before the relay was there
    assert decided(writer, ticket) == []
    assert log.relay() == (1 if discarding else 2)
    log.write(*records(key, newest))
    kept = ([] if discarding else [first.id]) + [behind.id]
    assert decided(writer, ticket) == kept
    assert log.relay() == 1
    assert log.relay() == 1
    assert decided(writer, ticket) == [*kept, newer.id, newest.id]
    assert parked(writer, key) == 0
    free = suggestion(ticket, "free")
    log.write(*records(key, free))
    assert decided(writer, ticket)[-1] == free.id


def test_what_fails_again_blocks_its_key_again_with_a_letter_of_its_own(writer: Writer, config: Settings) -> None:
    log, ticket, key = Log(writer, config, AI_SUGGESTIONS.name), new_object_id(), new_object_id()
    first, behind = suggestion(ticket, "first"), suggestion(ticket, "behind")
    log.write(*records(key, first, behind))
    for _ in range(2):
        assert unpark.retry(config, log.letter(first.id)) == 2
        log.relay()
        assert parked(writer, key) == 2
    opened(writer, ticket)
    unpark.retry(config, log.letter(first.id))
    log.relay()
    assert decided(writer, ticket) == [first.id, behind.id]
    assert parked(writer, key) == 0


def test_a_command_that_is_sent_again_is_decided_again(writer: Writer, config: Settings) -> None:
    log, ticket = Log(writer, config, TICKET_COMMANDS.name), new_object_id()
    broken = ImportTicket(subject="Empty", requester=Address(address="late@customers.example"), messages=[])
    command = TicketCommand(id=event_id("broken", ticket), ticket_id=ticket, actor=Actor(kind="agent", id=AGENT), at=now(), action=broken)
    log.write((ticket, command.id, "helpdesk.ticket.command.v1", command.to_json()))
    refused = "SELECT outcome FROM command_outcome WHERE command_id = %s"
    assert writer.rows(refused, command.id)[0][0]["reason"] == "parked"
    mended = command.model_copy(update={"action": OpenTicket(message_id=new_object_id(), subject="Mended", requester=broken.requester)})
    writer.db.execute("UPDATE parked_event SET value = %s WHERE id = %s", (orjson.dumps(mended.model_dump(mode="json")), command.id))
    assert unpark.retry(config, log.letter(command.id)) == 1
    log.relay()
    assert writer.rows(refused, command.id)[0][0]["status"] == "done"
    assert parked(writer, ticket) == 0
