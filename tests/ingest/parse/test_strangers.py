"""What somebody wrote with programs and in languages that no rule was made for."""

from __future__ import annotations

import pytest

from services.ingest.parse.forwarded import find_forwarded
from services.ingest.parse.mail import parse_mail
from services.ingest.parse.quote_text import cut_text
from tests.ingest.parse.mails import html
from tests.ingest.parse.strangers import FORWARDS, PAGES, TEXTS


@pytest.mark.parametrize("program", TEXTS)
def test_answers_in_text(program: str) -> None:
    text, written = TEXTS[program]
    assert cut_text(text).reply == written


@pytest.mark.parametrize("program", PAGES)
def test_answers_in_html(program: str) -> None:
    markup, written = PAGES[program]
    assert parse_mail(html(markup)).reply == written


@pytest.mark.parametrize("program", FORWARDS)
def test_forwards_name_their_first_sender(program: str) -> None:
    found = find_forwarded(FORWARDS[program], "Fwd: Broken")
    assert found is not None and found.sender is not None
    assert found.sender.address == "bo@x.example"
