"""Fixtures of the kill suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.scene import TIMEOUT
from tests.pipeline.desk import Desk
from tests.pipeline.shared import shared_desk

_LAST = ("tests/pipeline/", "tests/chaos/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The shared desk is up while it is used: its tests come last, the kill suite behind the pipeline, whose desk it wears out."""
    items.sort(key=lambda item: next((place for place, folder in enumerate(_LAST, 1) if item.nodeid.startswith(folder)), 0))
    for item in items:
        if item.nodeid.startswith("tests/chaos/"):
            item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Desk:
    """The running desk."""
    return shared_desk(request)


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """The running desk, whole at the beginning and at the end of a test."""
    shared.heal()
    yield shared
    shared.heal()
