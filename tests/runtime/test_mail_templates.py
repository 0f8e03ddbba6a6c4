"""email.md 5: what the desk writes by itself is translated, filled from fields that no sender chose, and cannot reach beyond them."""

import re

import pytest

from schemas.config import MailTemplate
from services.runtime import mail_templates
from services.runtime.mail_templates import LANGUAGES, TemplateRefusedError, check, chosen, fields_of, names, render, shipped, span

FIELDS = {**mail_templates.SAMPLE, "within": "8 hours", "desk_name": "Harbour Tools"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", names())
def test_every_template_exists_in_every_language_and_leaves_no_tag_unfilled(name: str, language: str) -> None:
    template = shipped(name, language)
    check(template)
    filled = render(template, FIELDS)
    assert "{{" not in filled.subject + filled.text
    assert "Harbour Tools" in filled.text
    assert "\n\n\n" not in filled.text


def test_no_template_has_a_field_that_a_sender_could_fill() -> None:
    assert {f for n in names() for f in fields_of(n)} == {"number", "within", "desk_name", "url", "good_url", "bad_url", "what"}


def test_the_tickets_language_is_chosen_then_the_desks_then_english() -> None:
    assert chosen("confirmation", "fr", fallback="de", own={}).language == "fr"
    assert chosen("confirmation", "pt", fallback="de", own={}).language == "de"
    assert chosen("confirmation", "", fallback="nl", own={}).language == "en"
    own = {"confirmation.fr": MailTemplate(name="confirmation", language="fr", subject="à nous", body="b")}
    assert chosen("confirmation", "fr", fallback="en", own=own).subject == "à nous"


@pytest.mark.parametrize("bad", ["{{subject}}", "{{> /etc/passwd}}", "{{{number}}}", "{{=<% %>=}}", "{{#within}} open", "{{/within}}", "{{&number}}", "{{ number"])  # fmt: skip
def test_a_template_cannot_reach_beyond_its_fields(bad: str) -> None:
    with pytest.raises(TemplateRefusedError):
        check(MailTemplate(name="confirmation", language="en", subject="s", body=bad))


def test_values_are_filled_in_once_and_as_they_are_and_a_subject_stays_one_line() -> None:
    template = MailTemplate(name="confirmation", language="en", subject="{{desk_name}}", body="{{desk_name}} {{number}}")
    filled = render(template, {"desk_name": "A & B\r\nBcc: x@y.z {{number}}", "number": "<1>"})
    assert filled.text == "A & B\r\nBcc: x@y.z {{number}} <1>"
    assert filled.subject == "A & B Bcc: x@y.z {{number}}"


@pytest.mark.parametrize(("language", "said"), [("en", "1 day"), ("de", "8 Stunden"), ("fr", "30 minutes"), ("es", "2 días")])
def test_a_span_of_time_is_said_in_the_language(language: str, said: str) -> None:
    number = int(re.match(r"\d+", said).group())  # type: ignore[union-attr]
    seconds = {"en": 86_400, "de": 3600, "fr": 60, "es": 86_400}[language] * number
    assert span(seconds, language) == said
