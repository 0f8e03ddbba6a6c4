"""The closed shapes a model must answer in. Anything else is no answer."""

from __future__ import annotations

from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from services.ai.desk import Desk
from services.ai.engines.base import NextAction, Sentiment


class TriageAnswer(BaseModel):
    """`team` and `priority` are narrowed to this desk's own keys by `triage_model`."""

    model_config = ConfigDict(extra="forbid")

    team: str = Field(description="id of the team that should handle this, or 'none' when unsure")
    team_confidence: float = Field(ge=0, le=1)
    second_team: str
    priority: str
    priority_confidence: float = Field(ge=0, le=1)
    priority_reason: str = Field(max_length=200)
    team_reason: str = Field(max_length=200)
    summary: str = Field(max_length=400)
    language: str = Field(pattern=r"^[a-z]{2}$", description="ISO 639-1")
    sentiment: Sentiment
    tags: list[str] = Field(max_length=3)
    next_action: NextAction
    clarifying_question: str = Field(max_length=300)


class Quote(BaseModel):
    """A sentence of an article that the reply rests on."""

    model_config = ConfigDict(extra="forbid")

    article: str = Field(description="id of the article")
    text: str = Field(max_length=500, description="copied word for word from the article's body")


class DraftAnswer(BaseModel):
    """A reply with its quotes; both empty when the articles do not answer."""

    model_config = ConfigDict(extra="forbid")

    reply: str = Field(max_length=3000)
    quotes: list[Quote] = Field(max_length=5)


def triage_model(desk: Desk) -> type[TriageAnswer]:
    """TriageAnswer whose enums are exactly this desk's teams and priorities."""
    teams: Any = Literal[(*(t.id for t in desk.teams), "none")]
    priorities: Any = Literal[tuple(p.key for p in desk.priorities) or ("none",)]
    return cast(
        "type[TriageAnswer]",
        create_model("Triage", __base__=TriageAnswer, team=(teams, ...), second_team=(teams, ...), priority=(priorities, ...)),
    )
