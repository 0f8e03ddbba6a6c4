"""Alarms about mail: a sender that floods the desk, an automat that answers ours (email.md 5 and 6). The caps themselves are tickets'.

Hopping windows of five minutes, one beginning every minute, per sender. Memory is bounded, time comes with the records.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from schemas.ai import AiSignal
from schemas.mail import ParkedMail, Suppression
from services.runtime.ids import event_id

WINDOW, HOP = timedelta(minutes=5), timedelta(minutes=1)
FEWEST = 10
"""Parked mails of one sender in a window that make an alarm: a few more than the desk takes are nobody's concern."""
_QUIET = timedelta(hours=1)
_OLD = timedelta(minutes=15)
_SENDERS = 1000


class MailAlarms:
    """No I/O. Signals name mailbox and counts, never an address: they are kept longer than a parked mail is."""

    def __init__(self) -> None:
        self._parked: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._told: OrderedDict[str, datetime] = OrderedDict()

    def parked(self, mail: ParkedMail, *, now: datetime) -> AiSignal | None:
        """A mail was parked; the alarm, once an hour and sender, if it is one too many."""
        if mail.state != "parked" or mail.reason != "flood" or now - mail.at > _OLD:
            return None
        sender = mail.sender.address.lower()
        times = self._parked.setdefault(sender, deque(maxlen=10_000))
        self._parked.move_to_end(sender)
        if len(self._parked) > _SENDERS:
            self._parked.popitem(last=False)
        times.append(mail.at)
        while times and times[0] <= mail.at - WINDOW:
            times.popleft()
        if len(times) < FEWEST or not self._news(sender, mail.at):
            return None
        begins = datetime.fromtimestamp(mail.at.timestamp() // HOP.total_seconds() * HOP.total_seconds(), tz=mail.at.tzinfo) - WINDOW + HOP
        data = {"mailbox": mail.mailbox, "mails": len(times), "window_from": begins.isoformat(), "window_to": mail.at.isoformat()}
        return AiSignal(id=event_id("mail-flood", sender, begins.isoformat()), kind="mail_flood", created_at=mail.at, data=data)

    def suppressed(self, found: Suppression, *, now: datetime) -> AiSignal | None:
        """An address gets no automatic mail any more because it answers by itself."""
        if found.kind != "loop" or now - found.at > _OLD:
            return None
        data = {"until": found.until.isoformat() if found.until else None}
        return AiSignal(id=event_id("mail-loop", found.address, found.at.isoformat()), kind="mail_loop", created_at=found.at, data=data)

    def _news(self, sender: str, at: datetime) -> bool:
        told = self._told.get(sender)
        if told is not None and at - told < _QUIET:
            return False
        self._told[sender] = at
        if len(self._told) > _SENDERS:
            self._told.popitem(last=False)
        return True
