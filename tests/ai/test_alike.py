"""What instances know of each other's tickets: two at once, one after another, and after an erasure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from schemas.ai import AiRequest, AiSignal, AiStage, AiSuggestion
from services.ai import pipeline
from services.ai.alike import Alike, stems_of
from services.ai.answered import Answered, Erased, News
from services.ai.desk import Desk
from services.ai.engines.local.engine import LocalEngine
from services.ai.radar import FEWEST
from services.ai.seen import Memory, Seen, record_of, seen_in
from services.ai.suggestion import run_id
from services.runtime.settings import Settings
from tests.ai.test_radar import DOWN, START

RequestFor = Callable[..., AiRequest]


class Instance:
    """One assistant on a topic that all of them follow."""

    def __init__(self, local: LocalEngine, desk: Desk, topic: list[AiSuggestion], told: list[AiSignal]) -> None:
        self.local, self.desk, self.topic, self.told = local, desk, topic, told
        self.follower, self._read = Answered(Settings(), model=local.tier), 0
        self.costs: list[tuple[str, float]] = []
        self.alike = Alike(news=self.news, model=local.tier, costs=lambda ticket, usd, _: self.costs.append((ticket, usd)))

    def news(self) -> list[News]:
        for suggestion in self.topic[self._read :]:
            self.follower._learn(suggestion.id, suggestion.to_json())  # what its thread does with a message
        self._read = len(self.topic)
        return self.follower.news()

    async def run(self, request: AiRequest) -> AiSuggestion:
        async def emit(_: AiStage) -> None:
            """Nobody watches."""

        self.follower.begin(run_id(request))
        self.alike.catch_up()
        found = await pipeline.run(
            request, desk=self.desk, engine=self.local, emit=emit, alike=lambda asked, triage: self.alike.note(asked, triage, self.told)
        )
        assert found is not None
        self.topic.append(found.model_copy(update={"cost": 0.01}))
        return found


def test_a_surge_is_noticed_over_two_instances_and_a_restart_and_told_once(local: LocalEngine, desk: Desk, request_for: RequestFor) -> None:
    topic: list[AiSuggestion] = []
    told: list[AiSignal] = []
    instances = [Instance(local, desk, topic, told), Instance(local, desk, topic, told)]

    async def work() -> None:
        for n, text in enumerate((*DOWN, *DOWN[:2])):
            if n == 3:
                instances[1] = Instance(local, desk, topic, told)  # killed and started anew
            asked = request_for(text, "Help", id=f"r{n}", ticket_id=f"t{n}", created_at=START + timedelta(minutes=n))
            before = len(told)
            await instances[n % 2].run(asked)
            for signal in told[before:]:
                for instance in instances:
                    instance.follower._hear(signal.to_json())

    asyncio.run(work())
    surges = [s for s in told if s.kind == "surge"]
    assert len(surges) == 1, "the other instance heard that it was told"
    assert len(surges[0].ticket_ids) >= FEWEST and {"t1", "t2"} <= set(surges[0].ticket_ids), "tickets of both, and from before the restart"
    after = [run.ticket_id for run in topic[3:]]
    assert [t for t, _ in instances[0].costs] == ["t1", "t3", "t5"], "what the others spent, and never its own"
    assert [t for t, _ in instances[1].costs] == ["t0", "t1", "t2", *(t for t in after if t in {"t4", "t6"})], (
        "and its own before the restart"
    )
    named = [(run.ticket_id, s["ticket_id"]) for run in topic for s in run.record["similar"]]
    assert any(int(mine[1:]) % 2 != int(other[1:]) % 2 for mine, other in named), "similar tickets are those of all instances"


def test_what_travels_is_small_close_to_the_truth_and_names_nobody(request_for: RequestFor) -> None:
    vector = np.random.default_rng(1).normal(size=384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    asked = request_for("My card 4111 1111 1111 1111 was charged, write to eva@kunden.example.", "Charged")
    seen = Seen("run", "t", START, "refund", vector, stems_of(asked), unanswered=True)
    record = record_of(seen, model="m")
    back = seen_in({"run_id": "run", "ticket_id": "t", "category": "refund", "record": {"meaning": record}}, model="m")
    assert back is not None and float(back.vector @ vector) > 0.999
    assert (back.at, back.category, back.words, back.unanswered) == (START, "refund", seen.words, True)
    assert "charg" in back.words and not any(part in str(record["words"]) for part in ("4111", "eva", "kunden"))
    assert len(str(record)) < 900
    assert seen_in({"run_id": "run", "ticket_id": "t", "record": {"meaning": record}}, model="another") is None


@pytest.mark.parametrize(
    "broken", [{}, {"meaning": None}, {"meaning": {"model": "m"}}, {"meaning": {"model": "m", "vector": "?", "at": "x"}}]
)
def test_older_and_broken_records_say_nothing(broken: dict[str, Any]) -> None:
    assert seen_in({"run_id": "run", "ticket_id": "t", "record": broken}, model="m") is None


def test_an_erased_run_is_forgotten_and_the_oldest_makes_room() -> None:
    memory, vector = Memory(3), np.eye(4, dtype=np.float32)[0]
    runs = [Seen(f"r{n}", f"t{n}", datetime(2026, 1, 1 + n, tzinfo=UTC), "", vector, frozenset()) for n in range(5)]
    assert [memory.add(r) for r in (*runs[:3], runs[0])] == [True, True, True, False]
    memory.forget("r1")
    assert [s.run_id for s, _ in memory.near(vector, floor=0.5)] == ["r0", "r2"]
    assert memory.add(runs[3]) and memory.add(runs[4])
    assert [s.run_id for s, _ in memory.near(vector, floor=0.5)] == ["r2", "r3", "r4"]
    follower = Answered(Settings(), model="m")
    follower._learn("r2", None)
    assert follower.news() == [Erased("r2")]
