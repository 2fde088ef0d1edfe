"""Every page in both languages and themes at three widths: no overflow, no console error, no finding of axe.

The list of pages comes from the dashboard's routes, so that a page without a case fails. Screenshots are kept in
``build/screenshots``, or in the folder that ``AZURAFORGE_SCREENSHOTS`` names.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from azuraforge.client import Client
from tests.conftest import PlatformProcess

ROOT = Path(__file__).parents[2]
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = (
    "axe.run(document).then(found => found.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`))"
)
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WIDTHS = (360, 768, 1440)
RUN_TABS = ("curves", "evaluation", "config", "logs", "files", "system", "report")
STUDY_TABS = ("trials", "parameters", "values", "timeline", "config")
MODEL_TABS = ("versions", "predictions", "policy", "lineage", "history", "card")


@dataclass
class World:
    """A project with one item of each kind. Fields are ids."""

    platform: PlatformProcess
    runs: list[str] = field(default_factory=list)
    study: str = ""
    schedule: str = ""
    automation: str = ""
    invitation: str = ""


def _tabs(address: str, tabs: tuple[str, ...]) -> list[str]:
    return [address, *(f"{address}?tab={tab}" for tab in tabs)]


def _one(address: str) -> Callable[[World], list[str]]:
    return lambda world: [address]


#: Addresses to visit, by the pattern of the dashboard's route.
CASES: dict[str, Callable[[World], list[str]]] = {
    "/sign-in": _one("/sign-in"),
    "/invitation": lambda world: [world.invitation],
    **{
        pattern: _one(pattern)
        for pattern in (
            "", "/events", "/predictions", "/runs", "/new-run", "/models", "/datasets", "/schedules", "/new-schedule",
            "/automations", "/new-automation", "/studies", "/new-study", "/feeds", "/learners", "/plugins", "/trash",
            "/tokens", "/secrets", "/account", "/members", "/administration", "/settings",
        )
    },
    "/runs/:id": lambda world: [*_tabs(f"/runs/{world.runs[0]}", RUN_TABS), f"/runs/{world.runs[-1]}"],
    "/comparison": lambda world: [f"/comparison?runs={','.join(world.runs)}"],
    "/models/:name": lambda world: _tabs("/models/sea", MODEL_TABS),
    "/datasets/:name": _one("/datasets/sea"),
    "/schedules/:id": lambda world: [f"/schedules/{world.schedule}"],
    "/schedules/:id/edit": lambda world: [f"/schedules/{world.schedule}/edit"],
    "/automations/:id": lambda world: [f"/automations/{world.automation}"],
    "/automations/:id/edit": lambda world: [f"/automations/{world.automation}/edit"],
    "/feeds/:name": _one("/feeds/sensors"),
    "/learners/:name": _one("/learners/sides"),
    "/studies/:id": lambda world: _tabs(f"/studies/{world.study}", STUDY_TABS),
}  # fmt: skip


def routes() -> set[str]:
    """The patterns of the dashboard's routes: those of a project's pages, and those before a project is chosen."""
    pages = (ROOT / "dashboard/src/routing/pages.ts").read_text()
    app = (ROOT / "dashboard/src/App.tsx").read_text()
    return {*re.findall(r'^ {2}"([^"]*)": lazily\(', pages, re.M), *re.findall(r'<Route path="([^"]+)"', app)}


def test_every_route_of_the_dashboard_has_a_case():
    assert routes() == set(CASES)


@pytest.fixture(scope="module")
def world(platform: PlatformProcess) -> World:
    made = World(platform)
    months = [f"{1990 + month // 12}-{1 + month % 12:02}-01" for month in range(240)]
    rows = (
        f"{at},{12 + 6 * ((index % 12) / 12) + index / 120 + (index * 7 % 5) / 10:.2f}"
        for index, at in enumerate(months)
    )
    file = platform.home.parent / "sea.csv"
    file.write_text("month,temperature\n" + "\n".join(rows) + "\n")
    with Client(url=platform.url, token=platform.token) as client:
        client.datasets.add(file, time="month", target="temperature", name="sea")
        client.datasets.add(file, time="month", target="temperature", name="deleted")
        client.datasets.delete("deleted")
        for plugin in ("forecasting.ridge", "forecasting.ets"):
            run = client.runs.start(plugin, dataset="sea", config={"horizon": 3}, model="sea")
            made.runs.append(client.runs.wait(run.id).id)
        client.models.predict("sea")
        with client.run("my own loop") as mine:
            for step in range(20):
                mine.log(loss=1 / (step + 1))
        made.runs.append(mine.id)
        space = {"intervals": {"kind": "choice", "choices": ["fixed", "adaptive"]}}
        study = client.studies.create("window", "forecasting.ridge", "sea", space, config={"horizon": 3}, trials=3)
        made.study = client.studies.wait(study.id).id
        training = {"kind": "train", "plugin": "forecasting.ridge", "dataset": "sea", "config": {"horizon": 3}}
        made.schedule = client.schedules.create("weekly", training, cron="0 6 * * 1").id
        client.notifications.create_target("team", "webhook", {"url": f"https://{'long' * 15}.example.org/x"})
        when = {"on": "event", "type": "run.state", "where": [{"field": "kind", "equals": "train"}]}
        made.automation = client.automations.create("after a run", when, [{"do": "notify", "to": ["team"]}]).id
        client.feeds.create("sensors", {"load": None, "side": ["down", "up"]}, keys=["north", "south"], historical=True)
        feed_rows = [
            {"at": f"2024-05-01T10:{minute:02}:00Z", "key": key, "values": {"load": minute, "side": "up"}}
            for minute in range(30)
            for key in ("north", "south")
        ]
        client.feeds.post("sensors", feed_rows)
        client.learners.create("sides", "sensors", "online.linear.class", target="side", inputs=["load"])
        client.learners.start("sides")
        client.secrets.set("plant", "value")
        client.members.add_service_account("nightly", "member")
        client.tokens.create("job", "viewer")
        client.people.create("ada")
        made.invitation = "/invitation" + client.invitations.create("viewer").url.partition("/invitation")[2]
    return made


@pytest.fixture(params=[(language, theme) for language in ("en", "tr") for theme in ("light", "dark")], ids="-".join)
def visit(request, browser: Browser, world: World) -> Iterator[tuple[BrowserContext, str, str]]:
    """A signed-in browser with a language and a theme."""
    language, theme = request.param
    context = browser.new_context(
        locale={"en": "en-GB", "tr": "tr-TR"}[language],
        timezone_id="Europe/Istanbul",
        color_scheme=theme,
        viewport={"width": 1440, "height": 900},
    )
    page = context.new_page()
    page.goto(world.platform.run("link").stdout.split()[0])
    page.wait_for_url("**/p/default", timeout=120_000)
    page.close()
    yield context, language, theme
    context.close()


def _settle(page: Page) -> None:
    page.wait_for_selector("h1", timeout=60_000)
    with contextlib.suppress(Error):  # a page that keeps asking
        page.wait_for_load_state("networkidle", timeout=5_000)
    page.wait_for_timeout(300)


@pytest.mark.browser
@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_every_page_fits_is_accessible_and_logs_no_error(world, visit):
    context, language, theme = visit
    folder = Path(os.environ.get("AZURAFORGE_SCREENSHOTS", ROOT / "build" / "screenshots")) / f"{language}-{theme}"
    only = os.environ.get("AZURAFORGE_PAGES", "")
    found: list[str] = []
    looked = 0
    page = context.new_page()
    page.on(
        "console",
        lambda message: found.append(f"console: {message.text} ({page.url})") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: found.append(f"error: {error} ({page.url})"))
    for pattern in sorted(routes()):
        for address in CASES[pattern](world):
            if only and not re.search(only, pattern):
                continue
            outside = pattern in ("/sign-in", "/invitation")
            page.goto(world.platform.url + ("" if outside else "/p/default") + address)
            _settle(page)
            assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
                language,
                theme,
            ]
            page.evaluate(AXE.read_text())
            name = re.sub(
                r"[^a-z]+", "-", pattern + (address.partition("?tab=")[2] and "-" + address.partition("?tab=")[2])
            ).strip("-")
            if pattern == "/runs/:id" and world.runs[-1] in address:
                name += "-external"
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(200)
                if (more := page.evaluate(_TOO_WIDE)) > 0:
                    found.append(f"{address} at {width}: {more} px too wide")
                found += [f"{address} at {width}: axe {each}" for each in page.evaluate(_RUN)]
                file = folder / str(width) / f"{name or 'home'}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=file, full_page=True)
                looked += 1
    (folder / "findings.txt").write_text("\n".join([f"{looked} views, {len(found)} findings", *found, ""]))
    assert found == [], "\n".join(found)
