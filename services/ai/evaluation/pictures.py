"""Reliability and risk-coverage as pictures (SVG), drawn from a report's tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from services.ai.evaluation.data import BadFile
from services.ai.evaluation.report import Report

_SIDE, _EDGE = 360, 56
_INK, _GREY, _BLUE, _RED = "#1a1a1a", "#8a8a8a", "#2563eb", "#c2410c"
Point = tuple[float, float]


def reliability_picture(report: Report) -> str:
    """Confidence across, how often it was right up, with 95 % intervals and the tickets of each bin; the diagonal is perfect."""
    bins: Sequence[dict[str, Any]] = report.tables.get("reliability") or ()
    most = max((b["tickets"] for b in bins), default=1)
    marks = [_line([(0, 0), (1, 1)], _GREY, dashed=True)]
    for b in bins:
        share = 0.12 * b["tickets"] / most
        marks.append(_bar(b["from"] + 0.01, share, 0.08))
        marks.append(_line([(b["confidence"], b["low"]), (b["confidence"], b["high"])], _BLUE))
        marks.append(_dot(b["confidence"], b["accuracy"], f"{b['tickets']} tickets, right {b['accuracy']:.0%}"))
    return _frame("Reliability", "confidence", "right", marks, report)


def risk_coverage_picture(report: Report) -> str:
    """Share of tickets acted on, surest first, across; share of mistakes among them up; the line is the 5 % that are allowed."""
    points = [(p["coverage"], p["risk"]) for p in report.tables.get("risk coverage") or ()]
    marks = [_line([(0, 0.05), (1, 0.05)], _RED, dashed=True), _line(points, _BLUE)]
    return _frame("Risk and coverage", "tickets acted on, surest first", "wrong", marks, report)


def pictures_of(report: Report) -> dict[str, str]:
    """Both, by their names."""
    return {"reliability": reliability_picture(report), "risk-coverage": risk_coverage_picture(report)}


def draw(report: Report, folder: Path, stem: str) -> list[Path]:
    """Both pictures as files; BadFile when the place cannot be written."""
    files = []
    for name, picture in pictures_of(report).items():
        file = folder / f"{stem}-{name}.svg"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise BadFile(f"{file}: cannot be written ({error.__class__.__name__})") from error
        files.append(file)
    return files


def _x(share: float) -> float:
    return round(_EDGE + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(_EDGE + (1 - share) * _SIDE, 1)


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False) -> str:
    places = " ".join(f"{_x(x)},{_y(y)}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def _dot(x: float, y: float, told: str) -> str:
    return f'<circle cx="{_x(x)}" cy="{_y(y)}" r="5" fill="{_BLUE}"><title>{escape(told)}</title></circle>'


def _bar(x: float, height: float, width: float) -> str:
    return f'<rect x="{_x(x)}" y="{_y(height)}" width="{width * _SIDE:.1f}" height="{height * _SIDE:.1f}" fill="#dbe4f7"/>'


def _text(x: float, y: float, words: str, *, size: int = 12, anchor: str = "middle", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{_INK}"{turn}>{escape(words)}</text>'


def _frame(title: str, across: str, up: str, marks: Sequence[str], report: Report) -> str:
    whole, middle = _SIDE + 2 * _EDGE, _EDGE + _SIDE / 2
    ticks = [t / 5 for t in range(6)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{whole}" viewBox="0 0 {whole} {whole}" font-family="sans-serif" role="img">',
        f'<title>{escape(title)}</title><rect width="{whole}" height="{whole}" fill="#ffffff"/>',
        f'<rect x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_GREY}"/>',
        *(_text(_x(t), _EDGE + _SIDE + 18, f"{t:.0%}") for t in ticks),
        *(_text(_EDGE - 8, _y(t) + 4, f"{t:.0%}", anchor="end") for t in ticks),
        _text(middle, 30, f"{title}: {report.tickets} tickets, engine {report.engine or 'none'}", size=15),
        _text(middle, _EDGE + _SIDE + 42, across, size=13),
        _text(16, middle, up, size=13, turned=True),
        *marks,
    ]
    return "\n".join([*parts, "</svg>", ""])
