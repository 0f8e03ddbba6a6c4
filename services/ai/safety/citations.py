"""Does the reply rest on the articles of this run, word for word?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.ai.desk import Article
from services.ai.engines.base import Draft
from services.ai.safety.commitments import uncovered

_SPECIFIC = re.compile(r"https?://[^\s)\]>\"']+|\bwww\.[^\s)\]>\"']+|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w.])\d[\d.,:-]*(?:\d|(?=\b))")
_MARKUP = re.compile(r"!\[[^\]]*\]\(|<(?:img|script|iframe|a|form|style)\b|javascript:|data:[a-z]+/", re.IGNORECASE)
_SHORTEST_QUOTE = 12
_COURTESY = re.compile(
    r"(?:hello|hi|dear|hallo|guten tag|bonjour|hola)(?: [^\W\d_][^\W\d_'’-]{0,29})?[,!]?|(?:kind |best )?regards,?|(?:viele|freundliche) grüße,?"
    r"|cordialement,?|saludos,?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict of one rule about a draft."""

    name: str
    passed: bool
    detail: str = ""


def check_draft(draft: Draft, articles: Sequence[Article], *, canary: str = "", system_prompt: str = "") -> list[Check]:
    """Rules 10 to 12 of the design. A draft with any failed check must not be shown as sendable."""
    sources = {(a.id, a.version): a for a in articles if a.published and a.public}
    quotes = [c.quote for c in draft.citations]
    cited = [sources[c.article_id, c.version] for c in draft.citations if (c.article_id, c.version) in sources]
    return [
        _verbatim(draft, sources),
        _commitment(_without_titles(draft.text, cited), quotes),
        _specifics(draft.text, cited),
        Check("plain_text", not _MARKUP.search(draft.text)),
        Check("no_leak", not _leaks(draft.text, canary=canary, system_prompt=system_prompt)),
    ]


def _verbatim(draft: Draft, sources: dict[tuple[str, int], Article]) -> Check:
    if not draft.citations:
        return Check("citation", passed=False, detail="a reply needs at least one citation")
    for citation in draft.citations:
        article = sources.get((citation.article_id, citation.version))
        if article is None:
            return Check(
                "citation", passed=False, detail=f"article {citation.article_id} version {citation.version} was not given to this run"
            )
        if len(citation.quote) < _SHORTEST_QUOTE or citation.quote not in article.body:
            return Check("citation", passed=False, detail=f"the quote does not stand word for word in “{article.title}”")
    return Check("citation", passed=True)


def _commitment(text: str, quotes: Sequence[str]) -> Check:
    left = uncovered(text, quotes)
    return Check("commitment", not left, "; ".join(f"{kind}: {words}" for kind, words in left[:3]))


def _without_titles(text: str, cited: Sequence[Article]) -> str:
    """Naming the article, in curly quotes, promises nothing."""
    for article in cited:
        text = text.replace(f"\u201c{article.title}\u201d", "\u201c\u201d")
    return text


def _specifics(text: str, cited: Sequence[Article]) -> Check:
    known = "\n".join(f"{a.title}\n{a.body}\n{a.url}" for a in cited)
    strange = [found.rstrip(".,:") for found in _SPECIFIC.findall(text) if found.rstrip(".,:") not in known]
    return Check("specifics", not strange, ", ".join(strange[:3]))


def _leaks(text: str, *, canary: str, system_prompt: str) -> bool:
    if canary and canary in text:
        return True
    flat = " ".join(text.split())
    words = system_prompt.split()
    return any(" ".join(words[i : i + 8]) in flat for i in range(len(words) - 7))


def beyond_quotes(draft: Draft) -> str:
    """What a draft says in words of its own: empty where it is a greeting, whole quotes and the name of their article."""
    rest = draft.text
    for quote in sorted((c.quote for c in draft.citations), key=len, reverse=True):
        rest = rest.replace(quote, "\n")
    for citation in draft.citations:
        rest = rest.replace(f"More in our article \u201c{citation.title}\u201d", "\n")
        rest = rest.replace(citation.url, "\n") if citation.url else rest
    lines = (line.strip(" .:") for line in rest.split("\n"))
    return "\n".join(line for line in lines if line and not _COURTESY.fullmatch(line))
