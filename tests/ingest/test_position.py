"""The bookkeeping of one folder."""

from __future__ import annotations

from typing import cast

from hypothesis import given, strategies as st
from obstore.exceptions import GenericError

from schemas.inbound import MailPosition
from services.ingest.fetch.position import ATTEMPTS, RESCAN, Progress, Ranges
from services.ingest.fetch.reconcile import Reconciler
from services.runtime.blobs import Shelf


@given(st.lists(st.integers(1, 60)))
def test_ranges_are_a_set(uids: list[int]) -> None:
    ranges = Ranges()
    for uid in uids:
        ranges.add(uid, uid)
    assert [uid for uid in range(62) if uid in ranges] == sorted(set(uids))


def test_a_late_mail_in_a_gap_is_new() -> None:
    progress = Progress("a@b.c", "INBOX", 1)
    progress.settle([1, 2, 4])
    progress.advance(4)
    assert progress.low == 4
    assert progress.open_among([1, 2, 3, 4]) == [3]


def test_a_mail_given_up_holds_nothing_up_and_is_not_taken_for_published() -> None:
    progress = Progress("a@b.c", "INBOX", 1)
    progress.settle([1, 3])
    for _ in range(ATTEMPTS):
        progress.failed(2)
    progress.give_up(2)
    progress.advance(3)
    again = Progress.of(progress.record())
    assert (again.low, again.open_among([1, 2, 3]), again.published_among([1, 2, 3])) == (3, [], [1, 3])
    again.advance(3 + RESCAN)
    assert again.record().retry == {}


def test_a_mail_to_be_tried_again_holds_the_mark_down() -> None:
    progress = Progress("a@b.c", "INBOX", 1)
    progress.failed(2)
    progress.settle([1, 3])
    progress.advance(3)
    assert progress.low == 1
    assert Progress.of(progress.record()).open_among([1, 2, 3]) == [2]


def test_a_record_holds_all_there_is_to_know() -> None:
    progress = Progress("a@b.c", "INBOX", 7, seen=2)
    progress.settle(range(1, 2 * RESCAN))
    progress.advance(2 * RESCAN - 1)
    again = Progress.of(MailPosition.model_validate_json(progress.record().to_json()))
    assert again.record() == progress.record()
    assert again.open_among(range(1, 2 * RESCAN + 1)) == [2 * RESCAN]


def test_another_uidvalidity_begins_anew_but_counts_on() -> None:
    progress = Progress("a@b.c", "INBOX", 1)
    progress.settle([1, 2])
    fresh = progress.epoch(2)
    assert (fresh.low, fresh.seen, fresh.open_among([1])) == (0, 2, [1])
    assert progress.epoch(1) is progress


def test_a_single_failure_costs_a_mail_no_place_and_a_second_one_sends_it_to_the_end() -> None:
    progress = Progress("support@desk.example", "INBOX", 7)
    progress.failed(2)
    assert progress.open_among([1, 2, 3]) == [1, 2, 3]
    progress.failed(2)
    assert progress.open_among([1, 2, 3]) == [1, 3, 2]


class _Away:
    """A blob store that is down."""

    def get(self, name: str) -> bytes:
        raise GenericError(name)

    def put(self, name: str, data: bytes) -> None:
        raise GenericError(name)


def test_without_the_blob_store_mail_is_read_and_the_process_remembers() -> None:
    progress = Progress("a", "INBOX", 1, low=0)
    listings = Reconciler(cast("Shelf", _Away()), progress)
    progress.settle(range(1, 2001))
    progress.advance(2000)
    listings.note(range(1, 2001))
    listings.keep(range(1, 2001), progress)
    assert listings.late([*range(1, 2001)], progress) == []
    listings.keep([*range(1, 10), *range(20, 2001)], progress)
    assert listings.late(range(1, 2001), progress) == list(range(10, 20))
