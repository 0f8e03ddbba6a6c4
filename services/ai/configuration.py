"""The desk's configuration, followed from `config.state` by every instance on its own."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from confluent_kafka import Message
from pydantic import ValidationError

from schemas import config
from schemas.ticket import ConfigState
from schemas.topics import CONFIG_STATE
from services.ai.desk import Article, Desk, Macro, Priority, Team
from services.ai.follower import Follower
from services.runtime.settings import Settings
from services.runtime.telemetry import log

_KINDS = ("team", "priority", "article", "macro", "setting")


class Configuration:
    """A fold of `config.state`. Pure but for its own dict: `apply` records in order, `desk()` is the picture now."""

    def __init__(self) -> None:
        self._values: dict[str, ConfigState] = {}

    def apply(self, key: str, value: bytes | None) -> bool:
        """True if the record matters to the AI. Null forgets. A record that cannot be read is logged and changes nothing."""
        kind = key.partition("/")[0]
        if kind not in _KINDS:
            return False
        if value is None:
            return self._values.pop(key, None) is not None
        try:
            state = ConfigState.model_validate(orjson.loads(value))
            config.KINDS[kind].model_validate(state.value)
        except (orjson.JSONDecodeError, ValidationError) as error:
            log.warning("configuration not understood", key=key, error=type(error).__name__)
            return False
        self._values[key] = state
        return True

    @property
    def settings(self) -> config.Settings:
        found = [config.Settings.model_validate(s.value) for s in self._of("setting")]
        return found[0] if found else config.Settings()

    def desk(self) -> Desk:
        teams = [(s.id, config.Team.model_validate(s.value)) for s in self._of("team")]
        priorities = [(s.id, config.Priority.model_validate(s.value)) for s in self._of("priority")]
        macros = [(s.id, config.Macro.model_validate(s.value)) for s in self._of("macro")]
        return Desk(
            teams=tuple(Team(i, t.name, t.description, tuple(t.examples)) for i, t in sorted(teams)),
            priorities=tuple(sorted((Priority(i, p.name, p.order) for i, p in priorities), key=lambda p: p.order)),
            articles=self._articles(),
            macros=tuple(Macro(i, m.name, m.body_text) for i, m in sorted(macros)),
            assistant_name=self.settings.assistant_name,
            settings=self.settings,
        )

    def _articles(self) -> tuple[Article, ...]:
        """Newest version of each: one that went back to draft is withdrawn, not replaced by its predecessor."""
        newest: dict[str, Article] = {}
        for state in self._of("article"):
            a = config.Article.model_validate(state.value)
            article = Article(
                a.article_id or state.id.partition("/")[0],
                a.article_version,
                a.title,
                a.body,
                published=a.status == "published",
                public=a.audience == "public",
            )
            if article.id not in newest or newest[article.id].version < article.version:
                newest[article.id] = article
        return tuple(newest[i] for i in sorted(newest))

    def _of(self, kind: str) -> list[ConfigState]:
        return [s for key, s in self._values.items() if key.partition("/")[0] == kind]


class ConfigurationFeed(Follower):
    """Reads the whole topic from its start.

    `changed` is called from this follower's thread once the end is first reached and after every batch that mattered later.
    """

    topics = (CONFIG_STATE,)

    def __init__(self, settings: Settings, changed: Callable[[Desk, config.Settings], None]) -> None:
        super().__init__(settings, name="configuration")
        self._changed, self._state = changed, Configuration()
        self._pending, self.wait = True, 0.1

    def take(self, message: Message) -> None:
        """One entry of the configuration."""
        self._pending |= self._state.apply(_key(message), message.value())

    def after(self) -> None:
        """Tell of what changed."""
        if self._pending and self.at_end:
            self._changed(self._state.desk(), self._state.settings)
            self._pending = False
        self.wait = 0.1 if self._pending else 0.5


def _key(message: Message) -> str:
    key = message.key()
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key or "")
