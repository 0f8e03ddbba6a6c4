"""The table of rules names tests that exist, and leaves no rule out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| (\d+) \| .+ \| (.+) \|$", re.MULTILINE)


@cache
def _rows() -> dict[int, list[str]]:
    table = (_ROOT / "docs" / "ai.md").read_text(encoding="utf-8")
    return {int(rule): re.findall(r"`(test_\w+)`", named) for rule, named in _ROW.findall(table)}


@cache
def _tests() -> frozenset[str]:
    found = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)
    return frozenset(name for file in (_ROOT / "tests").rglob("test_*.py") for name in found.findall(file.read_text(encoding="utf-8")))


def test_every_rule_stands_in_the_table() -> None:
    assert list(_rows()) == list(range(1, 23))


@pytest.mark.parametrize("rule", range(1, 23))
def test_the_tests_named_beside_a_rule_exist_and_one_bears_its_number(rule: int) -> None:
    named = _rows()[rule]
    assert set(named) <= _tests(), set(named) - _tests()
    assert any(re.match(rf"test_rule_(?:{rule}|\d+_to_{rule})_", name) for name in named)
