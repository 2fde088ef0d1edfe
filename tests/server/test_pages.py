"""Pages come from memory, compressed, and through symlinks; nothing outside of the build does."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from pathlib import Path

import anyio
import httpx
import pytest
from anyio import to_thread
from fastapi import FastAPI

from azuraforge.platform.up import has_pages
from azuraforge.server import health, pages
from azuraforge.server.encodings import JsonCompression, accepted

SCRIPT = b"let azura = 1; " * 200


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>page")
    (folder / "assets" / "main.js").write_bytes(SCRIPT)
    (folder / "assets" / "main.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "main.js.br").write_bytes(b"as brotli")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "assets" / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "index.html.br").symlink_to(tmp_path / "secret.txt")
    return folder


async def ready() -> dict[str, str]:
    return {"status": "ready"}


def served(folder: Path, monkeypatch: pytest.MonkeyPatch, *requests: httpx.Request) -> list[httpx.Response]:
    """The answers to requests while every thread of the routes is taken."""
    monkeypatch.setattr(pages, "_PACKAGED", folder)
    app = FastAPI(openapi_url=None)
    health.install(app, ready)
    pages.install(app, lambda _path: [])

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        limiter = to_thread.current_default_thread_limiter()
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client, limiter:
            limiter.total_tokens = 1
            with anyio.fail_after(60):
                return [await client.send(request) for request in requests]

    return anyio.run(ask)


def get(path: str, **headers: str) -> httpx.Request:
    return httpx.Request("GET", f"http://x{path}", headers={"accept-encoding": "identity", **headers})


def test_pages_and_health_answer_while_every_thread_is_taken(built, monkeypatch):
    answers = served(built, monkeypatch, get("/"), get("/assets/main.js"), get("/healthz"), get("/readyz"))
    assert [each.status_code for each in answers] == [200] * 4


def test_a_build_is_found_through_a_symlink(built, monkeypatch, tmp_path):
    linked = tmp_path / "linked"
    linked.symlink_to(built)
    page, script = served(linked, monkeypatch, get("/runs/abc"), get("/assets/main.js"))
    assert page.text == "<!doctype html>page"
    assert script.content == SCRIPT
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))


def test_a_build_whose_files_are_links_is_served(built, monkeypatch, tmp_path):
    installed = tmp_path / "installed"
    (installed / "assets").mkdir(parents=True)
    for file in ("index.html", "assets/main.js", "assets/main.js.gz"):
        (installed / file).symlink_to(built / file)
    encoded = get("/assets/main.js", **{"accept-encoding": "gzip"})
    page, script = served(installed, monkeypatch, get("/"), encoded)
    assert page.text == "<!doctype html>page"
    assert (script.headers["content-encoding"], script.content) == ("gzip", SCRIPT)


def test_what_lies_outside_of_the_build_is_not_served(built, monkeypatch):
    paths = ("/assets/leak.txt", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt", "/assets/main.js.gz")
    for answer in served(built, monkeypatch, *map(get, paths)):
        assert answer.status_code == 404 or "secret" not in answer.text
        assert not answer.content.startswith(b"\x1f\x8b")
    (page,) = served(built, monkeypatch, get("/", **{"accept-encoding": "br"}))
    assert page.text == "<!doctype html>page"


def test_a_compressed_copy_is_served_to_whom_accepts_it(built, monkeypatch):
    plain, brotli, zipped = served(
        built,
        monkeypatch,
        get("/assets/main.js"),
        get("/assets/main.js", **{"accept-encoding": "gzip, br"}),
        get("/assets/main.js", **{"accept-encoding": "gzip, br;q=0"}),
    )
    assert "content-encoding" not in plain.headers
    assert (brotli.headers["content-encoding"], zipped.headers["content-encoding"]) == ("br", "gzip")
    assert zipped.content == SCRIPT
    assert {each.headers["vary"] for each in (plain, brotli, zipped)} == {"Accept-Encoding"}
    assert len({each.headers["etag"] for each in (plain, brotli, zipped)}) == 3
    again = get("/assets/main.js", **{"if-none-match": plain.headers["etag"]})
    assert served(built, monkeypatch, again)[0].status_code == 304


def test_a_new_build_is_noticed(built, monkeypatch):
    monkeypatch.setattr(pages, "_PACKAGED", built)
    found = pages.Pages()
    assert found.find("index.html") is not None
    assert found.find("assets/new.js") is None
    (built / "assets" / "new.js").write_text("new")
    (built / "new.html").write_text("<!doctype html>other")
    (built / "new.html").replace(built / "index.html")
    assert found.find("assets/new.js") is not None


def test_a_build_is_found_without_a_restart_and_missing_while_it_is_replaced(built, monkeypatch, tmp_path):
    app = FastAPI(openapi_url=None)
    monkeypatch.setattr(pages, "_PACKAGED", tmp_path / "none")
    monkeypatch.setattr(pages, "_CHECKOUT", tmp_path / "checkout")
    pages.install(app, lambda _path: [])

    def states() -> list[int]:
        async def ask() -> list[int]:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
                return [(await client.send(get(path))).status_code for path in ("/", "/assets/main.js")]

        return anyio.run(ask)

    assert states() == [503, 404]
    shutil.copytree(built, tmp_path / "checkout", symlinks=True)
    assert states() == [200, 200]
    shutil.rmtree(tmp_path / "checkout")
    assert states() == [503, 404]
    shutil.copytree(built, tmp_path / "checkout", symlinks=True)
    assert states() == [200, 200]


def test_a_file_that_a_build_removes_while_it_is_read_leaves_no_pages(built, monkeypatch):
    monkeypatch.setattr(pages, "_PACKAGED", built)
    monkeypatch.setattr(pages, "_CHECKOUT", built / "none")
    read = Path.read_bytes
    removed: list[Path] = []

    def read_late(file: Path) -> bytes:
        if not removed:
            removed.append(file)
            file.unlink()
        return read(file)

    found = pages.Pages()
    monkeypatch.setattr(Path, "read_bytes", read_late)
    assert found.find("index.html") is None
    file = removed.pop()
    file.write_bytes(SCRIPT)
    assert not has_pages()
    file.write_bytes(SCRIPT)
    assert found.find(file.relative_to(built).as_posix()) is not None
    assert has_pages()


def test_compressed_copies_of_a_build_are_noticed(built):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node, which builds the dashboard, is not installed")
    for file in built.rglob("*"):
        if file.is_file():
            os.utime(file, (1e9, 1e9))
    compress = Path(__file__).parents[2] / "dashboard" / "compress.js"
    subprocess.run([node, compress], cwd=built.parent, check=True)
    assert (built / "assets" / "main.js.br").read_bytes() != b"as brotli"
    assert (built / "index.html").stat().st_mtime > 1e9


def test_qualities_are_heeded():
    assert accepted("gzip;q=0, *", {"gzip"}) == ""
    assert accepted("*", {"", "gzip"}) == "gzip"
    assert accepted("br;q=nonsense", {"br"}) == ""


@pytest.mark.parametrize(
    ("headers", "size", "compressed"),
    [
        ({}, 100_000, True),
        ({}, 3000, True),
        ({}, 1000, False),
        ({"cache-control": "no-store"}, 100_000, False),
        ({"etag": '"x"'}, 100_000, False),
        ({"content-type": "text/event-stream"}, 100_000, False),
    ],
)
def test_json_is_compressed_and_secrets_are_not(headers, size, compressed):
    body = b'"' + b"x" * size + b'"'

    async def app(scope, receive, send):  # type: ignore[no-untyped-def]
        sent = {"content-type": "application/json", "content-length": str(len(body)), **headers}
        raw = [(name.encode(), value.encode()) for name, value in sent.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": body})

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(JsonCompression(app))) as client:
            return await client.get("http://x/")

    answer = anyio.run(ask)
    assert answer.content == body
    assert (answer.headers.get("content-encoding") == "gzip") == compressed
