"""What the routes work with, made once per process."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from redis.asyncio import Redis
from starlette.requests import HTTPConnection

from services.gateway.commands import Commands
from services.gateway.database import Database
from services.gateway.directory import Directory
from services.gateway.identity.changes import Changes
from services.gateway.identity.limits import KeyLimit, LoginLimits
from services.gateway.identity.sessions import Sessions
from services.gateway.rewrites import Rewrites
from services.runtime.blobs import Blobs
from services.runtime.health import Health
from services.runtime.settings import Settings
from services.runtime.signing import Keys

if TYPE_CHECKING:
    from services.gateway.live.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The gateway's parts. Routes take it by `Depends(parts)`."""

    settings: Settings
    keys: Keys
    database: Database
    directory: Directory
    sessions: Sessions
    logins: LoginLimits
    key_limit: KeyLimit
    link_limit: KeyLimit
    """Of requests by one signed link."""
    changes: Changes
    commands: Commands
    rewrites: Rewrites
    hub: "Hub"
    blobs: Blobs
    redis: Redis
    health: Health
    origins: frozenset[str]


def parts(connection: HTTPConnection) -> Parts:
    """The parts of the running application."""
    return cast("Parts", connection.app.state.parts)
