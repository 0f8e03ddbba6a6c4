"""What mail programs say by a class, an id or a name of an element: here begins a quote, this is a signature."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Mark(Enum):
    """WHOLE: the element is the quote, what follows it may be a reply below. ONWARDS: from here to the end all is quoted.

    WORD: a line that Outlook draws above a copied header, and others anywhere: its text decides. BLOCK: a quote if the text says so.
    """

    WHOLE = "whole"
    ONWARDS = "onwards"
    WORD = "word"
    SIGNATURE = "signature"
    BLOCK = "block"


_CLASSES: Final[dict[str, Mark]] = {
    **dict.fromkeys(
        "gmail_quote gmail_quote_container gmail_attr moz-cite-prefix protonmail_quote tutanota_quote yahoo_quoted zmail_extra "
        "front-blockquote messageReplySection cm_quote cm_quoted_text skiff_quote helpdesk-quote sh-quoted-content".split(),
        Mark.WHOLE,
    ),
    **dict.fromkeys("gmail_signature moz-signature protonmail_signature_block tutanota_signature front-signature".split(), Mark.SIGNATURE),
}
_IDS: Final[dict[str, Mark]] = {
    **dict.fromkeys(
        "isReplyContent OLK_SRC_BODY_SECTION reply-intro mail-editor-reference-message-container orignalQuotedMsg".split(), Mark.WHOLE
    ),
    **dict.fromkeys("divRplyFwdMsg appendonsend stopSpelling ymail_android_quote".split(), Mark.ONWARDS),
    **dict.fromkeys("AppleMailSignature ms-outlook-mobile-signature Signature".split(), Mark.SIGNATURE),
}
_MARKERS: Final = {
    "__QUOTED_TEXT__": Mark.WHOLE, "__HEADERS__": Mark.WHOLE, "__DIVIDER__": Mark.ONWARDS,
    "__SIG_PRE__": Mark.SIGNATURE, "__SIG_POST__": Mark.SIGNATURE,
}  # fmt: skip


def mark_of(tag: str, values: Mapping[str, str]) -> Mark | None:
    """The mark that an opening tag with these attributes sets."""
    for word in values.get("class", "").split():
        if mark := _CLASSES.get(word):
            # Gmail's own quote is a division; people set passages of their own into such a blockquote.
            return Mark.BLOCK if tag == "blockquote" and word == "gmail_quote" else mark
    if mark := _IDS.get(values.get("id", "")) or _MARKERS.get(values.get("data-marker", "")):
        return mark
    name = values.get("name", "")
    if (tag == "div" and name == "quote") or name == "messageReplySection" or (tag == "blockquote" and values.get("type") == "cite"):
        return Mark.WHOLE
    if tag == "blockquote":
        return Mark.BLOCK
    return Mark.WORD if tag == "div" and "border-top:solid" in values.get("style", "").replace(" ", "") else None
