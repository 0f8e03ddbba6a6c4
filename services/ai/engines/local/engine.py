"""The offline engine: everything a run needs without leaving the process."""

from __future__ import annotations

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.ai.desk import Desk
from services.ai.engines.base import Context, NextAction, PriorityChoice, StageSink, Triage
from services.ai.engines.local.draft import best_answer, draft_from
from services.ai.engines.local.embedder import Embedder, EmbedderUnavailable, MiniLM, Vectors
from services.ai.engines.local.lessons import NO_LESSONS, Lessons
from services.ai.engines.local.priority import Prioritiser
from services.ai.engines.local.promotion import promoted
from services.ai.engines.local.router import Route, Router
from services.ai.engines.local.sentiment import Feeling, feeling
from services.ai.engines.local.summary import summarise
from services.ai.engines.local.topics import topics
from services.ai.engines.local.vectors import Remembering
from services.ai.engines.local.views import Views, spoken, whole
from services.ai.knowledge.index import Hit, KnowledgeIndex
from services.ai.memory import give_back
from services.runtime.language import detect
from services.runtime.telemetry import log

WORD_TIER = "tfidf-bm25"
_NICE = 5
_VALIDATED = frozenset({"en", "und"})


class LocalEngine:
    """Serves with whatever it was last trained on; `learn` swaps in a new router and index without stopping runs under way."""

    name = "local"

    def __init__(self, embedder: Embedder | None, *, keep: Path | None = None, steps_back: bool = True) -> None:
        """`keep`: the file that holds the vectors of the desk's configuration between starts.

        `steps_back`: give way to the mail path on a shared machine.
        """
        self._embedder = embedder
        self._worker = ThreadPoolExecutor(1, "embed", initializer=_step_back if steps_back else None)
        self._school = ThreadPoolExecutor(1, "learn", initializer=_step_back if steps_back else None)
        self._teacher = Remembering(embedder, keep) if embedder is not None else None
        self.knowledge = KnowledgeIndex(self._teacher)
        self._router = Router((), None, {})
        self._prioritiser: Prioritiser | None = None
        self._graded: object = ()
        self._taught: tuple[object, object] = (None, None)
        self._indexed: object = None

    @classmethod
    def best(cls, *, keep: Path | None = None, steps_back: bool = True) -> LocalEngine:
        """With embeddings where the model can be loaded, else with words alone; the log says which and why."""
        try:
            return cls(MiniLM(), keep=keep, steps_back=steps_back)
        except EmbedderUnavailable as error:
            log.warning("no embeddings, words only", reason=str(error))
            return cls(None, steps_back=steps_back)

    @property
    def tier(self) -> str:
        """Which representation answers: the embedding model, or words alone."""
        return self._embedder.model if self._embedder is not None else WORD_TIER

    async def learn(self, desk: Desk, lessons: Lessons = NO_LESSONS) -> bool:
        """Train and index what changed, in a thread; True if anything did. One call at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._school, self._learn, desk, lessons)

    async def embed(self, text: str) -> Vectors | None:
        """The vector of a text in this engine's tier, None without embeddings. Heartbeats go on meanwhile."""
        if self._embedder is None:
            return None
        vectors = await asyncio.get_running_loop().run_in_executor(self._worker, self._embedder.embed, [text])
        found: Vectors = vectors[0]
        return found

    async def _look(self, text: str) -> Vectors | None:
        if self._embedder is None:
            return None
        rows = await asyncio.get_running_loop().run_in_executor(self._worker, Views(self._embedder).embed, [text])
        found: Vectors = rows[0]
        return found

    async def triage(self, context: Context, stage: StageSink) -> Triage:
        """Four short steps."""
        text = f"{context.subject}. {context.text}"
        seen = await self._look(text)
        vector = whole(seen) if seen is not None else None
        language, mood = detect(text), feeling(context.text)
        known = language.code in _VALIDATED
        route = self._router.route(text, seen, language_known=known)
        await stage(
            "classified", {"team": route.decided.name if route.decided else None, "language": language.code, "sentiment": mood.label}
        )
        priority = self._judge(text, vector, context.desk, language_known=known)
        await stage("prioritised", {"priority": priority.key if priority else None})
        hits = self.knowledge.search(text, vector)
        await stage("retrieved", {"articles": [h.article.title for h in hits]})
        draft = draft_from(hits, requester_name=context.requester_name)
        await stage("drafting", {"drafted": draft is not None})
        return Triage(
            engine=self.name,
            model=self.tier,
            team=route.decided,
            top_two=route.ranked[:2],
            priority=priority,
            summary=summarise(context.subject, context.text),
            language=language.code,
            language_confidence=language.confidence,
            sentiment=mood.label,
            next_action=_action(has_draft=draft is not None),
            tags=topics(text),
            draft=draft,
            articles=hits,
            reasons=_reasons(route, priority, mood, hits),
            vector=vector,
        )

    def _judge(self, text: str, vector: Vectors | None, desk: Desk, *, language_known: bool) -> PriorityChoice | None:
        if self._prioritiser is None:
            self._prioritiser = Prioritiser.trained(self._teacher)
        return self._prioritiser.judge(text, vector, desk, language_known=language_known)

    def _learn(self, desk: Desk, lessons: Lessons) -> bool:
        changed = False
        if self._teacher is not None:
            told = [*(e.text for e in lessons.routed if e.real), *(j.text for j in lessons.judged)]
            self._teacher.study([*told, *(s for text in told for s in spoken(text))])
        graded = (desk.priorities, lessons.judged) if lessons.judged else ()
        if self._prioritiser is None or graded != self._graded:
            self._prioritiser, self._graded = Prioritiser.trained(self._teacher, desk, lessons.judged), graded
        taught = (desk.teams, lessons.routed)
        if taught != self._taught:
            router = Router.trained(desk.teams, self._teacher, lessons.routed)
            if desk.teams == self._taught[0]:
                router = promoted(router, self._router, lessons.routed, self._teacher)
            self._router, self._taught, changed = router, taught, True
        if desk.articles != self._indexed:
            self.knowledge.update(desk.articles)
            self._indexed, changed = desk.articles, True
        if changed:
            if self._teacher is not None:
                self._teacher.save()
            give_back()
        return changed


def _step_back() -> None:
    """A suggestion may wait, the mail on its way to the screen may not; on Linux niceness is a thread's own."""
    if sys.platform.startswith("linux"):
        os.nice(_NICE)


def _action(*, has_draft: bool) -> NextAction:
    return "suggest_reply" if has_draft else "route"


def _reasons(route: Route, priority: PriorityChoice | None, mood: Feeling, hits: tuple[Hit, ...]) -> tuple[str, ...]:
    found = [route.why, *(priority.reasons if priority else ())]
    if mood.because:
        found.append(f"sentiment {mood.label}: {', '.join(mood.because)}")
    best = best_answer(hits)
    if best is not None:
        found.append(
            f"article \u201c{best.article.title}\u201d version {best.article.version} answers (match {best.meaning or best.score:.2f})"
        )
    elif hits:
        found.append("no draft: no article answers closely enough")
    else:
        found.append("no draft: the desk has no published article")
    return tuple(found)
