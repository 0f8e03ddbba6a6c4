"""Past tickets from a real log through the engine: what agents did is the truth, and nothing is written."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.ai import AiRequest
from schemas.base import Named
from schemas.ticket import ConfigState, Requester, SlaView, TicketState
from schemas.topics import AI_REQUESTS, AI_SUGGESTIONS, CONFIG_STATE, TICKET_EVENTS, TICKET_STATE
from services.ai.engines.local.embedder import MiniLM
from services.ai.engines.local.engine import LocalEngine
from services.ai.engines.local.vectors import Remembering
from services.ai.evaluation.backtest import hands, moment, read_past, replay
from services.ai.evaluation.data import BadFile
from services.ai.evaluation.shelf import PREFIX, store
from services.runtime.blobs import Shelf
from services.runtime.codec import Outgoing
from services.runtime.producer import Producer
from services.runtime.reading import read_topic
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from tests.servers import Servers

NOW = datetime.now(UTC)


class Log:
    """A few settled tickets, written as tickets would."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.tag, self.rows = settings, uuid.uuid4().hex[:6], list[Outgoing]()

    def add(self, topic: str, key: str, value: Any, routing: str | None = None) -> None:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.rows.append(
            Outgoing(topic=topic, key=key, value=raw, id=uuid.uuid4().hex, type="helpdesk.test.v1", source="test", routing=routing)
        )

    def configure(self) -> None:
        for kind, key, value in (
            ("team", f"bill-{self.tag}", {"name": "Billing Team", "description": "Invoices, payments, refunds."}),
            ("team", f"eng-{self.tag}", {"name": "Engineering Team", "description": "Bugs, crashes, errors."}),
        ):
            state = ConfigState(kind=kind, id=key, version=1, value=value, updated_at=NOW)
            self.add(CONFIG_STATE.name, f"{kind}/{key}", state.to_json())

    def forget(self) -> None:
        """The broker is shared: another test's desk must not have these teams."""
        gone = [replace(row, value=None) for row in self.rows if row.topic == CONFIG_STATE.name]
        with Producer(self.settings) as producer:
            producer.send_all(gone)

    def ticket(self, name: str, text: str, *, team: str, agent: bool, age: timedelta = timedelta(hours=1)) -> None:
        key = f"{name}-{self.tag}"
        request = AiRequest(
            id=f"r-{key}", ticket_id=key, ticket_version=1, message_id=f"m-{key}", subject="Help", text=text, created_at=NOW - age
        )
        state = TicketState(
            id=key, number="TIK-1", version=2, subject="Help", status="open", priority="medium", channel="email",
            team=Named(id=f"{team}-{self.tag}", name=team), requester=Requester(id="c", name="C"), created_at=NOW, updated_at=NOW, sla=SlaView(),
        )  # fmt: skip
        self.add(AI_REQUESTS.name, request.id, request.to_json(), key)
        self.add(TICKET_STATE.name, key, state.to_json())
        event = {"id": f"e-{key}", "ticket_id": key, "type": "ticket.reply_queued", "actor": {"kind": "agent" if agent else "ai"}}
        self.add(TICKET_EVENTS.name, key, event)

    def write(self) -> None:
        with Producer(self.settings) as producer:
            producer.send_all(self.rows)


@pytest.fixture
def past_log(servers: Servers, tmp_path: Path) -> Iterator[Log]:
    ensure_topics(servers.kafka)
    log = Log(Settings(kafka_bootstrap_servers=servers.kafka, HELPDESK_HOME=tmp_path).named("test"))
    log.configure()
    log.ticket("paid", "My last invoice shows a double charge on my card, please refund it.", team="bill", agent=True)
    log.ticket("crash", "The app crashes with a stack trace when I press save.", team="eng", agent=True)
    log.ticket("alone", "Where is my invoice?", team="eng", agent=False)
    log.ticket("old", "Where is my refund?", team="bill", agent=True, age=timedelta(days=40))
    log.write()
    yield log
    log.forget()


async def test_rule_22_the_log_is_replayed_against_what_agents_did(past_log: Log, embedder: MiniLM, tmp_path: Path) -> None:
    past = read_past(past_log.settings, NOW - timedelta(days=7))
    mine = {c.request.ticket_id.removesuffix(f"-{past_log.tag}"): c for c in past.cases if c.request.ticket_id.endswith(past_log.tag)}
    assert set(mine) == {"paid", "crash", "alone"}
    assert mine["paid"].team == f"bill-{past_log.tag}"
    assert mine["alone"].team == "", "what no human touched proves nothing"

    engine = LocalEngine(Remembering(embedder))
    await engine.learn(past.desk)
    before = sum(1 for _ in read_topic(past_log.settings, AI_SUGGESTIONS))
    made = await replay(past, engine)
    assert made.figures["routing accuracy"].value is not None
    assert sum(1 for _ in read_topic(past_log.settings, AI_SUGGESTIONS)) == before, "a backtest never acts"

    config = past_log.settings.model_copy(update={"blobs": (tmp_path / "blobs").as_uri()})
    name = store(made, config, since=NOW - timedelta(days=7), now=NOW)
    elsewhere = Shelf(config.model_copy(update={"home": tmp_path / "another machine"}), PREFIX)
    assert elsewhere.names() == [f"{name}-reliability.svg", f"{name}-risk-coverage.svg", f"{name}.json"]
    kept = elsewhere.get(f"{name}.json")
    assert json.loads(kept)["figures"]["routing accuracy"]["value"] is not None
    assert b"double charge" not in kept and elsewhere.get(f"{name}-reliability.svg").startswith(b"<svg")


def test_answers_are_counted_once_however_often_they_stand_in_the_log() -> None:
    event = {"id": "1", "ticket_id": "t", "type": "ticket.ai_answered", "actor": {"kind": "agent"}, "data": {"answer": "accept"}}
    raw = json.dumps(event).encode()
    assert hands([raw, raw, None]) == ({"t"}, {"accept": 1})


def test_since_is_an_age_or_a_date() -> None:
    assert moment("7d", NOW) == NOW - timedelta(days=7)
    assert moment("2026-11-01", NOW) == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(BadFile):
        moment("last tuesday", NOW)
