"""Signing in and out, one's own profile, API keys."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from schemas.base import Named
from services.gateway.api.answers import KeyView, Me, NewKey, Page
from services.gateway.api.desk import existing, merged, put
from services.gateway.api.inputs import KeyInput, MeInput, PasswordChange, SignIn
from services.gateway.api.writing import WRITE_RESPONSES, WriteDep
from services.gateway.errors import Problem
from services.gateway.identity import passwords
from services.gateway.identity.asking import Administering, Asking, PartsDep, cookie_name
from services.gateway.identity.origin import trusted
from services.gateway.identity.principal import Viewer
from services.gateway.identity.sessions import SESSION_DAYS
from services.gateway.parts import Parts
from services.runtime.ids import is_uuid
from services.runtime.telemetry import log

router = APIRouter(tags=["session"])
_KEYS = text(
    "SELECT id::text, agent_id::text, name, created_at, revoked_at FROM identity.api_key WHERE agent_id = :agent OR :all ORDER BY created_at LIMIT 100"
)


def describe(viewer: Viewer, parts: Parts) -> Me:
    """An agent to themselves."""
    teams = parts.directory.values("team")
    mine = sorted(teams if viewer.admin and not viewer.teams else viewer.teams & teams.keys(), key=lambda t: (teams[t].get("order", 0), t))
    value = parts.directory.value("agent", viewer.agent_id) or {}
    return Me(
        id=viewer.agent_id, name=viewer.name, email=viewer.email, role=viewer.role, signature=value.get("signature") or "", notices=value.get("notices") or [],
        teams=[Named(id=t, name=teams[t]["name"]) for t in mine],
    )  # fmt: skip


@router.post("/session", response_model=Me)
async def sign_in(request: Request, response: Response, parts: PartsDep, body: SignIn) -> Me:
    """Open a session; the cookie is for this browser's requests and its websocket. Known and unknown accounts get the same answer."""
    if not trusted(request.headers, parts.origins, needed=False):
        raise Problem(403, "this page may not sign you in: its Origin is not the desk's")
    email = body.email.strip().lower()
    address = request.client.host if request.client else ""
    await parts.logins.check(email, address)
    known = await parts.sessions.credential(email)
    right = await passwords.verify(body.password, known[1] if known else None)
    viewer = await parts.directory.find_viewer(known[0]) if known and right else None
    if viewer is None:
        await parts.logins.failed(email, address)
        raise Problem(401, "address or password is wrong")
    await parts.logins.succeeded(email)
    old = request.cookies.get(cookie_name(parts.settings.url))
    before = await parts.sessions.by_cookie(old) if old else None
    if before is not None:  # a session is never reused across a login
        await parts.sessions.close(before.login_id)
    session, token = await parts.sessions.open(viewer.agent_id, request.headers.get("user-agent", ""))
    _set_cookie(response, parts, token)
    log.info("signed in", agent=viewer.agent_id, session=session)
    return describe(viewer, parts)


def _set_cookie(response: Response, parts: Parts, token: str) -> None:
    secure = parts.settings.url.startswith("https:")
    response.set_cookie(
        cookie_name(parts.settings.url), token, max_age=SESSION_DAYS * 86400, path="/", secure=secure, httponly=True, samesite="lax"
    )  # fmt: skip


@router.delete("/session", status_code=204)
async def sign_out(principal: Asking, parts: PartsDep) -> Response:
    """End this session and its websockets."""
    if principal.cookie:
        await parts.sessions.close(principal.login_id)
        parts.hub.end_logins(frozenset((principal.login_id,)))
        await parts.changes.tell(principal.agent_id, "signed_out", [principal.login_id])
    answer = Response(status_code=204)
    answer.delete_cookie(
        cookie_name(parts.settings.url), path="/", secure=parts.settings.url.startswith("https:"), httponly=True, samesite="lax"
    )
    return answer


@router.get("/me", response_model=Me)
async def get_me(principal: Asking, parts: PartsDep) -> Me:
    """Who you are, and your teams."""
    return describe(principal.viewer, parts)


@router.patch("/me", response_model=Me, responses=WRITE_RESPONSES)
async def change_me(principal: Asking, parts: PartsDep, body: MeInput, write: WriteDep) -> Response:
    """Change your own signature, and what you are told by mail. Everything else about you is an admin's to change."""
    value = merged("agent", await existing(parts, "agent", principal.agent_id), body)
    me = describe(principal.viewer, parts).model_copy(update={name: value[name] for name in ("signature", "notices")})
    return await put(write, principal, kind="agent", object_id=principal.agent_id, value=value, view=me.model_dump(mode="json"))


@router.post("/me/password", status_code=204)
async def change_password(principal: Asking, parts: PartsDep, body: PasswordChange) -> Response:
    """Change your password; your other sessions end."""
    known = await parts.sessions.credential(principal.viewer.email.lower())
    await parts.logins.check(principal.viewer.email.lower(), "")
    if not await passwords.verify(body.current, known[1] if known else None):
        await parts.logins.failed(principal.viewer.email.lower(), "")
        raise Problem(403, "the current password is wrong")
    await parts.sessions.put_credential(principal.agent_id, principal.viewer.email, await passwords.hash_async(body.new))
    ended = await parts.sessions.close_others(principal.agent_id, keep=principal.login_id if principal.cookie else principal.agent_id)
    if ended:
        parts.hub.end_logins(frozenset(ended))
        await parts.changes.tell(principal.agent_id, "sessions_ended", ended)
    return Response(status_code=204)


@router.get("/keys", response_model=Page[KeyView])
async def list_keys(principal: Asking, parts: PartsDep, everyone: Annotated[bool, Query(alias="all")] = False) -> Page[KeyView]:
    """Your API keys; for an admin with `all=true` everybody's."""
    async with parts.database.identity() as connection:
        rows = (await connection.execute(_KEYS, {"agent": principal.agent_id, "all": everyone and principal.viewer.admin})).all()
    return Page(data=[KeyView(id=r[0], agent_id=r[1], name=r[2], created_at=r[3], revoked_at=r[4]) for r in rows], next=None)


@router.post("/keys", status_code=201, response_model=NewKey)
async def add_key(principal: Administering, parts: PartsDep, body: KeyInput) -> NewKey:
    """A new API key for an agent, shown this once."""
    if not is_uuid(body.agent_id) or await parts.directory.find_viewer(body.agent_id) is None:
        raise Problem(422, "agent_id names no active agent")
    key_id, key = await parts.sessions.add_key(body.agent_id, body.name)
    log.info("api key added", by=principal.agent_id, agent=body.agent_id, key=key_id)
    return NewKey(id=key_id, key=key)


@router.delete("/keys/{key_id}", status_code=204)
async def revoke_key(principal: Administering, parts: PartsDep, key_id: str) -> Response:
    """End a key and its websockets."""
    owner = await parts.sessions.revoke_key(key_id) if is_uuid(key_id) else None
    if owner is None:
        raise Problem(404, "no such key")
    parts.hub.end_logins(frozenset((key_id,)))
    await parts.changes.tell(owner, "key_revoked", [key_id])
    return Response(status_code=204)
