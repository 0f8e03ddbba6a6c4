"""What a token costs, by model name, in US dollars per million (as published 2025-12; unknown models count as the dearest)."""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "2025-12"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    tokens_in: float
    tokens_out: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1_000_000


_LITE, _FLASH, _DEAREST = Price(0.10, 0.40), Price(0.50, 3.00), Price(2.00, 12.00)


def price_of(model: str) -> Price:
    if "flash-lite" in model:
        return _LITE
    return _FLASH if "flash" in model else _DEAREST
