"""Accounts in a real browser: name and password, a new project, an invitation, and the end of other sessions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from azuraforge.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
GOOD, NEW, ADA = "three purple anchors", "seven green kettles", "nine quiet harbours"


def look(page: Page, name: str) -> None:
    """Save a screenshot if AZURAFORGE_SCREENSHOTS names a folder."""
    if folder := os.environ.get("AZURAFORGE_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@contextmanager
def fresh(browser: Browser) -> Iterator[Page]:
    """A page of a browser without cookies."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    try:
        yield context.new_page()
    finally:
        context.close()


def sign_in(page: Page, url: str, name: str, password: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_test_id("sign-in-submit").click()


@pytest.fixture(scope="module")
def owner(platform) -> str:
    """The name of the platform's owner, whose password is GOOD."""
    with Client(url=platform.url, token=platform.token) as client:
        return client.people.set_password(GOOD).name


def test_a_person_signs_in_creates_a_project_and_invites_another_one(platform, owner, page, browser):
    sign_in(page, platform.url, owner, "three purple ankles")
    expect(page.get_by_role("alert")).to_contain_text("the name or the password is wrong", timeout=120_000)
    expect(page.get_by_label("Name", exact=True)).to_have_value(owner)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    look(page, "wrong-password")
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.get_by_test_id("sign-in-submit").click()
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()

    page.get_by_test_id("project-menu").click()
    page.get_by_test_id("new-project").click()
    page.get_by_test_id("project-name").fill("Solar Plants")
    expect(page.get_by_test_id("project-slug")).to_have_value("solar-plants")
    look(page, "create-project")
    page.get_by_test_id("create-project").click()
    page.wait_for_url("**/p/solar-plants")
    expect(page.get_by_test_id("project-menu")).to_contain_text("Solar Plants")

    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Members", exact=True).click()
    page.get_by_test_id("invite-role").select_option("admin")
    page.get_by_test_id("invite").click()
    link = page.get_by_test_id("invitation-link").input_value()
    expect(page.get_by_test_id("invitations")).to_contain_text("open")
    with fresh(browser) as ada:
        ada.goto(link)
        expect(
            ada.get_by_text(f"{owner} invites you to the project “Solar Plants” with the role admin.")
        ).to_be_visible()
        assert "#" not in ada.url, "the secret is not in the history"
        look(ada, "invitation")
        ada.get_by_test_id("new-name").fill("Ada")
        ada.get_by_test_id("new-account-password").fill("short")
        ada.get_by_test_id("create-account").click()
        expect(ada.get_by_text("Enter at least 12 characters")).to_be_visible()
        ada.get_by_test_id("new-account-password").fill(ADA)
        ada.get_by_test_id("create-account").click()
        ada.wait_for_url("**/p/solar-plants")
        expect(page.get_by_test_id("members").get_by_role("row", name="Ada")).to_be_visible(timeout=20_000)
        expect(page.get_by_test_id("invitations")).to_contain_text("used")
        ada.goto(link)
        expect(ada.get_by_role("alert")).to_contain_text("this invitation was used already")
    with Client(url=platform.url, token=platform.token, project="default") as client:
        second = client.invitations.create("viewer").url
    with fresh(browser) as again:  # an account that exists: the invitation survives signing in
        again.goto(second)
        again.get_by_test_id("sign-in-first").click()
        again.get_by_label("Name", exact=True).fill("ada")
        again.get_by_label("Password", exact=True).fill(ADA)
        again.get_by_test_id("sign-in-submit").click()
        again.get_by_test_id("join").click(timeout=20_000)
        again.wait_for_url("**/p/default")
        expect(again.get_by_test_id("person")).to_contain_text("viewer", timeout=20_000)


def test_a_new_password_ends_the_other_sessions(platform, owner, page, browser):
    sign_in(page, platform.url, owner, GOOD)
    expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible(timeout=120_000)
    with fresh(browser) as other:
        sign_in(other, platform.url, owner, GOOD)
        expect(other.get_by_role("heading", level=1, name="Home")).to_be_visible(timeout=20_000)
        page.get_by_test_id("person").click()
        page.get_by_test_id("current-password").fill(GOOD)
        for field in ("new-password", "new-password-again"):
            page.get_by_test_id(field).fill(NEW)
        page.get_by_test_id("set-password").click()
        expect(page.get_by_text("The password is set.")).to_be_visible()
        expect(page.get_by_test_id("sessions").get_by_role("row")).to_have_count(2)  # the head and this browser
        other.get_by_role("link", name="Models", exact=True).click()
        expect(other.get_by_test_id("sign-in")).to_be_visible(timeout=20_000)
        sign_in(other, platform.url, owner, GOOD)
        expect(other.get_by_role("alert")).to_contain_text("the name or the password is wrong")
        sign_in(other, platform.url, owner, NEW)
        expect(other.get_by_role("heading", level=1, name="Home")).to_be_visible(timeout=20_000)
