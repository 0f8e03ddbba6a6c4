"""Safe HTML as what it is made of: text and tag by turns. Both what is shown and what is read come from the same pieces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from services.ingest.parse.html_text import BREAK, LINE, SPACE, text_of_pieces
from services.ingest.parse.tag import Tag

# Shown as a division, read like preformatted text: its lines are the writer's.
_PLAIN: Final = Tag('<div style="white-space:pre-wrap">', "pre", LINE, None, remote=False)
_PLAIN_END: Final = Tag("</div>", "/pre", LINE, None, remote=False)


@dataclass(frozen=True, slots=True)
class Markup:
    """`texts[i]` stands before `tags[i]`, one text more than tags. Texts are HTML source without a `<`."""

    texts: list[str]
    tags: list[Tag]

    def html(self) -> str:
        """What is shown."""
        return "".join(self.shown())

    def text(self) -> str:
        """What people read; blocks become lines, paragraphs are set apart by an empty one."""
        return text_of_pieces(self.read())

    def shown(self) -> list[str]:
        """Text, tag, text … as HTML: tag `i` is piece `2 * i + 1`."""
        pieces = self.texts * 2
        pieces[::2] = self.texts
        pieces[1::2] = [*[tag.html for tag in self.tags], ""]
        return pieces

    def read(self) -> list[str]:
        """As `shown`, for `text_of_pieces`."""
        pieces = self.texts * 2
        pieces[::2] = self.texts if not any(tag.name == "pre" for tag in self.tags) else self._with_kept_white_space()
        pieces[1::2] = [*[tag.gap for tag in self.tags], ""]
        return pieces

    def _with_kept_white_space(self) -> list[str]:
        depth = 0
        kept = self.texts[:1]
        for tag, text in zip(self.tags, self.texts[1:], strict=True):
            depth += (tag.name == "pre") - (tag.name == "/pre")
            kept.append(text.replace("\n", BREAK).replace(" ", SPACE) if depth > 0 else text)
        return kept


def joined(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    texts: list[str] = [""]
    tags: list[Tag] = []
    for part in parts:
        texts[-1] += part.texts[0]
        texts += part.texts[1:]
        tags += part.tags
    return Markup(texts, tags)


def plain_markup(text: str) -> Markup:
    """A text without markup, its lines kept."""
    return Markup(["", escape(text, quote=False), ""], [_PLAIN, _PLAIN_END]) if text.strip() else Markup([""], [])
