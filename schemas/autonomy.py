"""What the assistant's drafts have earned (ai.md 14): the figures per team and topic, and what they allow."""

import math

from schemas.base import Contract

REVIEWED_AT_LEAST = 200
ACCEPTED_AT_LEAST = 0.95
LOWER_BOUND_AT_LEAST = 0.90
REOPENED_AT_MOST = 0.05
FEWEST_TO_JUDGE = 20
"""Below that a single bad answer would be more than the 5 % that the rule allows: it would judge chance."""
_Z = 1.96


class TrackRecord(Contract):
    """What agents made of drafts: counts, of one team and topic or of several together."""

    reviewed: int = 0
    """Drafts an agent used, changed or refused."""
    accepted: int = 0
    """Those that went out as they were."""
    lately: int = 0
    """Within seven days: reviewed, sent by the assistant itself, or taken back."""
    good_lately: int = 0
    """Those of them that went out as they were and stayed."""
    sent: int = 0
    """Within thirty days: drafts that went out as they were, whoever sent them."""
    returned: int = 0
    """Those of them whose ticket came back."""
    by_itself: int = 0
    """Sent by the assistant itself, ever."""

    @property
    def accepted_share(self) -> float | None:
        return self.accepted / self.reviewed if self.reviewed else None

    @property
    def lower_bound(self) -> float | None:
        """Of the share accepted: Wilson score interval, 95 % (Wilson 1927)."""
        n = self.reviewed
        if not n:
            return None
        p = self.accepted / n
        return (p + _Z**2 / (2 * n) - _Z * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))) / (1 + _Z**2 / n)

    @property
    def lately_share(self) -> float | None:
        return self.good_lately / self.lately if self.lately else None

    @property
    def reopened_share(self) -> float | None:
        return self.returned / self.sent if self.sent else None

    def lost(self) -> str:
        """Why autopilot drops back although it was unlocked: fell_lately, reopens; '' while nothing speaks against it."""
        if self.lately >= FEWEST_TO_JUDGE and (self.lately_share or 0.0) < ACCEPTED_AT_LEAST:
            return "fell_lately"
        if self.sent >= FEWEST_TO_JUDGE and (self.reopened_share or 0.0) > REOPENED_AT_MOST:
            return "reopens"
        return ""

    def missing(self) -> str:
        """What keeps autopilot from unlocking itself: few_reviews, too_few_accepted, or what it would be lost by; '' once it is earned."""
        if self.reviewed < REVIEWED_AT_LEAST:
            return "few_reviews"
        if (self.accepted_share or 0.0) < ACCEPTED_AT_LEAST or (self.lower_bound or 0.0) < LOWER_BOUND_AT_LEAST:
            return "too_few_accepted"
        return self.lost()
