"""What is told of a folder while it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_WORTH_SAYING: Final = 50


@dataclass(slots=True)
class State:
    """What `status` shows of a mailbox: connecting, running, error or stopped; `error` in words, '' when there is none."""

    name: str
    state: str = "connecting"
    error: str = ""
    seen: int = 0
    behind: int = 0
    """Mails that the server had when it was last searched and Kafka had not."""
    stored: int = 0
    """How many of them Kafka has by now."""

    @property
    def progress(self) -> str:
        """How far a back-fill is, in words; '' for what one batch takes."""
        return f"back-filling {self.stored:,} of {self.behind:,}" if self.behind > _WORTH_SAYING else ""
