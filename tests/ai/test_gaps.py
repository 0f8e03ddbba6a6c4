"""Questions without an article, gathered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.ai.engines.local.embedder import MiniLM
from services.ai.gaps import Gaps
from services.ai.knowledge.sentences import terms
from services.ai.seen import Seen, Vector

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SIGNATURES = (
    "How can I add my signature to outgoing mails?",
    "Where do I set a signature for my mails?",
    "I want a signature below every mail I send, where is that setting?",
    "Can each of us have an own mail signature?",
)


def asked(ticket: str, at: datetime, vector: Vector, text: str = "", *, answered: bool = False) -> Seen:
    return Seen(f"run {ticket} {at}", ticket, at, "", vector, frozenset(terms(text)), unanswered=not answered)


def test_questions_alike_make_one_gap_that_grows(embedder: MiniLM) -> None:
    gaps = Gaps()
    told = []
    for n, question in enumerate((*SIGNATURES[:2], "The parcel arrived broken.", *SIGNATURES[2:], SIGNATURES[0])):
        found = gaps.note(asked(f"t{n}", NOW + timedelta(hours=n), embedder.embed([question])[0], question))
        told.append(found)
    assert [f is not None for f in told[:3]] == [False, False, False]
    first, last = told[3], told[-1]
    assert first is not None and last is not None
    assert (first.kind, first.ticket_ids) == ("gap", ["t0", "t1", "t3"])
    assert first.id == last.id and last.data["tickets"] > 3 and "t2" not in last.ticket_ids
    assert "signature" in last.data["words"] and last.data["typical"] in last.ticket_ids


def test_a_ticket_counts_once_and_old_questions_fade(embedder: MiniLM) -> None:
    gaps, vector = Gaps(), embedder.embed([SIGNATURES[0]])[0]
    for _ in range(5):
        assert gaps.note(asked("same", NOW, vector)) is None
    gaps.note(asked("second", NOW, vector))
    assert gaps.note(asked("third", NOW + timedelta(days=31), vector)) is None


def test_what_an_article_answers_is_no_gap(embedder: MiniLM) -> None:
    gaps, vector = Gaps(), embedder.embed([SIGNATURES[0]])[0]
    assert not any(gaps.note(asked(f"t{n}", NOW, vector, answered=True)) for n in range(5))


def test_a_gap_keeps_its_name_whatever_comes_late_and_whoever_adds_to_it(embedder: MiniLM) -> None:
    here, elsewhere, vector = Gaps(), Gaps(), embedder.embed([SIGNATURES[0]])[0]
    told = [here.note(asked(f"t{n}", NOW + timedelta(minutes=n), vector)) for n in (1, 2, 3)][-1]
    assert told is not None
    earlier = here.note(asked("t0", NOW, vector))  # read later than it was written
    assert earlier is not None and (earlier.id, earlier.ticket_ids) == (told.id, ["t0", "t1", "t2", "t3"])
    for n in (0, 1, 2, 3):
        elsewhere.remember(asked(f"t{n}", NOW + timedelta(minutes=n), vector))
    elsewhere.heard(earlier.id, earlier.ticket_ids)
    grown = elsewhere.note(asked("t4", NOW + timedelta(minutes=4), vector))
    assert grown is not None and (grown.id, len(grown.ticket_ids)) == (told.id, 5)
