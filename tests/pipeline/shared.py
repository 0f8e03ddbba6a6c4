"""The one desk that the pipeline tests and the kill suite share: starting it takes some seconds and a few hundred megabytes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deploy.embedded.stack import start_servers
from tests.pipeline.desk import Desk

_open: list[Desk] = []


def shared_desk(request: pytest.FixtureRequest) -> Desk:
    """The running desk, started for its first user and closed with the session."""
    if not _open:
        # Not pytest's own folder: PostgreSQL runs as another user on root's machine.
        folder = Path(tempfile.mkdtemp(prefix="helpdesk-pipeline-"))
        desk = Desk(start_servers(folder), folder)
        _open.append(desk)
        request.addfinalizer(close)
        desk.open()
    return _open[0]


def close() -> None:
    """Stop services and servers; the folder stays if HELPDESK_KEEP_TEST_DATA says so."""
    desk = _open.pop()
    desk.close()
    desk.stack.close()
    if not os.environ.get("HELPDESK_KEEP_TEST_DATA"):
        shutil.rmtree(desk.folder, ignore_errors=True)
