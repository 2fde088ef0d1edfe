"""The first visit to the list of runs, in a real browser next to MLflow 3: bytes on the wire, time to the first rows."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, sync_playwright

from benchmarks.logging import PEER, Http, mlflow_server
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage
from tests.browser.conftest import FLAGS, find_browser

RUNS, METRICS, PARAMETERS = 600, 5, 5
_WAIT_MILLISECONDS = 120_000
#: Time after the first rows in which files that load later still count; a page that polls is never idle.
_AFTERWARDS_MILLISECONDS = 4000


@dataclass
class Visit:
    """What one visit with an empty cache cost."""

    seconds: float
    kilobytes: float


@dataclass
class Side:
    """One product: the address of its list, the address that signs in first, and the text of its newest row."""

    name: str
    list_url: str
    newest: str
    sign_in_url: str | None = None
    visits: dict[int, list[Visit]] = field(default_factory=dict)


def fill_ours(on: Stage) -> str:
    """Log runs through the API; return the name of the newest."""
    http = Http(on.port, on.token)
    for number in range(RUNS):
        config = {f"parameter_{index}": number * index for index in range(PARAMETERS)}
        made = http("POST", "/api/v1/runs", {"kind": "external", "name": f"bench-{number:04d}", "config": config})
        points = {f"metric_{index}": [[step, step / (index + 1)] for step in range(10)] for index in range(METRICS)}
        http("POST", f"/api/v1/runs/{made['id']}/metrics", {"points": points})
        http("POST", f"/api/v1/runs/{made['id']}/finish", {"state": "succeeded"})
    return f"bench-{RUNS - 1:04d}"


def fill_theirs(port: int) -> tuple[str, str]:
    """Log the same runs into MLflow; return its experiment and the name of the newest run."""
    http = Http(port)
    experiment = str(http("POST", "/api/2.0/mlflow/experiments/create", {"name": "bench"})["experiment_id"])
    for number in range(RUNS):
        now, name = int(time.time() * 1000), f"bench-{number:04d}"
        body = {"experiment_id": experiment, "start_time": now, "run_name": name}
        run = http("POST", "/api/2.0/mlflow/runs/create", body)["run"]["info"]["run_id"]
        metrics = [
            {"key": f"metric_{index}", "value": step / (index + 1), "timestamp": now, "step": step}
            for index in range(METRICS)
            for step in range(10)
        ]
        params = [{"key": f"parameter_{index}", "value": str(number * index)} for index in range(PARAMETERS)]
        http("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": metrics, "params": params})
        http("POST", "/api/2.0/mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": now})
    return experiment, f"bench-{RUNS - 1:04d}"


def visit(browser: Browser, side: Side, slowdown: int) -> Visit:
    """Open the list in a fresh profile, with the processor slowed down, and wait until its newest row is visible."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        if side.sign_in_url is not None:
            page.goto(side.sign_in_url)
            page.wait_for_url(lambda url: "sign-in" not in url, timeout=_WAIT_MILLISECONDS)
            page.goto("about:blank")
        tools = context.new_cdp_session(page)
        received = _count_bytes(tools)
        tools.send("Network.clearBrowserCache")
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        began = time.perf_counter()
        page.goto(side.list_url, wait_until="commit")
        page.get_by_text(side.newest, exact=True).first.wait_for(timeout=_WAIT_MILLISECONDS)
        seconds = time.perf_counter() - began
        page.wait_for_timeout(_AFTERWARDS_MILLISECONDS)
        return Visit(seconds, received[0] / 1024)
    finally:
        context.close()


def _count_bytes(tools: CDPSession) -> list[float]:
    """Return a list whose only element is the number of bytes that all responses took on the wire so far."""
    received = [0.0]

    def add(event: dict[str, float]) -> None:
        received[0] += event["encodedDataLength"]

    tools.on("Network.loadingFinished", add)
    tools.send("Network.enable")
    return received


def sign_in_link(on: Stage) -> str:
    """Return a new link that signs a browser in once."""
    command = [sys.executable, "-m", "azuraforge.cli.main", "link"]
    made = subprocess.run(
        command, env={**os.environ, "AZURAFORGE_HOME": str(on.home)}, capture_output=True, text=True, check=True
    )
    return next(word for word in made.stdout.split() if word.startswith("http"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7, help="visits of each side at each speed")
    asked = parser.parse_args()
    if not PEER.exists():
        raise SystemExit("MLflow is not installed in .bench-mlflow; run `make bench-first-visit`, which does that")
    report = Report("first_visit")
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-visit-"))
    try:
        with stage() as on, mlflow_server(folder) as (port, _process, _healthy), sync_playwright() as playwright:
            newest = fill_ours(on)
            experiment, their_newest = fill_theirs(port)
            theirs = Side("MLflow", f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs", their_newest)
            ours = Side("AzuraForge", f"{on.url}/p/default/runs", newest)
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            for slowdown in (1, 4):
                for _ in range(asked.turns):
                    for side in (ours, theirs):
                        if side is ours:
                            side.sign_in_url = sign_in_link(on)
                        side.visits.setdefault(slowdown, []).append(visit(browser, side, slowdown))
                _compare(report, ours, theirs, slowdown)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


def _compare(report: Report, ours: Side, theirs: Side, slowdown: int) -> None:
    a, b = (percentile([each.seconds for each in side.visits[slowdown]], 0.5) for side in (ours, theirs))
    report.add(
        f"time to first rows of {RUNS} runs, processor {slowdown}× slowed, median, peer MLflow",
        a, "s", peer=b, ratio=a / b, goal="≤ 1/8", met=a / b <= 1 / 8,
    )  # fmt: skip
    if slowdown == 1:
        a, b = (percentile([each.kilobytes for each in side.visits[1]], 0.5) for side in (ours, theirs))
        name = "first visit to the list, on the wire, median, peer MLflow"
        report.add(name, a, "KiB", peer=b, ratio=a / b, goal="≤ 200 KB", met=a * 1024 <= 200_000)


if __name__ == "__main__":
    main()
