"""Which parts of a mail are its text and its HTML, and which are files."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.ingest.parse import limits
from services.ingest.parse.attachments import file_name
from services.ingest.parse.charsets import decode_text
from services.ingest.parse.html_text import text_of_deep, too_deep
from services.ingest.parse.invite import invite_text, is_said
from services.ingest.parse.markup import Markup, joined, plain_markup
from services.ingest.parse.sanitise import has_remote, read_markup, sanitise_by_tree
from services.ingest.parse.sealed import PKCS7, signed_content, without_pgp_armour
from services.ingest.parse.tree import Part, read_tree
from services.ingest.parse.unpack import TNEF_TYPES, take_uuencoded, unpack_tnef
from services.runtime.body_marker import take_markers


@dataclass(frozen=True, slots=True)
class Body:
    """`text` always holds all of the words; `html` is sanitised and '' when the mail has none, `markup` its pieces (else None);
    `plain` = the mail had a text of its own. `marker` is the newest Message-ID of ours that its words bring back, '' without one.
    """

    text: str
    html: str
    markup: Markup | None
    plain: bool
    files: tuple[Part, ...]
    leaves: tuple[Part, ...]
    marker: str


@dataclass(frozen=True, slots=True)
class _Block:
    text: str | None  # None: not made yet from the markup, as most HTML mails bring a text of their own
    markup: Markup | None
    plain: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What the walk gathers. `spare` are texts of a winmail.dat, for a mail without any of its own."""

    flags: set[str]
    blocks: list[_Block] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    leaves: list[Part] = field(default_factory=list)
    invites: list[str] = field(default_factory=list)
    spare: list[_Block] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)


_SKIPPED = frozenset(("message/delivery-status", "message/feedback-report", "message/disposition-notification"))
_TEXTS = frozenset(("text/plain", "text/html", "text/enriched"))


def read_body(root: Part, flags: set[str]) -> Body:
    """Walk the parts in order. Adds html-too-deep, text-cut, remote-images, invite, winmail, uuencoded to `flags`."""
    found = _Found(flags)
    _walk(root, found)
    blocks = found.blocks
    if found.spare and not any(_text(block).strip() for block in blocks):
        blocks = found.spare
    if found.invites:
        said = "\n".join(_text(block) for block in blocks)
        blocks = [*blocks, *(_Block(text, None, plain=True) for text in dict.fromkeys(found.invites) if not is_said(text, said))]
    markup: Markup | None = None
    if any(block.markup for block in blocks):
        markups = [block.markup or plain_markup(_text(block)) for block in blocks]
        markup = markups[0] if len(markups) == 1 else joined(markups)
    texts = [_text(block) for block in blocks]
    text = texts[0] if len(texts) == 1 else "\n\n".join(text for text in texts if text)
    plain = bool(blocks) and all(block.plain for block in blocks)
    return Body(
        text,
        markup.html() if markup else "",
        markup,
        plain,
        tuple(found.files),
        tuple(found.leaves),
        found.markers[0] if found.markers else "",
    )


def _walk(part: Part, found: _Found) -> None:
    if not part.children:
        _leaf(part, found)
    elif part.content_type == "multipart/alternative":
        _alternative(part, found)
    else:
        for child in part.children:
            _walk(child, found)


def _leaf(part: Part, found: _Found) -> None:
    found.leaves.append(part)
    kind = part.content_type
    if kind in _TEXTS and not _is_file(part):
        block = _block(part, found)
        if block.text and "begin" in block.text:
            text, files = take_uuencoded(block.text)
            if files:
                found.flags.add("uuencoded")
                found.files.extend(files)
                block = _Block(text.strip("\n"), None, plain=True)
        found.blocks.append(block)
    elif kind in TNEF_TYPES or (kind == "application/octet-stream" and file_name(part).lower() == "winmail.dat"):
        _unpack(part, found)
    elif kind in PKCS7 and (inner := signed_content(part)) and not any(leaf.content_type in PKCS7 for leaf in found.leaves[:-1]):
        found.files.append(part)
        _walk(read_tree(inner, found.flags), found)
    elif kind not in _SKIPPED:
        found.files.append(part)
        if kind == "text/calendar" and (text := invite_text(part)):
            found.flags.add("invite")
            found.invites.append(text)


def _unpack(part: Part, found: _Found) -> None:
    unpacked = unpack_tnef(part.content())
    if unpacked is None:
        found.files.append(part)
        return
    found.flags.add("winmail")
    found.files.extend(unpacked.files)
    if unpacked.html:
        found.spare.append(_markup_block(unpacked.html, found.flags))
    elif unpacked.text:
        found.spare.append(_Block(unpacked.text[: limits.TEXT_CHARS], None, plain=True))


def _alternative(part: Part, outer: _Found) -> None:
    found = _Found(outer.flags, [], outer.files, outer.leaves, outer.invites, outer.spare, outer.markers)
    for child in part.children:
        _walk(child, found)
    text = next((block for block in found.blocks if block.plain and _text(block).strip()), None)
    html = next((block for block in reversed(found.blocks) if block.markup), None)
    if text is None or html is None:
        best = html or text
        if best is not None:
            outer.blocks.append(best)
    else:
        outer.blocks.append(_Block(text.text, html.markup, plain=True))


def _text(block: _Block) -> str:
    return block.text if block.text is not None else block.markup.text() if block.markup else ""


def _is_file(part: Part) -> bool:
    disposition = part.header("content-disposition")
    if disposition[:10].lower() == "attachment":
        return True
    return bool((disposition and "name" in disposition) or "name" in part.params or "name*" in part.params) and bool(file_name(part))


def _block(part: Part, found: _Found) -> _Block:
    flags = found.flags
    text, markers = take_markers(decode_text(part.content(), part.params.get("charset")))
    found.markers.extend(markers)
    if part.content_type != "text/html":
        text = _plain(text, flowed=part.params.get("format", "").lower() == "flowed", delsp=part.params.get("delsp", "").lower() == "yes")
        if len(text) > limits.TEXT_CHARS:
            flags.add("text-cut")
            text = text[: limits.TEXT_CHARS]
        bare = without_pgp_armour(text)
        if bare is not text:
            flags.add("signed")
        return _Block(bare, None, plain=True)
    return _markup_block(text, flags)


def _markup_block(text: str, flags: set[str]) -> _Block:
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
