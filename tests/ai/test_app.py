"""The whole process on a real broker: requests in, progress and suggestions out, kills and nonsense survived."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from schemas.ai import AiRequest, AiSignal, AiStage, AiSuggestion
from schemas.base import Address
from schemas.mail import ParkedMail
from schemas.ticket import ConfigState
from schemas.topics import AI_PROGRESS, AI_REQUESTS, AI_SIGNALS, AI_SUGGESTIONS, CONFIG_STATE, MAIL_PARKED, TICKET_EVENTS
from services.ai.mail_alarms import FEWEST
from services.ai.radar import FEWEST as FEWEST_ALIKE
from services.runtime.codec import Outgoing
from services.runtime.consumer import to_record
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from tests.servers import Servers, eventually

pytestmark = pytest.mark.timeout(400)
TEAMS = ("Level 1 Support", "Level 2 Support", "Engineering Team", "Billing Team")


class Broker:
    """A desk's topics on a real broker, and an AI process that can be started and killed."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self.settings = Settings(kafka_bootstrap_servers=servers.kafka).named("test")
        ensure_topics(servers.kafka)
        self.folder, self.producer, self.tag = folder, Producer(self.settings), uuid.uuid4().hex[:8]
        self._reader = Consumer({"bootstrap.servers": servers.kafka, "group.id": f"test-{self.tag}", "auto.offset.reset": "earliest"})
        topics = (AI_PROGRESS, AI_SUGGESTIONS)
        places = [TopicPartition(t.name, p) for t in topics for p in range(t.partitions)]
        # A topic just created is known to its broker a moment later.
        ends = [eventually(partial(self._reader.get_watermark_offsets, p, timeout=5), what=f"{p.topic} readable")[1] for p in places]
        self._reader.assign([TopicPartition(p.topic, p.partition, end) for p, end in zip(places, ends, strict=True)])
        self._dead = Consumer({"bootstrap.servers": servers.kafka, "group.id": f"dead-{self.tag}", "auto.offset.reset": "earliest"})
        self._dead.assign([TopicPartition(AI_REQUESTS.name + ".dlq", 0, 0)])
        self.suggestions: list[AiSuggestion] = []
        self.stages: list[AiStage] = []
        self.headers: list[dict[str, str]] = []

    def configure(self) -> None:
        self.producer.send_all(
            [self.config("team", f"t{i}", name=name) for i, name in enumerate(TEAMS)]
            + [self.config("priority", key, name=key, order=i) for i, key in enumerate(("critical", "high", "medium", "low"))]
        )

    def ask(self, name: str, text: str, *, version: int = 1) -> str:
        ticket = f"{name}-{self.tag}"
        request = AiRequest(
            id=f"request-{ticket}-{version}",
            ticket_id=ticket,
            ticket_version=version,
            message_id=f"message-{ticket}-{version}",
            subject="Help",
            text=text,
            created_at=datetime.now(UTC),
            priority="medium",
        )
        self.send(AI_REQUESTS.name, key=request.id, value=request.to_json(), routing=ticket)
        return ticket

    def send(self, topic: str, *, key: str, value: bytes, routing: str | None = None) -> None:
        self.producer.send_all(
            [
                Outgoing(
                    topic=topic, key=key, value=value, id=key, type="helpdesk.test.v1", source="test", routing=routing, correlation_id="c-1"
                )
            ]
        )

    def answers(self, ticket: str) -> list[AiSuggestion]:
        for message in self._reader.consume(200, 0.1):
            self._take(message)
        return [s for s in self.suggestions if s.ticket_id == ticket]

    def _take(self, message: Message) -> None:
        value = message.value() or b"{}"
        if message.topic() == AI_PROGRESS.name:
            self.stages.append(AiStage.model_validate_json(value))
        else:
            self.suggestions.append(AiSuggestion.model_validate_json(value))
            self.headers.append(to_record(message).headers)

    def dead_letters(self) -> list[str]:
        found = [(m.key() or b"").decode() for m in self._dead.consume(50, 0.1) if m.error() is None]
        return [k for k in found if self.tag in k]

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.kafka_bootstrap_servers,
            "HELPDESK_HOME": str(self.folder),
            "GEMINI_API_KEY": "",
        }
        with (self.folder / "ai.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "services.ai.app"], env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)

    def config(self, kind: str, id_: str, **value: Any) -> Outgoing:
        state = ConfigState(kind=kind, id=id_, version=1, value=value, updated_at=datetime.now(UTC))
        key = f"{kind}/{id_}"
        return Outgoing(topic=CONFIG_STATE.name, key=key, value=state.to_json(), id=key, type="helpdesk.config.state.v1", source="test")

    def gone(self, kind: str, id_: str) -> Outgoing:
        return replace(self.config(kind, id_), value=None)

    def close(self) -> None:
        self.producer.close()
        self._reader.close()
        self._dead.close()


@pytest.fixture
def broker(servers: Servers, tmp_path: Path) -> Iterator[Broker]:
    found = Broker(servers, tmp_path)
    try:
        yield found
    finally:
        found.close()


def test_requests_become_suggestions_and_a_kill_neither_loses_nor_doubles_one(broker: Broker) -> None:
    broker.configure()
    with broker.running() as process:
        ticket = broker.ask("charged", "I was charged twice, please refund one payment.")
        found = eventually(lambda: broker.answers(ticket), seconds=120, what="the first suggestion")[0]
        assert found.engine == "local" and found.team is not None and found.team.name == "Billing Team" and found.reasons
        mine = next(h for h in broker.headers if h["ce_id"] == found.id)  # other tests ask on this broker as well
        assert mine["ce_type"] == "helpdesk.ai.suggested.v1" and mine["ce_correlationid"] == "c-1"
        stages = [s.stage for s in broker.stages if s.ticket_id == ticket]
        assert stages[0] == "received" and stages[-1] == "decided"

        broker.send(AI_REQUESTS.name, key=f"nonsense-{broker.tag}", value=b"{not json", routing=ticket)
        following = broker.ask("charged-next", "I was charged twice again, please refund.")
        eventually(broker.dead_letters, seconds=60, what="the dead letter")
        eventually(lambda: broker.answers(following), seconds=60, what="the partition moving on")

        before = [broker.ask(f"zebra{i}", f"The zebra printer in hall {i} prints only white pages.") for i in range(FEWEST_ALIKE - 2)]
        eventually(lambda: all(broker.answers(t) for t in before), seconds=60, what="what the radar is to remember")
        many = [broker.ask(f"many{i}", f"The search is broken since the release, case {i}") for i in range(30)]
        eventually(lambda: any(broker.answers(t) for t in many), what="the first of many")
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with broker.running() as process:
        eventually(lambda: all(broker.answers(t) for t in many), seconds=120, what="every answer after the kill")
        last = broker.ask("last", "How do I reset my password?")
        eventually(lambda: broker.answers(last), seconds=60, what="the answer after all repetitions")
        assert all(len({s.id for s in broker.answers(t)}) == 1 for t in many)
        assert sum(len(broker.answers(t)) for t in many) == len(many), "a repetition answered again"
        after = [broker.ask(f"zebra{i}", f"The zebra printer in hall {i} prints only white pages.") for i in (7, 8)]
        surge = eventually(lambda: surge_with(broker, after[-1]), seconds=60, what="the surge over both lives of the process")
        assert set(surge.ticket_ids) == {*before, *after}
        process.terminate()
        assert process.wait(20) == 0


def test_a_message_that_is_not_the_newest_gets_no_suggestion(broker: Broker) -> None:
    broker.configure()
    stale = f"stale-{broker.tag}"
    event = {"id": "e", "ticket_id": stale, "type": "ticket.message_added", "version": 5, "actor": {"kind": "customer", "id": "c"}}
    with broker.running():
        first = broker.ask("warm", "Hello, how do I log in?")
        eventually(lambda: broker.answers(first), seconds=120, what="a running process")
        broker.send(TICKET_EVENTS.name, key=stale, value=json.dumps(event).encode())
        other = broker.ask("other", "Hello, how do I log in?")
        eventually(lambda: broker.answers(other), what="a later answer")
        broker.ask("stale", "An older question", version=4)
        eventually(lambda: [s for s in broker.stages if s.ticket_id == stale] or broker.answers(stale), what="the run begun")
        fresh = broker.ask("stale", "The newest question", version=5)
        found = eventually(lambda: broker.answers(fresh), what="the newest answer")
        assert {s.ticket_version for s in found} == {5}
        flood(broker)
        eventually(lambda: alarms(broker), seconds=60, what="the alarm of a flood")


def flood(broker: Broker) -> None:
    """Tickets parks more of one sender than a person writes."""
    for n in range(FEWEST):
        at, sender = datetime.now(UTC), Address(address=f"{broker.tag}@flood.example")
        mail = ParkedMail(id=event_id("test", broker.tag, n), mailbox=f"{broker.tag}@desk.example", reason="flood", sender=sender, at=at)
        broker.send(MAIL_PARKED.name, key=mail.id, value=mail.to_json())


def surge_with(broker: Broker, ticket: str) -> AiSignal | None:
    """The surge that a ticket belongs to."""
    said = [AiSignal.model_validate_json(r.value) for r in read_topic(broker.settings, AI_SIGNALS) if r.value]
    return next((s for s in said if s.kind == "surge" and ticket in s.ticket_ids), None)


def alarms(broker: Broker) -> list[AiSignal]:
    """What the windowed job said of this test's mailbox."""
    said = [AiSignal.model_validate_json(r.value) for r in read_topic(broker.settings, AI_SIGNALS) if r.value]
    return [s for s in said if s.kind == "mail_flood" and s.data.get("mailbox") == f"{broker.tag}@desk.example"]


def test_the_running_service_learns_where_agents_put_tickets(broker: Broker) -> None:
    """Two teams whose names say nothing: only the agents' hands can tell which ticket is whose."""
    blue, green = f"blue-{broker.tag}", f"green-{broker.tag}"
    broker.configure()
    broker.producer.send_all([broker.config("team", blue, name="Blue"), broker.config("team", green, name="Green")])
    fish = (
        "tank leaks",
        "filter hums",
        "heater is cold",
        "water is cloudy",
        "pump stopped",
        "algae grow",
        "glass is cracked",
        "food is mouldy",
    )
    bike = ("chain slips", "brake squeaks", "tyre is flat", "saddle is loose", "light is dim", "bell is gone", "gear jumps", "spoke broke")
    lessons = [(blue, f"The aquarium {what}, what now?") for what in fish] + [(green, f"The bicycle {what}, what now?") for what in bike]
    try:
        with broker.running():
            for i, (team, text) in enumerate(lessons):
                ticket = broker.ask(f"lesson{i}", text)
                moved = {"id": f"e-{ticket}", "ticket_id": ticket, "type": "ticket.team_changed", "version": 2, "data": {"to": team}}
                broker.send(TICKET_EVENTS.name, key=ticket, value=json.dumps({**moved, "actor": {"kind": "agent", "id": "a"}}).encode())
            asked = iter(range(1000))

            def teams_of(text: str) -> str | None:
                ticket = broker.ask(f"probe{next(asked)}", text)
                found = eventually(lambda: broker.answers(ticket), seconds=120, what="an answer")[0]
                return found.teams[0].id if found.teams else None

            def knows() -> bool:
                said = teams_of("My aquarium smells and the fish hide."), teams_of("On my bicycle the pedal fell off.")
                return said == (blue, green)

            eventually(knows, seconds=120, what="the corrections learned")
    finally:
        broker.producer.send_all([broker.gone("team", blue), broker.gone("team", green)])  # the broker is shared
