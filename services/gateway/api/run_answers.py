"""The assistant's suggestions, runs and engines as clients get them."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from schemas.ai import AiSuggestion
from schemas.base import Actor, Instant, Named, Status


class SimilarTicket(BaseModel):
    """Another ticket that says much the same, with how alike it is (0 to 1)."""

    id: str
    number: str
    subject: str
    status: Status
    score: float
    duplicate: bool = False
    """From the same customer and almost the same words: likely the same matter sent twice."""


class SuggestionView(AiSuggestion):
    """A suggestion and what became of it."""

    decision: str
    similar: list[SimilarTicket] = Field(default=[])
    """Only tickets the reader may see."""


class TicketRef(BaseModel):
    """A ticket's name."""

    id: str
    number: str
    subject: str


class RunLine(BaseModel):
    """A run of the assistant in a list."""

    id: str
    ticket: TicketRef
    created_at: Instant
    engine: Literal["local", "gemini"]
    model: str
    decision: str
    replay_of: str | None
    team: Named | None
    confidence: float
    next_action: str
    drafted: bool
    cost: float
    ms: float
    error: str | None


class RunAction(BaseModel):
    """What somebody made of a run."""

    type: str
    time: Instant
    actor: Actor
    data: dict[str, Any]


class RunView(SuggestionView):
    """A run with its whole record: what was read, asked, answered, checked, decided and by whom."""

    ticket: TicketRef
    actions: list[RunAction] = Field(default=[])
    replays: list[RunLine] = Field(default=[])


class EngineView(BaseModel):
    """An engine that may be asked."""

    name: Literal["local", "gemini"]
    available: bool
    serving: bool
    models: list[str]
    why: str
