"""The control runs: each safeguard switched off, and the suite must count the damage. Last, for they wear the desk out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from schemas.base import Actor
from schemas.commands import SettleDelivery, TicketCommand
from schemas.topics import TICKET_COMMANDS
from services.runtime.codec import Outgoing
from tests.chaos.letters import Letters, Tally, count
from tests.chaos.scene import SECONDS, arrived, marker, post_in_chunks, under_fire
from tests.chaos.test_pauses import wake_after_another_took_over
from tests.pipeline.desk import Desk
from tests.servers import eventually

FEW = 20
_MODULE = "tests.chaos.variants"


def _lost(tally: Tally) -> int:
    return tally.lost


def _doubled(tally: Tally) -> int:
    return tally.doubled


CONTROLS = [
    ("ingest-fetch", "fetch.raw.before", "fetch-position-first", _lost),
    ("ingest-fetch", "fetch.raw.acked", "fetch-random-ids", _doubled),
    ("ingest-fetch", "fetch.position.acked", "fetch-forgetful", _doubled),
    ("ingest-parse", "ingest-parse.after_ack", "parse-random-ids", _doubled),
    ("tickets", "tickets.before_fence", "tickets-offsets-before", _lost),
    ("tickets", "tickets.before_commit", "tickets-offsets-before", _lost),
    ("tickets", "tickets.after_commit", "tickets-offsets-after", _doubled),
    ("outbox", "outbox.before_ack", "relay-deletes-first", _lost),
    ("outbox", "outbox.after_ack", "relay-random-ids", _doubled),
    ("outbox", "outbox.before_delete", "relay-random-ids", _doubled),
    ("notify", "notify.before_claim", "notify-commits-ahead", _lost),
    ("notify", "notify.before_data", "notify-reports-first", _lost),
]


@pytest.mark.parametrize(
    ("service", "point", "variant", "damage"), CONTROLS, ids=[f"{point}-{variant}" for _, point, variant, _ in CONTROLS]
)
def test_without_its_safeguard_the_kill_does_damage(
    desk: Desk, service: str, point: str, variant: str, damage: Callable[[Tally], int]
) -> None:
    # A forgetful fetch would die over mails that earlier kills left on the server; it need only be the one that follows.
    doomed = "fetch-random-ids" if variant == "fetch-forgetful" else variant
    letters = under_fire(desk, service, point, kills=1, mails=FEW, module=_MODULE, arguments=(doomed,))
    desk.replace(service, module=_MODULE, arguments=(variant,))
    # What comes behind it is there, and the outbox empty: nothing is merely late.
    marker(desk)
    eventually(lambda: not desk.rows("SELECT 1 FROM helpdesk.outbox LIMIT 1"), seconds=SECONDS, what="an empty outbox")
    eventually(lambda: damage(count(letters)) > 0, seconds=SECONDS, what="damage that the suite counts")


def test_a_delivery_of_unknown_fate_sent_again_by_itself_would_be_doubled(desk: Desk) -> None:
    letters = under_fire(desk, "notify", "notify.after_250", kills=1, mails=FEW)
    desk.heal()
    unknown = "SELECT m.id::text, m.ticket_id::text FROM helpdesk.message m JOIN helpdesk.message c USING (ticket_id) WHERE c.rfc_id = ANY(%s) AND m.delivery_state = 'unknown'"
    found = eventually(lambda: desk.rows(unknown, [x.id for x in letters.sent]), seconds=SECONDS, what="the delivery became unknown")
    message, ticket = found[0]
    _resend(desk, message, ticket)
    eventually(lambda: count(letters).doubled > 0, seconds=SECONDS, what="the customer has it twice")


def _resend(desk: Desk, message: str, ticket: str) -> None:

    action = SettleDelivery(message_id=message, outcome="resend")
    command = TicketCommand(id=str(uuid4()), ticket_id=ticket, actor=Actor(kind="system", id="tests"), at=datetime.now(UTC), action=action)
    desk.publish(Outgoing(
        topic=TICKET_COMMANDS.name, key=ticket, value=command.to_json(), id=command.id, type="helpdesk.ticket.command.v1", source="tests",
    ))  # fmt: skip


def test_an_unfenced_tickets_service_that_wakes_up_doubles(desk: Desk) -> None:
    letters = Letters(desk)
    wake_after_another_took_over(desk, letters, module=_MODULE, arguments=("tickets-unfenced",))
    eventually(lambda: count(letters).doubled > 0, seconds=SECONDS, what="doubled messages")


def test_two_fetchers_without_common_ids_double(desk: Desk) -> None:
    letters = Letters(desk)
    desk.replace("ingest-fetch", module=_MODULE, arguments=("fetch-random-ids",))
    other = desk.spawn("ingest-fetch", module=_MODULE, arguments=("fetch-random-ids",)).ready()
    for _ in range(FEW):
        letters.post(letters.write(1, length=1))
        if count(letters).doubled:
            break
    eventually(lambda: count(letters).doubled > 0, seconds=SECONDS, what="doubled mails")
    other.stop()


def test_a_broker_killed_amid_unacknowledged_mails_loses_some(desk: Desk) -> None:
    letters = Letters(desk)
    desk.replace("ingest-fetch", module=_MODULE, arguments=("fetch-unacknowledged",))
    marker(desk)
    desk.stack.kill("kafka")
    try:
        post_in_chunks(letters, letters.write(FEW, length=1))
        eventually(
            lambda: desk.running["ingest-fetch"].log.read_text().count("mail stored") > FEW,
            seconds=SECONDS,
            what="mails that it calls stored",
        )
    finally:
        desk.start_broker()
    # Only a later position hides them for good: until then a restart would fetch them again.
    marker(desk, again=5)
    desk.heal()
    marker(desk)
    assert not arrived(letters, at_least=len(letters.sent))
    assert count(letters).lost > 0
