"""A report for people, on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from services.ai.evaluation.figures import Figure
from services.ai.evaluation.report import Report


def show(report: Report, console: Console) -> None:
    """Figures with intervals and baselines beside them, then the confusion."""
    table = Table(title=f"{report.tickets} tickets, engine {report.engine or 'none'}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name in report.baselines:
        table.add_column(name, justify="right")
    for name, figure in report.figures.items():
        table.add_row(name, _number(figure.value), _interval(figure), *(_number(b.get(name)) for b in report.baselines.values()))
    console.print(table)
    for title in ("confusion", "priority confusion"):
        if report.tables.get(title):
            console.print(_confusion(title, report.tables[title]))


def _confusion(title: str, rows: dict[str, dict[str, int]]) -> Table:
    table = Table(title=f"{title}: truth down, prediction across")
    columns = sorted({said for row in rows.values() for said in row} | set(rows))
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    for truth, row in rows.items():
        table.add_row(truth, *(str(row.get(column, "")) for column in columns))
    return table


def _interval(figure: Figure) -> str:
    return "" if figure.low is None or figure.high is None else f"{_number(figure.low)} to {_number(figure.high)}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
