"""The reply in a plain text: one pass over the lines, linear, in the languages of `phrases`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from services.ingest.parse import phrases


@dataclass(frozen=True, slots=True)
class TextCut:
    """`reply` is never empty unless the text is; `quoted` is what was folded away, `signature` what stood below a signature mark."""

    reply: str
    quoted: str
    signature: str


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


_WROTE: Final = re.compile(r"(?:^|[\s,>)\]\d])(?:" + _any(phrases.WROTE) + r")\b", re.IGNORECASE)
_WROTE_ANY: Final = re.compile(_any(tuple(w for w in phrases.WROTE if not w.isascii())), re.IGNORECASE)
_OPENER: Final = re.compile(r"^(?:" + _any(phrases.OPENERS) + r")", re.IGNORECASE)
_EVIDENCE: Final = re.compile(r"\d|@|<")
# Without an opener it takes more than a number: an address, a time, a year.
_STRONG: Final = re.compile(r"@|<[^<>]+>|\d{1,2}[:.]\d{2}|\b(?:19|20)\d{2}\b|\d[年月日]")
_VERBS: Final = tuple(f" {word}" for word in phrases.WROTE)
# "2026-01-06 10:00 GMT+01:00 Eve <eve@desk.example>:"
_DATED: Final = re.compile(r"^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b.{0,200}<[^<>]*@[^<>]*>:?$")
_GLUED: Final = re.compile(r"(?:\s|-{2,}\s?)On\s")
_RULE: Final = re.compile(r"^[\s*>]*[-_=*—–]{2,}[\s*]*(?:" + _any(phrases.ORIGINAL) + r")", re.IGNORECASE)
_FORWARD: Final = re.compile(r"^[\s*>]*[-_=*—–]{0,}[\s*]*(?:" + _any(phrases.FORWARDED) + r")\b[^\n]{0,80}?[-_=*:—–\s]*$", re.IGNORECASE)
_FROM: Final = re.compile(r"^[\s*]*(?:" + _any(phrases.FROM) + r")\s*\*?\s*[::]\*?\s*\S", re.IGNORECASE)
_FIELD: Final = re.compile(
    r"^[\s*]*(?:" + _any(phrases.DATE + phrases.TO + phrases.SUBJECT + ("cc", "kopie", "copia")) + r")\s*\*?\s*[::]", re.IGNORECASE
)
_LINE: Final = re.compile(r"^\s*[_\-=]{10,}\s*$")
_DATE_FIELD: Final = re.compile(r"^[\s*]*(?:date|datum|fecha|data|дата)\s*\*?\s*:\*?.*\d", re.IGNORECASE)
# GMX and web.de begin with it, too; so many words for it are people's own that the sender must follow.
_SENT_FIELD: Final = re.compile(r"^[\s*]*(?:" + _any(phrases.DATE) + r")\s*\*?\s*[:：]\*?.*\d", re.IGNORECASE)
_ONE_LINE: Final = re.compile(r"@\S+ (?:Date|Sent|Gesendet|Datum|Envoyé|Enviado|Inviato): .*\d")
# "-Abhishek Kona": the name alone, where a mail ends.
_NAME: Final = re.compile(r"^[-–—]\s?[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,3}$")
_FOOTER: Final = re.compile(r"^_{20,}$")
_SENT_FROM: Final = re.compile(r"^[\s*_(\[]*(?:" + _any(phrases.SENT_FROM) + r")", re.IGNORECASE)
_SENT_FROM_HEADS: Final = re.compile(
    r"[\s*_(\[]*[" + re.escape("".join({c for phrase in phrases.SENT_FROM for c in phrase[0] + phrase[0].upper()})) + "]"
)
_MARKS: Final = ("--", "—", "__")
_COLONS: Final = ":："
# Programs of right-to-left languages put them around what they write themselves.
_DIRECTIONS: Final = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
_RULE_TEXT: Final = "-_=*—– "
_RULES: Final = frozenset(_RULE_TEXT)
_RULE_CHARS: Final = 200
_ATTRIBUTION_CHARS: Final = 400
_SIGNATURE_LINES: Final = 12


def cut_text(text: str, *, fold_forwarded: bool = True) -> TextCut:
    """Split a text into reply, quote and signature. Quotes above, below and in one block are cut; answers between quotes stay whole."""
    lines = text.split("\n")
    if "wrote:" in text:
        lines = [piece for at, line in enumerate(lines) for piece in _parted(line, lines[at + 1 : at + 3])]
    above = "above" in text or "oberhalb" in text or "au-dessus" in text
    if above and (first := next((at for at, line in enumerate(lines) if line.strip()), None)) is not None and _is_line_above(lines[first]):
        # A ticket system's own mail begins with the line: what it says stands below.
        lines = lines[first + 1 :]
    end = _quote_start(lines, fold_forwarded=fold_forwarded, above=above)
    head, tail = lines[:end], lines[end:]
    head, quoted = _cut_marked_lines(head) if ">" in text else (head, [])
    head, signature = _cut_signature(head)
    reply = "\n".join(head).strip()
    if not reply:
        # All was quote or signature: showing it is better than showing nothing.
        return TextCut(text.strip(), "", "")
    return TextCut(reply, "\n".join([*quoted, *tail]).strip(), signature)


def _is_line_above(line: str) -> bool:
    """Whether it is a ticket system's line above which answers are to be written."""
    return any(mark in line.lower() for mark in phrases.REPLY_ABOVE)


