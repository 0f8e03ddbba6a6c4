"""Calendar invitations (RFC 5545, 5546) as people read them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from services.ingest.parse import limits
from services.ingest.parse.charsets import decode_text, storable

if TYPE_CHECKING:
    from services.ingest.parse.tree import Part

_BYTES: Final = 256 * 1024
_EVENTS: Final = 5
_PEOPLE: Final = 20
_TITLES: Final = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "REPLY": "Answer to an invitation", "COUNTER": "New time proposed"}


def invite_text(part: Part) -> str:
    """What, when, where and who of a calendar file, a line each; '' for one that holds no event or cannot be read."""
    data = part.content()
    if len(data) > _BYTES or b"BEGIN:VEVENT" not in data.upper():
        return ""
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(decode_text(data, part.params.get("charset", "utf-8")))
        method = str(calendar.get("METHOD") or part.params.get("method", "")).upper()
        texts = [_event(event, method) for event in calendar.walk("VEVENT")[:_EVENTS]]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return ""
    return storable("\n\n".join(dict.fromkeys(texts)))[: limits.SUBJECT_CHARS * 4]


def is_said(invite: str, text: str) -> bool:
    """Whether a mail's own text already names what the invitation names: its title and its place."""
    lines = invite.split("\n")
    named = [line.partition(": ")[2] for line in lines if line.startswith("Where: ")] + [lines[0].partition(": ")[2]]
    return all(name in text for name in named) and any(char.isdigit() for char in text)


def _event(event: Any, method: str) -> str:
    lines = [f"{_TITLES.get(method, 'Event')}: {_line(event.get('SUMMARY')) or '(no title)'}"]
    if when := _when(event):
        lines.append(f"When: {when}")
    if rule := event.get("RRULE"):
        lines.append(f"Repeats: {_line(rule.to_ical().decode('utf-8', 'replace'))}")
    if where := _line(event.get("LOCATION")):
        lines.append(f"Where: {where}")
    if organizer := event.get("ORGANIZER"):
        lines.append(f"Organizer: {_person(organizer)}")
    people = event.get("ATTENDEE") or []
    people = people if isinstance(people, list) else [people]
    if people:
        lines.append("Invited: " + ", ".join(_attendee(person, answers=method == "REPLY") for person in people[:_PEOPLE]))
    if about := str(event.get("DESCRIPTION") or "").strip():
        lines += ["", about[: limits.SUBJECT_CHARS]]
    return "\n".join(lines)


def _when(event: Any) -> str:
    start = getattr(event.get("DTSTART"), "dt", None)
    end = getattr(event.get("DTEND"), "dt", None)
    if start is None:
        return ""
    if not isinstance(start, datetime):
        last = end if isinstance(end, date) else start
        return f"{start:%Y-%m-%d}" if (last - start).days <= 1 else f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"
    zone = event["DTSTART"].params.get("TZID") or start.tzname() or ""
    until = ""
    if isinstance(end, datetime):
        until = f" to {end:%H:%M}" if end.date() == start.date() else f" to {end:%Y-%m-%d %H:%M}"
    return f"{start:%A %Y-%m-%d %H:%M}{until}{f' ({zone})' if zone else ''}"


def _line(value: object) -> str:
    return " ".join(str(value or "").split())


def _person(value: Any) -> str:
    address = str(value)
    address = address[7:] if address[:7].lower() == "mailto:" else address
    name = _line(value.params.get("CN", ""))
    return f"{name} <{address}>" if name and name.lower() != address.lower() else address


def _attendee(value: Any, *, answers: bool) -> str:
    answer = str(value.params.get("PARTSTAT", "")).lower()
    return f"{_person(value)} ({answer})" if answers and answer else _person(value)
