"""Fixtures that every test may ask for: running servers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.embedded.stack import Stack, start_servers
from tests.servers import Servers, choose_provider, docker_answers, from_containers, from_environment, from_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The embedded stack, started once for the session: for tests that kill, pause or restart servers.

    A test that stops a server starts it again before it ends.
    """
    # Not pytest's own temporary folder: on root's machine PostgreSQL runs as another user, who may not enter that one.
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-tests-"))
    try:
        with start_servers(folder) as running:
            yield running
    finally:
        if not os.environ.get("HELPDESK_KEEP_TEST_DATA"):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Addresses of running servers, from the provider of this session (see `tests/servers.py`)."""
    provider = choose_provider()
    if provider == "environment":
        yield from_environment()
    elif provider == "testcontainers":
        if not docker_answers():
            pytest.skip("no Docker engine answers: testcontainers not tried")
        with from_containers() as running:
            yield running
    elif provider == "embedded":
        yield from_stack(request.getfixturevalue("stack"))
    else:
        raise pytest.UsageError(f"HELPDESK_TEST_SERVERS={provider}: use environment, testcontainers or embedded")


def pytest_report_header() -> str:
    """Which servers this session uses; also said when all is quiet."""
    return f"servers: {choose_provider()}"
