"""The environment of an embedded system: what services are given, and what `helpdesk env` tells the outside."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.home import Home, write_whole
from deploy.embedded.mail import SUPPORT_ADDRESS
from deploy.embedded.ports import Ports
from deploy.embedded.server import Server
from services.cli.run import SERVICES

INSTANCES = tuple(f"{name}-1" for name in SERVICES)

# Any of these in the environment names a server of the user's own: ours is then not started.
_OWN_SERVER = {"kafka": "KAFKA_BOOTSTRAP_SERVERS", "postgres": "DATABASE_URL", "redis": "REDIS_URL", "mail": "IMAP_SERVER"}
_PUBLIC = ("HELPDESK_URL", "KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "REDIS_URL")
DESK_KEYS = ("ADMIN_EMAIL", "ADMIN_PASSWORD", "ADMIN_API_KEY", "AGENT_EMAIL", "AGENT_PASSWORD", "AGENT_API_KEY")


@dataclass(frozen=True, slots=True)
class Wiring:
    """All addresses of one system: `shared` is what every process gets, `health` the port of each service instance."""

    home: Home
    shared: Mapping[str, str]
    health: Mapping[str, int]
    external: Mapping[str, str]

    def of(self, instance: str) -> dict[str, str]:
        """The whole environment of one service instance."""
        service = instance.rpartition("-")[0]
        own = {"HELPDESK_SERVICE": service, "HELPDESK_INSTANCE": instance, "HELPDESK_HEALTH_PORT": str(self.health[instance])}
        return {**self.shared, **own}


def load_dotenv(path: Path = Path(".env")) -> None:
    """Take settings from a `.env` file of the current folder; what is set already stays. An empty value means unset."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip().strip("'\"")
        if equals and value and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value)


def external_servers(environment: Mapping[str, str]) -> dict[str, str]:
    """Servers that are not ours to start, with the address to show: host and port, never a password."""
    found = {server: environment[name] for server, name in _OWN_SERVER.items() if environment.get(name)}
    return {server: address.rpartition("@")[2].partition("?")[0] for server, address in found.items()}


def wire(home: Home, ports: Ports, servers: list[Server]) -> Wiring:
    """The wiring of a system whose embedded servers are `servers`; everything else comes from our own environment."""
    given = dict(os.environ)
    url_port = ports.get("http", preferred=8080)
    shared = {
        **given,
        "HELPDESK_SECRET_KEY": given.get("HELPDESK_SECRET_KEY") or secret_key(home),
        "HELPDESK_HOME": str(home.root),
        "HELPDESK_BLOBS": given.get("HELPDESK_BLOBS") or home.blobs.as_uri(),
        "HELPDESK_URL": given.get("HELPDESK_URL") or f"http://127.0.0.1:{url_port}",
        "HELPDESK_HTTP_PORT": str(url_port),
        "PYTHONUNBUFFERED": "1",
        **desk(home),
    }
    for server in servers:
        if server.name != "mail":
            shared.update(server.environment)
    mail = next((server for server in servers if server.name == "mail"), None)
    if mail is not None:
        shared.update(_sample_mail(mail, own_mailbox=bool(given.get("EMAIL_USER"))))
    health = {instance: ports.get(f"health_{instance}") for instance in INSTANCES}
    return Wiring(home=home, shared=shared, health=health, external=external_servers(given))


def _sample_mail(mail: Server, *, own_mailbox: bool) -> dict[str, str]:
    sample = {f"SAMPLE_{k.replace('_SERVER', '_HOST')}": v for k, v in mail.environment.items()}
    if own_mailbox:
        return sample
    mailbox = {
        **mail.environment,
        "EMAIL_USER": SUPPORT_ADDRESS,
        "EMAIL_AUTH_CREDENTIAL": SUPPORT_ADDRESS,
        "INBOUND_FOLDER": "INBOX",
        # GreenMail keeps every mail in memory, and gives user+tag@ a mailbox of its own.
        "EMAIL_DELETE_SETTLED": "true",
        "EMAIL_PLUS_ADDRESSING": "false",
        "EMAIL_NULL_SENDER": "false",
        "EMAIL_TRUSTS_SERVER": "true",
    }
    return {**sample, **mailbox}


def secret_key(home: Home) -> str:
    """The key that seals credentials and signs ids; made once. Losing it makes what it sealed unreadable."""
    path = home.root / "secret"
    if not path.exists():
        write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path.read_text().strip()


def desk(home: Home) -> dict[str, str]:
    """Logins and API keys of the sample desk: made once, then given to the seed, which creates the agents with them."""
    known: dict[str, object] = json.loads(home.desk.read_text()) if home.desk.exists() else {}
    fresh = {
        "ADMIN_EMAIL": "admin@helpdesk.example",
        "ADMIN_PASSWORD": secrets.token_urlsafe(12),
        "ADMIN_API_KEY": _api_key(),
        "AGENT_EMAIL": "robin@helpdesk.example",
        "AGENT_PASSWORD": secrets.token_urlsafe(12),
        "AGENT_API_KEY": _api_key(),
    }
    if missing := {key: value for key, value in fresh.items() if key not in known}:
        known = {**known, **missing}
        write_whole(home.desk, json.dumps(known, indent=1))
    return {key: str(known[key]) for key in DESK_KEYS}


def _api_key() -> str:
    return f"hd_{secrets.token_urlsafe(30)}"  # 30 bytes are 40 URL-safe characters


def public_lines(wiring: Wiring) -> list[str]:
    """The lines of `helpdesk env`."""
    shared = wiring.shared
    mail = {
        "SUPPORT_ADDRESS": shared.get("EMAIL_USER", ""),
        "SAMPLE_SMTP_HOST": shared.get("SAMPLE_SMTP_HOST") or shared.get("SMTP_SERVER", ""),
        "SAMPLE_SMTP_PORT": shared.get("SAMPLE_SMTP_PORT") or shared.get("SMTP_PORT", ""),
        "SAMPLE_IMAP_HOST": shared.get("SAMPLE_IMAP_HOST") or shared.get("IMAP_SERVER", ""),
        "SAMPLE_IMAP_PORT": shared.get("SAMPLE_IMAP_PORT") or shared.get("IMAP_PORT", ""),
    }
    values = {**{name: shared[name] for name in _PUBLIC}, **mail, **desk(wiring.home)}
    return [f"{name}={value}" for name, value in values.items()]


def read_env(home: Home) -> dict[str, str]:
    """What `DIR/env` says; FileNotFoundError when nothing was ever started there."""
    return dict(line.split("=", 1) for line in home.env.read_text(encoding="utf-8").splitlines() if "=" in line)
