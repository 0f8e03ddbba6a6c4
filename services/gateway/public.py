"""What works without a login, by the signed links of automatic mail. Reading a page changes nothing: link scanners read them all."""

import secrets
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from schemas.base import Actor
from schemas.commands import RateTicket
from schemas.mail import SuppressAddress
from schemas.ticket import CommandOutcome
from services.gateway import public_page
from services.gateway.commands import body_hash
from services.gateway.errors import Problem
from services.gateway.identity.asking import PartsDep
from services.gateway.parts import Parts
from services.runtime.ids import event_id
from services.runtime.public_links import read_rating, read_unsubscribe

router = APIRouter(include_in_schema=False)
_CUSTOMER = Actor(kind="customer")
_MOST_COMMENT = 2000
_SCORES = {"good", "bad"}


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, headers={"Cache-Control": "no-store"})


def _language(request: Request, asked: str | None = None) -> str:
    return public_page.language_of(asked or request.query_params.get("lang"), request.headers.get("accept-language", ""))


def _desk(parts: Parts) -> str:
    return parts.directory.settings.desk_name


def _say(request: Request, parts: Parts, what: str, status: int, *, language: str | None = None, address: str = "") -> Response:
    return _html(public_page.say(language or _language(request), _desk(parts), what, address=address), status)


@router.get("/rate/{token}")
async def ask_rating(request: Request, parts: PartsDep, token: str) -> Response:
    """How was it? The answer of the link is chosen already, and counts once the button is pressed."""
    if read_rating(parts.keys, token) is None:
        return _say(request, parts, "unknown", 404)
    chosen = request.query_params.get("answer")
    return _html(public_page.rating(_language(request), _desk(parts), chosen=chosen if chosen in _SCORES else None))


@router.post("/rate/{token}")
async def take_rating(request: Request, parts: PartsDep, token: str) -> Response:
    """The answer, once: the same again changes nothing, another one is too late."""
    asked = read_rating(parts.keys, token)
    if asked is None:
        return _say(request, parts, "unknown", 404)
    ticket_id, cycle = asked
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
    language = _language(request, form.get("lang"))
    score, comment = form.get("answer"), form.get("comment", "").replace("\x00", "")[:_MOST_COMMENT]
    if score not in _SCORES:
        return _html(public_page.rating(language, _desk(parts), chosen=None), 422)
    action = RateTicket.model_validate({"cycle": cycle, "score": score, "comment": comment})
    try:
        parts.link_limit.take(f"{ticket_id}/{cycle}")
        outcome = await parts.commands.ticket(
            event_id("rating", ticket_id, cycle),
            ticket_id=ticket_id,
            principal=_CUSTOMER,
            action=action,
            digest=body_hash([score, comment]),
        )
    except Problem as error:
        return _say(request, parts, "later", error.status, language=language)
    return _rated(request, parts, outcome, language)


def _rated(request: Request, parts: Parts, outcome: CommandOutcome | None, language: str) -> Response:
    if outcome is None or outcome.status == "done":  # written, and will be decided
        return _say(request, parts, "thanks", 200, language=language)
    answered = outcome.reason in {"rated", "idempotency_key_reused"}
    return _say(request, parts, "answered" if answered else "unknown", 409 if answered else 404, language=language)


@router.get("/unsubscribe/{token}")
async def ask_unsubscribe(request: Request, parts: PartsDep, token: str) -> Response:
    """What would end, and a button."""
    address = read_unsubscribe(parts.keys, token)
    if address is None:
        return _say(request, parts, "unknown", 404)
    return _html(public_page.unsubscribing(_language(request), _desk(parts), address=address))


@router.post("/unsubscribe/{token}")
async def unsubscribe(request: Request, parts: PartsDep, token: str) -> Response:
    """No more automatic mail to the address of the link: one request of a mail program (RFC 8058), or the page's button."""
    address = read_unsubscribe(parts.keys, token)
    if address is None:
        return _say(request, parts, "unknown", 404)
    action = SuppressAddress(address=address, kind="unsubscribed", reason="asked for no more automatic mail")
    try:
        parts.link_limit.take(address)
        await parts.commands.mail(event_id("unsubscribe", address, secrets.token_hex(16)), key=address, action=action, principal=_CUSTOMER)
    except Problem as error:
        return _say(request, parts, "later", error.status)
    return _say(request, parts, "stopped", 200, address=address)
