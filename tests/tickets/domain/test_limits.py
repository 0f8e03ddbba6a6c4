"""email.md 5 and 6: caps on automatic mail, two automats that answer each other, floods; and whose mail opens no ticket."""

from datetime import timedelta

import pytest

from schemas.config import Block, Settings
from services.tickets.domain.blocks import blocked
from services.tickets.domain.limits import Sent, is_flood, likeness_of, withheld
from tests.tickets.domain.world import START, desk, mail

DEFAULT = Settings()


def sent(*minutes_ago: float, likeness: str = "") -> Sent:
    return Sent(len(minutes_ago), tuple((START - timedelta(minutes=m), likeness) for m in sorted(minutes_ago)))


def why(before: Sent, likeness: str = "", settings: Settings = DEFAULT) -> str:
    return withheld(before, at=START, likeness=likeness, settings=settings)


def test_a_sender_gets_at_most_twenty_automatic_mails_a_day() -> None:
    assert why(sent(*(700 + 30 * n for n in range(19)))) == ""
    assert why(sent(*(700 + 30 * n for n in range(20)))) == "daily_cap"


@pytest.mark.parametrize(("minutes", "most"), [(10, 10), (30, 15), (60, 25), (180, 50), (600, 100)])
def test_each_cap_per_recipient_holds_in_its_window(minutes: int, most: int) -> None:
    settings = Settings(confirmations_per_sender_per_day=1000, automatic_mail_caps=[(minutes, most)])
    near = [minutes * 0.9] * most
    assert why(sent(*near[1:]), settings=settings) == ""
    assert why(sent(*near), settings=settings) == f"cap_{minutes}_minutes"
    assert why(sent(*[minutes * 1.1] * most), settings=settings) == ""


def test_the_same_words_with_another_number_are_alike_and_other_words_are_not() -> None:
    first = likeness_of(mail("[#4711] We have received your message"))
    assert (
        first
        == likeness_of(mail("Re: [#4712] We have received your message"))
        == likeness_of(mail("AW: Re: [#9] we have received your message"))
    )
    assert first != likeness_of(mail("[#4711] Your invoice"))
    assert likeness_of(mail("", "Ticket 17 opened")) == likeness_of(mail("", "Ticket 18 opened")) != ""


def test_a_fourth_answer_to_the_same_words_within_ten_minutes_is_withheld() -> None:
    assert why(sent(1, 2, likeness="x"), "x") == ""
    assert why(sent(1, 2, 3, likeness="x"), "x") == "automats"
    assert why(sent(1, 2, 3, likeness="x"), "y") == ""
    assert why(sent(11, 12, 13, likeness="x"), "x") == ""
    assert why(sent(1, 2, 3)) == ""


def test_thirty_mails_a_minute_are_no_flood_and_five_hundred_are() -> None:
    def floods(earlier: int, *, late: timedelta = timedelta()) -> bool:
        times = [START - timedelta(seconds=59 * n / max(earlier, 1)) for n in range(earlier)]
        return is_flood(times, mail(received_at=START - late), at=START, settings=DEFAULT)

    assert not floods(30)
    assert not floods(59)
    assert floods(60) and floods(499)
    assert not floods(499, late=timedelta(minutes=10)), "a backlog is read faster than it was sent"


def test_an_address_a_domain_and_its_subdomains_can_be_blocked() -> None:
    blocks = {"spam.example": Block(), "eve@customers.example": Block(action="drop")}
    listed = desk()
    object.__setattr__(listed, "blocks", blocks)
    for sender in ("x@spam.example", "x@mail.spam.example", "eve@customers.example"):
        assert blocked(listed, sender)
    for sender in ("x@notspam.example", "mia@customers.example", "spam.example@customers.example", ""):
        assert not blocked(listed, sender)
