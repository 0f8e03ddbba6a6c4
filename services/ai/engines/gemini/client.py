"""One call of Gemini and its one error boundary."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import aiohttp
import httpx2
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, ValidationError

from services.ai.engines.base import EngineError
from services.ai.engines.gemini.prompts import Prompt

SHORTEST_CALL_MS = 10_000
"""The SDK's minimum: with less time left no call is made and the local engine takes over."""
MOST_OUTPUT_TOKENS = 2048
_LOCAL_NEEDS = 1.5
"""Seconds kept back so that a call that hangs to the end still leaves the local engine its turn."""

Answer = TypeVar("Answer", bound=BaseModel)
Heard = Callable[[str], Awaitable[None]]
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)s$")


class Reply(NamedTuple, Generic[Answer]):
    """`model` is the version that answered, `raw` its text as it came (still redacted)."""

    value: Answer
    model: str
    raw: str
    tokens_in: int
    tokens_out: int


class GeminiClient:
    """`ask` either returns a validated answer or raises EngineError with a reason for people; nothing else gets out.

    The SDK speaks aiohttp where it is installed (Faust brings it) and httpx2 elsewhere: both kinds of errors are expected.
    """

    def __init__(self, api_key: str, *, base_url: str | None = None) -> None:
        self._base_url = base_url or None
        self._client = genai.Client(api_key=api_key, http_options=types.HttpOptions(base_url=self._base_url))

    async def ask(
        self,
        prompt: Prompt,
        shape: type[Answer],
        *,
        model: str,
        deadline: float,
        thinking: str | None = None,
        heard: Heard | None = None,
    ) -> Reply[Answer]:
        """`deadline` on time.monotonic(). `heard` gets the pieces of a streamed answer. EngineError also with less than the SDK's minimum left."""
        left = int(time_left(deadline) * 1000)
        if left < SHORTEST_CALL_MS:
            raise EngineError("too little time left for Gemini")
        try:
            async with asyncio.timeout(left / 1000):  # the SDK's own timeout is per socket operation and per attempt
                config = _config(prompt, shape, left, thinking)
                if heard is None:
                    parts = [await self._client.aio.models.generate_content(model=model, contents=prompt.content, config=config)]
                else:
                    parts = [part async for part in self._streamed(model, prompt, config, heard)]
        except errors.APIError as error:
            raise EngineError(
                f"Gemini answered {error.code} {error.status or ''}".strip(), retry_after=retry_delay(error.details)
            ) from error
        except (httpx2.HTTPError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise EngineError(f"Gemini could not be reached ({type(error).__name__})") from error
        except (ValidationError, ValueError) as error:
            raise EngineError(f"Gemini's answer is not readable ({type(error).__name__})") from error
        return _validated(parts, shape, model)

    async def _streamed(
        self, model: str, prompt: Prompt, config: types.GenerateContentConfig, heard: Heard
    ) -> AsyncIterator[types.GenerateContentResponse]:
        stream = await self._client.aio.models.generate_content_stream(model=model, contents=prompt.content, config=config)
        async for part in stream:
            await heard(_words(part))
            yield part

    async def close(self) -> None:
        await self._client.aio.aclose()


def time_left(deadline: float) -> float:
    """Seconds a call may take."""
    return deadline - time.monotonic() - _LOCAL_NEEDS


def _config(prompt: Prompt, shape: type[BaseModel], left_ms: int, thinking: str | None) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(
        system_instruction=prompt.system,
        response_mime_type="application/json",
        response_json_schema=shape.model_json_schema(),
        max_output_tokens=MOST_OUTPUT_TOKENS,
        temperature=0.0,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel(thinking)) if thinking else None,
        http_options=types.HttpOptions(
            timeout=left_ms,
            retry_options=types.HttpRetryOptions(attempts=2, initial_delay=0.3, max_delay=1.0, http_status_codes=[500, 502, 503, 504]),
        ),
    )


def _validated(parts: Sequence[types.GenerateContentResponse], shape: type[Answer], model: str) -> Reply[Answer]:
    """A stream that was cut can end without an error: it is whole only if its last piece says STOP."""
    last = next((p for p in reversed(parts) if p.candidates), None)
    if last is None or not last.candidates:
        raise EngineError("Gemini gave no answer (blocked or empty)")
    reason = last.candidates[0].finish_reason
    if reason != types.FinishReason.STOP:
        raise EngineError(f"Gemini stopped early ({reason.value if reason else 'no reason'})")
    text = "".join(_words(p) for p in parts)
    try:
        value = shape.model_validate_json(text)
    except ValidationError as error:
        raise EngineError(f"Gemini's answer breaks the agreed shape ({error.error_count()} errors)") from error
    usage = next((p.usage_metadata for p in reversed(parts) if p.usage_metadata), None)
    out = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0) if usage else 0
    return Reply(value, last.model_version or model, text, (usage.prompt_token_count or 0) if usage else 0, out)


def _words(answer: types.GenerateContentResponse) -> str:
    """What it says, without its thoughts."""
    content = answer.candidates[0].content if answer.candidates else None
    return "".join(p.text or "" for p in (content.parts or [] if content else []) if not p.thought)


def retry_delay(details: Any) -> float | None:
    """Seconds from `error.details[].retryDelay` ("17s"), which the SDK itself does not honour."""
    error = details.get("error", details) if isinstance(details, dict) else {}
    for detail in error.get("details") or [] if isinstance(error, dict) else []:
        found = _DURATION.match(str(detail.get("retryDelay", ""))) if isinstance(detail, dict) else None
        if found:
            return float(found.group(1))
    return None
