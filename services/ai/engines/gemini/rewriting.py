"""An agent's own words, said in another way: redacted on their way out, checked on their way back."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field

from schemas.ai import RewriteRequest, Rewritten
from services.ai.engines.base import Engine, EngineError
from services.ai.engines.gemini.engine import Bill, GeminiEngine
from services.ai.engines.gemini.prompts import rewrite_prompt
from services.ai.safety.redact import Vault

MOST_CHARACTERS = 8000
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
_TASKS = {
    "shorter": "Make the text shorter; keep every fact.",
    "friendlier": "Make the text friendlier; change no fact.",
    "grammar": "Correct grammar and spelling only.",
}


class RewriteAnswer(BaseModel):
    """The whole text in its new words."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=12_000)


async def rewrite(wanted: RewriteRequest, engine: Engine, *, deadline: float) -> Rewritten:
    """The new words, or the reason for people why there are none. `deadline` on time.monotonic()."""
    if not isinstance(engine, GeminiEngine):
        return Rewritten(id=wanted.id, error="Rewriting needs Gemini: the desk has no GEMINI_API_KEY.")
    if len(wanted.text) > MOST_CHARACTERS:
        return Rewritten(id=wanted.id, error=f"The text is longer than {MOST_CHARACTERS} characters.")
    vault, bill = Vault(), Bill()
    hidden = vault.redact(wanted.text)
    task = _TASKS.get(wanted.how) or f"Translate the text into {_language(wanted)}."
    prompt = rewrite_prompt(task, hidden)
    try:
        reply = await engine.call(prompt, RewriteAnswer, bill, ticket_id=wanted.ticket_id, deadline=deadline, model=engine.models.triage)
    except EngineError as error:
        return Rewritten(id=wanted.id, error=f"{error.reason}.", cost=bill.usd)
    said = reply.value.text
    why = _broken(hidden, said, canary=prompt.canary)
    text = None if why else vault.restore(said)
    return Rewritten(id=wanted.id, text=text, error=why, model=reply.model, cost=bill.usd)


def _language(wanted: RewriteRequest) -> str:
    """A language's name, never an instruction."""
    return re.sub(r"[^\w -]", "", wanted.language or "English")[:40]


def _broken(before: str, after: str, *, canary: str) -> str | None:
    """What the new words may not do, whoever asked for it in the text."""
    if canary in after:
        return "The answer repeated our instructions."
    if set(_PLACEHOLDER.findall(before)) != set(_PLACEHOLDER.findall(after)):
        return "The answer lost or invented private details."
    if {link.rstrip(".,;:!?") for link in _LINK.findall(after)} - {link.rstrip(".,;:!?") for link in _LINK.findall(before)}:
        return "The answer added a link."
    return None
