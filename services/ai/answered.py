"""Which runs already have their suggestion, so that a repetition after a crash does not answer again with other timings."""

from __future__ import annotations

import threading
from collections import OrderedDict
from types import MappingProxyType

from confluent_kafka import Message

from schemas.topics import AI_SUGGESTIONS
from services.ai.follower import Follower
from services.runtime.settings import Settings

_KEPT = 50_000


class Answered(Follower):
    """Follows `ai.suggestions` from a little before its end. `knows` is exact for what was written before `caught_up` was set."""

    topics = (AI_SUGGESTIONS,)
    tail = MappingProxyType({AI_SUGGESTIONS.name: 1000})
    """Far more per partition than one commit interval (0.5 s) can hold."""
    wait = 0.2

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, name="answered")
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()
        self.caught_up = threading.Event()

    def knows(self, run: str) -> bool:
        with self._lock:
            return run in self._ids

    def add(self, run: str) -> None:
        with self._lock:
            self._ids[run] = None
            while len(self._ids) > _KEPT:
                self._ids.popitem(last=False)

    def take(self, message: Message) -> None:
        """One suggestion; its key is the run's id."""
        key = message.key()
        if isinstance(key, bytes):
            self.add(key.decode("utf-8", "replace"))

    def after(self) -> None:
        """Say when everything that was there is known."""
        if self.at_end:
            self.caught_up.set()
