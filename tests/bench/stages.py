"""Where a mail's time went: the broker's timestamps of what came of it, by topic."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from statistics import median

from schemas.topics import MAIL_RAW, MESSAGE_INBOUND, TICKET_STATE
from services.runtime.reading import read_topic
from tests.bench.running import System, settings_of

Times = Mapping[int, float]


def stages_of(system: System, mark: str, announced: Times, arrived: Times) -> str:
    """Median milliseconds of each stage; times are those of the wall clock. Clock and broker round to a millisecond."""
    settings = settings_of(system.env)
    number_of: dict[str, int] = {}
    times: dict[str, dict[int, float]] = {topic.name: {} for topic in (MAIL_RAW, MESSAGE_INBOUND, TICKET_STATE)}
    wanted = f"\nSubject: bench {mark} ".encode()
    for record in read_topic(settings, MAIL_RAW):
        place = (record.value or b"").find(wanted)
        if place >= 0 and record.value and record.id:
            number = int(record.value[place + len(wanted) :].split(None, 1)[0])
            number_of[record.id] = number
            times[MAIL_RAW.name].setdefault(number, record.time_ms / 1000)
    for topic in (MESSAGE_INBOUND, TICKET_STATE):
        for record in read_topic(settings, topic):
            number_or_none = number_of.get(record.headers.get("ce_causationid", ""))
            if number_or_none is not None and record.id:
                number_of[record.id] = number_or_none
                times[topic.name].setdefault(number_or_none, record.time_ms / 1000)
    ways: list[tuple[str, Times]] = [("announced", announced), *times.items(), ("websocket", arrived)]
    parts = [
        f"{name} {median((after[n] - before[n]) * 1000 for n in after if n in before):.0f}"
        for (_, before), (name, after) in itertools.pairwise(ways)
        if any(n in before for n in after)
    ]
    return "median ms until " + ", ".join(parts)
