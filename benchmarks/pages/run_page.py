"""The page of a run: time until it is usable, curves of many points, and the delay of a logged point."""

from __future__ import annotations

import json
import random
import time

from playwright.sync_api import Browser, CDPSession, Page

from azuraforge import Client
from benchmarks.logging import Http
from benchmarks.pages.browsing import command, profile, sign_in
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

_REPEATS = 5
_SPIKE_STEP, _SPIKE = 654_321, 1000.0
_LIVE_POINTS = 60
_BATCH = 50_000


def measure(browser: Browser, report: Report) -> None:
    """Measure a trained forecaster's page, 20 curves, one long curve, and points that are logged while it is open."""
    with stage() as on, profile(browser) as context, Client(home=on.home) as client:
        sign_in(context, on)
        page = context.new_page()
        tools = context.new_cdp_session(page)
        base = f"{on.url}/p/default/runs"
        command(on, "datasets", "add", "--source", "bundled", "--option", "series=co2")
        words = ("runs", "start", "forecasting.lstm", "--dataset", "co2", "--set", "epochs=10", "--wait", "--json")
        run = json.loads(command(on, *words))["id"]
        http = Http(on.port, on.token)
        many, long = _filled(http, "many", 20, 10_000), _filled(http, "long", 1, 1_000_000)
        for slowdown in (1, 4):
            median = percentile(_usable(page, tools, f"{base}/{run}", slowdown), 0.5)
            goal = {"goal": "< 1.5 s", "met": median < 1.5} if slowdown == 4 else {}
            report.add(f"page of a run usable, processor {slowdown}× slowed, median", median, "s", **goal)
        median = percentile(_curves(page, f"{base}/{many}", 20), 0.5)
        report.add("20 curves of 10,000 points drawn, median", median, "s", goal="< 0.5 s", met=median < 0.5)
        median = percentile(_curves(page, f"{base}/{long}", 1), 0.5)
        report.add("one curve of 1,000,000 points drawn, median", median, "s", goal="< 1 s", met=median < 1)
        kept = client.runs.metrics(long, "m000", max_points=1600)["m000"].values
        report.add("its spike of one point is kept", str(_SPIKE in kept), goal="True", met=_SPIKE in kept)
        late = percentile(_live(page, on, base), 0.95)
        report.add("logged point visible on the open page, p95", late, "ms", goal="< 250 ms", met=late < 250)


def _filled(http: Http, name: str, curves: int, points: int) -> str:
    """Log a finished run with noisy curves; a long one has a spike of one point."""
    generator = random.Random(7)
    run_id = str(http("POST", "/api/v1/runs", {"kind": "external", "name": name})["id"])
    start = int(time.time() * 1000) - points
    for curve in range(curves):
        for first in range(0, points, _BATCH):
            steps = range(first, min(points, first + _BATCH))
            values = [
                [step, _SPIKE if step == _SPIKE_STEP else 1 / (1 + step / 500) + generator.gauss(0, 0.05), start + step]
                for step in steps
            ]
            http("POST", f"/api/v1/runs/{run_id}/metrics", {"points": {f"m{curve:03}": values}})
    http("POST", f"/api/v1/runs/{run_id}/finish", {"state": "succeeded"})
    return run_id


def _usable(page: Page, tools: CDPSession, url: str, slowdown: int) -> list[float]:
    """Seconds from the request to the page with its state, verdict and drawn curve, with a warm cache."""
    times = []
    for _ in range(_REPEATS):
        page.goto("about:blank")
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        begun = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.get_by_test_id("verdict").wait_for()
        page.locator("[data-testid=loss-chart] canvas").wait_for()
        times.append(time.perf_counter() - begun)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return times


def _curves(page: Page, url: str, charts: int) -> list[float]:
    """Seconds from opening the tab to the last chart that is drawn; the page itself is open."""
    times = []
    for _ in range(_REPEATS):
        page.goto(url)
        page.get_by_test_id("tab-curves").wait_for()
        page.wait_for_load_state("networkidle")
        begun = time.perf_counter()
        page.get_by_test_id("tab-curves").click()
        page.locator("[data-testid^=curve-m] canvas").nth(charts - 1).wait_for()
        times.append(time.perf_counter() - begun)
    return times


def _live(page: Page, on: Stage, base: str) -> list[float]:
    """Milliseconds from logging a point to its appearance in the chart of an open page."""
    http = Http(on.port, on.token)
    run_id = str(http("POST", "/api/v1/runs", {"kind": "external", "name": "live"})["id"])
    http("POST", f"/api/v1/runs/{run_id}/metrics", {"points": {"loss": [[0, 1.0]]}})
    page.goto(f"{base}/{run_id}")
    page.get_by_test_id("loss-chart").wait_for()
    page.wait_for_timeout(1000)
    times = []
    for step in range(1, _LIVE_POINTS + 1):
        begun = time.perf_counter()
        http("POST", f"/api/v1/runs/{run_id}/metrics", {"points": {"loss": [[step, 1 / step]]}})
        page.locator(f"[data-testid=loss-chart][data-points='{step + 1}']").wait_for(state="attached")
        times.append((time.perf_counter() - begun) * 1000)
    http("POST", f"/api/v1/runs/{run_id}/finish", {"state": "succeeded"})
    return times
