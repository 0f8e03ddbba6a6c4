"""What the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_TEST = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


@pytest.mark.parametrize("document", ["mail.md", "ai.md"])
def test_every_test_that_a_document_names_exists(document: str) -> None:
    known = {name for file in (_ROOT / "tests").rglob("test_*.py") for name in _TEST.findall(file.read_text(encoding="utf-8"))}
    named = set(re.findall(r"`(?:[\w/.]+::)?(test_\w+)`", (_ROOT / "docs" / document).read_text(encoding="utf-8")))
    assert len(named) > 40 and named <= known, named - known
