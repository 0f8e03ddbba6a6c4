"""kill -9 at every step between two acknowledgements: nothing lost, nothing doubled, nothing out of order."""

from __future__ import annotations

import pytest

from tests.chaos.letters import Tally, count
from tests.chaos.scene import MAILS, SECONDS, under_fire
from tests.pipeline.desk import Desk

KILLS = 1 if MAILS <= 100 else 3

POINTS = [
    ("ingest-fetch", "fetch.raw.before"),
    ("ingest-fetch", "fetch.raw.acked"),
    ("ingest-fetch", "fetch.position.acked"),
    ("ingest-parse", "ingest-parse.after_ack"),
    ("tickets", "tickets.before_fence"),
    ("tickets", "tickets.before_commit"),
    ("tickets", "tickets.after_commit"),
    ("outbox", "outbox.before_ack"),
    ("outbox", "outbox.after_ack"),
    ("outbox", "outbox.before_delete"),
    ("notify", "notify.before_claim"),
    ("notify", "notify.before_data"),
    ("notify", "notify.after_250"),
]
_HIDES = {"notify.before_data", "notify.after_250"}


@pytest.mark.parametrize(("service", "point"), POINTS, ids=[point for _, point in POINTS])
def test_kill_minus_nine_costs_nothing(desk: Desk, service: str, point: str) -> None:
    hidden = _open_deliveries(desk)
    letters = under_fire(desk, service, point, kills=KILLS)
    desk.heal()
    unknown = KILLS if point in _HIDES else 0
    desk.settle(unknown=hidden + unknown, seconds=SECONDS)
    tally = count(letters)
    assert tally == Tally(unknown=tally.unknown), tally.evidence
    assert tally.unknown <= unknown


def _open_deliveries(desk: Desk) -> int:
    """Deliveries that an earlier kill hid and whose deadline is not over yet."""
    return int(desk.rows("SELECT count(*) FROM helpdesk.message WHERE delivery_state = 'sending'")[0][0])
