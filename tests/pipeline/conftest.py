"""Fixtures of the pipeline tests."""

from __future__ import annotations

import pytest

from tests.pipeline.desk import Desk
from tests.pipeline.shared import shared_desk


@pytest.fixture(scope="session")
def desk(request: pytest.FixtureRequest) -> Desk:
    """A whole running desk."""
    return shared_desk(request)
