"""The pages of administrators in a real browser: people, quotas, service accounts; other people do not see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from azuraforge.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = "axe.run(document).then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html)]))"
_STATUS = """path => fetch(path).then(answer => answer.status)"""
PAGES = ("administration", "members", "tokens", "secrets", "settings", "account", "trash")


@pytest.fixture
def administrator(platform, page) -> Page:
    """The owner's page, on the administration page of the project ``default``."""
    page.goto(platform.run("link", "--next", "/p/default/administration").stdout.split()[0])
    expect(page.get_by_test_id("people")).to_be_visible(timeout=120_000)
    return page


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """A page of another browser, in the dark theme."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}, color_scheme="dark")
    yield context.new_page()
    context.close()


def test_an_administrator_manages_people_and_they_do_not_see_the_administration(platform, administrator, other):
    administrator.get_by_test_id("new-person").fill("ada")
    administrator.get_by_test_id("create-person").click()
    link = administrator.get_by_test_id("first-link").input_value()
    other.goto(link)
    other.get_by_test_id("new-project").click()
    other.get_by_test_id("project-name").fill("South")
    other.get_by_test_id("create-project").click()
    other.wait_for_url("**/p/south")

    # A person who is no administrator.
    other.get_by_test_id("project-menu").click()
    expect(other.get_by_test_id("project-settings")).to_be_visible()
    expect(other.get_by_test_id("administration")).to_have_count(0)
    other.goto(f"{platform.url}/p/south/administration")
    expect(other.get_by_text("Only administrators of the platform see this page.")).to_be_visible()
    expect(other.get_by_test_id("people")).to_have_count(0)
    for path in ("people", "projects", "settings"):
        assert other.evaluate(_STATUS, f"/api/v1/platform/{path}") == 403, path

    # An administrator sees names and sizes of foreign projects, and nothing inside them.
    administrator.reload()
    expect(administrator.get_by_test_id("project-sizes").get_by_role("row", name="South")).to_be_visible()
    assert administrator.evaluate(_STATUS, "/api/v1/runs?project=south") == 404
    row = administrator.get_by_test_id("people").get_by_role("row", name="ada")
    row.get_by_test_id("disable-person").click()
    administrator.get_by_test_id("confirm-person").click()
    expect(row).to_contain_text("disabled since")
    assert other.evaluate(_STATUS, "/api/v1/projects") == 401
    row.get_by_test_id("enable-person").click()
    administrator.get_by_test_id("confirm-person").click()
    expect(row).to_contain_text("active")


def test_a_quota_limits_service_accounts_whose_tokens_the_page_creates(platform, administrator):
    page = administrator
    page.get_by_test_id("quota-default").click()
    page.get_by_test_id("limit-members").fill("two")
    page.get_by_test_id("set-quota").click()
    expect(page.get_by_text("Enter a number, or nothing")).to_be_visible()
    page.get_by_test_id("limit-members").fill("2")
    page.get_by_test_id("set-quota").click()
    expect(page.get_by_test_id("project-sizes").get_by_role("row", name="Default")).to_contain_text("1 of 2")

    page.goto(f"{platform.url}/p/default/members")
    for name in ("nightly", "weekly"):
        page.get_by_test_id("service-name").fill(name)
        page.get_by_test_id("add-service").click()
        if name == "nightly":
            expect(page.get_by_test_id("members").get_by_role("row", name=name)).to_contain_text("service account")
    expect(page.get_by_role("alert")).to_contain_text("quota")
    expect(page.get_by_test_id("service-name")).to_have_value("weekly")  # nothing that was typed is lost

    page.goto(f"{platform.url}/p/default/tokens")
    page.get_by_test_id("token-name").fill("job")
    page.get_by_test_id("token-account").select_option(label="nightly")
    page.get_by_test_id("make-token").click()
    secret = page.get_by_test_id("token-secret").input_value()
    with Client(url=platform.url, token=secret) as client:
        assert client.projects.current().slug == "default"
    page.get_by_test_id("token-secret-done").click()
    page.get_by_test_id("revoke").click()
    page.get_by_test_id("confirm-revoke").click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_people_and_projects(platform, administrator, theme):
    administrator.evaluate(f"localStorage.setItem('azuraforge.theme', '{theme}')")
    for path in PAGES:
        administrator.goto(f"{platform.url}/p/default/{path}")
        administrator.wait_for_selector("main h1")
        expect(administrator.locator("main").get_by_role("status").filter(has_text="Loading")).to_have_count(0)
        assert administrator.evaluate("document.documentElement.dataset.theme") == theme
        administrator.evaluate(AXE.read_text())
        assert administrator.evaluate(_RUN) == [], path
