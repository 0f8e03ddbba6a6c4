"""Measurements kept for the console, in the blob store: gateways on any machine show the same ones."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from services.ai.evaluation.pictures import pictures_of
from services.ai.evaluation.report import Report
from services.runtime.blobs import Shelf
from services.runtime.settings import Settings

PREFIX = "evaluations"


def store(
    made: Report, config: Settings, *, now: datetime, since: datetime | None = None, source: str | None = None, prompt: Path | None = None
) -> str:
    """Kept beside the others with its pictures, for comparing runs; its name. Holds figures only, no text of any ticket.

    The pictures come first: a table that is listed has them.
    """
    shelf, name = Shelf(config, PREFIX), f"{now:%Y%m%dT%H%M%S}-{made.engine or 'none'}"
    body: dict[str, Any] = {
        "made_at": now.isoformat(),
        "since": since.isoformat() if since else None,
        "source": source,
        "prompt": _digest(prompt),
        **made.json(),
    }
    for picture, drawn in pictures_of(made).items():
        shelf.put(f"{name}-{picture}.svg", drawn.encode())
    shelf.put(f"{name}.json", json.dumps(body, ensure_ascii=False, indent=2).encode())
    return name


def _digest(prompt: Path | None) -> str | None:
    return hashlib.sha256(prompt.read_bytes()).hexdigest()[:16] if prompt is not None else None
