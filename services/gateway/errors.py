"""Every error the API answers, as RFC 9457 problem+json."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.runtime.telemetry import log

_TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Method not allowed", 409: "Conflict",
    412: "Changed in the meantime", 413: "Too large", 415: "Unsupported media type", 422: "Not valid", 429: "Too many requests",
    500: "Internal error", 502: "Server refused", 503: "Unavailable",
}  # fmt: skip


class Problem(Exception):
    """An answer that is not the wanted one. `more` are extra members of the problem body, e.g. the current ticket of a 412."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more


def unavailable(detail: str) -> Problem:
    """503: try again in two seconds."""
    return Problem(503, detail, headers={"Retry-After": "2"})


def problem_body(status: int, detail: str, **more: Any) -> bytes:
    """The bytes of a problem document."""
    return orjson.dumps({"type": "about:blank", "title": _TITLES.get(status, "Error"), "status": status, "detail": detail, **more})


def problem_response(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """A problem as response."""
    return Response(problem_body(status, detail, **more), status, dict(headers or {}), "application/problem+json")


def _pointer(location: tuple[int | str, ...]) -> str:
    return "#/" + "/".join(str(part) for part in location if part != "body")


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error.status, error.detail, headers=error.headers, **error.more)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem_response(error.status_code, str(error.detail), headers=error.headers)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(e["type"] == "json_invalid" for e in found):
        return problem_response(400, "the body is not valid JSON")
    errors = [{"pointer": _pointer(e["loc"]), "detail": e["msg"], "code": e["type"]} for e in found[:20]]
    where = ", ".join(e["pointer"] for e in errors[:5])
    return problem_response(422, f"{len(found)} field(s) are not valid: {where}", errors=errors)


async def _answer_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated or (error.orig is not None and type(error.orig).__name__ in {"OperationalError", "AdminShutdown"}):
        log.warning("database away", error=type(error.orig).__name__)
        return problem_response(503, "the database does not answer", headers={"Retry-After": "2"})
    return await _answer_crash(request, error)


async def _answer_crash(request: Request, error: Exception) -> Response:
    trace = uuid.uuid4().hex
    log.error("request failed", path=request.url.path, method=request.method, trace_id=trace, exc_info=error)
    return problem_response(500, "something went wrong on our side; the trace id names it in the log", trace_id=trace)


def install_handlers(app: FastAPI) -> None:
    """One handler per kind of error turns it into HTTP."""
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(DBAPIError, _answer_database)
    app.add_exception_handler(Exception, _answer_crash)
