"""Fetching from a real Dovecot: nothing lost, nothing doubled, whatever dies and whoever meddles."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from imapclient import IMAPClient

from schemas.topics import MAIL_RAW
from services.ingest.fetch import imap, position, worker
from services.ingest.fetch.accounts import Account
from services.ingest.fetch.imap import Connection
from services.ingest.fetch.mailboxes import Mailboxes
from services.ingest.fetch.position import Progress, Ranges
from services.ingest.fetch.positions import load_positions
from services.ingest.fetch.publish import mail_id, position_record
from services.ingest.fetch.worker import BULK, FolderWorker
from services.runtime.blobs import Blobs, Shelf
from services.runtime.claim_check import value_of
from services.runtime.ids import event_id
from services.runtime.producer import Producer
from tests.ingest.conftest import Desk, Topic, eventually
from tests.ingest.dovecot import BINARY, Dovecot
from tests.ingest.parse.mails import plain

pytestmark = pytest.mark.skipif(not BINARY.exists(), reason="Dovecot is not installed (apt-get install dovecot-imapd)")


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    """One server for the module; it is left running."""
    root = Path(tempfile.mkdtemp(prefix="helpdesk-dovecot-"))
    server = Dovecot.made(root)
    server.start()
    eventually(server.answers, what="Dovecot")
    yield server
    server.stop()
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def raw(desk: Desk) -> Iterator[Topic]:
    """`mail.raw` as it fills."""
    topic = Topic(desk.settings, MAIL_RAW.name)
    yield topic
    topic.close()


def _mails(count: int, *, start: int = 0) -> list[bytes]:
    return [plain(f"Mail {n}", Subject=f"Mail {n}", Message_ID=f"<{n}@customers.example>") for n in range(start, start + count)]


def _account(desk: Desk, dovecot: Dovecot) -> Account:
    return Account(name=desk.address, host="127.0.0.1", port=dovecot.port, security="none", user=desk.address, password="x")


@contextmanager
def _fetching(desk: Desk, *accounts: Account) -> Iterator[Mailboxes]:
    blobs = Blobs(desk.settings)
    with Producer(desk.settings, blobs=blobs) as producer, Producer(desk.settings, blobs=blobs, **BULK) as bulk:
        boxes = Mailboxes(desk.settings, producer=producer, bulk=bulk, positions=load_positions(desk.settings))
        for account in accounts:
            boxes.add(account)
        try:
            yield boxes
        finally:
            boxes.stop()


def _ids(desk: Desk, topic: Topic) -> list[str]:
    return [r.id or "" for r in list(topic.records) if r.headers.get("ce_subject", "").startswith(desk.address)]


def _bodies(desk: Desk, topic: Topic) -> set[bytes]:
    return {r.value or b"" for r in list(topic.records) if r.headers.get("ce_subject", "").startswith(desk.address)}


def _has(desk: Desk, topic: Topic, count: int) -> None:
    eventually(lambda: len(set(_ids(desk, topic))) >= count, seconds=40, what=f"{count} mails")
    assert len(set(_ids(desk, topic))) == count


def test_batches_bring_every_mail_once(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(120))
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 120)
        dovecot.put(desk.address, _mails(1, start=120))  # heard through IDLE
        _has(desk, raw, 121)
    assert len(_ids(desk, raw)) == len(_bodies(desk, raw)) == 121


def test_a_mail_that_comes_just_before_the_wait_rings(desk: Desk, dovecot: Dovecot) -> None:
    dovecot.put(desk.address, _mails(1))
    with Connection(_account(desk, dovecot)) as connection:
        connection.select("INBOX")
        for number in range(1, 6):
            connection.search(0, 0)
            start = time.perf_counter()
            dovecot.put(desk.address, _mails(1, start=number))
            assert connection.wait(20, poll_seconds=20, stop=threading.Event())
            assert time.perf_counter() - start < 10, "it was only seen at the end of the wait"
            eventually(lambda: len(connection.search(0, 0)) == number + 1)  # noqa: B023  called at once


def _process(desk: Desk, dovecot: Dovecot, *, crash_at: str) -> subprocess.Popen[bytes]:
    settings = desk.settings
    own = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers, "EMAIL_USER": desk.address, "EMAIL_AUTH_CREDENTIAL": "x",
        "IMAP_SERVER": "127.0.0.1", "IMAP_PORT": str(dovecot.port), "HELPDESK_HOME": str(settings.home), "HELPDESK_CRASH_AT": crash_at,
        "HELPDESK_HEALTH_PORT": "0", "HELPDESK_SECRET_KEY": "x" * 32,
    }  # fmt: skip
    return subprocess.Popen(
        (sys.executable, "-m", "services.cli.run", "ingest-fetch"),
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def _alive(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("point", ["fetch.raw.before", "fetch.raw.acked", "fetch.position.acked"])
def test_a_kill_loses_and_doubles_nothing(desk: Desk, dovecot: Dovecot, raw: Topic, point: str) -> None:
    dovecot.put(desk.address, _mails(1000))
    assert _process(desk, dovecot, crash_at=f"{point}:3").wait(60) == -signal.SIGKILL
    with _alive(_process(desk, dovecot, crash_at="")):
        _has(desk, raw, 1000)
    assert len(_bodies(desk, raw)) == 1000
    # Only a kill between the mails and their position publishes again, one haul under the same ids.
    again = len(_ids(desk, raw)) - 1000
    assert 0 < again <= 200 if point == "fetch.raw.acked" else again == 0


def test_what_a_kill_left_on_the_server_is_removed_later(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(20))
    assert _process(desk, dovecot, crash_at="fetch.position.acked").wait(60) == -signal.SIGKILL
    assert _left(desk, dovecot) == 20
    with _fetching(desk, _account(desk, dovecot)):
        dovecot.put(desk.address, _mails(1, start=20))
        _has(desk, raw, 21)
    assert _left(desk, dovecot) == 21  # nobody asked for it
    with _fetching(desk, replace(_account(desk, dovecot), after_storing="delete")):
        eventually(lambda: _left(desk, dovecot) == 0, what="an empty mailbox")
    assert len(_ids(desk, raw)) == 21


def test_stored_mail_is_moved_where_the_mailbox_says(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(20))
    with _fetching(desk, replace(_account(desk, dovecot), after_storing="move", move_to="Stored")):
        eventually(lambda: _left(desk, dovecot) == 0, what="an empty inbox")
        eventually(lambda: _left(desk, dovecot, folder="Stored") == 20, what="the folder of what is stored")
        dovecot.put(desk.address, _mails(1, start=20))
        _has(desk, raw, 21)
        eventually(lambda: _left(desk, dovecot, folder="Stored") == 21, what="the new one beside them")


def test_stored_mail_is_marked_once_and_a_person_may_unmark_it(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(3))
    account = replace(_account(desk, dovecot), after_storing="mark_read")
    with _fetching(desk, account):
        eventually(lambda: _left(desk, dovecot, which="UNSEEN") == 0, what="all of them read")
        _has(desk, raw, 3)
    with IMAPClient("127.0.0.1", port=dovecot.port, ssl=False, timeout=10) as person:
        person.login(desk.address, "x")
        person.select_folder("INBOX")
        person.remove_flags(person.search("ALL")[:1], [b"\\Seen"])
    with _fetching(desk, account):
        dovecot.put(desk.address, _mails(1, start=3))
        _has(desk, raw, 4)
        eventually(lambda: _left(desk, dovecot, which="UNSEEN") == 1, what="the new one read, the other as the person left it")


def _left(desk: Desk, dovecot: Dovecot, *, folder: str = "INBOX", which: str = "ALL") -> int:
    with IMAPClient("127.0.0.1", port=dovecot.port, ssl=False, timeout=10) as client:
        client.login(desk.address, "x")
        if not client.folder_exists(folder):
            return 0
        client.select_folder(folder, readonly=True)
        return len(client.search(which))


def test_two_fetchers_make_the_same_ids(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(200))
    with _alive(_process(desk, dovecot, crash_at="")), _alive(_process(desk, dovecot, crash_at="")):
        _has(desk, raw, 200)
        dovecot.put(desk.address, _mails(20, start=200))
        _has(desk, raw, 220)
    assert len(_bodies(desk, raw)) == 220


def test_another_uidvalidity_brings_ten_new_mails(desk: Desk, dovecot: Dovecot, inbound: Topic) -> None:
    dovecot.put(desk.address, _mails(1000))
    with desk.parsing(), _fetching(desk, _account(desk, dovecot)):
        eventually(lambda: len(desk.messages(inbound)) == 1000, seconds=60, what="1,000 messages")
    dovecot.begin_anew(desk.address, uidvalidity=77)
    dovecot.put(desk.address, _mails(10, start=1000))
    with desk.parsing(), _fetching(desk, _account(desk, dovecot)):
        eventually(lambda: len(desk.messages(inbound)) == 2010, seconds=60, what="2,010 messages")
    # The old ones come again under new ids; what tickets tells them by (architecture.md 4) is the same.
    assert len({m.raw_sha256 for m in desk.messages(inbound)}) == 1010
    assert len({(m.message_id, m.body_hash) for m in desk.messages(inbound)}) == 1010


def test_a_back_fill_tells_how_far_it_is(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(600))
    told: list[str] = []
    with _fetching(desk, _account(desk, dovecot)) as boxes:

        def all_there() -> bool:
            told.append(boxes.status()["mailboxes"][0]["progress"])
            return len(_ids(desk, raw)) == 600

        eventually(all_there, what="600 mails")
        eventually(lambda: boxes.status()["mailboxes"][0]["progress"] == "", what="nothing left to say")
    stored = [int(words.split()[1].replace(",", "")) for words in told if words]
    assert stored and stored == sorted(stored) and {words.partition(" of ")[2] for words in told if words} == {"600"}


def test_a_mail_that_turned_up_late_far_below_is_found_by_the_daily_listing(
    desk: Desk, dovecot: Dovecot, raw: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (position, worker):
        monkeypatch.setattr(module, "RESCAN", 5)
    dovecot.put(desk.address, _mails(30))
    with IMAPClient("127.0.0.1", port=dovecot.port, ssl=False, timeout=10) as person:
        person.login(desk.address, "x")
        epoch = int(person.select_folder("INBOX")[b"UIDVALIDITY"])
    # As of yesterday: everything up to 30 was read, and 10 to 12 were not there.
    there = [(1, 9), (13, 30)]
    before = Progress(desk.address, "INBOX", epoch, low=30, settled=Ranges(there))
    shelf, name = Shelf(desk.settings, "listings"), event_id("listing", desk.address, "INBOX", epoch)
    shelf.put(name, orjson.dumps({"low": 30, "uids": there}))
    with Producer(desk.settings) as producer:
        producer.send_all([position_record(before.record())])
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 3)
        eventually(lambda: orjson.loads(shelf.get(name))["uids"] == [[1, 30]], what="today's listing")
    assert _ids(desk, raw) == [mail_id(desk.address, "INBOX", epoch, uid) for uid in (10, 11, 12)]
    dovecot.put(desk.address, _mails(1, start=30))
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 4)
    assert len(_ids(desk, raw)) == 4


def test_flags_and_moves_of_people_hide_nothing(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(100))
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 100)
    dovecot.put(desk.address, _mails(100, start=100))
    with IMAPClient("127.0.0.1", port=dovecot.port, ssl=False, timeout=10) as person:
        person.login(desk.address, "x")
        person.select_folder("INBOX")
        everything = person.search("ALL")
        person.add_flags(everything, [b"\\Seen"])
        person.move(everything[:100:2], "Done")
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 200)
    assert len(_bodies(desk, raw)) == 200


def test_a_silent_server_is_left_and_others_go_on(desk: Desk, dovecot: Dovecot, raw: Topic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_CONNECT_SECONDS", 1)
    dovecot.put(desk.address, _mails(3))
    with socket.create_server(("127.0.0.1", 0)) as mute:
        good = _account(desk, dovecot)
        silent = replace(good, name="silent@desk.example", port=mute.getsockname()[1])
        with _fetching(desk, silent, good) as boxes:
            _has(desk, raw, 3)
            error = eventually(lambda: {r["name"]: r["error"] for r in boxes.status()["mailboxes"]}["silent@desk.example"])
    assert "does not answer" in str(error)


def test_a_restarted_server_is_found_again(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dovecot.put(desk.address, _mails(5))
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 5)
        dovecot.stop()
        dovecot.put(desk.address, _mails(5, start=5))
        dovecot.start()
        _has(desk, raw, 10)
    assert len(_ids(desk, raw)) == 10


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that the server must not read")
def test_one_poison_mail_among_a_hundred(desk: Desk, dovecot: Dovecot, raw: Topic) -> None:
    dead = Topic(desk.settings, MAIL_RAW.name + ".dlq")
    dovecot.put(desk.address, _mails(50))
    dovecot.put(desk.address, _mails(1, start=50), readable=False)
    dovecot.put(desk.address, _mails(49, start=51))
    with _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 99)
        eventually(lambda: _ids(desk, dead), seconds=60, what="a dead letter")
        dovecot.put(desk.address, _mails(1, start=100))
        _has(desk, raw, 100)
    dead.close()
    assert len(_ids(desk, dead)) == 1


@pytest.mark.parametrize("streamed", [True, False])
def test_a_big_mail_stands_in_no_memory(
    desk: Desk, dovecot: Dovecot, raw: Topic, monkeypatch: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    size = 60 * 1024 * 1024
    dovecot.put(desk.address, [plain("x") + (b"y" * 76 + b"\r\n") * (size // 78)])
    if not streamed:  # the control: without the spool the mail does stand in memory
        monkeypatch.setattr(Mailboxes, "_worker", _without_spool)
    watch = _Memory()
    with watch, _fetching(desk, _account(desk, dovecot)):
        _has(desk, raw, 1)
    assert (watch.grown < size // 2) is streamed, f"grew by {watch.grown // 1024 // 1024} MB"
    record = next(r for r in raw.records if r.headers.get("ce_subject", "").startswith(desk.address))
    whole = value_of(record, Blobs(desk.settings))
    assert whole is not None and len(whole) > size - 100 and whole.endswith(b"y" * 76 + b"\r\n")


def _without_spool(boxes: Mailboxes, account: Account, folder: str) -> FolderWorker:
    return FolderWorker(account, folder, progress=None, producer=boxes._producer)


class _Memory:
    """The most anonymous memory this process took above what it had: file pages are the kernel's to drop."""

    def __init__(self) -> None:
        self.grown = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._before = _anonymous()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)

    def _watch(self) -> None:
        while not self._stop.wait(0.01):
            self.grown = max(self.grown, _anonymous() - self._before)


def _anonymous() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) * 1024
