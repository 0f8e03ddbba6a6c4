"""email.md 5 and 6: caps on automatic mail, two automats that answer each other, floods; and whose mail opens no ticket."""

from datetime import timedelta

import pytest

from schemas.base import Attachment
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


TEMPLATE = "Thank you for contacting us. Your request {} has been received under {} and will be answered by our team soon."


def test_an_automat_is_known_by_its_words_though_it_puts_another_subject_on_each_mail() -> None:
    automat = [
        likeness_of(mail(f"{word} case {n}", TEMPLATE.format(f"{word} case {n}", n)))
        for n, word in enumerate(("Heron", "Otter", "Ibis", "Wren"))
    ]
    before = Sent(3, tuple((START - timedelta(seconds=30 * n), said) for n, said in enumerate(automat[:3])))
    assert why(before, automat[3]) == "automats"


@pytest.mark.parametrize("words", ["Please see below.", "Dear team, {} is what I am writing about today, could you please have a look?"])
def test_a_person_with_one_concern_after_the_other_is_no_automat(words: str) -> None:
    concerns = ("the printer in the hall", "an invoice from March", "my lost parcel", "a login that fails", "the new contract")
    said = [likeness_of(mail(f"About {c}", words.format(f"that {c[:6]} {c} {c[::-1]}"))) for c in concerns]
    before = Sent(4, tuple((START - timedelta(seconds=60 * n), each) for n, each in enumerate(said[:4])))
    assert why(before, said[4]) == ""


def test_one_document_after_the_other_with_the_same_line_is_no_automat() -> None:
    file = Attachment(id="1", name="scan.pdf")
    line = "Dear colleagues, please find attached the document that you asked me for, with best regards"
    said = [likeness_of(mail(f"Document about {c}", line, attachments=[file])) for c in ("houses", "boats", "cars", "trees")]
    before = Sent(3, tuple((START - timedelta(seconds=60 * n), each) for n, each in enumerate(said[:3])))
    assert why(before, said[3]) == ""


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
