"""Processes that stop and wake up, two that do the same work, and a broker that dies."""

from __future__ import annotations

import signal

from schemas.topics import TICKET_STATE
from services.tickets.outbox import LEADER_LOCK
from tests.chaos.letters import Letters, Tally, count
from tests.chaos.scene import MAILS, SECONDS, arrived, post_in_chunks
from tests.pipeline.desk import Desk
from tests.servers import eventually


def wake_after_another_took_over(desk: Desk, letters: Letters, *, module: str = "", arguments: tuple[str, ...] = ()) -> None:
    """Tickets is stopped with a batch in hand, another settles that batch, then the first one wakes."""
    paused = desk.replace("tickets", crash_at="tickets.before_fence:2:SIGSTOP", module=module, arguments=arguments)
    post_in_chunks(letters, letters.write(MAILS // 2, length=5))
    eventually(paused.stopped, seconds=SECONDS, what="tickets stopped with a batch in hand")
    other = desk.spawn("tickets").ready()
    post_in_chunks(letters, letters.write(MAILS // 2, length=5))
    eventually(lambda: arrived(letters, at_least=len(letters.sent)), seconds=SECONDS, what="the other tickets service took over")
    paused.send(signal.SIGCONT)
    eventually(
        lambda: "fenced" in paused.log.read_text() or arrived(letters, at_least=len(letters.sent) + 1), seconds=SECONDS, what="it woke up"
    )
    other.stop()


def test_a_tickets_service_that_wakes_up_is_fenced(desk: Desk) -> None:
    letters = Letters(desk)
    wake_after_another_took_over(desk, letters)
    assert "fenced" in desk.running["tickets"].log.read_text()
    desk.settle(seconds=SECONDS)
    assert count(letters) == Tally()


def test_a_relay_that_wakes_up_doubles_nothing_and_what_it_overwrote_is_repaired(desk: Desk) -> None:
    letters = Letters(desk)
    paused = desk.replace("outbox", crash_at="outbox.before_ack:1:SIGSTOP")
    mails = letters.write(MAILS // 2, length=1)
    letters.post(mails)
    eventually(paused.stopped, seconds=SECONDS, what="the relay stopped with rows in hand")
    # Postgres ends a silent leader's session by itself after a minute; a fail-over of the database does it now.
    desk.rows("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", LEADER_LOCK)
    other = desk.spawn("outbox", module="tests.chaos.variants", arguments=("relay-reconciles-often",)).ready()
    eventually(lambda: '"leading"' in other.log.read_text(), seconds=SECONDS, what="the other relay leads")
    post_in_chunks(letters, letters.write(MAILS // 2, length=5))
    desk.settle(seconds=SECONDS)
    ends = desk.log.ends(TICKET_STATE.name)
    paused.send(signal.SIGCONT)
    eventually(lambda: desk.log.ends(TICKET_STATE.name) != ends, seconds=SECONDS, what="the old relay wrote what it held")
    # The control: what it wrote does stand over newer records, until the reconciler repairs it.
    eventually(lambda: "stood over a newer one" in other.log.read_text(), seconds=SECONDS, what="an older record noticed")
    eventually(lambda: count(letters) == Tally(), seconds=SECONDS, what="the newest record of each key on top")
    other.stop()


def test_two_fetchers_of_one_mailbox_double_nothing(desk: Desk) -> None:
    letters = Letters(desk)
    other = desk.spawn("ingest-fetch").ready()
    post_in_chunks(letters, letters.write(MAILS, length=5))
    desk.settle(seconds=SECONDS)
    other.stop()
    assert count(letters) == Tally()


def test_two_of_every_service_double_nothing(desk: Desk) -> None:
    letters = Letters(desk)
    others = [desk.spawn(name) for name in ("ingest-parse", "tickets", "outbox", "timers", "notify")]
    for other in others:
        other.ready()
    post_in_chunks(letters, letters.write(MAILS, length=5))
    desk.settle(seconds=SECONDS)
    for other in others:
        other.stop()
    assert count(letters) == Tally()


def test_a_broker_killed_amid_mails_loses_none(desk: Desk) -> None:
    letters = Letters(desk)
    post_in_chunks(letters, letters.write(MAILS // 2, length=5))
    eventually(lambda: arrived(letters), seconds=SECONDS, what="the first ticket")
    desk.stack.kill("kafka")
    try:
        post_in_chunks(letters, letters.write(MAILS // 2, length=5))
    finally:
        desk.start_broker()
    desk.heal()
    desk.settle(unknown=1, seconds=SECONDS)
    tally = count(letters)
    assert tally == Tally(unknown=tally.unknown), tally.evidence
    assert tally.unknown <= 1
