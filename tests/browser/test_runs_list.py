"""The list of runs in a real browser: filter, select, tag and undo, once by mouse and once by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from azuraforge.client import Client
from tests.browser.test_accessible_pages import _RUN, _TOO_WIDE, AXE
from tests.conftest import PlatformProcess

pytestmark = pytest.mark.browser

FILTER = "metrics.loss.min < 0.3"


@pytest.fixture(scope="module")
def sweep(platform: PlatformProcess) -> PlatformProcess:
    """A platform with six logged runs, of which three have a loss below 0.3."""
    with Client(url=platform.url, token=platform.token) as client:
        for number in range(6):
            with client.run(f"sweep {number}", config={"rate": number / 10}) as run:
                run.log(step=1, loss=1 / (number + 1))
    return platform


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is on an element, as someone without a mouse does."""
    for _ in range(60):
        if wanted.count() > 0:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {wanted}")


def by_mouse(page: Page) -> None:
    page.get_by_test_id("runs-filter").fill(FILTER)
    expect(page.get_by_test_id("runs-total")).to_have_text("3 runs match")
    page.get_by_test_id("select-shown").click()
    page.get_by_test_id("bulk-tag").click()
    page.get_by_test_id("tag-name").fill("best")
    page.get_by_test_id("add-tag").click()


def by_keyboard(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type(FILTER)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("runs-total")).to_have_text("3 runs match")
    tab_to(page, page.locator("[role=grid] :focus"))
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_test_id("selected")).to_have_text("3 runs selected")
    tab_to(page, page.locator("[data-testid=bulk-tag]:focus"))
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("tag-name")).to_be_visible()
    tab_to(page, page.locator("[data-testid=tag-name]:focus"))
    page.keyboard.type("best")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("act", [by_mouse, by_keyboard])
def test_filtered_runs_are_selected_tagged_and_the_tag_is_taken_back(sweep, page, act):
    page.goto(sweep.run("link", "--next", "/p/default/runs").stdout.split()[0])
    rows = page.get_by_test_id("run-row")
    expect(rows).to_have_count(6, timeout=120_000)
    act(page)
    expect(rows.filter(has_text="best")).to_have_count(3)
    with Client(url=sweep.url, token=sweep.token) as client:
        assert {run.name for run in client.runs.list(filter="tag = best")} == {"sweep 3", "sweep 4", "sweep 5"}
        tab_to(page, page.locator("[data-testid=undo]:focus"))
        page.keyboard.press("Enter")
        expect(rows.filter(has_text="best")).to_have_count(0)
        assert client.runs.list(filter="tag = best") == []
    assert "filter=metrics.loss.min" in page.url, "the view is a link"


def test_the_list_is_accessible_and_fits(sweep, page):
    page.goto(sweep.run("link", "--next", "/p/default/runs").stdout.split()[0])
    page.get_by_test_id("select-shown").click()
    page.evaluate(AXE.read_text())
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(_RUN) == [], width
        assert page.evaluate(_TOO_WIDE) <= 0, width
