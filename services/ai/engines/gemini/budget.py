"""How much may be spent: reserved before a call, settled after it (ai.md 18)."""

from __future__ import annotations

import bisect
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from services.runtime.telemetry import log

_HOUR, _DAY = 3600.0, 86_400.0
_WARN_AT = 0.8
_TICKETS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """US dollars."""

    call: float = 0.02
    ticket: float = 0.05
    hour: float = 2.0
    day: float = 20.0


@dataclass(slots=True)
class Reservation:
    """Money set aside for one call, later what it really cost."""

    ticket_id: str
    at: float
    usd: float


@dataclass(slots=True)
class Budget:
    """One for all instances: each hears from `ai.suggestions` what the others' runs cost, and what its own did before a restart."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.time
    _spent: deque[Reservation] = field(default_factory=deque)
    _tickets: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _warned: bool = False

    @property
    def share(self) -> float:
        """How much of the hour's or the day's money is gone, whichever is nearer its end: 0 to 1."""
        hour, day = self._lately()
        limits = self.limits
        return max(hour / limits.hour if limits.hour else 1.0, day / limits.day if limits.day else 1.0)

    def _lately(self) -> tuple[float, float]:
        """Spent or set aside within the hour and the day."""
        now = self.clock()
        while self._spent and self._spent[0].at < now - _DAY:
            self._spent.popleft()
        return sum(r.usd for r in self._spent if r.at >= now - _HOUR), sum(r.usd for r in self._spent)

    def heard(self, ticket_id: str, usd: float, at: float) -> None:
        """What another instance spent, or this one before a restart: it counts as our own."""
        if usd > 0 and at >= self.clock() - _DAY:
            bisect.insort(self._spent, Reservation(ticket_id, at, usd), key=lambda r: r.at)
            self._charge(ticket_id, usd)

    def reserve(self, ticket_id: str, usd: float) -> Reservation | None:
        """The reservation, or None when it would break any limit: then nothing may be called."""
        hour, day = self._lately()
        ticket = self._tickets.get(ticket_id, 0.0)
        limits = self.limits
        if usd > limits.call or ticket + usd > limits.ticket or hour + usd > limits.hour or day + usd > limits.day:
            return None
        self._warn(self.share)
        reservation = Reservation(ticket_id, self.clock(), usd)
        self._spent.append(reservation)
        self._charge(ticket_id, usd)
        return reservation

    def _charge(self, ticket_id: str, usd: float) -> None:
        self._tickets[ticket_id] = self._tickets.get(ticket_id, 0.0) + usd
        self._tickets.move_to_end(ticket_id)
        if len(self._tickets) > _TICKETS_KEPT:
            self._tickets.popitem(last=False)

    def settle(self, reservation: Reservation, usd: float) -> None:
        """Replace the estimate by what the vendor's usage figures say; 0 for a call that was never made."""
        self._tickets[reservation.ticket_id] = max(0.0, self._tickets.get(reservation.ticket_id, 0.0) + usd - reservation.usd)
        reservation.usd = usd

    def _warn(self, share: float) -> None:
        if share >= _WARN_AT and not self._warned:
            log.warning("assistant budget nearly spent", share=round(share, 2))
        self._warned = share >= _WARN_AT
