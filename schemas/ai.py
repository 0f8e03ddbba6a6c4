"""What goes to and comes from the assistant: `ai.requests`, `ai.progress`, `ai.suggestions`, `ai.signals`."""

from typing import Any, Literal

from schemas.base import Contract, Instant, Named


class ThreadMessage(Contract):
    """One earlier message of this ticket, text only."""

    kind: Literal["customer", "agent"]
    text: str
    created_at: Instant


class AiRequest(Contract):
    """Value of `ai.requests`, key = `id`, routed by `ticket_id`. Holds all the assistant may know of the ticket (ai.md 7)."""

    id: str
    ticket_id: str
    ticket_version: int
    message_id: str
    """The customer message that asks for the run; a newer one makes the run outdated."""
    subject: str
    text: str
    html: str = ""
    """The message as an agent sees it, sanitised; '' where it has none. What it shows goes before `text` (ai.md 9)."""
    thread: list[ThreadMessage] = []
    requester_name: str = ""
    channel: str = "email"
    mail_kind: str = "human"
    priority: str | None = None
    team_id: str | None = None
    created_at: Instant
    replay: bool = False
    """Asked for to look at, by an agent: it is told nowhere but in its record, and never acts."""
    replay_of: str | None = None
    """The run that this one repeats."""
    engine: Literal["local", "gemini"] | None = None
    """Whom to ask instead of the engine that serves."""
    model: str | None = None


class AiStage(Contract):
    """Value of `ai.progress` (helpdesk.ai.stage.v1): one stage of a run, key = ticket id."""

    run_id: str
    ticket_id: str
    sequence: int
    stage: Literal[
        "received",
        "screened",
        "redacted",
        "classified",
        "prioritised",
        "retrieved",
        "drafting",
        "checked",
        "decided",
        "applied",
        "waiting_approval",
        "handed_off",
    ]
    label: str = ""
    """For people, e.g. 'searching similar tickets'."""
    ms: float = 0
    """Milliseconds since the run began."""
    engine: str = "local"
    detail: dict[str, Any] = {}


class AiDelta(Contract):
    """Value of `ai.progress` (helpdesk.ai.delta.v1): a piece of a streamed draft."""

    run_id: str
    ticket_id: str
    sequence: int
    text: str


class Citation(Contract):
    """A verbatim quote from an article version given to this run."""

    article_id: str
    article_version: int
    title: str
    quote: str
    score: float


class TeamScore(Contract):
    """How likely a team is, calibrated, 0 to 1."""

    id: str
    name: str
    confidence: float


class AiSuggestion(Contract):
    """Value of `ai.suggestions`, key = `id` (= the run's id), routed by `ticket_id`. Never acts by itself."""

    id: str
    run_id: str
    ticket_id: str
    message_id: str
    ticket_version: int
    engine: Literal["local", "gemini"]
    model: str
    pipeline_version: str
    created_at: Instant
    replay: bool = False
    replay_of: str | None = None
    team: Named | None = None
    confidence: float = 0
    """Of the team, calibrated."""
    acts_on_team: bool = False
    """True where the calibrated threshold for 95 % precision is met; the policy in tickets decides."""
    teams: list[TeamScore] = []
    priority: str | None = None
    priority_confidence: float = 0
    acts_on_priority: bool = False
    category: str | None = None
    sentiment: str | None = None
    language: str | None = None
    tags: list[str] = []
    summary: str = ""
    draft: str | None = None
    citations: list[Citation] = []
    articles: list[Citation] = []
    """The best articles with their best sentence, whether or not a draft was made."""
    clarifying_question: str | None = None
    macro: Named | None = None
    """The saved reply that fits best, where one does."""
    next_action: Literal["route", "suggest_reply", "ask_clarification", "propose_resolve", "handoff"] = "route"
    reasons: list[str] = []
    checks: list[dict[str, Any]] = []
    cost: float = 0
    """US dollars."""
    stages: list[dict[str, Any]] = []
    """Each {stage, ms}."""
    error: str | None = None
    record: dict[str, Any] = {}
    """The audit record (ai.md 20): redacted prompt with the source of every segment, raw and parsed output, tokens."""


class AiSignal(Contract):
    """Value of `ai.signals`: a surge the radar noticed."""

    id: str
    kind: str
    created_at: Instant
    ticket_ids: list[str] = []
    data: dict[str, Any] = {}


class RewriteRequest(Contract):
    """Value of `ai.rewrites`: an agent's words to say in another way. Kept for an hour; nobody waits longer than seconds."""

    id: str
    ticket_id: str
    how: Literal["shorter", "friendlier", "grammar", "translate"]
    language: str | None = None
    """Into which, as people name it; for `translate`."""
    text: str
    created_at: Instant


class Rewritten(Contract):
    """Value of `ai.rewritten`: the words, or why there are none."""

    id: str
    text: str | None = None
    error: str | None = None
    model: str = ""
    cost: float = 0
