"""Server of the documentation site at ``/docs/guide``, which is built from docs/ and included in the wheel.

Files are read on request, because all files together take 8 MB of memory and few are ever requested.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from azuraforge.server.pages import Asset, asset_of, served_files

PREFIX = "/docs/guide"
_PACKAGED = Path(__file__).parent / "guide"
_CHECKOUT = Path(__file__).parents[3] / "build" / "guide"

_MISSING = """<!doctype html><meta charset="utf-8"><title>AzuraForge</title>
<h1>Guide</h1>
<p>The platform runs, but its documentation is not built. Run <code>make docs</code> in the checkout and load this page
again, or read the same texts in its folder <code>docs/</code>.</p>
<h1 lang="tr">Kılavuz</h1>
<p lang="tr">Platform çalışıyor ama belgeleri derlenmemiş. Depoda <code>make docs</code> komutunu çalıştırıp sayfayı
yenileyin ya da aynı metinleri <code>docs/</code> klasöründe okuyun.</p>
<p><a href="/">AzuraForge</a></p>
"""


class Guide:
    """The files of the built site, in the wheel or in a checkout. They are listed again after a new build."""

    def __init__(self) -> None:
        self._built: tuple[Path, int, int] | None = None
        self._files: dict[str, Path] = {}

    def find(self, path: str) -> Asset | None:
        """Return the file of a path; None if there is none.

        ``models`` means ``models.html``, and a folder means its index.html.
        """
        name = f"{path}index.html" if not path or path.endswith("/") else path
        for folder in (_PACKAGED, _CHECKOUT):
            try:
                self._list_again(folder)
                file = self._files.get(name) or self._files.get(f"{name}.html")
                return asset_of(file, "no-cache", file.is_symlink()) if file is not None else None
            except (FileNotFoundError, NotADirectoryError):
                continue  # not built here, or a build is replacing the files
        return None

    def _list_again(self, folder: Path) -> None:
        index = (folder / "index.html").stat()
        built = (folder, index.st_mtime_ns, index.st_ino)
        if built != self._built:
            self._files = served_files(folder)
            self._built = built


def install(app: FastAPI) -> None:
    """Register the routes of the site. Call this before the dashboard's routes are registered."""
    guide = Guide()

    @app.get("/docs", include_in_schema=False, response_model=None)
    @app.get("/docs/", include_in_schema=False, response_model=None)
    @app.get(PREFIX, include_in_schema=False, response_model=None)
    async def start() -> Response:
        return RedirectResponse(f"{PREFIX}/")

    @app.get(f"{PREFIX}/tr", include_in_schema=False, response_model=None)
    async def start_in_turkish() -> Response:
        return RedirectResponse(f"{PREFIX}/tr/")

    @app.get(f"{PREFIX}/{{path:path}}", include_in_schema=False, response_model=None)
    async def page(path: str, request: Request) -> Response:
        if asset := guide.find(path):
            return asset.answer(request)
        missing = guide.find("tr/404.html" if path.startswith("tr/") else "404.html")
        if missing is None:
            return HTMLResponse(_MISSING, 503)
        return Response(missing.contents[""], 404, media_type=missing.media_type)
