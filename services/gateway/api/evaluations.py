"""Stored measurements of the assistant: what `helpdesk ai backtest` and `helpdesk ai evaluate --home` left in this machine's home."""

import re
from pathlib import Path
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, Response

from schemas.base import Instant
from services.gateway.errors import Problem
from services.gateway.identity.asking import Asking, PartsDep
from services.gateway.parts import Parts
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


def _folder(parts: Parts) -> Path:
    return parts.settings.home / "ai" / "backtests"


def _read(folder: Path) -> list[EvaluationView]:
    found: list[EvaluationView] = []
    for file in sorted(folder.glob("*.json"), reverse=True)[:_MOST]:
        try:
            body: dict[str, Any] = orjson.loads(file.read_bytes())
            pictures = [p.name for p in sorted(folder.glob(f"{file.stem}-*.svg"))]
            found.append(EvaluationView.model_validate({**body, "name": file.stem, "pictures": pictures}))
        except (orjson.JSONDecodeError, ValueError) as error:
            log.warning("measurement not understood", file=file.name, error=type(error).__name__)
    return found


@router.get("/ai/evaluations", response_model=list[EvaluationView])
async def list_evaluations(principal: Asking, parts: PartsDep) -> list[EvaluationView]:
    """Measurements kept on this machine, the newest first."""
    return await to_thread.run_sync(_read, _folder(parts))


@router.get("/ai/evaluations/pictures/{name}", response_class=Response)
async def evaluation_picture(principal: Asking, parts: PartsDep, name: str) -> Response:
    """Reliability or risk-coverage as SVG."""
    file = _folder(parts) / name
    if not _NAME.fullmatch(name) or file.suffix != ".svg" or not file.is_file():
        raise Problem(404, "no such picture")
    return FileResponse(
        file, media_type="image/svg+xml", headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    )
