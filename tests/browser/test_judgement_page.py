"""The page of ``azuraforge judge`` in a real browser: it renders, and asks for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from azuraforge.judgements.judging import judge
from azuraforge.judgements.page import write_page
from tests.judgements.series import Walk, write

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "tr"])
def test_it_renders_without_a_request_and_fits_a_phone(browser: Browser, tmp_path: Path, language: str) -> None:
    walk = Walk()
    report = tmp_path / "report.html"
    write_page(judge(write(tmp_path / "p.csv", {"actual": walk.y, "mine": walk.best})), language, report)
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert said == []
    assert page.locator("svg").count() == 3
    assert page.locator("svg").first.bounding_box() is not None
    assert page.locator("tr.model").count() == 1
    # Wide tables scroll inside of themselves, not the page.
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(20, 23, 28)"
    page.close()
