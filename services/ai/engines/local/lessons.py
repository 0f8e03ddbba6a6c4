"""What past tickets teach: where agents put them, how pressing they found them, and whose articles answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.ai.desk import Article
from services.ai.engines.local.seeds import Example
from services.ai.engines.local.urgency import Judged


@dataclass(frozen=True, slots=True)
class Past:
    """A settled ticket; what is not known of it is empty."""

    text: str
    team_id: str = ""
    priority: str = ""
    article_id: str = ""


@dataclass(frozen=True, slots=True)
class Lessons:
    """Ready for the router and the prioritiser."""

    routed: tuple[Example, ...] = ()
    judged: tuple[Judged, ...] = ()

    @classmethod
    def of(cls, past: Sequence[Past], articles: Iterable[Article] = ()) -> Lessons:
        """An article is an example of the team whose tickets it mostly answered."""
        routed = [Example(p.team_id, p.text, real=True) for p in past if p.team_id]
        return cls(
            routed=(*_by_articles(past, articles), *routed),
            judged=tuple(Judged(p.priority, p.text) for p in past if p.priority),
        )


NO_LESSONS = Lessons()


def _by_articles(past: Sequence[Past], articles: Iterable[Article]) -> list[Example]:
    teams: dict[str, Counter[str]] = {}
    for p in past:
        if p.article_id and p.team_id:
            teams.setdefault(p.article_id, Counter())[p.team_id] += 1
    return [Example(teams[a.id].most_common(1)[0][0], f"{a.title}. {a.body}") for a in articles if a.id in teams]
