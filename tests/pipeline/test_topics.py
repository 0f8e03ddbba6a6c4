"""What strangers can do with the topics: rebuild the ticket list, and learn no person's data from `ticket.events`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from services.tickets.rebuild import Outcome
from tests.pipeline.desk import Desk
from tests.pipeline.mails import compose
from tests.pipeline.people import Person, people

MAILS = 200


@pytest.fixture(scope="module")
def crowd(desk: Desk) -> Iterator[list[Person]]:
    """Mails of many people, each settled, some answered by the desk with notes and tags."""
    crowd = people(MAILS)
    letters = [compose(p.subject, p.text, sender=p.address, name=p.name) for p in crowd]
    desk.post.send(*letters)
    with desk.http as http:
        for number, letter in enumerate(letters[:20]):
            key = desk.ticket_of(letter["Message-ID"])["id"]
            person = crowd[number]
            http.post(
                f"/tickets/{key}/replies", json={"body_text": f"Dear {person.name}, {person.text}", "undo_seconds": 0}
            ).raise_for_status()
            http.post(f"/tickets/{key}/notes", json={"body_text": f"{person.name} called from {person.address}"}).raise_for_status()
            http.patch(f"/tickets/{key}", json={"tags": [person.name.lower()], "subject": f"{person.subject}!"}).raise_for_status()
            if number % 4 == 0:
                http.post(f"/tickets/{key}/escalate", json={"reason": f"{person.name} is angry"})
            if number % 5 == 0:
                http.patch(f"/tickets/{key}", json={"status": "resolved"}).raise_for_status()
    desk.settle()
    yield crowd


def test_events_hold_no_personal_data(desk: Desk, crowd: list[Person]) -> None:
    records = desk.log.read("ticket.events")
    log = "\n".join(f"{r.key} {dict(r.headers)} {(r.value or b'').decode()}" for r in records).lower()
    assert len(records) > 2 * MAILS
    found = [word for person in crowd for word in person.secrets if word.lower() in log]
    assert found == []


def test_the_same_words_are_found_where_they_belong(desk: Desk, crowd: list[Person]) -> None:
    """The control of the test above: its search does find them in the topics that may hold them."""
    records = desk.log.read("ticket.state", "ticket.messages")
    log = "\n".join((r.value or b"").decode() for r in records).lower()
    assert [word for person in crowd for word in person.secrets if word.lower() not in log] == []


def test_a_stranger_rebuilds_the_ticket_list_from_ticket_state_alone(desk: Desk, crowd: list[Person]) -> None:
    listed: dict[str, Any] = {}
    for record in desk.log.read("ticket.state"):
        if record.value is None:
            listed.pop(record.key, None)
        else:
            listed[record.key] = orjson.loads(record.value)
    stored = desk.rows(
        "SELECT t.id::text, t.number, t.version, t.subject, t.status, t.priority, t.channel, t.team_id::text, t.assignee_id::text,"
        " t.requester_id::text, c.name, c.email, t.tags, t.created_at, t.updated_at, t.unread"
        " FROM helpdesk.ticket t JOIN helpdesk.customer c ON c.id = t.requester_id"
    )
    assert {row[0]: _listed(row) for row in stored} == {key: _as_row(value) for key, value in listed.items()}
    assert len(listed) >= len(crowd)


def _listed(row: tuple[Any, ...]) -> dict[str, Any]:
    names = (
        "id",
        "number",
        "version",
        "subject",
        "status",
        "priority",
        "channel",
        "team",
        "assignee",
        "requester",
        "name",
        "email",
        "tags",
    )
    plain = dict(zip(names, row[:13], strict=True))
    times = {name: at.timestamp() for name, at in zip(("created_at", "updated_at"), row[13:15], strict=True)}
    return {name: value for name, value in {**plain, **times, "unread": row[15]}.items() if value is not None}


def _as_row(state: dict[str, Any]) -> dict[str, Any]:
    from datetime import datetime

    plain = {name: state[name] for name in ("id", "number", "version", "subject", "status", "priority", "channel", "tags", "unread")}
    people = {name: (state[name] or {}).get("id") for name in ("team", "assignee", "requester")}
    times = {name: datetime.fromisoformat(state[name]).timestamp() for name in ("created_at", "updated_at")}
    row = {**plain, **people, **times, "name": state["requester"]["name"], "email": state["requester"]["email"]}
    return {name: value for name, value in row.items() if value is not None}


def test_every_event_stands_in_the_log_where_the_history_says(desk: Desk, crowd: list[Person]) -> None:
    standing = {r.headers["ce_id"]: (r.partition, r.offset) for r in reversed(desk.log.read("ticket.events"))}
    history = desk.rows("SELECT id::text, topic_partition, topic_offset FROM helpdesk.ticket_event")
    assert {key: (partition, offset) for key, partition, offset in history} == standing


def test_the_log_amounts_to_the_database(desk: Desk, crowd: list[Person]) -> None:
    outcome: Outcome = desk.rebuilt()
    assert outcome.differences == []
    assert outcome.tickets >= len(crowd)
