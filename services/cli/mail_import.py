"""`helpdesk mail import`: mail of another system as tickets with their past. Nothing is sent, nothing fires."""

from __future__ import annotations

import hashlib
import mailbox
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from schemas.base import Attachment
    from schemas.commands import ImportedMessage, TicketCommand
    from services.ingest.parse.model import ParsedMail
    from services.runtime.blobs import Blobs
    from services.runtime.codec import Outgoing

_STATUSES = ("open", "resolved", "closed")
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
_BATCH = 200
_SAID = ("human", "bulk")
_PLACE = "import/archive"


def import_(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="mbox files, Maildir folders, .eml files, or folders of these.", exists=True)
    ],
    own: Annotated[
        list[str] | None, typer.Option("--own", metavar="ADDRESS", help="An address of the desk: mail from it is an agent's. Repeatable.")
    ] = None,
    status: Annotated[str, typer.Option("--status", help="Of the tickets made: open, resolved or closed.")] = "closed",
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Group mails into threads and make a ticket of each; a second time the same mails change nothing."""
    if status not in _STATUSES:
        raise typer.BadParameter(f"--status is one of {', '.join(_STATUSES)}")
    from services.cli.running import settings_of
    from services.cli.seed import ticket_record
    from services.runtime.blobs import Blobs
    from services.runtime.producer import Producer

    config = settings_of(home)
    desk = {address.lower() for address in (own or [])} | ({config.email_user.lower()} if config.email_user else set())
    blobs = Blobs(config)
    kept = _Kept(blobs)
    found = threads([kept.parse(raw) for path in paths for raw in read_mails(path)])
    commands = list(commands_of(found, own=desk, status=status, kept=kept))
    with Producer(config, blobs=blobs) as producer:
        # The mails themselves first: what names them in the log must be there.
        for raw in (raw for path in paths for raw in read_mails(path)):
            if record := kept.record(raw):
                producer.send_all([record])
        for at in range(0, len(commands), _BATCH):
            producer.send_all([ticket_record(command) for command in commands[at : at + _BATCH]])
            print(f"\r{min(at + _BATCH, len(commands))} of {len(commands)} threads", end="", file=sys.stderr)
    print(file=sys.stderr)
    typer.echo(f"{len(commands)} threads handed over, {sum(len(c.action.messages) for c in commands if c.action.verb == 'import')} mails.")


def read_mails(path: Path) -> Iterator[bytes]:
    """Every mail in an mbox, a Maildir, an .eml or a folder of these; reading changes nothing."""
    if path.is_dir() and {"cur", "new"} <= {child.name for child in path.iterdir()}:
        for child in sorted((*(path / "new").iterdir(), *(path / "cur").iterdir())):
            yield child.read_bytes()
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if not child.name.startswith("."):
                yield from read_mails(child)
    elif path.suffix.lower() == ".eml" or _first_bytes(path) != b"From ":
        yield path.read_bytes()
    else:
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.iterkeys():
                yield box.get_bytes(key)
        finally:
            box.close()


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(5)


def threads(mails: list[ParsedMail]) -> list[list[ParsedMail]]:
    """Mails that share an id, their own or one they refer to, each thread in the order of time; a mail found twice counts once."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    named = {_identity(mail): mail for mail in mails}
    for identity, mail in named.items():
        for parent in mail.evidence.parents:
            leader[find(parent)] = find(identity)
    groups: dict[str, list[ParsedMail]] = defaultdict(list)
    for identity, mail in named.items():
        groups[find(identity)].append(mail)
    return [sorted(group, key=lambda mail: mail.date or _FIRST) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class _Mail:
    """Where a mail and its files are kept."""

    key: str
    sha256: str
    files: tuple[Attachment, ...]


class _Kept:
    """Parses mails and remembers of each no more than a ticket needs: files go to the blob store, bytes are read again when they are sent."""

    def __init__(self, blobs: Blobs | None = None) -> None:
        self._blobs = blobs
        self._mails: dict[str, _Mail] = {}
        self._used: dict[str, datetime] = {}

    def parse(self, raw: bytes) -> ParsedMail:
        """The mail without the content of its files."""
        from services.ingest.parse.inbound import kept_files
        from services.ingest.parse.mail import parse_mail
        from services.runtime.ids import event_id

        mail = parse_mail(raw)
        digest = hashlib.sha256(raw).hexdigest()
        key = event_id("mail-import", digest)
        if self._blobs is not None and mail.kind in _SAID:
            for item in mail.attachments:
                self._blobs.put(item.content, sha256=item.sha256)
        self._mails[_identity(mail)] = _Mail(key, digest, tuple(kept_files(mail, raw_id=key, at=mail.date or _FIRST)))
        return replace(mail, attachments=())

    def take(self, mail: ParsedMail) -> _Mail:
        """What is kept of a mail that becomes a message; its bytes will be sent."""
        found = self._mails[_identity(mail)]
        self._used[found.sha256] = mail.date or _FIRST
        return found

    def record(self, raw: bytes) -> Outgoing | None:
        """The record of a mail that became a message: of a type that nobody answers, the same at every import."""
        from schemas.topics import IMPORTED_MAIL, MAIL_RAW
        from services.runtime.codec import RFC822, Outgoing
        from services.runtime.ids import event_id

        digest = hashlib.sha256(raw).hexdigest()
        at = self._used.get(digest)
        if at is None:
            return None
        key = event_id("mail-import", digest)
        return Outgoing(
            topic=MAIL_RAW.name, key=key, value=raw, id=key, type=IMPORTED_MAIL, source="cli", time=at, routing=_PLACE, subject=f"{_PLACE};sha256={digest}",
            correlation_id=key, content_type=RFC822,
        )  # fmt: skip


def commands_of(found: list[list[ParsedMail]], *, own: set[str], status: str, kept: _Kept) -> Iterator[TicketCommand]:
    """One import command a thread that a customer takes part in. Bounces and automatic answers are left out."""
    from schemas.base import Actor, Address
    from schemas.commands import ImportTicket, TicketCommand
    from services.runtime.ids import event_id, object_id

    for thread in found:
        said = [mail for mail in thread if mail.sender and mail.kind in _SAID]
        customer = next((mail for mail in said if mail.sender[0].address.lower() not in own), None)
        if customer is None:
            continue
        messages = [_message(mail, kept.take(mail), own=own) for mail in said[said.index(customer) :]]
        root = _identity(customer)
        requester = Address(name=customer.sender[0].name, address=customer.sender[0].address.lower())
        action = ImportTicket(
            subject=customer.subject or "(no subject)", requester=requester, status=status, tags=["imported"], messages=messages
        )
        yield TicketCommand(
            id=event_id("import", root),
            ticket_id=object_id(messages[0].created_at, "import", root),
            actor=Actor(kind="system"),
            at=datetime.now(UTC),
            action=action,
        )


def _message(mail: ParsedMail, stored: _Mail, *, own: set[str]) -> ImportedMessage:
    from schemas.base import Address
    from schemas.commands import ImportedMessage

    def people(given: Iterable[Any]) -> list[Address]:
        return [Address(name=one.name, address=one.address.lower()) for one in given]

    return ImportedMessage(
        kind="agent" if mail.sender[0].address.lower() in own else "customer", body_text=mail.reply or mail.text, body_html=mail.reply_html or None,
        created_at=mail.date or _FIRST, message_id=mail.message_id or None, sender=people(mail.sender[:1])[0], to=people(mail.to), cc=people(mail.cc),
        quoted_html=mail.quoted_html or None, attachments=list(stored.files), raw_key=stored.key, raw_sha256=stored.sha256,
    )  # fmt: skip


def _identity(mail: ParsedMail) -> str:
    from services.ingest.parse.inbound import body_hash

    return mail.message_id or f"{mail.date} {body_hash(mail.text)}"
