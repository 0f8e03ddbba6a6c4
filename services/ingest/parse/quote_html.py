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


# Elements that hold the quote and nothing else: what follows them may be a reply written below.
_WHOLE: Final = (
    ".gmail_quote, .gmail_quote_container, .gmail_extra > .gmail_quote, blockquote[type=cite], .moz-cite-prefix, .protonmail_quote,"
    " .tutanota_quote, .yahoo_quoted, .zmail_extra, .front-blockquote, .messageReplySection, .cm_quoted_text, .cm_quote, .skiff_quote,"
    " #isReplyContent, #OLK_SRC_BODY_SECTION, #reply-intro, .ms-outlook-quote, div[name=quote], .gmail_attr, .mcntgmail_quote,"
    " .quoted-text, #mail-editor-reference-message-container, .helpdesk-quote, #orignalQuotedMsg, .sh-quoted-content,"
    " [data-marker=__QUOTED_TEXT__], [data-marker=__HEADERS__], .im_quoted"
)
# From here to the end of the mail all is quoted.
_ONWARDS: Final = "#divRplyFwdMsg, #appendonsend, hr[data-marker=__DIVIDER__], #stopSpelling, #ymail_android_quote"
_SIGNATURE: Final = (
    ".gmail_signature, .moz-signature, #AppleMailSignature, #AppleMailSignatureLastPosition, #ms-outlook-mobile-signature, #Signature,"
    " .protonmail_signature_block, .tutanota_signature, .front-signature, [data-marker=__SIG_PRE__], [data-marker=__SIG_POST__]"
)
_MARKED: Final = re.compile(
    r"gmail_|moz-|protonmail_|tutanota_|yahoo_quoted|zmail_extra|front-|messageReplySection|cm_quote|skiff_quote|isReplyContent"
    r"|OLK_SRC|reply-intro|name=\"quote\"|divRplyFwdMsg|appendonsend|__DIVIDER__|__QUOTED_TEXT__|type=\"cite\"|reference-message"
    r"|AppleMailSignature|outlook-mobile-signature|WordSection1|helpdesk-quote|border-top:solid|border-top: solid|stopSpelling"
    r"|ymail_android|quoted-text|orignalQuoted|sh-quoted|\"Signature\""
)
# Outlook on the desktop marks nothing: a line above "From: … Sent: …" is all there is.
_WORD_LINE: Final = "div[style*='border-top:solid'], div[style*='border-top: solid'], div[style*='border:none;border-top']"
_FROM_BLOCK: Final = re.compile(r"^\s*\*?[^\n:]{2,20}:.{0,400}?\n?.{0,200}?:", re.S)


def has_marks(html: str) -> bool:
    return _MARKED.search(html) is not None


def cut_marked(html: str) -> HtmlCut | None:
    """Cut sanitised HTML at its clients' marks; None when there is none, or when nothing would be left."""
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return None
    quoted: list[str] = []
    for node in _outermost(body.css(_WHOLE)):
        quoted.append(node.html or "")
        node.decompose()
    start = body.css_first(_ONWARDS) or _word_line(body)
    if start is not None:
        quoted.append(_take_onwards(start, body))
    signature: list[str] = []
    for node in _outermost(body.css(_SIGNATURE)):
        signature.append(node.html or "")
        node.decompose()
    if not quoted and not signature:
        return None
    kept = body.inner_html or ""
    if not body.text(strip=True) and "<img" not in kept:
        return None
    return HtmlCut(kept, "".join(quoted), "".join(signature))


def cut_blockquotes(html: str) -> HtmlCut | None:
    """Cut the outermost blockquotes, for a mail whose text says that something is quoted; None when nothing would be left."""
    body = LexborHTMLParser(html).body
    if body is None:
        return None
    quoted = []
    for node in _outermost(body.css("blockquote")):
        quoted.append(node.html or "")
        node.decompose()
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


def _word_line(body: LexborNode) -> LexborNode | None:
    for node in body.css(_WORD_LINE):
        if _FROM_BLOCK.match(node.text(separator="\n", strip=True)[:700]):
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
