"""Many alike at once is a surge; as many as ever is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from services.ai.engines.local.embedder import MiniLM
from services.ai.knowledge.sentences import terms
from services.ai.radar import FEWEST, Radar
from services.ai.seen import Seen, Vector

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DOWN = [
    "The website is down, error 500 on every page.",
    "Your site does not load, I only see error 500.",
    "Website unreachable since ten minutes, error page.",
    "Error 500 when I open the site.",
    "Is the website down? Every page is an error.",
    "All pages of your site show error 500.",
]
OTHER = [
    "How do I get a copy of my invoice?",
    "My parcel has not arrived yet.",
    "Please add a colleague to our workspace.",
    "The printer is out of toner.",
    "Can I take a day of leave on Friday?",
    "I would like a dark theme.",
]


def test_a_surge_is_told_once_with_its_tickets_and_words(embedder: MiniLM) -> None:
    radar, told = Radar(), []
    for i, text in enumerate(DOWN):
        found = radar.note(seen(f"t{i}", START + timedelta(minutes=i), text, embedder.embed([text])[0], category="outage"))
        told += [found] if found else []
    assert len(told) == 1
    assert told[0].kind == "surge" and told[0].ticket_ids == [f"t{i}" for i in range(FEWEST)]
    assert "error" in told[0].data["words"]


def test_many_different_tickets_are_no_surge(embedder: MiniLM) -> None:
    radar = Radar()
    assert not any(radar.note(seen(f"t{i}", START + timedelta(seconds=i), t, embedder.embed([t])[0])) for i, t in enumerate(OTHER))


def test_one_customer_who_writes_often_is_no_surge(embedder: MiniLM) -> None:
    radar = Radar()
    assert not any(
        radar.note(seen("same", START + timedelta(minutes=i), t, embedder.embed([t])[0], category="outage")) for i, t in enumerate(DOWN)
    )


def test_what_comes_all_day_is_no_surge() -> None:
    radar, vector = Radar(), _unit(0)
    found = [radar.note(seen(f"t{i}", START + timedelta(minutes=2 * i), "password", vector, category="password")) for i in range(120)]
    assert sum(f is not None for f in found) <= 1, "only the very first, while nothing is known of the usual"
    assert found[-1] is None


def test_tickets_alike_are_named_by_id_and_never_the_ticket_itself(embedder: MiniLM) -> None:
    radar = Radar()
    for i, text in enumerate([*DOWN[:2], *OTHER]):
        radar.note(seen(f"t{i}", START, text, embedder.embed([text])[0]))
    found = radar.similar("t0", embedder.embed([DOWN[0]])[0])
    assert [f["ticket_id"] for f in found] == ["t1"]


def seen(ticket: str, at: datetime, text: str, vector: Vector, *, category: str = "") -> Seen:
    return Seen(f"run {ticket} {at}", ticket, at, category, vector, frozenset(terms(text)))


def _unit(place: int) -> Vector:
    vector = np.zeros(384, dtype=np.float32)
    vector[place] = 1
    return vector
