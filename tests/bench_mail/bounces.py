"""Bounces and automatic answers, on flufl.bounce's truth and baunsu's mails; false alarms on ordinary mails."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

from services.ingest.parse.mail import parse_mail
from tests.bench.corpus import make_mails
from tests.bench_mail.material import folder
from tests.bench_mail.tally import Row, share

# Bounces that name nobody: flufl.bounce's truth, an empty set, says nothing about their kind.
_NO_ADDRESS = frozenset(("simple_42.txt", "simple_43.txt"))
_AUTOMATIC = ("bounce", "auto-reply", "feedback-report")


def measure() -> list[Row]:
    """Kind and recipients against truth."""
    from flufl.bounce import scan_message

    rows = list(_flufl())
    kinds = {name: (parse_mail(raw).kind == "bounce") == bool(truth) for name, raw, truth in rows if truth or name not in _NO_ADDRESS}
    found = {name: _recipients(raw) == truth for name, raw, truth in rows}
    theirs = [{address.decode().lower() for address in scan_message(message_from_bytes(raw))} == truth for _, raw, truth in rows]
    named = [(file.name, file.read_bytes()) for file in sorted((folder("baunsu") / "package" / "tests" / "emails").glob("*.txt"))]
    other = {name: (parse_mail(raw).kind in _AUTOMATIC) == (not name.startswith(("ordinary", "encoded"))) for name, raw in named}
    bounced = [bool(scan_message(message_from_bytes(raw))) == name.startswith("bounce") for name, raw in named]
    false = {name: parse_mail(raw).kind not in _AUTOMATIC for name, raw in ordinary()}
    return [
        Row(
            "bounces seen",
            "flufl.bounce",
            len(rows),
            share(list(kinds.values())),
            share(theirs),
            "flufl.bounce",
            0.99,
            _wrong(kinds),
        ),
        Row(
            "bounces: recipients",
            "flufl.bounce",
            len(rows),
            share(list(found.values())),
            share(theirs),
            "flufl.bounce",
            None,
            _wrong(found),
        ),
        Row(
            "bounces, auto-replies", "baunsu", len(named), share(list(other.values())), share(bounced), "flufl.bounce", 0.99, _wrong(other)
        ),
        Row("no false alarm", "ordinary mails", len(false), share(list(false.values())), None, "", 0.998, _wrong(false)),
    ]


def ordinary() -> Iterator[tuple[str, bytes]]:
    """Mails that people wrote: those of talon's and mail-parser's tests, and a thousand made ones."""
    for file in sorted((folder("talon") / "talon-1.4.4" / "tests" / "fixtures").rglob("*.eml")):
        yield file.name, file.read_bytes()
    for file in sorted((folder("mail_parser") / "mail_parser-4.8.0" / "tests" / "mails").iterdir()):
        if b"delivery-status" not in file.read_bytes():
            yield file.name, file.read_bytes()
    for number, raw in enumerate(make_mails(1_000, to="support@desk.example")):
        yield f"made {number}", raw


def _flufl() -> Iterator[tuple[str, bytes, set[str]]]:
    tests = folder("flufl_bounce") / "flufl_bounce-6.0.0" / "tests"
    truth: dict[str, set[str]] = {}
    for node in ast.parse((tests / "test_detectors.py").read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DETECTORS":
            for _, file, addresses, _ in ast.literal_eval(node.value):
                truth.setdefault(file, set()).update(address.decode().lower() for address in addresses)
    for file, addresses in truth.items():
        yield file, _file(tests, file).read_bytes(), addresses


def _file(tests: Path, name: str) -> Path:
    return next(tests.rglob(name))


def _recipients(raw: bytes) -> set[str]:
    bounce = parse_mail(raw).bounce
    return {item.recipient.lower() for item in bounce.recipients} if bounce else set()


def _wrong(results: dict[str, bool]) -> list[str]:
    return [name for name, right in results.items() if not right]
