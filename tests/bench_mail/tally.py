"""What came out of a measurement: a row per corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Scores are shares of 1; `bar` is what ours must reach; `failures` names what went wrong."""

    subject: str
    corpus: str
    cases: int
    ours: float
    library: float | None
    library_name: str
    bar: float | None
    failures: Sequence[str] = field(default=())

    @property
    def holds(self) -> bool:
        return self.bar is None or self.ours >= self.bar


def share(results: Sequence[bool]) -> float:
    """How many of them are true."""
    return sum(results) / len(results) if results else 0.0


def table(rows: Sequence[Row]) -> str:
    """The rows for people."""
    lines = [("what", "corpus", "cases", "ours", "best library", "bar", "")]
    for row in rows:
        beside = "-" if row.library is None else f"{row.library:.3f} {row.library_name}"
        bar = "-" if row.bar is None else f">= {row.bar:g}"
        lines.append((row.subject, row.corpus, f"{row.cases:,}", f"{row.ours:.3f}", beside, bar, "yes" if row.holds else "NO"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
