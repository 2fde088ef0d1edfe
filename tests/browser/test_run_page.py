"""A person signs in, starts a run, watches the chart move, cancels it, and reads a verdict."""

from __future__ import annotations

import math
import re
import shutil
import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import PlatformProcess, running_platform
from tests.examples.test_ordinal_levels import EXAMPLE, warnings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def platform(tmp_path_factory) -> Iterator[PlatformProcess]:
    """A running platform that writes reports, with a task kind in a dropped-in file."""
    folder = tmp_path_factory.mktemp("platform")
    (folder / "home" / "plugins").mkdir(parents=True)
    shutil.copy(EXAMPLE, folder / "home" / "plugins")
    yield from running_platform(folder, AZURAFORGE_RUNS__REPORTS="true")


@pytest.fixture(scope="module")
def co2(platform) -> str:
    """The bundled series, added once."""
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    return "co2"


def sign_in(page: Page, platform) -> None:
    page.goto(platform.json("link", "--next", "/p/default/runs")["url"])
    expect(page.get_by_test_id("runs-list")).to_be_visible(timeout=120_000)


def points(page: Page) -> int:
    return int(page.get_by_test_id("loss-chart").get_attribute("data-points") or 0)


def wait_for_points(page: Page, count: int, timeout_seconds: float) -> None:
    """Until the chart has drawn that many points. (The page's own policy forbids evaluating code in it.)"""
    deadline = time.monotonic() + timeout_seconds
    while points(page) < count:
        assert time.monotonic() < deadline, f"the chart stands at {points(page)} points"
        page.wait_for_timeout(100)


def start_run(page: Page, **fields: str) -> str:
    page.get_by_test_id("new-run").first.click()
    page.get_by_test_id("pipeline-select").select_option("forecasting.lstm")
    page.get_by_test_id("dataset-select").select_option("co2")
    for name, value in fields.items():
        field = page.locator(f"[name='{name}']")
        field.wait_for(state="attached")
        if not field.is_visible():  # its group is folded
            page.locator("details", has=field).locator("summary").first.click()
        field.fill(value)
    page.get_by_test_id("start-run").click()
    expect(page.get_by_test_id("run-state")).to_be_visible(timeout=120_000)
    return page.url


def test_sign_in_start_watch_and_cancel(page, platform, co2):
    sign_in(page, platform)
    assert "link=" not in page.url, "the secret leaves the address at once"
    start_run(page, epochs="400", patience="400")
    wait_for_points(page, 3, 60)
    wait_for_points(page, points(page) + 1, 30)
    page.get_by_test_id("cancel-run").click()
    page.get_by_test_id("confirm-cancel").click()
    expect(page.get_by_test_id("run-state")).to_contain_text(re.compile("cancelled", re.I), timeout=120_000)


def test_a_finished_run_shows_its_verdict_next_to_the_baselines(page, platform, co2):
    sign_in(page, platform)
    address = start_run(page, epochs="2")
    expect(page.get_by_test_id("verdict")).to_be_visible(timeout=200_000)
    expect(page.get_by_test_id("scores").get_by_role("link").first).to_be_visible()
    chart = page.get_by_test_id("forecast-chart")
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("Forecast [0-9]"))
    page.get_by_test_id("tab-evaluation").click()
    table = page.get_by_test_id("baseline-table")
    for name in ("forecasting.naive", "forecasting.seasonal_naive", "forecasting.ets", "forecasting.ridge"):
        expect(table).to_contain_text(name)
    page.get_by_test_id("tab-report").click()
    expect(page.get_by_test_id("report")).to_contain_text("Written when the run ended", timeout=120_000)
    page.reload()
    expect(page.get_by_test_id("report")).to_be_visible(timeout=120_000)
    assert page.url == f"{address}?tab=report"
    page.go_back()
    expect(page.get_by_test_id("baseline-table")).to_be_visible()


def test_the_page_speaks_turkish(page, platform, co2):
    sign_in(page, platform)
    page.get_by_test_id("language-switch").click()
    expect(page.locator("html")).to_have_attribute("lang", "tr")
    expect(page.get_by_test_id("new-run").first).to_contain_text("Yeni")


def test_a_wrong_link_says_what_to_do(page, platform):
    page.goto(f"{platform.url}/sign-in#link={'x' * 43}")
    expect(page.get_by_text("azuraforge link")).to_be_visible(timeout=120_000)


