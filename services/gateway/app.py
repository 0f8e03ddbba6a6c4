"""The HTTP application: routers, error handlers, middleware. Made without any connection, so that its description can be too."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from services.gateway import pages, public
from services.gateway.api import (
    ai,
    articles,
    autonomy,
    customers,
    desk,
    evaluations,
    incidents,
    ledger,
    mailboxes,
    messages,
    ops,
    parked,
    runs,
    session,
    suppressions,
    templates,
    tickets,
    uploads,
)  # fmt: skip
from services.gateway.api.answers import ProblemDetails
from services.gateway.errors import install_handlers
from services.gateway.middleware import BodyLimit, StrictHeaders
from services.gateway.parts import Parts

ROUTERS = (
    session,
    tickets,
    messages,
    ai,
    runs,
    autonomy,
    incidents,
    evaluations,
    customers,
    uploads,
    desk,
    articles,
    mailboxes,
    ledger,
    parked,
    suppressions,
    templates,
    ops,
)
health = APIRouter(include_in_schema=False)


def _operation_name(route: APIRoute) -> str:
    return route.name


@health.get("/healthz")
@health.get("/readyz")
@health.get("/metrics")
async def answer_health(request: Request) -> Response:
    """The process's own health, on the main port as on the health port."""
    status, kind, body = request.app.state.parts.health.answer(request.url.path)
    return Response(body, status, media_type=kind)


def create_app(parts: Parts | None = None) -> FastAPI:
    """The application; without parts it can only describe itself."""
    app = FastAPI(
        title="Helpdesk", version="1", openapi_url=None, docs_url=None, redoc_url=None, generate_unique_id_function=_operation_name,
        description="REST API of Helpdesk. Live updates: websocket /api/v1/live, subprotocol helpdesk.v1.json.",
    )  # fmt: skip
    problem = {"model": ProblemDetails, "description": "application/problem+json"}
    for module in ROUTERS:
        app.include_router(module.router, prefix="/api/v1", responses={401: problem, 403: problem, 404: problem})
    app.include_router(health)
    app.include_router(public.router)
    app.include_router(pages.router)
    install_handlers(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(StrictHeaders)
    app.state.parts = parts
    return app
