"""Forwarded mail: the first sender, in every client and language that email-forward-parser's tables name, and quotequail's texts."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.ingest.parse.forwarded import find_forwarded
from tests.bench_mail.material import folder
from tests.bench_mail.tally import Row, share

_ENTRY = re.compile(r"^\s*/(?P<pattern>.+)/[a-z]*,? // (?P<clients>.+)$")
_LIST = re.compile(r"^    (\w+): \[$")
_CLIENT = re.compile(r"([A-Z][^(,]*?) \(([^)]*)\)")
_LOCALES = "cs da de en es fi fr hr hu it ja nl no pl pt pt-br ro ru sk sv tr uk".split()
_DATE = "25 October 2021 at 11:17:21 EEST"
_SUBJECT = "Integer consequat non purus"
_ADDRESS = "john.doe@acme.com"
_SENDERS = ("John Doe <john.doe@acme.com>", '"John Doe" <john.doe@acme.com>', "john.doe@acme.com", "John Doe <john.doe@acme.com<mailto:john.doe@acme.com>>",
            "John Doe [mailto:john.doe@acme.com]", "'John Doe' <john.doe@acme.com>")  # fmt: skip
_TO = "Bessie Berry <bessie.berry@acme.com>"
_BODY = "Aenean quis diam urna. Maecenas eleifend vulputate ligula ac consequat.\n\nBest,\nJohn"
_PREFIX = {"da": "VS", "de": "WG", "es": "RV", "fr": "TR", "it": "I", "no": "Videresend", "pl": "PD", "pt-br": "ENC", "sv": "VB", "fi": "VL",
           "tr": "İLT", "ro": "Redir."}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    subject: str
    body: str
    sender: str


def measure() -> list[Row]:
    """The share of cases whose first sender's address is right."""
    cases = list(_cases())
    theirs = _library([(case.body, case.subject) for case in cases])
    right = {case.name: _sender(case) == case.sender for case in cases}
    beside = share([address == case.sender for address, case in zip(theirs, cases, strict=True)])
    named = list(_named())
    their_named = _library([(case.body, case.subject) for case in named])
    more = {case.name: _sender(case) == case.sender for case in named}
    quail = list(_quotequail())
    rest = {case.name: _sender(case) == case.sender for case in quail}
    their_quail = _library([(case.body, case.subject) for case in quail])
    return [
        Row("forwarded: sender", f"{len(_LOCALES)} languages", len(cases), share(list(right.values())), beside, "email-forward-parser", 0.95, _wrong(right)),
        Row("forwarded: sender", "other clients", len(named), share(list(more.values())),
            share([a == c.sender for a, c in zip(their_named, named, strict=True)]), "email-forward-parser", 0.95, _wrong(more)),
        Row("forwarded: sender", "quotequail", len(quail), share(list(rest.values())),
            share([a == c.sender for a, c in zip(their_quail, quail, strict=True)]), "email-forward-parser", 0.95, _wrong(rest)),
    ]  # fmt: skip


def _sender(case: _Case) -> str:
    found = find_forwarded(case.body, case.subject)
    return found.sender.address.lower() if found and found.sender else ""


def _cases() -> Iterator[_Case]:
    tables = _tables((folder("email-forward-parser") / "package" / "dist" / "parser.js").read_text())
    for client in ("Apple Mail", "Gmail", "Outlook Live / 365", "New Outlook 2019", "Outlook 2019", "Yahoo Mail", "Thunderbird", "HubSpot"):
        for locale in _LOCALES:
            for number, sender in enumerate(_SENDERS):
                body = _body(tables, client, locale, sender)
                if body:
                    prefix = _PREFIX.get(locale, "Fwd" if client in ("Gmail", "Thunderbird") else "Fw")
                    yield _Case(f"{client} {locale} {number}", f"{prefix}: {_SUBJECT}", body, _ADDRESS)


