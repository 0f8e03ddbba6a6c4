"""The compose file starts what `helpdesk up` starts. Where a Docker engine runs it is tried; here its shape is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.run import SERVICES

_ROOT = Path(__file__).parents[2]
_SERVERS = {"kafka", "postgres", "redis", "mail"}


@pytest.fixture
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_ROOT / "deploy" / "compose.yaml").read_text())
    return found


def test_every_service_runs_as_itself(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == _SERVERS | set(SERVICES) | {"prepare", "seed"}
    for name in SERVICES:
        assert services[name]["command"] == ["services.cli.run", name]
        assert services[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"
        port = services[name]["environment"]["HELPDESK_HEALTH_PORT"]
        assert f":{port}/readyz" in services[name]["healthcheck"]["test"][-1]


def test_every_image_is_pinned(compose: dict[str, Any]) -> None:
    for name in _SERVERS:
        tag = compose["services"][name]["image"].partition(":")[2]
        assert tag
        assert tag != "latest"


def test_services_that_share_a_network_do_not_share_a_port(compose: dict[str, Any]) -> None:
    shared = [s for s in compose["services"].values() if s.get("network_mode") == "service:mail"]
    ports = [s["environment"]["HELPDESK_HEALTH_PORT"] for s in shared]
    assert len(ports) == len(set(ports)) == 2


def test_the_broker_has_the_settings_of_the_embedded_one(compose: dict[str, Any]) -> None:
    from deploy.embedded.kafka import _SETTINGS

    environment = {key: str(value) for key, value in compose["services"]["kafka"]["environment"].items()}
    own = {"node.id", "inter.broker.listener.name", "listener.security.protocol.map", "default.replication.factor", "min.insync.replicas"}
    for key, value in _SETTINGS.items():
        if key not in own:
            assert environment["KAFKA_" + key.upper().replace(".", "_")] == value, key


def test_the_image_is_built_from_what_exists() -> None:
    for line in (_ROOT / "deploy" / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert "*" in source or (_ROOT / source).exists(), source
