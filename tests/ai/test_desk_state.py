"""What an instance serves, and how fast it obeys."""

from __future__ import annotations

import asyncio

from schemas.config import Settings
from schemas.topics import TOPICS
from services.ai.desk import Desk
from services.ai.desk_state import DeskState
from services.ai.engines.local.embedder import MiniLM
from services.ai.engines.local.engine import LocalEngine


def test_rule_4_the_assistant_is_entitled_to_its_own_topics_only() -> None:
    written = {t.name for t in TOPICS if "ai" in t.writers}
    assert written and all(name.startswith("ai.") for name in written)


async def test_rule_21_the_kill_switch_waits_for_no_training(embedder: MiniLM) -> None:
    """Nobody trains here at all: the switch must not need it."""
    state = DeskState(LocalEngine(embedder))
    assert state.settings.ai_enabled
    await asyncio.to_thread(state.offer, Desk(), Settings(ai_enabled=False))
    assert not state.settings.ai_enabled, "set before the loop goes on"