@pytest.fixture(scope="module")
def shop(platform, tmp_path_factory) -> str:
    """Demand that falls by 3 where the price rises by 1; the price is known ahead, and the champion learned it."""
    file = tmp_path_factory.mktemp("shop") / "shop.csv"
    lines = ["day,sold,price,visits"]
    for row in range(300):
        price = 10 + 2 * math.sin(row / 9) + (row * 7919 % 13) / 13
        at = date(2023, 1, 1) + timedelta(days=row)
        lines.append(f"{at},{100 - 3 * price + 4 * math.sin(2 * math.pi * row / 7):.4f},{price:.4f},{row * 31 % 17}")
    file.write_text("\n".join(lines) + "\n")
    platform.run("datasets", "add", str(file), "--time", "day", "--target", "sold", "--available-after", "price=ahead")
    platform.run("runs", "start", "forecasting.ridge", "--dataset", "shop", "--set", "horizon=3", "--wait")
    platform.run("models", "promote", "shop", "1", "--reason", "it learned the price", check=False)  # or the gate has
    return "shop"


def test_a_scenario_is_compared_with_the_base(page, platform, shop):
    said = platform.run("models", "predict", shop, "--scenario", "cheap: price-1").stdout
    assert "not recorded in the ledger" in said
    refused = platform.run("models", "predict", shop, "--scenario", "cheap: visits-1", check=False)
    assert "column 'visits' was not known ahead" in refused.stderr + refused.stdout

    page.goto(platform.run("link", "--next", f"/p/default/models/{shop}?tab=predictions").stdout.split()[0])
    card = page.get_by_test_id("what-if")
    expect(card).to_be_visible(timeout=120_000)
    card.get_by_test_id("scenario-name").fill("cheap")
    card.locator("select").nth(1).select_option("add")
    card.get_by_test_id("change-by").fill("x")
    expect(card.get_by_test_id("ask-what-if")).to_be_disabled()
    card.get_by_test_id("change-by").fill("-1")
    card.get_by_test_id("add-scenario").click()
    card.get_by_test_id("scenario-name").nth(1).fill("very dear")
    card.get_by_test_id("change-by").nth(1).fill("9")
    card.get_by_test_id("ask-what-if").click()
    result = page.get_by_test_id("what-if-result")
    expect(result.get_by_role("columnheader", name="cheap")).to_be_visible(timeout=60_000)
    cheaper = float(result.get_by_test_id("total-difference").first.inner_text())
    assert 6 < cheaper < 12, "three days, three more a day"
    expect(result).to_contain_text("very dear: price reaches")
    expect(result).to_contain_text("Base: No value of price is known")
    page.get_by_test_id("language-switch").click()
    expect(result).to_contain_text("Tahmin edilecek satırlarda price sütununun hiçbir değeri bilinmiyor")
    assert platform.json("predictions", "list", "--model", shop) == []


@pytest.fixture(scope="module")
def levels(platform, tmp_path_factory) -> str:
    """The page of a run whose task kind comes from a dropped-in file."""
    file = warnings(tmp_path_factory.mktemp("levels") / "warnings.csv")
    platform.run("datasets", "add", str(file), "--time", "at", "--target", "level")
    run = platform.json("runs", "start", "levels.cumulative", "--dataset", "warnings", "--model", "warnings", "--wait")
    return f"/p/default/runs/{run['id']}"


def test_a_run_of_a_dropped_in_task_kind_has_a_whole_page(page, platform, levels):
    page.goto(platform.run("link", "--next", levels).stdout.split()[0])
    expect(page.get_by_test_id("verdict")).to_contain_text("levels.cumulative becomes champion", timeout=120_000)
    expect(page.get_by_test_id("task-kind")).to_have_text("Ordinal levels")
    page.get_by_test_id("tab-evaluation").click()
    table = page.get_by_test_id("baseline-table")
    for title in ("RPS", "Skill", "Exact level"):
        expect(table.get_by_role("columnheader", name=title)).to_be_visible()
    for row in ("levels.cumulative", "levels.frequency"):
        expect(table.get_by_role("row", name=row)).to_contain_text(re.compile(r"0\.\d{4}"))
    shares = page.get_by_test_id("figure-shares")
    for title in ("Levels", "Occurred", "Predicted"):
        expect(shares.get_by_role("columnheader", name=title)).to_be_visible()
    expect(shares.get_by_role("row")).to_have_count(4)
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_test_id("task-kind")).to_have_text("Sıralı düzeyler")
    expect(table.get_by_role("columnheader", name="Tam düzey")).to_be_visible()
