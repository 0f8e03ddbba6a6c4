"""`helpdesk mail inspect`: what the parser saw in a mail, and what correlation would go by. Needs no running system."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

_HIDDEN = "."


def inspect(
    path: Annotated[Path, typer.Argument(help="A mail (RFC 5322) or a folder of mails, read recursively.")],
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line instead of indented JSON.")] = False,
    home: Annotated[Path | None, typer.Option(help="Taken for symmetry with the other commands; nothing of it is read.")] = None,
) -> None:
    """Show what parser and correlation see in mails, one JSON object a mail."""
    raise typer.Exit(inspect_paths([path], jsonl=jsonl))


def inspect_paths(paths: Iterable[Path], *, jsonl: bool) -> int:
    """Print one JSON object a mail on stdout; 0, or 1 when a path does not exist. A file that cannot be read is a row with `error`."""
    missing = [path for path in paths if not path.exists()]
    for path in missing:
        print(f"{path}: no such file or folder", file=sys.stderr)
    option = orjson.OPT_APPEND_NEWLINE | (0 if jsonl else orjson.OPT_INDENT_2)
    try:
        for file in _files(path for path in paths if path not in missing):
            sys.stdout.buffer.write(orjson.dumps(describe(file), option=option))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `… | head` has seen enough
        sys.stderr.close()
    return 1 if missing else 0


def describe(path: Path) -> dict[str, Any]:
    """The row of one mail file. Never raises."""
    from services.ingest.parse.mail import parse_mail

    name = str(path).encode("utf-8", "replace").decode()
    try:
        # A named pipe among mails would keep everybody waiting.
        if not path.is_file():
            raise FileNotFoundError(errno.ENOENT, "not a file")
        raw = path.read_bytes()
    except OSError as error:
        return {**_row(name, parse_mail(b"")), "error": f"cannot be read: {error.strerror or error}"}
    return _row(name, parse_mail(raw))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from [Path(folder, name) for name in sorted(names) if not name.startswith(_HIDDEN)]


def _row(path: str, mail: Any) -> dict[str, Any]:
    from services.ingest.parse.inbound import bounced

    evidence = mail.evidence
    forwarded = mail.forwarded
    return {
        "path": path,
        "subject": mail.subject,
        "from": _people(mail.sender),
        "to": _people(mail.to),
        "cc": _people(mail.cc),
        "reply_to": _people(mail.reply_to),
        "date": mail.date.isoformat().replace("+00:00", "Z") if mail.date else None,
        "message_id": mail.message_id or None,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else None,
        "references": list(mail.references),
        "kind": mail.kind,
        "kind_reason": mail.kind_reason or None,
        "text": mail.text,
        "html": mail.html,
        "reply": mail.reply,
        "quoted": mail.quoted,
        "quoted_html": mail.quoted_html,
        "signature": mail.signature,
        "forwarded": {
            "from": {"name": forwarded.sender.name, "address": forwarded.sender.address} if forwarded.sender else None,
            "date": forwarded.date,
            "subject": forwarded.subject,
        } if forwarded else None,
        "attachments": [
            {"name": a.name, "type": a.type, "size": a.size, "sha256": a.sha256, "inline": a.inline} for a in mail.attachments
        ],
        "bounce": [
            {"recipient": b.recipient, "status": b.status or "", "action": b.action or "", "permanent": b.permanent} for b in bounced(mail)
        ] if mail.bounce else None,
        "returned_message_id": (mail.bounce.original_message_id or None) if mail.bounce else None,
        "correlation": {
            "recipients": list(evidence.recipients), "parents": list(evidence.parents), "numbers": list(evidence.numbers),
            "loop": evidence.loop or None, "return_path": evidence.return_path,
        },
        "flags": list(mail.flags),
        "error": mail.error or None,
    }  # fmt: skip


def _people(addresses: Any) -> list[dict[str, str]]:
    return [{"name": a.name, "address": a.address} for a in addresses]
