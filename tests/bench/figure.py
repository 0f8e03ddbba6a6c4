"""What a measurement says, and how it is shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value beside its floor. `bar` is the ratio to reach (`at_most` False) or to stay below (`at_most` True).

    `limit` is a bar on the value itself, for what has no floor. `note` says what was measured, or where the rest went.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    bar: float | None = None
    at_most: bool = False
    limit: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """value / floor."""
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """None where there is no bar."""
        kept = []
        if self.bar is not None and self.ratio is not None:
            kept.append(self.ratio <= self.bar if self.at_most else self.ratio >= self.bar)
        if self.limit is not None:
            kept.append(self.value <= self.limit)
        return all(kept) if kept else None

    @property
    def bar_text(self) -> str:
        """The bars in words."""
        sign = "<=" if self.at_most else ">="
        words = [f"{sign} {self.bar:g} x floor"] if self.bar is not None else []
        words += [f"<= {self.limit:g} {self.unit}"] if self.limit is not None else []
        return ", ".join(words)

    def as_json(self) -> dict[str, Any]:
        """The shape of contract.md, and what the bar was."""
        return {
            "name": self.name, "value": _rounded(self.value), "unit": self.unit, "floor": _rounded(self.floor), "ratio": _rounded(self.ratio),
            "bar": self.bar_text, "met": self.met, "note": self.note,
        }  # fmt: skip


def scaled(count: int, *, least: int = 1) -> int:
    """A count times HELPDESK_BENCH_SCALE (1 by default), for short trial runs."""
    return max(least, round(count * float(os.environ.get("HELPDESK_BENCH_SCALE", "1"))))


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` from 0 to 1."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def table(figures: Sequence[Figure]) -> str:
    """All figures in columns, their notes below."""
    head = ("name", "value", "unit", "floor", "ratio", "bar", "met")
    rows = [head, *((f.name, _shown(f.value), f.unit, _shown(f.floor), _shown(f.ratio), f.bar_text, _answer(f.met)) for f in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    notes = [f"{f.name}: {f.note}" for f in figures if f.note]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], *([""] if notes else []), *notes])


def _answer(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "NO"


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
