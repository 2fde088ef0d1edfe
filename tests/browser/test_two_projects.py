"""Two people in two projects, and one person in two tabs, in a real browser: no page shows another project's data."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from azuraforge.client import Client
from tests.conftest import PlatformProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
#: Milliseconds: enough for a busy machine, and far below the minute after which access is checked in any case.
SOON = 20_000


@dataclass
class World:
    """The owner's projects ``north`` and ``default``, and Ada's project ``south``. Each has one run, named after it."""

    platform: PlatformProcess
    ada: str
    runs: dict[str, str]

    def link(self, path: str) -> str:
        """A sign-in link of the owner."""
        return self.platform.run("link", "--next", path).stdout.split()[0]

    def client(self, project: str) -> Client:
        """The owner's command line in a project."""
        return Client(url=self.platform.url, token=self.platform.token, project=project)

    def send(self, method: str, path: str, body: object, project: str, cookie: str = "") -> dict:
        """Send a request of the owner's command line or, with a cookie, of a browser."""
        secret = (
            {"Cookie": cookie, "Origin": self.platform.url}
            if cookie
            else {"Authorization": f"Bearer {self.platform.token}"}
        )
        headers = {**secret, "Content-Type": "application/json", "AzuraForge-Project": project}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.platform.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return {**json.loads(answer.read() or b"{}"), "cookie": (answer.headers["set-cookie"] or "").split(";")[0]}

    def add_run(self, project: str, name: str, cookie: str = "") -> str:
        body = {"kind": "external", "name": name, "config": {}}
        return str(self.send("POST", "/runs", body, project, cookie)["id"])

    def invite(self, project: str, role: str = "member") -> str:
        """The secret of an invitation to one of the owner's projects."""
        with self.client(project) as client:
            return str(client.invitations.create(role).url).partition("#invitation=")[2]


@pytest.fixture(scope="module")
def world(platform: PlatformProcess) -> World:
    made = World(platform, "", {})
    with made.client("default") as client:
        client.projects.create("north", "North")
    # Ada's account needs an invitation; she leaves the project as soon as she has her own.
    accept = {"invitation": made.invite("default"), "name": "ada"}
    made.ada = made.send("POST", "/invitations/accept", accept, "", "none=1")["cookie"]
    made.send("POST", "/projects", {"slug": "south", "name": "South"}, "", made.ada)
    with made.client("default") as client:
        client.members.remove("ada")
    made.runs = {
        "default": made.add_run("default", "run of default"),
        "north": made.add_run("north", "run of north"),
        "south": made.add_run("south", "run of south", made.ada),
    }
    return made


@contextmanager
def signed_in(browser: Browser, world: World) -> Iterator[Page]:
    """A page of Ada's browser."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    name, _, value = world.ada.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": world.platform.url}])
    try:
        yield context.new_page()
    finally:
        context.close()


def rows(page: Page, name: str):
    return page.get_by_role("link", name=name, exact=True)


def test_two_people_see_only_their_own_projects(world, page, browser):
    page.goto(world.link("/p/north/runs"))
    expect(rows(page, "run of north")).to_be_visible(timeout=120_000)
    with signed_in(browser, world) as ada:
        ada.goto(f"{world.platform.url}/p/south/runs")
        expect(rows(ada, "run of south")).to_be_visible(timeout=SOON)

        # What one person creates, only this person's list shows, without a reload.
        world.add_run("south", "second of south", world.ada)
        expect(rows(ada, "second of south")).to_be_visible(timeout=SOON)
        world.add_run("north", "second of north")
        expect(rows(page, "second of north")).to_be_visible(timeout=SOON)
        for seen, foreign in ((page, "of south"), (ada, "of north"), (ada, "of default")):
            assert foreign not in seen.inner_text("body")
        ada.get_by_test_id("project-menu").click()
        projects = ada.get_by_role("navigation", name="Your projects")
        expect(projects.get_by_role("link", name="South")).to_be_visible()
        expect(projects.get_by_role("listitem")).to_have_count(1)

        # The address of a foreign project, and of a foreign run in an own one.
        ada.goto(f"{world.platform.url}/p/north/runs/{world.runs['north']}")
        expect(ada.get_by_role("heading", name="Project not found")).to_be_visible(timeout=SOON)
        ada.goto(f"{world.platform.url}/p/south/runs/{world.runs['north']}")
        expect(ada.get_by_role("alert")).to_be_visible(timeout=SOON)
        assert "run of north" not in ada.content()
    page.goto(f"{world.platform.url}/p/south/runs")
    expect(page.get_by_text("There is no project “south”, or you are not one of its members.")).to_be_visible()


def test_two_tabs_of_one_person_keep_their_projects(world, page):
    page.goto(world.link("/p/north/runs"))
    expect(rows(page, "run of north")).to_be_visible(timeout=120_000)
    other = page.context.new_page()
    other.goto(f"{world.platform.url}/p/default/runs")
    expect(rows(other, "run of default")).to_be_visible(timeout=SOON)
    world.add_run("default", "third of default")
    expect(rows(other, "third of default")).to_be_visible(timeout=SOON)
    world.add_run("north", "third of north")
    expect(rows(page, "third of north")).to_be_visible(timeout=SOON)
    # Both tabs write, each into its own project.
    for tab in (page, other):
        tab.get_by_role("link", name="Settings", exact=True).click()
        tab.get_by_role("link", name="Tokens", exact=True).click()
    for tab, project in ((page, "north"), (other, "default")):
        tab.get_by_test_id("token-name").fill(f"token of {project}")
        tab.get_by_test_id("make-token").click()
        expect(tab.get_by_test_id("tokens")).to_contain_text(f"token of {project}", timeout=SOON)
    for tab, project, foreign in ((page, "north", "default"), (other, "default", "north")):
        expect(tab.get_by_test_id("project-menu")).to_contain_text(project, ignore_case=True)
        assert f"of {foreign}" not in tab.inner_text("body")
        with world.client(project) as client:
            assert [each.name for each in client.tokens.list()] == [f"token of {project}"]


def test_a_member_s_open_tab_shows_another_role_and_the_removal(world, browser):
    world.send("POST", "/invitations/accept", {"invitation": world.invite("north")}, "", world.ada)
    with signed_in(browser, world) as ada:
        ada.goto(f"{world.platform.url}/p/north/runs")
        expect(rows(ada, "run of north")).to_be_visible(timeout=SOON)
        ada.wait_for_timeout(500)  # the live connection is open
        with world.client("north") as client:
            client.members.set_role("ada", "viewer")
            expect(ada.get_by_test_id("person")).to_contain_text("viewer", timeout=SOON)
            client.members.remove("ada")
        alert = ada.get_by_role("alert")
        expect(alert).to_contain_text("You were removed from the project “North”", timeout=SOON)
        expect(ada.get_by_role("link", name="South")).to_be_visible()
        assert "run of north" not in ada.content()