def _body(tables: dict[str, dict[tuple[str, str], str]], client: str, locale: str, sender: str) -> str:
    lax = "_lax" if client == "Yahoo Mail" else ""
    names = {
        part: _of(tables.get(f"original_{part}{lax}", {}), client, locale).rstrip(":： ") for part in ("from", "date", "subject", "to")
    }
    mark = _of(tables["separator"], client, locale)
    if client == "Outlook 2019":
        return _embedded(_of(tables["separator_with_information"], client, locale), sender)
    if not names["from"] or not names["subject"] or not (mark or client == "New Outlook 2019"):
        return ""
    fields = {"from": sender, "date": _DATE, "subject": _SUBJECT, "to": _TO}
    gap = "：" if not names["from"].isascii() and locale == "ja" else " : " if locale == "fr" and client != "Gmail" else ": "
    lines = [f"{names[part]}{gap}{fields[part]}" for part in _order(client) if names[part]]
    if client == "Apple Mail":
        return f"Note.\n\n> {mark}\n> \n" + "\n".join("> " + line for line in [*lines, "", *_BODY.split("\n")])
    if client == "Yahoo Mail":
        return f"Note.\n\n   {mark} {''.join(lines)}\n\n{_BODY}"
    return f"Note.\n\n{mark}\n" + "\n".join(lines) + f"\n\n{_BODY}"


def _order(client: str) -> tuple[str, ...]:
    if client == "Thunderbird":
        return ("subject", "date", "from", "to")
    return ("from", "date", "to", "subject") if "Outlook" in client or client == "Yahoo Mail" else ("from", "date", "subject", "to")


def _embedded(mark: str, sender: str) -> str:
    """Outlook 2019 for the Mac writes one line, with the sender in it."""
    name, _, rest = sender.partition(" <")
    if not rest or "mailto" in rest or not mark or '"' in sender or "'" in sender:
        return ""
    line = mark.replace("{date}", _DATE).replace("{from_name}", name).replace("{from_address}", _ADDRESS)
    return f"Note.\n\n{line}\n\n    {_BODY}"


def _of(table: dict[tuple[str, str], str], client: str, locale: str) -> str:
    return table.get((client, locale)) or table.get((client, "all locales")) or ""


def _tables(source: str) -> dict[str, dict[tuple[str, str], str]]:
    """(client, locale) to label, for each list of the parser: its comments say which pattern is whose."""
    tables: dict[str, dict[tuple[str, str], str]] = {}
    current: dict[tuple[str, str], str] = {}
    for line in source.split("\n"):
        if started := _LIST.match(line):
            current = tables.setdefault(started[1], {})
        elif found := _ENTRY.match(line):
            label = _label(found["pattern"])
            for client, locales in _CLIENT.findall(found["clients"]):
                for locale in locales.split(", "):
                    current.setdefault((client.strip(), "cs" if locale == "cz" else locale), label)
    return tables


def _label(pattern: str) -> str:
    """What a pattern of theirs stands for, in its shortest form, with `{date}` and the like for its named groups."""
    text = re.sub(r"\(\?<(\w+)>\.\+\)", r"{\1}", pattern)
    text = re.sub(r"([-_=])\{(\d+)(?:,\d+)?\}", lambda found: found[1] * int(found[2]), text)
    text = text.replace(r"[\[|<|(]", "(").replace(r"[\]|>|)]", ")").replace(r"[\[|<]", "<").replace(r"[\]|>]", ">")
    text = (
        text.replace(r"\(", "\x00")
        .replace(r"\)", "\x01")
        .replace(r"\s?:", ":")
        .replace(r"\s?", " ")
        .replace(r"\s*", " ")
        .replace(r"\*?", "")
        .replace("\\", "")
    )
    text = (
        re.sub(r"[\^$()?]|\.\+.*", "", text).replace("\x00", "(").replace("\x01", ")")
        if "{" not in text
        else text.replace("$", "").replace("^", "")
    )
    return " ".join(text.replace("\x00", "(").replace("\x01", ")").strip("> ").split())


