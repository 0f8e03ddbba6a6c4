"""What a start is doing: named steps with state, last word and duration, safe to report from several threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

StepState = Literal["waiting", "running", "done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the display."""

    name: str
    state: StepState = "waiting"
    detail: str = ""
    seconds: float = 0.0


class Progress:
    """The steps of one start, in the order they were named."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._lock = threading.Lock()
        self._steps: dict[str, Step] = {}
        self._began: dict[str, float] = {}
        self._on_change = on_change

    def expect(self, *names: str) -> None:
        """Show these as waiting before they begin."""
        for name in names:
            self._set(Step(name))

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[str], None]]:
        """Run one step; the yielded function says what it is at. An error marks the step failed and goes on upwards."""
        self._began[name] = time.monotonic()
        self._set(Step(name, "running"))
        try:
            yield lambda detail: self._set(Step(name, "running", detail, self._age(name)))
        except BaseException as error:
            self._set(Step(name, "failed", str(error).partition("\n")[0], self._age(name)))
            raise
        with self._lock:
            now = self._steps[name]
        if now.state == "running":
            self._set(Step(name, "done", now.detail, self._age(name)))

    def skip(self, name: str, why: str) -> None:
        self._set(Step(name, "skipped", why))

    def steps(self) -> list[Step]:
        """The steps now; a running one with its age."""
        with self._lock:
            steps = list(self._steps.values())
        return [Step(s.name, s.state, s.detail, self._age(s.name)) if s.state == "running" else s for s in steps]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(step) for step in self.steps()]

    def _age(self, name: str) -> float:
        return round(time.monotonic() - self._began[name], 1)

    def _set(self, step: Step) -> None:
        with self._lock:
            self._steps[step.name] = step
        self._on_change()