def _parted(line: str, following: list[str]) -> list[str]:
    """A line that ends in an attribution, as some programs glue it to the last words above; they are two."""
    if not line.endswith("wrote:") or len(line) > _ATTRIBUTION_CHARS or not any(next_[:1] == ">" for next_ in following):
        return [line]
    found = max(_GLUED.finditer(line), key=lambda glued: glued.start(), default=None)
    if found is None or not line[: found.start()].strip() or not _STRONG.search(line[found.start() :]):
        return [line]
    return [line[: found.start()].rstrip("- "), line[found.start() :].lstrip("- ")]


def _quote_start(lines: list[str], *, fold_forwarded: bool, above: bool) -> int:
    """The index of the first line from which all is quoted, or len(lines). `above`: it may speak of a reply above a line."""
    for index, line in enumerate(lines):
        text = line.strip().strip(_DIRECTIONS)
        if not text or text[0] == ">":
            continue
        if text[-1] in _COLONS and _is_attribution(lines, index, text):
            start = _attribution_start(lines, index)
            if _quotes_to_end(lines, index + 1):
                return start
        elif text[0] in _RULES:
            words = len(text) < _RULE_CHARS and text.strip(_RULE_TEXT)
            if words and (_RULE.match(text) or _is_ruled(text) or (fold_forwarded and _FORWARD.match(text))):
                return index
            if not words and _LINE.match(text) and index + 1 < len(lines) and _header_block(lines, index + 1):
                return index
        elif (
            (above and _is_line_above(text))
            or (fold_forwarded and len(text) < 60 and text[-1] in _COLONS and _FORWARD.match(text))
            or (text[0].isdigit() and _is_dated(lines, index, text))
        ):
            return index
        head = text[:24]
        if (":" in head or "：" in head) and _header_block(lines, index):
            return index
    return len(lines)


def _is_attribution(lines: list[str], index: int, text: str) -> bool:
    if len(text) > _ATTRIBUTION_CHARS or not (_WROTE.search(text) or _WROTE_ANY.search(text)):
        return False
    joined = text if _OPENER.match(text) else _joined(lines, index)
    if not _EVIDENCE.search(joined) and not _OPENER.match(joined):
        return False
    if index + 1 < len(lines) and any(line.lstrip().startswith(">") for line in lines[index + 1 : index + 4]):
        return True
    proof = _EVIDENCE if _OPENER.match(joined) else _STRONG
    return proof.search(joined) is not None and len(joined) > len("Am 1. schrieb:")


def _is_ruled(text: str) -> bool:
    """Whether a line is an attribution between dashes: ---- John Smith wrote ----"""
    return text[:2].strip(_RULE_TEXT) == "" and text[-1] in _RULES and text.rstrip(_RULE_TEXT).lower().endswith(_VERBS)


def _is_dated(lines: list[str], index: int, text: str) -> bool:
    """Whether a date and an address, on one line or two, stand above what is marked as quoted."""
    for last in (index, index + 1):
        line = text if last == index else f"{text}{lines[last].strip()}" if last < len(lines) else ""
        if len(line) < _ATTRIBUTION_CHARS and _DATED.match(line):
            below = next((later for later in lines[last + 1 : last + 4] if later.strip()), "")
            return below.lstrip()[:1] == ">"
    return False


def _joined(lines: list[str], index: int) -> str:
    start = _attribution_start(lines, index)
    return " ".join(line.strip() for line in lines[start : index + 1])


def _attribution_start(lines: list[str], index: int) -> int:
    """Attributions wrap: they begin at the opener at most three lines above, with no empty line between."""
    if _OPENER.match(lines[index].strip()) and _EVIDENCE.search(lines[index]):
        return index
    for start in range(index - 1, max(-1, index - 4), -1):
        text = lines[start].strip()
        if not text or text[0] == ">":
            break
        if _OPENER.match(text) and _EVIDENCE.search(text):
            return start
    return index


