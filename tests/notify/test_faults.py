"""Kills, stops, rebalances and a broker that is away: no mail is doubled, none is called sent that was not, at most one is unknown."""

from __future__ import annotations

import signal
import threading
import time
from datetime import UTC, datetime
from email import message_from_bytes
from functools import partial

import pytest
from confluent_kafka import Consumer as KafkaConsumer, TopicPartition

from deploy.embedded.stack import Stack
from schemas.ticket import Message
from schemas.topics import TICKET_MESSAGES
from services.runtime import kafka_settings
from services.runtime.partitioning import partition_of
from services.runtime.settings import Settings
from tests.notify.conftest import Start
from tests.notify.desk import Desk
from tests.notify.messages import outgoing
from tests.notify.scripted import Script
from tests.servers import Servers, eventually


def arrived(script: Script) -> list[str]:
    return sorted(str(message_from_bytes(m.original_content or b"")["Message-ID"]) for m in script.mails)


def ids(messages: list[Message]) -> list[str]:
    return sorted(m.outbound.message_id for m in messages if m.outbound)


def unsettled(desk: Desk, messages: list[Message]) -> list[Message]:
    return [m for m in messages if "sent" not in desk.of(m.id)]


def _note(taken: list[int], _: KafkaConsumer, partitions: list[TopicPartition]) -> None:
    taken.extend(p.partition for p in partitions)


def _joined(other: KafkaConsumer, taken: list[int]) -> list[int]:
    other.poll(0.1)
    return taken


def queue(desk: Desk, box: str, count: int) -> list[Message]:
    return [desk.queue(outgoing(mailbox=box)) for _ in range(count)]


@pytest.mark.parametrize("point", ["notify.before_claim", "notify.before_data", "notify.after_250"])
def test_kill_minus_nine_doubles_nothing(desk: Desk, box: str, script: Script, start: Start, point: str) -> None:
    messages = queue(desk, box, 12)
    assert start(crash_at=f"{point}:6").ended() == -signal.SIGKILL
    start()
    expected_unknown = 0 if point == "notify.before_claim" else 1
    eventually(lambda: len(unsettled(desk, messages)) == expected_unknown, what="all but one sent")
    unknown = unsettled(desk, messages)
    sent = messages if point != "notify.before_data" else [m for m in messages if m not in unknown]
    assert arrived(script) == ids(sent)
    assert [desk.of(m.id) for m in unknown] == [["claim"]] * expected_unknown


def test_control_a_desk_that_queues_unknown_mail_again_doubles_it(desk: Desk, box: str, script: Script, start: Start) -> None:
    message = queue(desk, box, 1)[0]
    assert start(crash_at="notify.after_250").ended() == -signal.SIGKILL
    desk.change(message.id, "queued")
    start()
    desk.wait(message.id, "sent")
    assert arrived(script) == ids([message, message])


_DEADLINE = 1.0


def test_a_paused_worker_sends_nothing_after_its_deadline(desk: Desk, box: str, script: Script, start: Start) -> None:
    """And, as the control, what is still inside it."""
    paused = start()
    for seconds, mails in ((60.0, 1), (_DEADLINE, 0)):
        desk.grant_seconds, script.before_mail = seconds, threading.Event()
        script.busy.clear()
        before = len(arrived(script))
        message = queue(desk, box, 1)[0]
        assert script.busy.wait(20)
        paused.process.send_signal(signal.SIGSTOP)
        script.before_mail.set()
        deadline = desk.messages[message.id].delivery.deadline
        assert deadline is not None
        time.sleep(max(0.0, min((deadline - datetime.now(UTC)).total_seconds() + 0.1, _DEADLINE)))
        paused.process.send_signal(signal.SIGCONT)
        desk.grant_seconds = 30.0
        following = queue(desk, box, 1)[0]
        desk.wait(following.id, "sent")
        assert len(arrived(script)) == before + mails + 1
        assert desk.of(message.id) == (["claim", "sent"] if mails else ["claim"])


def test_sigterm_finishes_the_running_mail_and_begins_no_other(desk: Desk, box: str, script: Script, start: Start) -> None:
    script.before_mail = threading.Event()
    worker = start()
    both = queue(desk, box, 2)
    assert script.busy.wait(20)
    running, waiting = sorted(both, key=lambda m: not desk.of(m.id))  # partitions have no order among each other
    worker.process.terminate()
    script.before_mail.set()
    assert worker.ended() == 0
    desk.wait(running.id, "sent")
    assert desk.of(waiting.id) == []
    assert arrived(script) == ids([running])
    start()
    desk.wait(waiting.id, "sent")
    assert arrived(script) == ids([running, waiting])


def test_sigterm_waits_for_the_answer_to_an_open_claim(desk: Desk, box: str, script: Script, start: Start) -> None:
    desk.grants = False
    worker = start()
    message = queue(desk, box, 1)[0]
    claim = desk.wait(message.id, "claim")
    worker.process.terminate()
    desk.grants = True
    desk.grant(claim)
    assert worker.ended() == 0
    desk.wait(message.id, "sent")
    assert arrived(script) == ids([message])


def test_a_claim_is_heard_though_its_partition_was_taken_away(desk: Desk, box: str, script: Script, start: Start, config: Settings) -> None:
    desk.grants = False
    start().ready()
    desk.grants = True
    warm = queue(desk, box, 1)[0]
    desk.wait(warm.id, "sent")
    desk.grants = False
    for _ in range(6):
        message = queue(desk, box, 1)[0]
        claim = desk.wait(message.id, "claim")
        mine = partition_of(message.home_ticket_id, TICKET_MESSAGES.partitions)
        taken: list[int] = []
        other = KafkaConsumer(kafka_settings.consumer(config, group="notify"))
        other.subscribe([TICKET_MESSAGES.name], on_assign=partial(_note, taken))
        # The other member gets its partitions only after the worker let go, and that waits for the answer to the claim.
        hears = threading.Timer(1.0, desk.grant, (claim,))
        hears.start()
        eventually(partial(_joined, other, taken), what="partitions of the other member")
        desk.wait(message.id, "sent")
        other.close()
        if mine in taken:
            break
    else:
        pytest.fail("the claimed partition never moved")


@pytest.mark.timeout(180)
def test_a_broker_that_is_away_loses_no_result(desk: Desk, box: str, script: Script, start: Start, servers: Servers, stack: Stack) -> None:
    if servers.provider != "embedded":
        pytest.skip("kills the broker: embedded servers only")
    script.before_mail = threading.Event()
    start()
    message = queue(desk, box, 1)[0]
    assert script.busy.wait(20)
    stack.kill("kafka")
    script.before_mail.set()
    assert script.arrived.wait(20)
    late = start()  # begins without a broker
    stack.restart("kafka")
    desk.wait(message.id, "sent", seconds=60)
    following = queue(desk, box, 3)
    for m in following:
        desk.wait(m.id, "sent", seconds=60)
    assert late.ready().status()["state"] == "running"
    assert arrived(script) == ids([message, *following])
