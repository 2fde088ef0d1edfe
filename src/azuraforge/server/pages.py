"""Serves the built dashboard; every unknown address of a page gets index.html, whose router knows it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

_PACKAGED = Path(__file__).parent / "dashboard"
_CHECKOUT = Path(__file__).parents[3] / "dashboard" / "dist"
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_NEVER = {"Cache-Control": "no-cache"}

_MISSING = """<!doctype html><meta charset="utf-8"><title>AzuraForge</title>
<p>The API runs, but the dashboard is not built. Run <code>make dashboard</code> and load this page again.</p>
<p lang="tr">API çalışıyor ama panel derlenmemiş. <code>make dashboard</code> komutunu çalıştırıp sayfayı yenileyin.</p>
"""


def dashboard_folder() -> Path | None:
    """The built dashboard: in the wheel, or in a checkout."""
    return next((folder for folder in (_PACKAGED, _CHECKOUT) if (folder / "index.html").is_file()), None)


def install(app: FastAPI) -> None:
    """Add the pages after all other routes."""
    folder = dashboard_folder()

    @app.get("/{path:path}", include_in_schema=False, response_model=None)
    def page(path: str) -> Response:
        if path.startswith(("api/", "healthz", "readyz")) or "\0" in path:
            raise HTTPException(404)
        if folder is None:
            return HTMLResponse(_MISSING, 503)
        file = (folder / path).resolve()
        if path and file.is_file() and file.is_relative_to(folder):
            return FileResponse(file, headers=_FOR_EVER if path.startswith("assets/") else _NEVER)
        if path.startswith("assets/"):
            raise HTTPException(404)
        return FileResponse(folder / "index.html", headers=_NEVER)
