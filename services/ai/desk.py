"""The desk's configuration as the AI sees it: one immutable picture per run."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.config import Settings

DEFAULT_PRIORITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Team:
    """Whom a ticket may go to; `examples` are sentences of its own customers, for the router."""

    id: str
    name: str
    description: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Priority:
    """`order` rises from the most to the least pressing."""

    key: str
    name: str
    order: int


@dataclass(frozen=True, slots=True)
class Article:
    """One version of an article; only `published` and `public` ones may ever reach a customer."""

    id: str
    version: int
    title: str
    body: str
    url: str = ""
    published: bool = True
    public: bool = True


@dataclass(frozen=True, slots=True)
class Macro:
    """A saved reply."""

    id: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a run knows of the desk it works for."""

    teams: tuple[Team, ...] = ()
    priorities: tuple[Priority, ...] = ()
    articles: tuple[Article, ...] = ()
    macros: tuple[Macro, ...] = ()
    assistant_name: str = "Helpdesk Assistant"
    settings: Settings = field(default_factory=Settings)

    def priority_key(self, level: str) -> str | None:
        """The desk's own priority for one of the default levels: by key, else by its place in the desk's order."""
        keys = [p.key for p in sorted(self.priorities, key=lambda p: p.order)]
        if not keys or level in keys:
            return level if level in keys else None
        place = DEFAULT_PRIORITIES.index(level) / (len(DEFAULT_PRIORITIES) - 1)
        return keys[round(place * (len(keys) - 1))]
