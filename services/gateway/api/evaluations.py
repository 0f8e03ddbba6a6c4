"""Stored measurements of the assistant: what `helpdesk ai backtest` and `helpdesk ai evaluate --home` left in the blob store."""

import re
from functools import lru_cache
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from schemas.base import Instant
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep
from services.gateway.parts import Parts
from services.runtime.blobs import Shelf
from services.runtime.settings import Settings
from services.runtime.telemetry import log

router = APIRouter(tags=["ai"])
_NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")
_MOST = 100


class FigureView(BaseModel):
    """A figure with its 95 % interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class EvaluationView(BaseModel):
    """One measurement. Figures only: no text of any ticket is in it."""

    name: str
    made_at: Instant
    since: str | None = None
    source: str | None = None
    """The file that was measured; null for a backtest."""
    prompt: str | None = None
    """Digest of the prompt that was tried in place of ours."""
    tickets: int = 0
    engine: str = ""
    figures: dict[str, FigureView] = Field(default={})
    baselines: dict[str, dict[str, float | None]] = Field(default={})
    confusion: dict[str, dict[str, int]] = Field(default={})
    pictures: list[str] = Field(default=[])


def _read(shelf: Shelf) -> list[EvaluationView]:
    names = shelf.names()
    found: list[EvaluationView] = []
    for name in [n for n in reversed(names) if n.endswith(".json")][:_MOST]:
        stem = name.removesuffix(".json")
        try:
            body: dict[str, Any] = orjson.loads(shelf.get(name))
            pictures = [n for n in names if n.startswith(f"{stem}-") and n.endswith(".svg")]
            found.append(EvaluationView.model_validate({**body, "name": stem, "pictures": pictures}))
        except (orjson.JSONDecodeError, ValueError) as error:
            log.warning("measurement not understood", file=name, error=type(error).__name__)
    return found


@lru_cache(maxsize=4)
def _shelf(settings: Settings) -> Shelf:
    return Shelf(settings, "evaluations")


def _of(parts: Parts) -> Shelf:
    return _shelf(parts.settings)


@router.get("/ai/evaluations", response_model=list[EvaluationView])
async def list_evaluations(principal: Asking, parts: PartsDep) -> list[EvaluationView]:
    """Measurements kept with this system, the newest first."""
    return await to_thread.run_sync(_read, _of(parts))


@router.get("/ai/evaluations/pictures/{name}", response_class=Response)
async def evaluation_picture(principal: Asking, parts: PartsDep, name: str) -> Response:
    """Reliability or risk-coverage as SVG."""
    if not _NAME.fullmatch(name) or not name.endswith(".svg"):
        raise Problem(404, "no such picture")
    try:
        drawn = await to_thread.run_sync(_of(parts).get, name)
    except FileNotFoundError as error:
        raise Problem(404, "no such picture") from error
    return Response(drawn, media_type="image/svg+xml", headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})
