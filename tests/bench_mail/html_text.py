"""HTML to text: token F1 against the text that the sender's own program wrote beside the HTML."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from statistics import mean

from services.ingest.parse.mail import parse_mail
from tests.bench_mail.material import CACHE
from tests.bench_mail.tally import Row

_WORD = re.compile(r"\w+")
# A text below this share of common words was written for itself ("your program shows no HTML"), not made from the HTML.
_PAIR = 0.5
_SLOW_SECONDS = 2.0


def measure() -> list[Row]:
    """Mean F1 over multipart/alternative pairs of all archives, and inscriptis' own HTML and text pairs."""
    import html2text
    from inscriptis import get_text

    libraries: dict[str, Callable[[str], str]] = {"inscriptis": get_text, "html2text": html2text.html2text}
    pairs = list(_pairs())
    own = list(_inscriptis())
    return [_row("alternatives in mails", pairs, libraries), _row("inscriptis' pairs", own, libraries, bar=None)]


def _row(corpus: str, pairs: list[tuple[str, str, str]], libraries: dict[str, Callable[[str], str]], bar: float | None = 0.97) -> Row:
    best = {name: mean(_f1(_tried(library, html), text) for _, html, text in pairs) for name, library in libraries.items()}
    ours = {name: _f1(_ours(html), text) for name, html, text in pairs}
    library = max(best, key=lambda name: best[name])
    failures = [f"{name} {score:.2f}" for name, score in sorted(ours.items(), key=lambda item: item[1]) if score < (bar or 0.9)]
    return Row("HTML to text, F1", corpus, len(pairs), mean(ours.values()), best[library], library, bar, failures)


def _ours(html: str) -> str:
    started = time.perf_counter()
    text = parse_mail(b"Content-Type: text/html; charset=utf-8\n\n" + html.encode("utf-8", "replace")).text
    return text if time.perf_counter() - started < _SLOW_SECONDS else ""


def _tried(library: Callable[[str], str], html: str) -> str:
    try:
        return library(html)
    except Exception:  # a library that cannot read it has found nothing
        return ""


def _f1(found: str, truth: str) -> float:
    ours, theirs = Counter(_WORD.findall(found.lower())), Counter(_WORD.findall(truth.lower()))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if ours or theirs else 1.0


def _pairs() -> Iterator[tuple[str, str, str]]:
    for file in sorted(path for path in CACHE.rglob("*") if path.is_file() and "libraries" not in path.parts and _is_mail(path)):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        for part in message.walk():
            if part.get_content_type() != "multipart/alternative":
                continue
            texts = {leaf.get_content_type(): _content(leaf) for leaf in part.walk() if not leaf.is_multipart()}
            html, text = texts.get("text/html", ""), texts.get("text/plain", "")
            if len(_WORD.findall(text)) > 5 and html and _f1(re.sub(r"<[^>]+>", " ", html), text) > _PAIR:
                yield f"{file.name}", html, text


def _is_mail(path: Path) -> bool:
    head = path.read_bytes()[:4_000].lower()
    return b"\nfrom: " in head and b"\nsubject:" in head and path.suffix not in (".py", ".js", ".gz")


def _content(part: object) -> str:
    try:
        data = part.get_payload(decode=True)  # type: ignore[attr-defined]
        return bytes(data).decode(part.get_content_charset("utf-8"), "replace")  # type: ignore[attr-defined]
    except (LookupError, TypeError):
        return ""


def _inscriptis() -> Iterator[tuple[str, str, str]]:
    for html in sorted((CACHE / "inscriptis-2.7.6").rglob("*.html")):
        text = html.with_suffix(".txt")
        if text.exists():
            yield html.name, html.read_text(errors="replace"), text.read_text(errors="replace")
