"""After all the kills the log still amounts to the database, row by row."""

from __future__ import annotations

from tests.pipeline.desk import Desk
from tests.servers import eventually


def test_the_log_amounts_to_the_database_after_every_kill(desk: Desk) -> None:
    eventually(desk.quiet, seconds=90, what="deliveries that were cut off became unknown")
    outcome = desk.rebuilt()
    assert outcome.differences == []
    assert outcome.events > 0


def test_nothing_is_parked_and_every_delivery_has_an_end(desk: Desk) -> None:
    ends = {"none", "sent", "unknown"}
    states = {state for (state,) in desk.rows("SELECT DISTINCT delivery_state FROM helpdesk.message WHERE kind IN ('system', 'customer')")}
    assert states <= ends
