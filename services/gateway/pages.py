"""The console's files, and the API's own description without a foreign script."""

import html
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from services.gateway.errors import Problem
from services.gateway.middleware import CONSOLE_CSP

DIST = Path(__file__).parent / "console" / "dist"
router = APIRouter(include_in_schema=False)

_NO_CONSOLE = (
    "<!doctype html><title>Helpdesk</title><h1>Helpdesk</h1><p>The API runs. The console is not built yet: <code>make console</code>.</p>"
)


@router.get("/api/v1/openapi.json")
async def openapi(request: Request) -> Response:
    """The API's description."""
    return JSONResponse(request.app.openapi())


@router.get("/api/v1/docs")
async def docs(request: Request) -> Response:
    """The same for people."""
    return HTMLResponse(_docs(request.app.openapi()))


def _docs(description: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(operation.get('description') or operation.get('summary', ''))}</td></tr>"
        for path, operations in sorted(description["paths"].items())
        for method, operation in operations.items()
    ]
    style = "body{font:14px/1.5 system-ui;margin:2rem auto;max-width:60rem}td{padding:.3rem .8rem;vertical-align:top}"
    head = f"<!doctype html><html lang=en><title>Helpdesk API</title><style>{style}</style><h1>Helpdesk API</h1>"
    return f"{head}<p>Machine-readable: <a href=openapi.json>openapi.json</a></p><table>{''.join(rows)}</table></html>"


@router.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def nothing_here(rest: str) -> Response:
    """Every other address of the API."""
    raise Problem(404, f"there is no /api/{rest[:200]}")


@router.get("/{path:path}")
async def console(path: str) -> Response:
    """A file of the console; its page for every address that the console itself routes."""
    root = DIST.resolve()
    file = (root / path).resolve()
    if path and file.is_file() and file.is_relative_to(root):
        lasting = path.startswith("assets/")
        return FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"})
    if "." in path.rpartition("/")[2]:
        raise Problem(404, "no such file")
    index = root / "index.html"
    if not index.is_file():
        return HTMLResponse(_NO_CONSOLE, headers={"Cache-Control": "no-cache"})
    return FileResponse(index, headers={"Cache-Control": "no-cache", "Content-Security-Policy": CONSOLE_CSP})
