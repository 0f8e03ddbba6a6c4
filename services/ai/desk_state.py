"""The desk an instance serves, learned in the background while runs go on with the last one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from schemas.config import Settings as DeskSettings
from services.ai.desk import Desk
from services.ai.engines.local.engine import LocalEngine
from services.ai.engines.local.lessons import Lessons, Past
from services.ai.macros import Macros
from services.runtime.telemetry import log


class DeskState:
    """`desk` and `settings` are what runs use now. `offer` and `teach` are called from other threads; `follow` trains in this loop."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._offered: Desk | None = None
        self._past: Sequence[Past] = ()
        self.desk = Desk()
        self.macros = Macros()
        self.settings = DeskSettings()
        self.learned = asyncio.Event()

    def offer(self, desk: Desk, settings: DeskSettings) -> None:
        """The desk as it is configured now. Thread-safe."""
        self._loop.call_soon_threadsafe(self._take, desk, settings)

    def teach(self, past: Sequence[Past]) -> None:
        """All tickets to learn from. Thread-safe."""
        self._loop.call_soon_threadsafe(self._heed, past)

    def _take(self, desk: Desk, settings: DeskSettings) -> None:
        self.settings = settings  # the kill switch must not wait for a training under way
        self._offered = desk
        self._news.set()

    def _heed(self, past: Sequence[Past]) -> None:
        self._past = past
        self._news.set()

    async def follow(self) -> None:
        """Learn the newest desk and lessons, serve them; for ever. What piles up while learning is learned at once."""
        while True:
            await self._news.wait()
            self._news.clear()
            desk, past = self._offered, self._past
            if desk is None:
                continue  # lessons before the desk is known wait for it
            if not self.learned.is_set():
                past = ()  # serve first, learn from history next
                if self._past:
                    self._news.set()
            await self._learn(desk, past)

    async def _learn(self, desk: Desk, past: Sequence[Past]) -> None:
        began = time.monotonic()
        changed = await self._engine.learn(desk, Lessons.of(past, desk.articles))
        await self.macros.learn(desk.macros, self._engine.embed)
        self.desk = desk
        self.learned.set()
        if changed:
            log.info(
                "desk learned",
                teams=len(desk.teams),
                articles=len(desk.articles),
                tickets=len(past),
                tier=self._engine.tier,
                seconds=round(time.monotonic() - began, 2),
            )
