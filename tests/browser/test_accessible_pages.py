"""axe finds nothing on the pages of automations, targets and secrets, and none is wider than a telephone."""

from __future__ import annotations

from pathlib import Path

import pytest

from azuraforge.client import Client

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]
AXE = Path(__file__).parents[2] / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
STUDY_TABS = ("overview", "trials", "parameters", "values", "timeline", "config")
_RUN = "axe.run(document).then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html)]))"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_WRAPPED = """() => [...document.querySelectorAll("header nav a")]
  .filter(each => each.getBoundingClientRect().height > 44).map(each => each.textContent)"""


@pytest.fixture(scope="module")
def pages(platform) -> list[str]:
    """Paths of a platform with a target, an automation and a secret."""
    when = {"on": "event", "type": "run.state", "where": [{"field": "kind", "equals": "train"}]}
    with Client(url=platform.url, token=platform.token) as client:
        client.notifications.create_target("team", "webhook", {"url": f"https://{'long' * 15}.example.org/x"})
        made = client.automations.create("after a run", when, [{"do": "notify", "to": ["team"]}])
        client.secrets.set("plant", "value")
        client.datasets.add_from_source("bundled", {"series": "nile"})
        client.feeds.create("sensors", {"load": None, "side": ["down", "up"]}, keys=["north", "south"], historical=True)
        rows = [
            {"at": f"2024-05-01T10:{minute:02}:00Z", "key": key, "values": {"load": minute, "side": "up"}}
            for minute in range(30)
            for key in ("north", "south")
        ]
        client.feeds.post("sensors", rows)
        client.learners.create("sides", "sensors", "online.linear.class", target="side", inputs=["load"])
        client.learners.start("sides")
        space = {"trees": {"low": 10, "high": 30, "step": 10}, "leaves": {"choices": [4, 8]}}
        study = client.studies.create("search", "forecasting.boosted_lags", "nile", space, trials=3, parallel=2)
        client.studies.wait(study.id, 200)
    return [
        "",
        "events",
        "predictions",
        "automations",
        f"automations/{made.id}",
        f"automations/{made.id}/edit",
        "secrets",
        "feeds",
        "feeds/sensors",
        "learners",
        "learners/sides",
        "studies",
        *(f"studies/{study.id}?tab={tab}" for tab in STUDY_TABS),
    ]


@pytest.mark.parametrize("language", ["en", "tr"])
def test_pages_are_accessible_and_fit(platform, page, pages, language):
    page.goto(platform.run("link", "--next", "/p/default/automations").stdout.split()[0])
    page.wait_for_selector("main h1", timeout=120_000)
    page.evaluate(f"localStorage.setItem('azuraforge.language', '{language}')")
    root = page.url.split("/p/")[0]
    for path in pages:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"{root}/p/default/{path}")
        page.wait_for_selector("main h1")
        page.wait_for_timeout(500)  # the lists are there
        assert page.evaluate("document.documentElement.lang") == language
        page.evaluate(AXE.read_text())
        assert page.evaluate(_RUN) == [], path
        for width in (1280, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(_WRAPPED) == [], (path, width)  # every entry of the navigation is one line
        page.set_viewport_size({"width": 360, "height": 800})
        page.wait_for_function(f"() => {_TOO_WIDE} <= 0")  # charts follow the width of the window
        assert page.evaluate(_TOO_WIDE) <= 0, path
        assert page.evaluate(_RUN) == [], path
