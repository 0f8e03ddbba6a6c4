"""Which parts of a mail are its text and its HTML, and which are files."""

from __future__ import annotations

from dataclasses import dataclass

from services.ingest.parse import limits
from services.ingest.parse.attachments import file_name
from services.ingest.parse.charsets import decode_text
from services.ingest.parse.html_text import text_of_deep, too_deep
from services.ingest.parse.markup import Markup, joined, plain_markup
from services.ingest.parse.sanitise import has_remote, read_markup, sanitise_by_tree
from services.ingest.parse.tree import Part


@dataclass(frozen=True, slots=True)
class Body:
    """`text` always holds all of the words; `html` is sanitised and '' when the mail has none, `markup` its pieces (else None);
    `plain` = the mail had a text of its own.
    """

    text: str
    html: str
    markup: Markup | None
    plain: bool
    files: tuple[Part, ...]
    leaves: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    text: str | None  # None: not made yet from the markup, as most HTML mails bring a text of their own
    markup: Markup | None
    plain: bool


_SKIPPED = frozenset(("message/delivery-status", "message/feedback-report", "message/disposition-notification"))


def read_body(root: Part, flags: set[str]) -> Body:
    """Walk the parts in order. Adds html-too-deep, text-cut, no-text to `flags`."""
    blocks: list[_Block] = []
    files: list[Part] = []
    leaves: list[Part] = []
    _walk(root, blocks, files, leaves, flags)
    markup: Markup | None = None
    if any(block.markup for block in blocks):
        markups = [block.markup or plain_markup(_text(block)) for block in blocks]
        markup = markups[0] if len(markups) == 1 else joined(markups)
    texts = [_text(block) for block in blocks]
    text = texts[0] if len(texts) == 1 else "\n\n".join(text for text in texts if text)
    plain = bool(blocks) and all(block.plain for block in blocks)
    return Body(text, markup.html() if markup else "", markup, plain, tuple(files), tuple(leaves))


def _walk(part: Part, blocks: list[_Block], files: list[Part], leaves: list[Part], flags: set[str]) -> None:
    if not part.children:
        leaves.append(part)
        kind = part.content_type
        if kind in ("text/plain", "text/html", "text/enriched") and not _is_file(part):
            blocks.append(_block(part, flags))
        elif kind not in _SKIPPED:
            files.append(part)
        return
    if part.content_type == "multipart/alternative":
        _alternative(part, blocks, files, leaves, flags)
        return
    for child in part.children:
        _walk(child, blocks, files, leaves, flags)


def _alternative(part: Part, blocks: list[_Block], files: list[Part], leaves: list[Part], flags: set[str]) -> None:
    found: list[_Block] = []
    for child in part.children:
        _walk(child, found, files, leaves, flags)
    text = next((block for block in found if block.plain and _text(block).strip()), None)
    html = next((block for block in reversed(found) if block.markup), None)
    if text is None or html is None:
        best = html or text
        if best is not None:
            blocks.append(best)
    else:
        blocks.append(_Block(text.text, html.markup, plain=True))


def _text(block: _Block) -> str:
    return block.text if block.text is not None else block.markup.text() if block.markup else ""


def _is_file(part: Part) -> bool:
    disposition = part.header("content-disposition")
    if disposition[:10].lower() == "attachment":
        return True
    return bool((disposition and "name" in disposition) or "name" in part.params or "name*" in part.params) and bool(file_name(part))


def _block(part: Part, flags: set[str]) -> _Block:
    text = decode_text(part.content(), part.params.get("charset"))
    if part.content_type != "text/html":
        text = _plain(text, flowed=part.params.get("format", "").lower() == "flowed", delsp=part.params.get("delsp", "").lower() == "yes")
        if len(text) > limits.TEXT_CHARS:
            flags.add("text-cut")
            text = text[: limits.TEXT_CHARS]
        return _Block(text, None, plain=True)
    if len(text) > limits.HTML_CHARS:
        flags.add("text-cut")
        text = text[: limits.HTML_CHARS]
    markup = read_markup(text)
    if markup is None and too_deep(text):
        flags.add("html-too-deep")
        return _Block(text_of_deep(text), None, plain=False)
    markup = markup or sanitise_by_tree(text)
    if has_remote(markup):
        flags.add("remote-images")
    return _Block(None, markup, plain=False)


def _plain(text: str, *, flowed: bool, delsp: bool) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _unflow(text, delsp=delsp) if flowed and " \n" in text else text


def _unflow(text: str, *, delsp: bool) -> str:
    """RFC 3676: lines that end in a space go on in the next one of the same quote depth; `-- ` never does."""
    out: list[str] = []
    depth_before = ""
    flowing = False
    for line in text.split("\n"):
        depth = line[: len(line) - len(line.lstrip(">"))]
        rest = line[len(depth) :].removeprefix(" ")
        if not (flowing and depth == depth_before and rest != "-- "):
            out.append("\n" + depth + (" " if depth else ""))
        flowing = rest.endswith(" ") and rest != "-- "
        out.append(rest[:-1] if flowing and delsp else rest)
        depth_before = depth
    return "".join(out)[1:]
