"""Dependencies of the routes: who is asking, and may they."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from services.gateway.errors import Problem
from services.gateway.identity.origin import trusted
from services.gateway.identity.principal import Principal
from services.gateway.parts import Parts, parts

_SAFE = {"GET", "HEAD", "OPTIONS"}
PartsDep = Annotated[Parts, Depends(parts)]


def cookie_name(url: str) -> str:
    """`__Host-` needs https; on plain http (a loopback desk) browsers would drop it."""
    return "__Host-helpdesk" if url.startswith("https:") else "helpdesk_session"


async def authenticate(connection: HTTPConnection, owned: Parts) -> Principal | None:
    """The principal of a request or handshake, None without valid proof. A bearer counts before a cookie."""
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await owned.sessions.by_key(key.strip())
    token = connection.cookies.get(cookie_name(owned.settings.url))
    return await owned.sessions.by_cookie(token) if token else None


async def asking(connection: HTTPConnection, owned: PartsDep) -> Principal:
    """Whoever is signed in. 401 without, 403 for an unsafe request of a foreign page, 429 for a key above its rate."""
    principal = await authenticate(connection, owned)
    if principal is None:
        raise Problem(401, "sign in, or send an API key as Authorization: Bearer hd_…", headers={"WWW-Authenticate": "Bearer"})
    if not principal.cookie:
        owned.key_limit.take(principal.login_id)
    elif connection.scope.get("method") not in _SAFE and not trusted(connection.headers, owned.origins, needed=True):
        raise Problem(403, "this page may not act for you: its Origin is not the desk's")
    return principal


Asking = Annotated[Principal, Depends(asking)]


async def working(principal: Asking) -> Principal:
    """Somebody who may change tickets: light agents may only write notes."""
    if principal.viewer.role == "light":
        raise Problem(403, "a light agent may read tickets and write notes")
    return principal


async def administering(principal: Asking) -> Principal:
    """An admin."""
    if not principal.viewer.admin:
        raise Problem(403, "only an admin may do this")
    return principal


Working = Annotated[Principal, Depends(working)]
Administering = Annotated[Principal, Depends(administering)]
