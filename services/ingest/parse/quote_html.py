"""The quoted part of an HTML reply, by the marks that mail programs leave in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode


@dataclass(frozen=True, slots=True)
class HtmlCut:
    """`kept` and `quoted` are HTML; `signature` is the HTML of a marked signature inside what was kept (removed from it)."""

    kept: str
    quoted: str
    signature: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """`word` must occur in the HTML for `selector` to be worth a look: a substring costs a hundredth of a selector."""

    word: str
    selector: str


# Elements that hold the quote and nothing else: what follows them may be a reply written below.
_WHOLE: Final = (
    _Mark("gmail_quote", ".gmail_quote, .gmail_quote_container"),
    _Mark("gmail_attr", ".gmail_attr"),
    _Mark('type="cite"', "blockquote[type=cite]"),
    _Mark("moz-cite-prefix", ".moz-cite-prefix"),
    _Mark("protonmail_quote", ".protonmail_quote"),
    _Mark("tutanota_quote", ".tutanota_quote"),
    _Mark("yahoo_quoted", ".yahoo_quoted"),
    _Mark("zmail_extra", ".zmail_extra"),
    _Mark("front-blockquote", ".front-blockquote"),
    _Mark("messageReplySection", ".messageReplySection, [name=messageReplySection]"),
    _Mark("cm_quote", ".cm_quote, .cm_quoted_text"),
    _Mark("skiff_quote", ".skiff_quote"),
    _Mark("isReplyContent", "#isReplyContent"),
    _Mark("OLK_SRC_BODY_SECTION", "#OLK_SRC_BODY_SECTION"),
    _Mark("reply-intro", "#reply-intro"),
    _Mark('name="quote"', "div[name=quote]"),
    _Mark("reference-message-container", "#mail-editor-reference-message-container"),
    _Mark("helpdesk-quote", ".helpdesk-quote"),
    _Mark("orignalQuotedMsg", "#orignalQuotedMsg"),
    _Mark("sh-quoted-content", ".sh-quoted-content"),
    _Mark("__QUOTED_TEXT__", "[data-marker=__QUOTED_TEXT__]"),
    _Mark("__HEADERS__", "[data-marker=__HEADERS__]"),
)
# From here to the end of the mail all is quoted.
_ONWARDS: Final = (
    _Mark("divRplyFwdMsg", "#divRplyFwdMsg"),
    _Mark("appendonsend", "#appendonsend"),
    _Mark("__DIVIDER__", "hr[data-marker=__DIVIDER__]"),
    _Mark("stopSpelling", "#stopSpelling"),
    _Mark("ymail_android", "#ymail_android_quote"),
)
_SIGNATURES: Final = (
    _Mark("gmail_signature", ".gmail_signature"),
    _Mark("moz-signature", ".moz-signature"),
    _Mark("AppleMailSignature", "#AppleMailSignature"),
    _Mark("ms-outlook-mobile-signature", "#ms-outlook-mobile-signature"),
    _Mark('id="Signature"', "#Signature"),
    _Mark("protonmail_signature", ".protonmail_signature_block"),
    _Mark("tutanota_signature", ".tutanota_signature"),
    _Mark("front-signature", ".front-signature"),
    _Mark("__SIG_P", "[data-marker=__SIG_PRE__], [data-marker=__SIG_POST__]"),
)
# Outlook on the desktop marks nothing: a line above "From: … Sent: …" is all there is.
_WORD: Final = (
    _Mark("border-top:solid", "div[style*='border-top:solid']"),
    _Mark("border-top: solid", "div[style*='border-top: solid']"),
)
_FROM_BLOCK: Final = re.compile(r"^\s*\*?[^\n:]{2,20}:.{0,400}?\n?.{0,200}?:", re.DOTALL)
_FROM_CHARS: Final = 700


@dataclass(frozen=True, slots=True)
class Marks:
    """The selectors worth trying in one mail, each '' when there are none."""

    whole: str
    onwards: str
    signature: str
    word: str


def find_marks(html: str) -> Marks | None:
    """Which clients' marks a sanitised HTML may hold; None when there are none."""
    found = [_present(marks, html) for marks in (_WHOLE, _ONWARDS, _SIGNATURES, _WORD)]
    return Marks(*found) if any(found) else None


def _present(marks: tuple[_Mark, ...], html: str) -> str:
    return ", ".join([mark.selector for mark in marks if mark.word in html])


def cut_marked(html: str, marks: Marks) -> HtmlCut | None:
    """Cut sanitised HTML at its clients' marks; None when there is none, or when nothing would be left."""
    body = LexborHTMLParser(html).body
    if body is None:
        return None
    quoted = _take(body, marks.whole)
    start = body.css_first(marks.onwards) if marks.onwards else None
    if start is None and marks.word:
        start = _word_line(body, marks.word)
    if start is not None:
        quoted.append(_take_onwards(start, body))
    signature = _take(body, marks.signature)
    if not quoted and not signature:
        return None
    kept = body.inner_html or ""
    if not body.text(strip=True) and "<img" not in kept:
        return None
    return HtmlCut(kept, "".join(quoted), "".join(signature))


def _take(body: LexborNode, selector: str) -> list[str]:
    taken: list[str] = []
    for node in _outermost(body.css(selector)) if selector else ():
        taken.append(node.html or "")
        node.decompose()
    return taken


def cut_blockquotes(html: str) -> HtmlCut | None:
    """Cut the outermost blockquotes, for a mail whose text says that something is quoted; None when nothing would be left."""
    body = LexborHTMLParser(html).body
    if body is None:
        return None
    quoted = _take(body, "blockquote")
    if not quoted or not body.text(strip=True):
        return None
    return HtmlCut(body.inner_html or "", "".join(quoted), "")


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    # In document order an element comes before what it holds, so one set of seen ids is enough and the walk up stays short.
    if len(nodes) < 2:
        return nodes
    seen: set[int] = set()
    kept: list[LexborNode] = []
    for node in nodes:
        parent = node.parent
        while parent is not None and parent.mem_id not in seen:
            parent = parent.parent
        if parent is None:
            kept.append(node)
        seen.add(node.mem_id)
    return kept


def _word_line(body: LexborNode, selector: str) -> LexborNode | None:
    for node in body.css(selector):
        if _FROM_BLOCK.match(node.text(separator="\n", strip=True)[:_FROM_CHARS]):
            return node
    return None


def _take_onwards(start: LexborNode, body: LexborNode) -> str:
    taken: list[str] = []
    node: LexborNode | None = start
    # A rule above the header block is part of the mark.
    before = start.prev
    while before is not None and before.is_text_node and not before.text().strip():
        before = before.prev
    if before is not None and before.tag == "hr":
        before.decompose()
    level = start.parent
    while node is not None:
        following = node.next
        taken.append((node.html or "") if not node.is_text_node else node.text())
        node.remove()
        node = following
        while node is None and level is not None and level.mem_id != body.mem_id:
            node, level = level.next, level.parent
    return "".join(taken)
