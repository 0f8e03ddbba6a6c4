"""One running desk for all tests of the gateway."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.embedded.stack import start_servers
from tests.gateway.running import Running


@pytest.fixture(scope="session")
def desk() -> Iterator[Running]:
    """Servers of its own: other tests write into the same topics."""
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-gateway-"))
    try:
        with start_servers(folder, only=("kafka", "postgres", "redis")) as stack:
            running = Running(stack, folder)
            try:
                running.open()
                yield running
            finally:
                running.close()
    finally:
        if not os.environ.get("HELPDESK_KEEP_TEST_DATA"):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def http(desk: Running) -> Iterator[httpx.Client]:
    """The sample agent, who is in every team."""
    with desk.http() as client:
        yield client


@pytest.fixture
def admin(desk: Running) -> Iterator[httpx.Client]:
    """The admin."""
    with desk.admin as client:
        yield client
