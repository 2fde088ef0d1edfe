"""The documentation site in a real browser under the platform's own headers: search, languages, themes, a phone."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect

from azuraforge.server import guards, guide, pages
from azuraforge.settings import ServerSettings

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = "axe.run(document).then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html)]))"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site as the platform serves it, without the platform's other routes."""
    if guide.Guide().find("") is None:
        pytest.skip("the documentation site is not built: make docs")
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    guide.install(app)
    pages.install(app, lambda _path: [])
    guarded = guards.BodyGuard(app, ServerSettings(), re.compile("nothing"))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(guarded, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/docs/guide/"
    server.should_exit = True
    thread.join()


@pytest.fixture
def site(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a phone in the dark; what its console says, and what it asks elsewhere, fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(address) else said.append(request.url))
    yield opened
    context.close()
    assert said == []


def search(page: Page, words: str) -> str:
    """Type words into the search and return the results."""
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill(words)
    expect(page.locator(".results a").first).to_be_visible(timeout=60_000)
    return page.locator(".results").inner_text()


def test_search_leads_to_a_section_in_english(site: Page, address: str) -> None:
    answer = site.goto(address)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy  # so scripts come from here only, none inline
    assert "seasonal" in search(site, "seasonality").lower()
    site.keyboard.press("Enter")
    expect(site).to_have_url(re.compile(r"\.html#[\w-]+$"))
    assert site.evaluate("document.documentElement.dataset.theme") == "dark"
    assert site.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    site.get_by_role("link", name="Türkçe").first.click()
    expect(site.locator("html")).to_have_attribute("lang", "tr")


def test_search_knows_turkish_letters(site: Page, address: str) -> None:
    site.goto(f"{address}tr/")
    first = search(site, "çalıştırma")
    assert "Çalıştırma" in first
    # As typed in capitals, with the dotted and the dotless letter, and on a keyboard without Turkish letters.
    for typed in ("ÇALIŞTIRMA", "CALISTIRMA", "Çalıştırma", "calistirma"):
        site.get_by_role("button", name="Kapat").click()
        assert search(site, typed) == first
    site.get_by_role("button", name="Kapat").click()
    assert "istek" in search(site, "İSTEK").lower()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # axe itself is put into the page
    for path in ("", "tr/models", "reference/settings"):
        page = context.new_page()
        page.goto(address + path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(RUN_AXE) == [], path
    context.close()


def test_the_theme_is_the_dashboard_s(site: Page, address: str) -> None:
    site.goto(address)
    site.get_by_role("button", name="Switch between light and dark").click()
    assert site.evaluate("localStorage.getItem('azuraforge.theme')") == "light"
    site.reload()
    assert site.evaluate("document.documentElement.dataset.theme") == "light"
    assert site.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert "Inter" in site.evaluate(
        "[...document.fonts].filter((f) => f.status === 'loaded').map((f) => f.family).join()"
    )
