"""The documentation site is served from its folder, and a page says how to build it where it is missing."""

from __future__ import annotations

import gzip
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI

from azuraforge.server import guide, pages


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "guide"
    for name in ("index", "404", "models", "tr/index", "tr/404", "tr/models", "reference/cli"):
        file = folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"page {name}")
    (folder / "models.html.gz").write_bytes(gzip.compress(b"page models"))
    (folder / "text.woff2").write_bytes(b"font")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "leak.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def app(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    for module in (guide, pages):
        monkeypatch.setattr(module, "_PACKAGED", tmp_path / "none")
        monkeypatch.setattr(module, "_CHECKOUT", built if module is guide else tmp_path / "none")
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    guide.install(made)
    pages.install(made, lambda _path: [])
    return made


def get(app: FastAPI, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return await client.get(path, headers={"accept-encoding": "identity", **headers})

    return anyio.run(ask)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/docs/guide/", "index"),
        ("/docs/guide/models", "models"),
        ("/docs/guide/models.html", "models"),
        ("/docs/guide/tr/", "tr/index"),
        ("/docs/guide/tr/models", "tr/models"),
        ("/docs/guide/reference/cli", "reference/cli"),
    ],
)
def test_a_page_is_found_with_and_without_its_ending(app, path, page):
    answer = get(app, path)
    assert (answer.status_code, answer.text) == (200, f"page {page}")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/docs/guide"])
def test_the_first_page_has_one_address(app, path):
    assert get(app, path).headers["location"] == "/docs/guide/"
    assert get(app, "/docs/guide/tr").headers["location"] == "/docs/guide/tr/"


def test_a_page_that_does_not_exist_is_the_site_s_own_404_in_its_language(app):
    for path, page in (("/docs/guide/nothing", "404"), ("/docs/guide/tr/nothing", "tr/404")):
        answer = get(app, path)
        assert (answer.status_code, answer.text) == (404, f"page {page}")


def test_what_lies_outside_of_the_site_is_not_served(app):
    for path in ("leak.txt", "../secret.txt", "%2e%2e/secret.txt", "models.html.gz"):
        answer = get(app, f"/docs/guide/{path}")
        assert "secret" not in answer.text
        assert not answer.content.startswith(b"\x1f\x8b")


def test_a_font_has_its_type_and_text_its_compressed_copy(app):
    assert get(app, "/docs/guide/text.woff2").headers["content-type"] == "font/woff2"
    answer = get(app, "/docs/guide/models", **{"accept-encoding": "gzip"})
    assert (answer.headers["content-encoding"], answer.text) == ("gzip", "page models")
    again = {"accept-encoding": "gzip", "if-none-match": answer.headers["etag"]}
    known = get(app, "/docs/guide/models", **again)
    assert known.status_code == 304


def test_where_it_is_not_built_a_page_says_how_to_build_it(app, built):
    built.rename(built.with_name("moved"))
    answer = get(app, "/docs/guide/models")
    assert answer.status_code == 503
    assert answer.text.count("make docs") == 2  # in English and in Turkish
    built.with_name("moved").rename(built)
    assert get(app, "/docs/guide/models").status_code == 200
