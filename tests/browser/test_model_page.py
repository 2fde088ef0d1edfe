"""A person predicts from a CSV, compares two versions, and rolls back in two clicks; axe finds nothing on the tabs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessible_pages import _RUN, _TOO_WIDE, AXE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]

SERIES = "time,load\n" + "".join(
    f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00,{hour % 24 + hour * 7 % 5}\n" for hour in range(480)
)
TABS = ("", "versions", "predictions", "policy", "lineage", "history", "card")


@pytest.fixture(scope="module")
def served(platform):
    """Two versions, of which the second one is the champion."""
    file = platform.home.parent / "load.csv"
    file.write_text(SERIES)
    platform.run("datasets", "add", str(file), "--time", "time", "--target", "load", "--name", "load")
    for pipeline in ("ridge", "seasonal_naive"):
        platform.run("runs", "start", f"forecasting.{pipeline}", "--dataset", "load", "--wait")
    first, second = sorted(each["version"] for each in platform.json("models", "show", "load")["version_list"])[:2]
    for version in (first, second):
        platform.run("models", "promote", "load", str(version), "--reason", "by hand", check=False)  # or it is champion
    assert platform.json("models", "show", "load")["champion"] == second
    return platform


def test_predict_from_a_csv_then_compare_and_roll_back(served, page: Page):
    page.goto(served.run("link", "--next", "/p/default/models/load?tab=predictions").stdout.split()[0])
    card = page.get_by_test_id("predict-card")
    expect(card).to_be_visible(timeout=120_000)
    card.get_by_test_id("source-rows").check()
    csv = {"name": "rows.csv", "mimeType": "text/csv", "buffer": SERIES.replace(",7\n", ",seven\n").encode()}
    with page.expect_file_chooser() as chooser:
        card.get_by_test_id("choose-csv").click()
    chooser.value.set_files(csv)
    expect(card.get_by_role("alert")).to_contain_text("“seven” is not a number")
    with page.expect_file_chooser() as chooser:
        card.get_by_test_id("choose-csv").click()
    chooser.value.set_files({**csv, "buffer": SERIES.encode()})
    expect(card.get_by_test_id("rows-read")).to_have_text("480 rows are ready.")
    card.get_by_test_id("predict").click()
    expect(card.get_by_test_id("predict-chart")).to_be_visible(timeout=60_000)
    assert len(served.json("predictions", "list", "--model", "load")) == 1

    page.get_by_test_id("tab-versions").click()
    scores = page.get_by_test_id("version-scores")
    expect(scores.get_by_role("row", name="RMSE").get_by_role("cell")).to_have_count(4)
    expect(page.get_by_test_id("version-settings")).to_contain_text("forecasting.seasonal_naive")

    champion = served.json("models", "show", "load")["champion"]
    page.get_by_test_id("rollback").click()
    stated = page.get_by_test_id("rollback-statement").inner_text()
    page.get_by_test_id("confirm-rollback").click()
    expect(page.get_by_test_id("toast")).to_contain_text("serves now")
    after = served.json("models", "show", "load")["champion"]
    assert after != champion
    assert f"Version {after} will serve; version {champion} stops serving" in stated
    expect(page.get_by_test_id("champion")).to_have_text(f"champion v{after}")


@pytest.mark.parametrize("language", ["en", "tr"])
def test_tabs_are_accessible_and_fit(served, page: Page, language: str):
    page.goto(served.run("link", "--next", "/p/default/models").stdout.split()[0])
    page.get_by_test_id("models").wait_for(timeout=120_000)
    page.evaluate(f"localStorage.setItem('azuraforge.language', '{language}')")
    for path in ("models", *(f"models/load?tab={tab}" for tab in TABS)):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(f"{served.url}/p/default/{path}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.wait_for_selector("main :is(section, table)")
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())
        for width in (1440, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(_RUN) == [], (path, width)
            assert page.evaluate(_TOO_WIDE) <= 0, (path, width)


def test_the_graph_leads_to_the_run(served, page: Page):
    page.goto(served.run("link", "--next", "/p/default/models/load?tab=lineage").stdout.split()[0])
    graph = page.get_by_test_id("lineage-graph")
    expect(graph).to_be_visible(timeout=120_000)
    run = graph.get_by_role("link").filter(has_text=re.compile("Run$")).first
    run.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("run-state")).to_be_visible()