def _quotes_to_end(lines: list[str], start: int) -> bool:
    """Whether what follows an attribution is quoted to the end: marked lines only, or no marked line at all (a client that marks none)."""
    marked = plain_after = False
    for index in range(start, len(lines)):
        text = lines[index].strip()
        if text[:1] == ">":
            marked = True
        elif text and marked:
            plain_after = True
            break
    return not plain_after


def _header_block(lines: list[str], index: int) -> bool:
    if _DATE_FIELD.match(lines[index]):
        # Hotmail begins with the date.
        return index > 0 and index + 1 < len(lines) and bool(_FIELD.match(lines[index + 1]) or _FROM.match(lines[index + 1]))
    if not _FROM.match(lines[index]):
        return index > 0 and index + 1 < len(lines) and bool(_SENT_FIELD.match(lines[index]) and _FROM.match(lines[index + 1]))
    if _ONE_LINE.search(lines[index]):
        return index > 0
    found = 0
    for line in lines[index + 1 : index + 9]:
        text = line.strip()
        if _FIELD.match(text):
            found += 1
        elif found >= 2:
            break
    return found >= 2


def _cut_marked_lines(lines: list[str]) -> tuple[list[str], list[str]]:
    """Cut `>` blocks at the end and, when only one is left, at the start or under its attribution in the middle."""
    blocks = _marked_blocks(lines)
    if not blocks:
        return lines, []
    in_block = bytearray(len(lines))
    for first, last in blocks:
        in_block[first : last + 1] = b"\x01" * (last + 1 - first)
    own = [index for index, line in enumerate(lines) if not in_block[index] and line.strip()]
    if not own:
        return lines, []
    cut = [block for block in blocks if block[1] > own[-1]]
    others = blocks[: len(blocks) - len(cut)]
    # Several blocks between own lines are answers point by point: without the questions they would make no sense.
    if len(others) == 1 and (others[0][0] < own[0] or lines[others[0][0]].strip()[:1] != ">"):
        cut = blocks
    kept: list[str] = []
    quoted: list[str] = []
    at = 0
    for first, last in cut:
        kept += lines[at:first]
        quoted += lines[first : last + 1]
        at = last + 1
    return kept + lines[at:], quoted


def _marked_blocks(lines: list[str]) -> list[tuple[int, int]]:
    """(first, last) of each run of `>` lines, empty lines inside allowed, its attribution included."""
    blocks: list[tuple[int, int]] = []
    first = last = -1
    for index, line in enumerate(lines):
        text = line.strip()
        if text[:1] == ">":
            if first < 0:
                first = index
            last = index
        elif text and first >= 0:
            if last == index - 1 and _is_torn(lines, index):
                last = index
                continue
            blocks.append((first, last))
            first = -1
    if first >= 0:
        blocks.append((first, last))
    return [(_with_attribution(lines, a), b) for a, b in blocks]


def _is_torn(lines: list[str], index: int) -> bool:
    """Whether a line is the end of a link that began in the quoted line above, and lost its mark when it was wrapped."""
    text, above = lines[index].strip(), lines[index - 1]
    below = next((line.strip() for line in lines[index + 1 : index + 3] if line.strip()), "")
    return below[:1] == ">" and (
        (text[:5] == "(http" and text.rstrip("> ")[-1:] == ")") or (text[-1] == ")" and above.count("(") > above.count(")"))
    )


def _with_attribution(lines: list[str], first: int) -> int:
    above = first - 1
    while above >= 0 and first - above < 3 and not lines[above].strip():
        above -= 1
    if above < 0:
        return first
    text = lines[above].strip().strip(_DIRECTIONS)
    if text and text[0] != ">" and text[-1] in _COLONS and _is_attribution(lines, above, text):
        return _attribution_start(lines, above)
    return first


def _cut_signature(lines: list[str], *, footer: bool = True) -> tuple[list[str], str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    for index in range(end - 1, max(-1, end - 1 - 60), -1):
        if len(lines[index]) < 5 and lines[index].strip() in _MARKS:
            return lines[:index], "\n".join(lines[index + 1 : end]).strip()
    for index in range(max(0, end - _SIGNATURE_LINES), end):
        if footer and index and _FOOTER.match(lines[index].strip()):
            above, name = _cut_signature(lines[:index], footer=False)
            return above, "\n".join([*([name] if name else []), *lines[index:end]]).strip()
        if (
            index
            and not lines[index - 1].strip()
            and _NAME.match(lines[index])
            and not any(line[:1] == "-" for line in lines[index + 1 : end])
        ):
            return lines[:index], "\n".join(lines[index:end]).strip()
        if index and len(lines[index]) < 120 and _SENT_FROM_HEADS.match(lines[index]) and _SENT_FROM.match(lines[index].strip()):
            return lines[:index], "\n".join(lines[index:end]).strip()
    return lines, ""
