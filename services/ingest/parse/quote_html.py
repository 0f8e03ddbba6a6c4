"""The quoted part of an HTML reply, by the marks that mail programs leave in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from services.ingest.parse.html_text import text_of_pieces
from services.ingest.parse.marks import Mark
from services.ingest.parse.markup import Markup
from services.ingest.parse.tag import Tag


@dataclass(frozen=True, slots=True)
class HtmlCut:
    """HTML and text of what was kept and what was quoted; the text of a marked signature, which is in neither."""

    kept: str
    kept_text: str
    quoted: str
    quoted_text: str
    signature: str


# Outlook on the desktop marks nothing: a line above "From: … Sent: …" is all there is.
_FROM_BLOCK: Final = re.compile(r"^\s*\*?[^\n:]{2,20}:.{0,400}?\n?.{0,200}?:", re.DOTALL)
_FROM_PIECES: Final = 60
_MARKED: Final = frozenset((Mark.WHOLE, Mark.ONWARDS, Mark.WORD, Mark.SIGNATURE))
_BLOCKS: Final = frozenset((Mark.WHOLE, Mark.BLOCK))


@dataclass(slots=True)
class _Pieces:
    """What was found, as it is shown and as it is read."""

    shown: list[str]
    read: list[str]

    def add(self, shown: list[str], read: list[str]) -> None:
        self.shown += shown
        self.read += read


def cut_marked(markup: Markup) -> HtmlCut | None:
    """Cut at the mail program's marks; None when there is none, or when nothing would be left."""
    return _cut(markup, _MARKED)


def cut_blockquotes(markup: Markup) -> HtmlCut | None:
    """Cut the outermost blockquotes, for a mail whose text says that something is quoted; None when nothing would be left."""
    return _cut(markup, _BLOCKS)


def _cut(markup: Markup, marks: Collection[Mark]) -> HtmlCut | None:
    found = [index for index, tag in enumerate(markup.tags) if tag.mark in marks]
    if not found:
        return None
    shown, read = markup.shown(), markup.read()
    kept, quoted, signature = _Pieces([], []), _Pieces([], []), _Pieces([], [])
    at = 0
    for index in found:
        mark, start = markup.tags[index].mark, 2 * index + 1
        if start < at:
            continue
        if mark is Mark.ONWARDS or (mark is Mark.WORD and _FROM_BLOCK.match(text_of_pieces(read[start : start + _FROM_PIECES]))):
            start = max(at, _rule_above(markup, index))
            kept.add(shown[at:start], read[at:start])
            _divide_rest(markup.tags, (start - 1) // 2, (shown, read), kept=kept, quoted=quoted)
            at = len(shown)
            break
        if mark is not Mark.WORD:
            end = 2 * _end_of(markup.tags, index) + 2
            kept.add(shown[at:start], read[at:start])
            (signature if mark is Mark.SIGNATURE else quoted).add(shown[start:end], read[start:end])
            at = end
    kept.add(shown[at:], read[at:])
    return _result(kept, quoted, signature)


def _result(kept: _Pieces, quoted: _Pieces, signature: _Pieces) -> HtmlCut | None:
    if not quoted.shown and not signature.shown:
        return None
    text = text_of_pieces(kept.read)
    if not text and not any(piece.startswith("<img") for piece in kept.shown):
        return None
    return HtmlCut("".join(kept.shown), text, "".join(quoted.shown), text_of_pieces(quoted.read), text_of_pieces(signature.read))


def _end_of(tags: list[Tag], index: int) -> int:
    """The tag that closes an element; itself for one that has no end, the last tag for one that is never closed."""
    name = tags[index].name
    if not name:
        return index
    end, depth = "/" + name, 0
    for at in range(index, len(tags)):
        if tags[at].name == name:
            depth += 1
        elif tags[at].name == end:
            depth -= 1
            if depth == 0:
                return at
    return len(tags) - 1


def _rule_above(markup: Markup, index: int) -> int:
    """The piece where a mark begins: a rule right above the header block is part of it."""
    above = index - 1
    if above >= 0 and markup.tags[above].html.startswith("<hr") and not markup.texts[index].strip():
        return 2 * above + 1
    return 2 * index + 1


def _divide_rest(tags: list[Tag], first: int, pieces: tuple[list[str], list[str]], *, kept: _Pieces, quoted: _Pieces) -> None:
    """All from a tag on is quoted, but for the ends of elements that began before it."""
    shown, read = pieces
    open_names: list[str] = []
    for at in range(first, len(tags)):
        name, begin = tags[at].name, 2 * at + 1
        target = quoted
        if name[:1] == "/":
            if name[1:] in open_names:
                while open_names.pop() != name[1:]:
                    pass
            else:
                target = kept
        elif name:
            open_names.append(name)
        target.add(shown[begin : begin + 1], read[begin : begin + 1])
        quoted.add(shown[begin + 1 : begin + 2], read[begin + 1 : begin + 2])
