"""The desk an instance serves, learned in the background while runs go on with the last one."""

from __future__ import annotations

import asyncio
import time

from schemas.config import Settings as DeskSettings
from services.ai.desk import Desk
from services.ai.engines.local.engine import LocalEngine
from services.runtime.telemetry import log


class DeskState:
    """`desk` and `settings` are what runs use now. `offer` is called from the feed's thread; `follow` trains in this loop."""

    def __init__(self, engine: LocalEngine) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._offers: asyncio.Queue[tuple[Desk, DeskSettings]] = asyncio.Queue()
        self.desk = Desk()
        self.settings = DeskSettings()
        self.learned = asyncio.Event()

    def offer(self, desk: Desk, settings: DeskSettings) -> None:
        """Thread-safe."""
        self._loop.call_soon_threadsafe(self._offers.put_nowait, (desk, settings))

    async def follow(self) -> None:
        """Take the newest offer, learn it, serve it; for ever. Offers that pile up while learning are skipped but for the last."""
        while True:
            desk, settings = await self._offers.get()
            while not self._offers.empty():
                desk, settings = self._offers.get_nowait()
            self.settings = settings  # the kill switch must not wait for the training
            began = time.monotonic()
            changed = await self._engine.learn(desk)
            self.desk = desk
            self.learned.set()
            if changed:
                log.info(
                    "desk learned",
                    teams=len(desk.teams),
                    articles=len(desk.articles),
                    tier=self._engine.tier,
                    seconds=round(time.monotonic() - began, 2),
                )
