"""Which engine serves: Gemini with local behind it where there is a key, local alone otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from schemas.ai import AiRequest
from services.ai.engines.base import Engine
from services.ai.engines.local.engine import LocalEngine
from services.runtime.settings import Settings
from services.runtime.telemetry import log

Costs = Callable[[str, float, float], None]
"""(ticket, US dollars, seconds since the epoch) of a run that somebody else made."""


@dataclass(frozen=True, slots=True)
class Engines:
    """`serving` reads what comes in; `asked` does what an agent asks for by name. Two only where a desk keeps its mail to itself."""

    serving: Engine
    asked: Engine
    local: LocalEngine

    def of(self, request: AiRequest) -> Engine:
        """Whom a request asks: the engine that serves, unless it names another. Gemini without a key answers as local."""
        if request.engine == "local":
            return self.local
        if request.engine is None and request.model is None:
            return self.serving
        if request.model:
            from services.ai.engines.gemini.engine import GeminiEngine

            return self.asked.asking(request.model) if isinstance(self.asked, GeminiEngine) else self.asked
        return self.asked


def choose_engines(config: Settings, local: LocalEngine) -> Engines:
    """`HELPDESK_AI_ENGINE=local` keeps mail here though there is a key."""
    best = choose_engine(config, local)
    return Engines(serving=local if config.ai_engine == "local" else best, asked=best, local=local)


def choose_engine(config: Settings, local: LocalEngine, *, task: str | None = None) -> Engine:
    """Without GEMINI_API_KEY nothing ever leaves this process. `task`: another text for the triage prompt, for measuring."""
    key = config.gemini_api_key.get_secret_value()
    if not key:
        log.info("engine chosen", engine="local", tier=local.tier)
        return local
    from services.ai.engines.gemini.engine import GeminiEngine

    engine = GeminiEngine.connected(config, local, task=task)
    log.info("engine chosen", engine=engine.name, fallback=local.tier, only_when_asked=config.ai_engine == "local")
    log.warning("on Gemini's free tier the vendor uses what is sent to improve its products; use a paid key for customers' mail")
    return engine


def models_of(engine: Engine) -> dict[str, object]:
    """Which models may be asked for by name, what of their budget is spent (0 to 1), and why they do not answer now ('' while they do)."""
    if engine.name != "gemini":
        return {"models": []}
    from services.ai.engines.gemini.engine import GeminiEngine

    if not isinstance(engine, GeminiEngine):
        return {"models": []}
    models = list(dict.fromkeys((engine.models.triage, engine.models.draft)))
    return {"models": models, "spent": round(engine.budget.share, 3), "condition": engine.condition}


def hear_of_costs(engine: Engine) -> Costs:
    """What is told of other runs' costs; nothing is listened to where nothing costs."""
    if engine.name != "gemini":
        return _free
    from services.ai.engines.gemini.engine import GeminiEngine

    return engine.budget.heard if isinstance(engine, GeminiEngine) else _free


def _free(*_: object) -> None:
    """The local engine costs nothing."""
