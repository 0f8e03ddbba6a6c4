"""Fetching from pymap, a second IMAP server with other habits: no CONDSTORE, UIDs that begin at 101, several folders of one mailbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from imapclient import IMAPClient

from deploy.embedded.ports import choose_port
from schemas.topics import MAIL_RAW
from services.ingest.fetch.accounts import Account
from services.ingest.fetch.mailboxes import Mailboxes
from services.ingest.fetch.positions import load_positions
from services.runtime.blobs import Blobs
from services.runtime.producer import Producer
from tests.ingest.conftest import Desk, Topic, eventually
from tests.ingest.parse.mails import plain

_PASSWORD = "x"
_FIRST, _SECOND = "Support", "Sales"


@dataclass(frozen=True, slots=True)
class Pymap:
    """A server with one user; its mail lives as long as it runs."""

    user: str
    port: int

    @contextmanager
    def person(self) -> Iterator[IMAPClient]:
        """Somebody with a mail program."""
        with IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=10) as client:
            client.login(self.user, _PASSWORD)
            yield client

    def put(self, folder: str, *mails: bytes) -> None:
        with self.person() as person:
            for mail in mails:
                person.append(folder, mail)


@pytest.fixture
def pymap(desk: Desk) -> Iterator[Pymap]:
    """The server, with two empty folders."""
    port = choose_port()
    program = str(Path(sys.executable).with_name("pymap"))
    argv = [
        program,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "dict",
        "--demo-data",
        "--demo-user",
        desk.address,
        "--demo-password",
        _PASSWORD,
    ]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Pymap(desk.address, port)
        eventually(lambda: _has_folders(server), what="pymap")
        yield server
    finally:
        process.kill()
        process.wait(10)


def _has_folders(server: Pymap) -> bool:
    try:
        with server.person() as person:
            for folder in (_FIRST, _SECOND):
                if not person.folder_exists(folder):
                    person.create_folder(folder)
            return b"CONDSTORE" not in person.capabilities()
    except OSError:  # it does not listen yet
        return False


@pytest.fixture
def raw(desk: Desk) -> Iterator[Topic]:
    """`mail.raw` as it fills."""
    topic = Topic(desk.settings, MAIL_RAW.name)
    yield topic
    topic.close()


@contextmanager
def _fetching(desk: Desk, account: Account) -> Iterator[Mailboxes]:
    with Producer(desk.settings, blobs=Blobs(desk.settings)) as producer:
        boxes = Mailboxes(desk.settings, producer=producer, positions=load_positions(desk.settings))
        boxes.add(account)
        try:
            yield boxes
        finally:
            boxes.stop()


def _account(server: Pymap, *folders: str) -> Account:
    return Account(
        name=server.user,
        host="127.0.0.1",
        port=server.port,
        security="none",
        user=server.user,
        password=_PASSWORD,
        folders=folders or (_FIRST,),
    )


def _mails(count: int, *, start: int = 0) -> list[bytes]:
    return [plain(f"Mail {n}", Subject=f"Mail {n}", Message_ID=f"<{n}@customers.example>") for n in range(start, start + count)]


def _has(desk: Desk, topic: Topic, count: int) -> None:
    def ids() -> list[str]:
        return [r.id or "" for r in list(topic.records) if r.headers.get("ce_subject", "").startswith(desk.address)]

    eventually(lambda: len(ids()) >= count, seconds=40, what=f"{count} mails")
    assert len(ids()) == len(set(ids())) == count


def test_every_mail_of_every_folder_comes_once_and_new_ones_ring(desk: Desk, pymap: Pymap, raw: Topic) -> None:
    pymap.put(_FIRST, *_mails(60))
    pymap.put(_SECOND, *_mails(3, start=60))
    with _fetching(desk, _account(pymap, _FIRST, _SECOND)):
        _has(desk, raw, 63)
        pymap.put(_FIRST, *_mails(1, start=63))
        _has(desk, raw, 64)
    with _fetching(desk, _account(pymap, _FIRST, _SECOND)):
        pymap.put(_SECOND, *_mails(1, start=64))
        _has(desk, raw, 65)


def test_a_folder_that_begins_anew_brings_its_new_mails(desk: Desk, pymap: Pymap, raw: Topic) -> None:
    pymap.put(_FIRST, *_mails(20))
    with _fetching(desk, _account(pymap)):
        _has(desk, raw, 20)
    with pymap.person() as person:
        before = person.folder_status(_FIRST, ["UIDVALIDITY"])
        person.delete_folder(_FIRST)
        person.create_folder(_FIRST)
        assert person.folder_status(_FIRST, ["UIDVALIDITY"]) != before
    pymap.put(_FIRST, *_mails(10, start=20))
    with _fetching(desk, _account(pymap)):
        _has(desk, raw, 30)


def test_what_people_do_to_their_mail_hides_none(desk: Desk, pymap: Pymap, raw: Topic) -> None:
    pymap.put(_FIRST, *_mails(20))
    with pymap.person() as person:
        person.select_folder(_FIRST)
        everything = person.search("ALL")
        person.add_flags(everything, [b"\\Seen"])
    with _fetching(desk, _account(pymap)):
        _has(desk, raw, 20)
        with pymap.person() as person:
            person.select_folder(_FIRST)
            person.move(everything[::2], _SECOND)
        pymap.put(_FIRST, *_mails(5, start=20))
        _has(desk, raw, 25)


def test_stored_mail_is_moved_away(desk: Desk, pymap: Pymap, raw: Topic) -> None:
    pymap.put(_FIRST, *_mails(5))

    def moved() -> bool:
        with pymap.person() as person:
            counts = [person.folder_status(folder, ["MESSAGES"])[b"MESSAGES"] for folder in (_FIRST, "Done")]
        return counts == [0, 5]

    with _fetching(desk, replace(_account(pymap), after_storing="move", move_to="Done")):
        _has(desk, raw, 5)
        eventually(moved, what="the mails in the other folder")
