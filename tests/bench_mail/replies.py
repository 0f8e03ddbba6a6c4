"""Reply trimming, on talon's own expectations for plain texts, HTML and whole mails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from services.ingest.parse.mail import parse_mail
from services.ingest.parse.quote_text import cut_text
from tests.bench_mail.material import folder
from tests.bench_mail.tally import Row, share

_IMPORTS = re.compile(r"^(?:from|import) .*(?:\n[ \t]+.*)*$", re.MULTILINE)
_TAGS = re.compile(r"<[^>]*>")
_HEAD = "import re\nimport os\nimport email\nimport email.iterators\n"


def measure() -> list[Row]:
    """Exact matches, and how often nothing at all was left."""
    import mailparser_reply
    from email_reply_parser import EmailReplyParser
    from quotequail import quote

    def zapier(text: str) -> str:
        return str(EmailReplyParser.parse_reply(text))

    def polyglot(text: str) -> str:
        languages = ["en", "de", "da", "fr", "nl", "pl", "sv", "it", "es", "cs"]
        return str(mailparser_reply.EmailReplyParser(languages=languages).parse_reply(text=text) or "")

    def quail(text: str) -> str:
        return "\n".join(part for shown, part in quote(text) if shown)

    others = {"email-reply-parser": zapier, "mail-parser-reply": polyglot, "quotequail": quail}
    cases = [*_expectations(folder("talon") / "talon-1.4.4" / "tests"), *_mails(folder("talon") / "talon-1.4.4" / "tests" / "fixtures")]
    plain = [case for case in cases if case.kind == "plain"]
    beside = {name: share([_same(cut(case.body), case.reply) for case in plain]) for name, cut in others.items()}
    best = max(beside, key=lambda name: beside[name])
    rows = [_row("talon, texts", plain, lambda case: cut_text(case.body).reply, beside[best], best, None)]
    mails = [case for case in cases if case.kind == "mail"]
    rows.append(_row("talon, whole mails", mails, lambda case: _with_signature(case.raw), None, "", None))
    html = [case for case in cases if case.kind == "html"]
    rows.append(_row("talon, HTML", html, lambda case: parse_mail(_html(case.body)).reply, None, "", None))
    exact = sum(row.ours * row.cases for row in rows)
    rows.append(Row("reply trimming", "talon, all", len(cases), exact / len(cases), None, "", 0.9))
    empty = [case for case in plain if case.body.strip() and not cut_text(case.body).reply]
    rows.append(Row("never empty", "talon, texts", len(plain), 1 - len(empty) / len(plain), None, "", 1.0, [case.name for case in empty]))
    return rows


@dataclass(slots=True)
class _Case:
    name: str
    kind: str
    body: str
    reply: str
    raw: bytes = b""


@dataclass(slots=True)
class _Recorder:
    """Stands for talon while its tests run: remembers what they ask and what they expect."""

    cases: list[_Case] = field(default_factory=list)
    name: str = ""
    asked: tuple[str, str] | None = None

    def ask(self, kind: str) -> Callable[[str], str]:
        def extract(body: str, *_: Any) -> str:
            self.asked = (kind, body)
            return body

        return extract

    def expect(self, expected: object, *_: object) -> None:
        if self.asked and isinstance(expected, str):
            self.cases.append(_Case(f"{self.name} {len(self.cases)}", self.asked[0], self.asked[1], expected))
        self.asked = None


def _expectations(tests: Path) -> list[_Case]:
    recorder = _Recorder()
    for file in ("text_quotations_test.py", "html_quotations_test.py"):
        quotations = SimpleNamespace(extract_from_plain=recorder.ask("plain"), extract_from_html=recorder.ask("html"))
        scope: dict[str, Any] = {
            "quotations": quotations, "u": SimpleNamespace(), "Mock": SimpleNamespace, "six": SimpleNamespace(text_type=str), "eq_": recorder.expect, "ok_": lambda *_: None, "__name__": "talon_tests",
            "patch": SimpleNamespace(object=lambda *_, **__: lambda _test: None),  # tests of changed limits
        }  # fmt: skip
        exec(_HEAD + _IMPORTS.sub("", (tests / file).read_text()), scope)
        for name, test in [(name, test) for name, test in scope.items() if name.startswith("test_") and callable(test)]:
            recorder.name, recorder.asked = name, None
            _run(test)
    return recorder.cases


def _run(test: Callable[[], object]) -> None:
    """Those that look into talon's own steps, or at files of its tests, end here: nobody else has these."""
    try:
        test()
    except (AttributeError, NameError, TypeError, OSError):
        return


def _mails(fixtures: Path) -> Iterator[_Case]:
    for file in sorted((fixtures / "standard_replies").glob("*.eml")):
        expected = file.with_name(file.stem + "_reply_text")
        yield _Case(file.name, "mail", "", expected.read_text().strip() if expected.exists() else "Hello", file.read_bytes())


def _row(corpus: str, cases: list[_Case], ours: Callable[[_Case], str], library: float | None, name: str, bar: float | None) -> Row:
    results = {case.name: _same(ours(case), case.reply, html=case.kind == "html") for case in cases}
    failures = [case for case, right in results.items() if not right]
    return Row("reply trimming", corpus, len(cases), share(list(results.values())), library, name, bar, failures)


def _with_signature(raw: bytes) -> str:
    """Talon's quotations keep a signature, ours sets it apart."""
    mail = parse_mail(raw)
    return f"{mail.reply}\n{mail.signature}"


def _same(found: str, expected: str, *, html: bool = False) -> bool:
    if html:
        return "".join(found.split()) == "".join(unescape(_TAGS.sub("", expected)).split())
    return [word for word in found.split() if word != "--"] == [word for word in expected.split() if word != "--"]


def _html(body: str) -> bytes:
    return b"Content-Type: text/html; charset=utf-8\n\n" + body.encode()
