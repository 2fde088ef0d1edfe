"""Server that holds the built dashboard in memory; unknown page addresses get index.html, whose router handles them.

It uses no thread, so that pages load even while routes use all threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from azuraforge.server.encodings import accepted

_PACKAGED = Path(__file__).parent / "dashboard"
_CHECKOUT = Path(__file__).parents[3] / "dashboard" / "dist"
_FOR_EVER = "public, max-age=31536000, immutable"
#: Suffixes of the compressed copies that the dashboard's build writes next to each file, smallest copy first.
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
#: Media types that ``mimetypes`` does not know on every system.
_TYPES = {".woff2": "font/woff2"}

_MISSING = """<!doctype html><meta charset="utf-8"><title>AzuraForge</title>
<p>The API runs, but the dashboard is not built. Run <code>make dashboard</code> and load this page again.</p>
<p lang="tr">API çalışıyor ama panel derlenmemiş. <code>make dashboard</code> komutunu çalıştırıp sayfayı yenileyin.</p>
"""


@dataclass(frozen=True)
class Asset:
    """A file with its compressed copies. ``contents`` maps encodings to bytes; the key "" is the original."""

    media_type: str
    etag: str
    cached: str
    contents: dict[str, bytes]

    def answer(self, request: Request) -> Response:
        """Return the file in an encoding that the browser accepts, or 304 if the browser has cached it."""
        encoding = accepted(request.headers.get("accept-encoding", ""), self.contents)
        # A compressed copy is a different representation, so it needs a different tag.
        etag = f'"{self.etag}-{encoding}"' if encoding else f'"{self.etag}"'
        headers = {"ETag": etag, "Cache-Control": self.cached, "Vary": "Accept-Encoding"}
        known = request.headers.get("if-none-match", "")
        if etag in (each.strip().removeprefix("W/") for each in known.split(",")):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(self.contents[encoding], headers=headers, media_type=self.media_type)


class Pages:
    """The files of the built dashboard: in the wheel, or in a checkout.

    Each request checks the folder until it exists. A changed index.html shows that a build has replaced the files;
    there are no pages while a build is replacing them.
    """

    def __init__(self) -> None:
        self._built: tuple[Path, int, int] | None = None
        self._assets: dict[str, Asset] = {}

    def find(self, path: str) -> Asset | None:
        """Return the file of a path; None if the listing of the folder does not contain it."""
        for folder in (_PACKAGED, _CHECKOUT):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self._read_again(folder)
                return self._assets.get(path)
        return None

    def _read_again(self, folder: Path) -> None:
        """Read the files if index.html has changed. Raises FileNotFoundError if it or a listed file is missing."""
        index = (folder / "index.html").stat()
        built = (folder, index.st_mtime_ns, index.st_ino)
        if built != self._built:
            self._assets = _read(folder)
            self._built = built


def install(app: FastAPI, allowed: Callable[[str], list[str]]) -> None:
    """Register the pages after all other routes. ``allowed`` returns the methods that the API supports for a path."""
    pages = Pages()

    @app.get("/{path:path}", include_in_schema=False, response_model=None)
    async def page(path: str, request: Request) -> Response:
        if path.startswith(("api/", "healthz", "readyz")):
            if methods := allowed(request.scope["path"]):
                raise HTTPException(405, headers={"Allow": ", ".join(methods)})
            raise HTTPException(404)
        asset = pages.find(path)
        if asset is None and path.startswith("assets/"):
            raise HTTPException(404)
        asset = asset or pages.find("index.html")
        if asset is None:
            return HTMLResponse(_MISSING, 503)
        return asset.answer(request)


def served_files(folder: Path) -> dict[str, Path]:
    """Return all files below a folder by relative path, without hidden files and compressed copies.

    Symbolic links are excluded, because a link could expose a file from elsewhere. But if index.html is a link, an
    installer created all files as links (``uv --link-mode=symlink``, Nix, Bazel), and they are included.
    """
    linked = (folder / "index.html").is_symlink()
    files = {}
    for file in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and file.suffix not in _ENCODINGS.values() and _is_served(file, linked):
            files[file.relative_to(folder).as_posix()] = file
    return files


def asset_of(file: Path, cached: str, linked: bool = False) -> Asset:
    """Read a file and its compressed copies. Raises FileNotFoundError if the file was removed."""
    content = file.read_bytes()
    contents = {"": content}
    for encoding, ending in _ENCODINGS.items():
        copy = file.with_name(file.name + ending)
        if _is_served(copy, linked):
            contents[encoding] = copy.read_bytes()
    return Asset(
        media_type=_TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        etag=hashlib.sha256(content).hexdigest()[:32],
        cached=cached,
        contents=contents,
    )


def _is_served(file: Path, linked: bool) -> bool:
    return file.is_file() and (linked or not file.is_symlink())


def _read(folder: Path) -> dict[str, Asset]:
    """Read all files below a folder; the keys are relative paths."""
    linked = (folder / "index.html").is_symlink()
    return {
        path: asset_of(file, _FOR_EVER if path.startswith("assets/") else "no-cache", linked)
        for path, file in served_files(folder).items()
    }
