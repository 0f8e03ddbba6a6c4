"""Fixtures of notify's tests on real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schemas.config import Mailbox
from services.runtime.ids import new_object_id
from services.runtime.settings import Settings
from services.runtime.topics import ensure_topics
from tests.notify.desk import Desk
from tests.notify.process import NotifyProcess
from tests.notify.scripted import Script, smtp_server
from tests.servers import Servers

SECRET = "a secret of at least thirty-two characters"
Start = Callable[..., NotifyProcess]
Box = tuple[str, Script]


@pytest.fixture(scope="session")
def environment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the process under test gets: the sample mailbox, a key, a blob store."""
    blobs = (tmp_path_factory.mktemp("blobs")).as_uri()
    mailbox = {"EMAIL_USER": "support@helpdesk.example", "EMAIL_AUTH_CREDENTIAL": "support@helpdesk.example"}
    return {**servers.environment, **mailbox, "HELPDESK_SECRET_KEY": SECRET, "HELPDESK_BLOBS": blobs}


@pytest.fixture(scope="session")
def config(environment: dict[str, str]) -> Settings:
    """The same as settings of this process."""
    made = Settings.model_validate({k.lower() if not k.startswith("HELPDESK") else k: v for k, v in environment.items()}).named("tests")
    ensure_topics(made.kafka_bootstrap_servers)
    return made


@pytest.fixture
def desk(config: Settings) -> Iterator[Desk]:
    """Tickets, played by the test."""
    with Desk(config) as playing:
        yield playing


@pytest.fixture
def start(environment: dict[str, str], config: Settings, tmp_path: Path) -> Iterator[Start]:
    """Starts notify processes of this test: `start(crash_at="notify.before_data")`."""
    running: list[NotifyProcess] = []

    def begin(*, crash_at: str = "", **more: str) -> NotifyProcess:
        running.append(NotifyProcess({**environment, **more}, home=tmp_path, crash_at=crash_at))
        return running[-1]

    yield begin
    for process in running:
        process.close()


@pytest.fixture(scope="module")
def notify(environment: dict[str, str], config: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotifyProcess]:
    """One process for a whole module, quick to ask again; must end in order."""
    process = NotifyProcess(environment, home=tmp_path_factory.mktemp("notify"), claim_seconds=2.0).ready()
    try:
        yield process
        assert process.stop() == 0, process.log.read_text()[-3000:]
    finally:
        process.close()


@pytest.fixture
def script() -> Script:
    """What the test's own SMTP server answers."""
    return Script()


@pytest.fixture
def box(desk: Desk, script: Script) -> Iterator[str]:
    """Address of a mailbox in `config.state` whose SMTP server follows `script`."""
    address = f"box-{new_object_id()}@helpdesk.example"
    with smtp_server(script) as port:
        desk.mailbox(
            Mailbox(
                address=address,
                imap_host="127.0.0.1",
                imap_port=1,
                smtp_host="127.0.0.1",
                smtp_port=port,
                smtp_security="none",
                user=address,
            ),
            address,
        )
        yield address
        desk.mailbox(None, address)
