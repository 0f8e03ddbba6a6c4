"""Fixtures of the writer's tests."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from services.runtime.settings import Settings
from services.tickets.migrate import migrate
from tests.servers import Servers
from tests.tickets.writer import SUPPORT, Writer


@pytest.fixture(scope="module")
def writer(servers: Servers) -> Iterator[Writer]:
    """The one writer on a real database."""
    environment = {"DATABASE_URL": servers.database_url, "HELPDESK_SECRET_KEY": "s" * 40, "EMAIL_USER": SUPPORT}
    config = Settings.of(environment).named("writer-test")
    migrate(config)
    found = Writer(config)
    yield found
    found.db.close()


@pytest.fixture
def sender() -> str:
    """Somebody nobody has heard of."""
    return f"{uuid.uuid4().hex[:12]}@customers.example"
