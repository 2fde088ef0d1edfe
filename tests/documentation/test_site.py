"""The built documentation site: no warning, no dead link, nothing inline or from elsewhere, the whole reference."""

from __future__ import annotations

import doctest
import importlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "guide"
#: Attributes that make a browser load something.
LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "object": "data",
    "use": "href",
}


class Page(HTMLParser):
    """What a page links to, loads and holds inline."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.inline: list[str] = []
        self._script = False
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if (name := given.get("id")) is not None:
            self.ids.add(name)
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag in LOADED and given.get(LOADED[tag]) and given.get("rel") != "alternate":
            self.loads.append(str(given[LOADED[tag]]))
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self._script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """Every page of the built site by its path; ``make test`` builds it before."""
    if not (SITE / "index.html").is_file():
        pytest.skip("the documentation site is not built: make docs")
    return {file.relative_to(SITE).as_posix(): Page(file) for file in SITE.rglob("*.html")}


def target_of(path: str, address: str) -> Path:
    """Return the file that an address on a page means; 404 pages stand for any path, so theirs begin at the root."""
    return (SITE / path).parent.joinpath(re.sub("^/docs/guide/", f"{SITE}/", address)).resolve()


def test_the_build_has_no_warning(pages):
    assert (ROOT / "build" / "guide.log").read_text() == ""


def test_no_page_holds_a_script_a_style_or_a_handler(pages):
    assert {path: page.inline for path, page in pages.items() if page.inline} == {}


def test_everything_that_a_page_loads_is_in_the_site(pages):
    for path, page in pages.items():
        assert len(page.loads) > 3
        for address in page.loads:
            parts = urlsplit(address)
            assert (parts.scheme, parts.netloc) == ("", ""), f"{path} loads {address}"
            assert target_of(path, parts.path).is_file(), f"{path} loads {address}"
    for style in SITE.rglob("*.css"):
        for address in re.findall(r"url\(\"?([^\")]+)", style.read_text()):
            assert (style.parent / address).is_file(), f"{style.name} loads {address}"
        assert "@import" not in style.read_text()


def test_every_link_inside_the_site_leads_to_a_page_and_its_anchor(pages):
    dead = []
    for path, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.path == "/":
                continue
            target = target_of(path, unquote(parts.path)) if parts.path else SITE / path
            name = target.relative_to(SITE).as_posix() if target.is_relative_to(SITE) else ""
            found = pages.get(name)
            if not target.is_file() or (found and parts.fragment and unquote(parts.fragment) not in found.ids):
                dead.append(f"{path}: {address}")
    assert dead == []


def test_both_languages_have_the_same_guides(pages):
    """Pages for contributors and the references of names in code are English only."""
    english = {path for path in pages if not path.startswith("tr/")}
    turkish = {path.removeprefix("tr/") for path in pages if path.startswith("tr/")}
    only = {path for path in english - turkish if "/" not in path}
    assert only <= {"architecture.html", "benchmarks.html", "CHANGELOG.html", "CONTRIBUTING.html", "SECURITY.html"}
    assert turkish <= english


def test_every_page_of_the_dashboard_has_a_guide_in_both_languages(pages):
    routes = set(re.findall(r'path="/p/:project/([\w-]+)', (ROOT / "dashboard/src/routing/SignedIn.tsx").read_text()))
    guides = dict(
        re.findall(r'^  "([\w-]+)": "([\w/-]+)",$', (ROOT / "dashboard/src/routing/guides.ts").read_text(), re.M)
    )
    assert len(routes) > 10
    assert set(guides) == routes
    for name in {*guides.values(), "dashboard"}:
        assert {f"{name}.html", f"tr/{name}.html"} <= set(pages)


@pytest.mark.parametrize("name", ["sources", "reference.tables"])
def test_examples_of_the_generator_hold(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "site"))
    tried = doctest.testmod(importlib.import_module(f"guide.{name}"))
    assert tried.attempted > 0
    assert tried.failed == 0


def test_the_reference_has_every_route_setting_and_command(pages):
    http = (SITE / "reference" / "http.html").read_text()
    document = json.loads((ROOT / "dashboard" / "openapi.json").read_text())
    routes = [
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    ]
    assert len(routes) > 100
    assert [each for each in routes if each not in http] == []
    settings = (SITE / "reference" / "settings.html").read_text()
    for name in ("AZURAFORGE_HOME", "AZURAFORGE_SERVER__PORT", "AZURAFORGE_RUNS__LEASE_SECONDS", "8787"):
        assert f"<code>{name}</code>" in settings
    commands = pages["reference/cli.html"].ids
    assert {"azuraforge-up", "azuraforge-datasets-add", "azuraforge-models-promote"} <= commands
    assert {"runs-start", "client-datasets", "apierror"} <= pages["reference/client.html"].ids
    assert "pipeline" in pages["reference/plugin-contract.html"].ids
    assert "no_such_column" in (SITE / "reference" / "errors.html").read_text()
