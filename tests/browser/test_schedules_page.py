"""A schedule made on the page fires, and its run can be followed from there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

AGENT = """
from pydantic import BaseModel
from azuraforge.plugins import Agent

class Counter(Agent):
    name = "counter"
    title = {"en": "Counter", "tr": "Sayaç"}
    summary = {"en": "Counts.", "tr": "Sayar."}

    class Request(BaseModel):
        upto: int = 3

    def execute(self, request):
        return {"counted": request.upto}
"""


@pytest.fixture(scope="module")
def plugin_files() -> dict[str, str]:
    """An agent that counts."""
    return {"counter.py": AGENT}


@pytest.fixture(scope="module")
def counting(platform):
    """A platform with a run that can be repeated."""
    platform.run("runs", "start", "counter", "--name", "counted", "--wait")
    return platform


def test_a_schedule_is_made_fires_is_paused_and_deleted(counting, page):
    link = counting.run("link", "--next", "/p/default/schedules").stdout.split()[0]
    page.goto(link)
    expect(page.get_by_text("No schedules yet")).to_be_visible(timeout=120_000)
    page.get_by_test_id("new-schedule").click()
    expect(page.get_by_test_id("repeat-select").locator("option:checked")).to_contain_text("counted")
    expect(page.get_by_test_id("zone-select")).to_have_value("Europe/Istanbul")
    expect(page.get_by_test_id("next-times").locator("li")).to_have_count(5)
    expect(page.get_by_test_id("next-times").locator("li").first).to_contain_text("06:30")
    page.get_by_test_id("way-select").select_option("interval")
    page.locator('[name="every"]').fill("1")
    page.locator('[name="unit"]').select_option("seconds")
    page.locator('[name="name"]').fill("steady")
    page.get_by_test_id("create-schedule").click()

    expect(page.get_by_role("heading", name="steady")).to_be_visible()
    succeeded = page.get_by_role("row").filter(has_text="Succeeded")
    expect(succeeded.nth(1)).to_be_visible(timeout=120_000)
    page.get_by_test_id("pause-schedule").click()
    expect(page.get_by_test_id("resume-schedule")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.locator('[name="every"]')).to_have_value("1")
    page.get_by_test_id("way-select").select_option("daily")
    page.locator('[name="clock"]').fill("7:45")
    page.get_by_test_id("create-schedule").click()
    expect(page.get_by_test_id("resume-schedule")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.locator('[name="clock"]')).to_have_value("07:45")
    page.get_by_test_id("way-select").select_option("interval")
    page.locator('[name="every"]').fill("1")
    page.locator('[name="unit"]').select_option("seconds")
    page.get_by_test_id("create-schedule").click()
    succeeded.first.get_by_role("link").first.click()
    expect(page.get_by_test_id("run-state")).to_contain_text("Succeeded", timeout=120_000)
    expect(page.get_by_role("link", name="Repeat on a schedule")).to_be_visible()

    page.get_by_role("link", name="Automations", exact=True).click()
    page.get_by_role("link", name="Schedules", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="steady")).to_contain_text("Paused")
    page.get_by_test_id("language-switch").click()
    expect(page.get_by_role("heading", name="Zamanlamalar")).to_be_visible()
    expect(page.get_by_text("Her saniye")).to_be_visible()
    page.get_by_role("link", name="steady").click()
    page.get_by_test_id("delete-schedule").click()
    page.get_by_test_id("confirm-delete").click()
    expect(page.get_by_text("Henüz zamanlama yok")).to_be_visible()
