"""What all instances have answered and told: so that a repetition after a crash does not answer again with other timings, and so that
each knows the tickets of all.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import orjson
from confluent_kafka import Message
from pydantic import ValidationError

from schemas.ai import AiSignal
from schemas.topics import AI_SIGNALS, AI_SUGGESTIONS
from services.ai.follower import Follower
from services.ai.seen import Seen, seen_in
from services.runtime.settings import Settings

_KEPT = 50_000
_WAITING = 10_000
"""News nobody has asked for yet: more than what a start reads."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A run that was forgotten on purpose."""

    run_id: str


@dataclass(frozen=True, slots=True)
class Told:
    """A surge or gap that somebody told of."""

    signal_id: str
    kind: str
    at: datetime
    ticket_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run of another instance, or of this one before a restart, has cost."""

    ticket_id: str
    usd: float
    at: datetime


News = Seen | Erased | Told | Spent


class Answered(Follower):
    """Follows suggestions and signals from a little before their end. `knows` is exact for what was written before `caught_up` was set."""

    topics = (AI_SUGGESTIONS, AI_SIGNALS)
    tail = MappingProxyType({AI_SUGGESTIONS.name: 1000, AI_SIGNALS.name: 200})
    """Far more per partition than one commit interval (0.5 s) can hold, and about what the radar remembers."""
    wait = 0.2

    def __init__(self, settings: Settings, *, model: str) -> None:
        """`model`: whose vectors this instance compares."""
        super().__init__(settings, name="answered")
        self._model = model
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._news: deque[News] = deque(maxlen=_WAITING)
        self._own: deque[str] = deque(maxlen=1000)
        self._lock = threading.Lock()
        self.caught_up = threading.Event()

    def knows(self, run: str) -> bool:
        with self._lock:
            return run in self._ids

    def begin(self, run: str) -> None:
        """This instance makes the run: its cost is known here already. Thread-safe."""
        self._own.append(run)

    def add(self, run: str) -> None:
        with self._lock:
            self._ids[run] = None
            while len(self._ids) > _KEPT:
                self._ids.popitem(last=False)

    def news(self) -> list[News]:
        """What came by since this was last asked, in the order of its topic. Thread-safe."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def take(self, message: Message) -> None:
        """One suggestion, its key is the run's id, or one signal."""
        key, value = message.key(), message.value()
        if message.topic() == AI_SIGNALS.name:
            self._hear(value)
        elif isinstance(key, bytes):
            run = key.decode("utf-8", "replace")
            self.add(run)
            self._learn(run, value)

    def _learn(self, run: str, value: bytes | None) -> None:
        if value is None:
            self._news.append(Erased(run))
            return
        try:
            said = orjson.loads(value)
            seen = seen_in(said, model=self._model)
            if said.get("cost") and run not in self._own:
                self._news.append(Spent(str(said["ticket_id"]), float(said["cost"]), datetime.fromisoformat(said["created_at"])))
        except (orjson.JSONDecodeError, AttributeError, KeyError, ValueError):
            return  # a reference to a blob, or nonsense: its run is known, its meaning is not
        if seen is not None:
            self._news.append(seen)

    def _hear(self, value: bytes | None) -> None:
        try:
            signal = AiSignal.model_validate_json(value or b"")
        except ValidationError:
            return
        if signal.kind in {"surge", "gap"}:
            self._news.append(Told(signal.id, signal.kind, signal.created_at, tuple(signal.ticket_ids)))

    def after(self) -> None:
        """Say when everything that was there is known."""
        if self.at_end:
            self.caught_up.set()
