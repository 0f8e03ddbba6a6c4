"""What every engine is given and what it must answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from services.ai.desk import Desk
from services.ai.knowledge.index import Hit

PIPELINE_VERSION = "1"
"""Part of every run id: a change of what a run does to a ticket is a new version, hence a new run."""

Stage = Literal[
    "received", "screened", "redacted", "classified", "prioritised", "retrieved", "drafting", "checked", "decided", "handed_off"
]
NextAction = Literal["route", "suggest_reply", "ask_clarification", "propose_resolve", "handoff"]
Sentiment = Literal["very_negative", "negative", "neutral", "positive"]
StageSink = Callable[[Stage, Mapping[str, object]], Awaitable[None]]
"""Tells watchers that a stage is over. Raises `Outdated` when the run has lost its point: engines let that pass."""


DeltaSink = Callable[[str], Awaitable[None]]
"""Shows agents the next words of a draft while it is written: unchecked, with `[[kb:ID]]` after each copied sentence."""


async def _unseen(_: str) -> None:
    """Nobody watches."""


class EngineError(Exception):
    """An engine could not answer; `reason` is fit for an agent's eyes and names no secret."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Outdated(Exception):
    """A newer message arrived while the run was under way."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the same ticket, oldest first in a context."""

    role: Literal["customer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """All that a run may look at: this ticket, the requester's public name, the desk's configuration and published articles.

    `text` is the canonical new message; `outgoing` is the same with everything private replaced by placeholders and is
    the only form that may leave the process.
    """

    ticket_id: str
    message_id: str
    subject: str
    text: str
    desk: Desk
    requester_name: str = ""
    channel: str = "email"
    history: tuple[Turn, ...] = ()
    current_team_id: str | None = None
    current_priority: str | None = None
    outgoing_subject: str = ""
    outgoing: str = ""
    outgoing_history: tuple[Turn, ...] = ()
    deadline: float = 0.0
    """`time.monotonic()` by which the whole run is over."""
    delta: DeltaSink = field(default=_unseen, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team with the calibrated probability (0 to 1) that it is the right one."""

    id: str
    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PriorityChoice:
    """One of the desk's priorities, how sure the engine is (0 to 1), and why in words for people."""

    key: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote that stands word for word in one version of an article given to this run."""

    article_id: str
    version: int
    title: str
    quote: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply for an agent to send; customer-facing text never exists without citations."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run has cost: US dollars by the price table, tokens by the vendor's own count."""

    usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Triage:
    """An engine's whole answer. `team` is None when it abstains; `top_two` is filled either way when teams exist."""

    engine: str
    model: str
    team: TeamChoice | None
    top_two: tuple[TeamChoice, ...]
    priority: PriorityChoice | None
    summary: str
    language: str
    language_confidence: float
    sentiment: Sentiment
    next_action: NextAction
    reasons: tuple[str, ...]
    tags: tuple[str, ...] = ()
    draft: Draft | None = None
    question: str = ""
    articles: tuple[Hit, ...] = ()
    cost: Cost = field(default_factory=Cost)
    audit: Mapping[str, object] = field(default_factory=dict)
    """For the append-only record: redacted prompt, raw output, models asked. Never a secret, never unredacted text."""
    vector: NDArray[np.float32] | None = field(default=None, compare=False, repr=False)
    """The message's meaning, for finding tickets alike; stays in the process."""


class Engine(Protocol):
    """One way to triage a message."""

    @property
    def name(self) -> str: ...

    async def triage(self, context: Context, stage: StageSink) -> Triage:
        """Answer within `context.deadline` or raise `EngineError`; report `classified, prioritised, retrieved, drafting` in this order."""
        ...
