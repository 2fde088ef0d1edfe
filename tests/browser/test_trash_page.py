"""What is deleted on its page lies in the trash, comes back, and is purged, in a real browser."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SERIES = "time,load\n" + "".join(
    f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00,{hour % 24}\n" for hour in range(720)
)


@pytest.fixture(scope="module")
def trained(platform):
    file = platform.home.parent / "load.csv"
    file.write_text(SERIES)
    platform.run("datasets", "add", str(file), "--time", "time", "--target", "load", "--name", "load")
    platform.run("runs", "start", "forecasting.ridge", "--dataset", "load", "--name", "by ridge", "--wait")
    return platform


def look(page, name: str) -> None:
    """Save a screenshot if AZURAFORGE_SCREENSHOTS names a folder."""
    if folder := os.environ.get("AZURAFORGE_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def delete(page) -> None:
    page.get_by_test_id("delete").first.click()
    page.get_by_test_id("confirm-delete").click()


def test_a_run_a_dataset_and_a_model_are_deleted_restored_and_purged(trained, page):
    page.goto(trained.run("link", "--next", "/p/default/runs").stdout.split()[0])
    page.get_by_role("link", name="by ridge").click()
    expect(page.get_by_test_id("run-state")).to_contain_text("Succeeded", timeout=120_000)
    delete(page)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_role("link", name="by ridge")).to_have_count(0)

    page.get_by_role("link", name="Datasets", exact=True).click()
    page.get_by_role("link", name="load", exact=True).click()
    delete(page)
    expect(page.get_by_text("No datasets yet")).to_be_visible()

    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Trash", exact=True).click()
    table = page.get_by_test_id("trash")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_text("kept for load v")).to_have_count(2)
    look(page, "trash")
    page.get_by_test_id("empty-trash").click()
    page.get_by_test_id("confirm-empty").click()
    expect(page.get_by_text("2 items are kept because other items need them.")).to_be_visible()
    table.get_by_role("button", name="Restore by ridge").click()
    expect(table.get_by_role("row")).to_have_count(2)
    table.get_by_role("link", name="load", exact=True).click()
    expect(page.get_by_text("In the trash since")).to_be_visible()
    look(page, "dataset-in-trash")
    page.get_by_test_id("restore").click()
    expect(page.get_by_text("In the trash since")).to_have_count(0)

    page.get_by_role("link", name="Models", exact=True).click()
    page.get_by_role("link", name="load", exact=True).click()
    expect(page.get_by_test_id("delete").first).to_be_visible()
    look(page, "model")
    delete(page)
    expect(page.get_by_text("No models yet")).to_be_visible()
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Trash", exact=True).click()
    page.get_by_test_id("empty-trash").click()
    page.get_by_test_id("confirm-empty").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    expect(page.get_by_text("freed.")).to_be_visible()
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_role("heading", name="Çöp kutusu")).to_be_visible()
    look(page, "trash-tr")
