"""What the desk writes by itself: Mustache templates (pystache), translated, a desk's own before the ones that come along.

A template is text; its HTML is made from the rendered text when the mail is composed, where everything is escaped. Its fields are
values of the desk (a number, an address of ours, a span of time), never words of a sender: those are unverified.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

import pystache
import yaml

from schemas.config import MailTemplate

Name = Literal["confirmation", "csat", "agent_notice"]
LANGUAGES = ("en", "de", "fr", "es")
FALLBACK = "en"
_TAG = re.compile(r"(?<!\{)\{\{\s*([#^/]?)\s*([a-z_]+)\s*\}\}(?!\})")
_UNITS = {
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes")),
    "de": (("Tag", "Tagen"), ("Stunde", "Stunden"), ("Minute", "Minuten")),
    "fr": (("jour", "jours"), ("heure", "heures"), ("minute", "minutes")),
    "es": (("día", "días"), ("hora", "horas"), ("minuto", "minutos")),
}
SAMPLE = {
    "number": "TIK-261122-00042", "url": "https://desk.example/t/42", "good_url": "https://desk.example/rate/42?answer=good",
    "bad_url": "https://desk.example/rate/42?answer=bad", "what": "Assigned to you",
}  # fmt: skip
_RENDERER = pystache.Renderer(escape=lambda text: text, partials={}, missing_tags="ignore")


class TemplateRefusedError(ValueError):
    """A template that could not be filled; the text says which tag and what there is instead."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail's subject (one line) and text."""

    subject: str
    text: str


@cache
def _shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((files(__package__) / "mail_templates.yaml").read_text("utf-8"))
    return found


def names() -> tuple[str, ...]:
    """All templates there are."""
    return tuple(_shipped())


def fields_of(name: str) -> tuple[str, ...]:
    """The tags a template may have."""
    return tuple(_shipped()[name]["fields"])


def shipped(name: str, language: str) -> MailTemplate:
    """The template that comes along."""
    found = _shipped()[name][language]
    return MailTemplate(name=name, language=language, subject=found["subject"], body=found["body"])


def key_of(name: str, language: str) -> str:
    """Id of a desk's own template in its configuration."""
    return f"{name}.{language}"


def chosen(name: str, language: str, *, fallback: str, own: Mapping[str, MailTemplate]) -> MailTemplate:
    """The desk's own or the shipped one: in the ticket's language, else in the desk's, else in English."""
    wanted = next((each for each in (language, fallback, FALLBACK) if each in LANGUAGES), FALLBACK)
    return own.get(key_of(name, wanted)) or shipped(name, wanted)


def render(template: MailTemplate, fields: Mapping[str, str]) -> Rendered:
    """Fill it. Fields that are missing or '' leave nothing behind, and their sections are left out."""
    known = {name: fields.get(name, "") for name in fields_of(template.name)}
    subject = _RENDERER.render(_parsed(template.subject), known)
    return Rendered(subject=" ".join(subject.split()), text=_RENDERER.render(_parsed(template.body), known))


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    return pystache.parse(text)


def check(template: MailTemplate) -> None:
    """TemplateRefusedError for a tag that has no value here, and for all of Mustache that reaches beyond the fields."""
    known = fields_of(template.name)
    for text in (template.subject, template.body):
        open_: list[str] = []
        for mark, name in _TAG.findall(text):
            if name not in known:
                raise TemplateRefusedError(f"there is no {{{{{name}}}}} here; there are: {', '.join(known)}")
            if mark in {"#", "^"}:
                open_.append(name)
            elif mark == "/" and (not open_ or open_.pop() != name):
                raise TemplateRefusedError(f"{{{{/{name}}}}} ends nothing that was begun")
        if open_:
            raise TemplateRefusedError(f"{{{{#{open_[-1]}}}}} has no end")
        if "{{" in _TAG.sub("", text) or "}}" in _TAG.sub("", text):
            raise TemplateRefusedError("only {{name}}, {{#name}}…{{/name}} and {{^name}}…{{/name}} are possible")


def span(seconds: int, language: str) -> str:
    """A span of time in words, e.g. `8 hours`."""
    units = _UNITS.get(language, _UNITS[FALLBACK])
    for size, (one, many) in zip((86_400, 3600, 60), units, strict=True):
        if seconds >= size:
            n = round(seconds / size)
            return f"{n} {one if n == 1 else many}"
    return f"1 {units[2][0]}"