_BLOCK = "From: {sender}\nDate: {date}\nSubject: {subject}\nTo: {to}\n\n{body}"
_CLIENTS = {
    "iOS": "Note\n\nBegin forwarded message:\n\n" + _BLOCK,
    "iOS quoted": "Note\n\nSent from my iPhone\n\nBegin forwarded message:\n\n> From: {sender}\n> Date: {date}\n> To: {to}\n> Subject: {subject}\n> \n> {body}",
    "iOS bold": "Begin forwarded message:\n\n*From: *{sender}\n*Date: *{date}\n*To: *{to}\n*Subject: **{subject}*\n\n{body}",
    "ProtonMail": "Note\n\n------- Forwarded Message -------\nFrom: {sender}\nDate: On {date}\nSubject: {subject}\nTo: {to}\n\n\n> {body}",
    "ProtonMail older": "Note\n\n‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nFrom: {sender}\nDate: {date}\nSubject: {subject}\nTo: {to}\n\n{body}",
    "Zoho": "Note\n\n\n============ Forwarded message ============\nFrom: {sender}\nTo: {to}\nDate: {date}\nSubject: {subject}\n============ Forwarded message ============\n\n{body}",
    "Outlook mobile": "Note\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: {sender}\nSent: {date}\nTo: {to}\nSubject: {subject}\n\n{body}",
    "Outlook desktop": "Note\n\nFrom: {sender}\nSent: {date}\nTo: {to}\nSubject: {subject}\n\n{body}",
    "Outlook desktop, older": "Note\n\n-----Original Message-----\nFrom: {sender}\nSent: {date}\nTo: {to}\nSubject: {subject}\n\n{body}",
    "Outlook bold": "Note\n\n*From:* {sender}\n*Sent:* {date}\n*To:* {to}\n*Subject:* {subject}\n\n{body}",
    "IONOS": "Note\n\n---------- Original Message ----------\nFrom:\xa0{sender}\nTo:\xa0{to}\nDate:\xa0{date}\nSubject:\xa0{subject}\xa0\n\n{body}",
    "Missive": "Note\n\n---------- Forwarded message ----------\n" + _BLOCK,
    "MailMate": "Note\n\nForwarded message:\n\n> From: {sender}\n> To: {to}\n> Subject: {subject}\n> Date: {date}\n>\n> {body}",
    "Yahoo, line by line": "Note\n\n----- Forwarded Message -----\nFrom: {sender}\nTo: {to}\nSent: {date}\nSubject: {subject}\n\n{body}",
    "Lotus Notes": "Note\n\n----- Forwarded by Bo Li/Acme on 01/02/2021 10:00 AM -----\n\nFrom:   {sender}\nTo:     {to}\nDate:   {date}\nSubject:        {subject}\n\n{body}",
    "QQ": "------------------ 原始邮件 ------------------\n发件人: {sender};\n发送时间: {date}\n收件人: {to};\n主题: {subject}\n\n{body}",
    "163": "-------- 转发邮件信息 --------\n发件人：{sender}\n发送日期：{date}\n收件人：{to}\n主题：{subject}\n{body}",
    "Gmail ja": "---------- Forwarded message ---------\n差出人: {sender}\nDate: {date}\nSubject: {subject}\nTo: {to}\n\n{body}",
    "Gmail ko": "---------- Forwarded message ---------\n보낸사람: {sender}\nDate: {date}\nSubject: {subject}\nTo: {to}\n\n{body}",
    "Gmail ar": "---------- Forwarded message ---------\nمن: {sender}\nDate: {date}\nSubject: {subject}\nTo: {to}\n\n{body}",
    "Outlook el": "Note\n\nΑπό: {sender}\nΣτάλθηκε: {date}\nΠρος: {to}\nΘέμα: {subject}\n\n{body}",
}  # fmt: skip


def _named() -> Iterator[_Case]:
    for client, template in _CLIENTS.items():
        for number, sender in enumerate(_SENDERS):
            body = template.format(sender=sender, date=_DATE, subject=_SUBJECT, to=_TO, body=_BODY)
            yield _Case(f"{client} {number}", f"Fwd: {_SUBJECT}", body, _ADDRESS)


def _quotequail() -> Iterator[_Case]:
    source = (folder("quotequail") / "quotequail-0.5.4" / "tests" / "test_unwrap.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict)):
            continue
        text, expected = ast.literal_eval(node)
        found = re.search(r"[\w.+-]+@[\w.-]+", expected.get("from", ""))
        if expected.get("type") == "forward" and found:
            yield _Case(f"quotequail line {node.lineno}", f"Fwd: {expected.get('subject', '')}", text, found[0].lower())


def _library(cases: list[tuple[str, str]]) -> list[str]:
    """What email-forward-parser says, through node."""
    module = (folder("email-forward-parser") / "package" / "dist" / "index.js").resolve().as_uri()
    script = (
        f"import {{createRequire}} from 'module'; const m = await import({json.dumps(module)}); const P = m.default; const p = new P();"
        "let raw = ''; for await (const c of process.stdin) raw += c;"
        "console.log(JSON.stringify(JSON.parse(raw).map(([b, s]) => { try { return p.read(b, s).email?.from?.address ?? '' } catch { return '' } })))"
    )
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or "node"
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], input=json.dumps(cases), stdout=subprocess.PIPE, check=True, text=True
    )
    return [str(address or "").lower() for address in json.loads(done.stdout)]


def _wrong(results: dict[str, bool]) -> list[str]:
    return [name for name, right in results.items() if not right]
