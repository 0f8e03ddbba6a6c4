"""Which engine answers a request, by key, setting and wish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from schemas.ai import AiRequest
from services.ai.engines.choose import choose_engines, models_of
from services.ai.engines.local.engine import LocalEngine
from services.runtime.settings import Settings


@pytest.mark.parametrize(
    ("key", "setting", "serving", "asked"),
    [("", "auto", "local", "local"), ("k", "auto", "gemini", "gemini"), ("k", "local", "local", "gemini"), ("", "local", "local", "local")],
)
async def test_mail_goes_to_gemini_only_where_there_is_a_key_and_the_desk_lets_it(
    local: LocalEngine, request_for: Callable[..., AiRequest], key: str, setting: str, serving: str, asked: str
) -> None:
    config = Settings().model_copy(update={"gemini_api_key": SecretStr(key), "ai_engine": setting})
    engines = choose_engines(config, local)
    assert engines.of(request_for("Hello")).name == serving
    assert engines.of(request_for("Hello", engine="gemini", replay=True)).name == asked
    assert engines.of(request_for("Hello", engine="gemini", model="other", replay=True)).name == asked
    assert engines.of(request_for("Hello", engine="local", replay=True)).name == "local"
    assert bool(models_of(engines.asked)["models"]) is (asked == "gemini")
