"""The page of a run in a browser: time until it is usable, curves of many points, and the delay of a logged point.

``python -m benchmarks.dashboard_run_page`` starts a platform of its own and prints one JSON line per figure. It needs
a built dashboard and a Chromium (``tests/browser/conftest.py`` finds one).
"""

from __future__ import annotations

import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

from azuraforge import Client
from tests.browser.conftest import FLAGS, find_browser

_START_SECONDS = 90
_REPEATS = 5
_SPIKE_STEP, _SPIKE = 654_321, 1000.0
_LIVE_POINTS = 60


def main() -> None:
    with _platform() as (home, env), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        page = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900}).new_page()
        link = json.loads(_command(env, "link", "--json"))["url"]
        url = link.split("/sign-in")[0]
        page.goto(link)
        page.get_by_test_id("runs-list").wait_for()
        with Client(home=home) as client:
            _command(env, "datasets", "add", "--source", "bundled", "--option", "series=co2")
            run = json.loads(
                _command(env, "runs", "start", "forecasting.lstm", "--dataset", "co2", "--set", "epochs=10", "--wait",
                         "--json")
            )["id"]  # fmt: skip
            many, long = _filled(client, "many", 20, 10_000), _filled(client, "long", 1, 1_000_000)
            cdp = page.context.new_cdp_session(page)
            for rate in (1, 4):
                _say("run page usable", f"{rate}x", _usable(page, cdp, f"{url}/p/default/runs/{run}", rate))
            _say("20 curves of 10,000 points", "1x", _curves(page, f"{url}/p/default/runs/{many}?tab=curves", 20))
            _say("one curve of 1,000,000 points", "1x", _curves(page, f"{url}/p/default/runs/{long}?tab=curves", 1))
            kept = client.runs.metrics(long, "m000", max_points=1600)["m000"].values
            _say("spike kept", "1x", [float(_SPIKE in kept)])
            _say("logged point visible", "1x", _live(page, client, url))
        browser.close()


def _say(figure: str, cpu: str, values: list[float]) -> None:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
    print(json.dumps({"figure": figure, "cpu": cpu, "n": len(values), "median": round(statistics.median(values), 1),
                      "p95": round(p95, 1)}), flush=True)  # fmt: skip


def _filled(client: Client, name: str, curves: int, points: int) -> str:
    """Log a finished run with noisy curves; a long one has a spike of one point."""
    generator = random.Random(7)
    connection = client.runs._connection
    made = connection.post("/runs", {"kind": "external", "name": name})
    run_id = str(made["id"])
    start = int(time.time() * 1000) - points
    batch = 50_000
    for curve in range(curves):
        for first in range(0, points, batch):
            steps = range(first, min(points, first + batch))
            values = [
                [step, _SPIKE if step == _SPIKE_STEP else 1 / (1 + step / 500) + generator.gauss(0, 0.05), start + step]
                for step in steps
            ]
            connection.post(f"/runs/{run_id}/metrics", {"points": {f"m{curve:03}": values}}, timeout_seconds=120)
    connection.post(f"/runs/{run_id}/finish", {"state": "succeeded"})
    return run_id


def _usable(page: Page, cdp: CDPSession, url: str, rate: int) -> list[float]:
    """Milliseconds from the request to the page with its state, verdict and drawn curve, with a warm cache."""
    times = []
    for _ in range(_REPEATS):
        page.goto("about:blank")
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        begun = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.get_by_test_id("verdict").wait_for()
        page.locator("[data-testid=loss-chart] canvas").wait_for()
        times.append((time.perf_counter() - begun) * 1000)
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return times


def _curves(page: Page, url: str, charts: int) -> list[float]:
    """Milliseconds from opening the tab to the last chart that is drawn; the page itself is open."""
    times = []
    for _ in range(_REPEATS):
        page.goto(url.split("?")[0])
        page.get_by_test_id("tab-curves").wait_for()
        page.wait_for_load_state("networkidle")
        begun = time.perf_counter()
        page.get_by_test_id("tab-curves").click()
        page.locator("[data-testid^=curve-m] canvas").nth(charts - 1).wait_for()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def _live(page: Page, client: Client, url: str) -> list[float]:
    """Milliseconds from logging a point to its appearance in the chart of an open page."""
    connection = client.runs._connection
    run_id = str(connection.post("/runs", {"kind": "external", "name": "live"})["id"])
    connection.post(f"/runs/{run_id}/metrics", {"points": {"loss": [[0, 1.0]]}})
    page.goto(f"{url}/p/default/runs/{run_id}")
    page.get_by_test_id("loss-chart").wait_for()
    page.wait_for_timeout(1000)
    times = []
    for step in range(1, _LIVE_POINTS + 1):
        begun = time.perf_counter()
        connection.post(f"/runs/{run_id}/metrics", {"points": {"loss": [[step, 1 / step]]}})
        page.locator(f"[data-testid=loss-chart][data-points='{step + 1}']").wait_for(state="attached")
        times.append((time.perf_counter() - begun) * 1000)
    connection.post(f"/runs/{run_id}/finish", {"state": "succeeded"})
    return times


def _command(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-m", "azuraforge.cli.main", *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


@contextmanager
def _platform() -> Iterator[tuple[Path, dict[str, str]]]:
    """A platform with its own home and port, which ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = {**os.environ, "AZURAFORGE_HOME": str(home)}
        command = [sys.executable, "-m", "azuraforge.cli.main", "up", "--port", "0"]
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _START_SECONDS
            while not (home / "platform.json").exists():
                if time.monotonic() > until:
                    sys.exit(f"the platform did not start within {_START_SECONDS} seconds")
                time.sleep(0.2)
            yield home, env
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
