"""First visits to the list of runs next to MLflow 3 and optuna-dashboard: bytes on the wire, time to the first rows."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, CDPSession

from benchmarks.logging import PEER, mlflow_server
from benchmarks.pages.browsing import profile, sign_in
from benchmarks.pages.contents import fill_mlflow, fill_optuna, fill_ours, name_of
from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

RUNS, METRICS, PARAMETERS = 600, 5, 5
#: Time after the first rows in which files that load later still count; a page that polls is never idle.
_AFTERWARDS_MILLISECONDS = 4000
_START_SECONDS = 120
#: Pages of ours whose first visit is measured too; ``{run}`` is a run's id.
OTHER_PAGES = ("", "runs/{run}", "new-run", "studies", "new-study", "models", "datasets", "predictions",
               "schedules", "automations", "new-automation", "events", "plugins", "members", "account")  # fmt: skip


@dataclass
class Visit:
    """Cost of one visit with an empty cache."""

    seconds: float
    kilobytes: float


@dataclass
class Side:
    """One product: the address of its list, and a text of its newest row."""

    name: str
    list_url: str
    newest: str
    on: Stage | None = None
    visits: dict[int, list[Visit]] = field(default_factory=dict)

    def median(self, slowdown: int) -> Visit:
        """Return the medians of the visits at one speed of the processor."""
        visits = self.visits[slowdown]
        return Visit(
            percentile([each.seconds for each in visits], 0.5), percentile([each.kilobytes for each in visits], 0.5)
        )


def measure(browser: Browser, folder: Path, report: Report, turns: int) -> None:
    """Measure the first visits of all three products by turns, then those of our other pages."""
    with stage() as on, mlflow_server(folder) as (port, _process, _healthy), _optuna_dashboard(folder) as optuna_port:
        fill_ours(on, RUNS, METRICS, PARAMETERS)
        experiment = fill_mlflow(port, RUNS, METRICS, PARAMETERS)
        newest = name_of(RUNS - 1)
        ours = Side("AzuraForge", f"{on.url}/p/default/runs", newest, on)
        peers = [
            Side("MLflow", f"http://127.0.0.1:{port}/#/experiments/{experiment}/runs", newest),
            # Its list starts with the oldest trial.
            Side("optuna-dashboard", f"http://127.0.0.1:{optuna_port}/dashboard/studies/1/trials", "Complete"),
        ]
        for slowdown in (1, 4):
            for _ in range(turns):
                for side in (ours, *peers):
                    side.visits.setdefault(slowdown, []).append(visit(browser, side, slowdown))
            for peer in peers:
                _compare(report, ours, peer, slowdown)
        _other_pages(browser, on, report)


def visit(browser: Browser, side: Side, slowdown: int) -> Visit:
    """Open the list in a fresh profile, with the processor slowed down, and wait until its row is visible."""
    with profile(browser) as context:
        if side.on is not None:
            sign_in(context, side.on)
        page = context.new_page()
        tools = context.new_cdp_session(page)
        received = _count_bytes(tools)
        tools.send("Network.clearBrowserCache")
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        began = time.perf_counter()
        page.goto(side.list_url, wait_until="commit")
        page.get_by_text(side.newest, exact=True).first.wait_for()
        seconds = time.perf_counter() - began
        page.wait_for_timeout(_AFTERWARDS_MILLISECONDS)
        return Visit(seconds, received[0] / 1000)


def _compare(report: Report, ours: Side, peer: Side, slowdown: int) -> None:
    a, b = ours.median(slowdown), peer.median(slowdown)
    goal = {"goal": "≤ 1/8", "met": a.seconds / b.seconds <= 1 / 8} if peer.name == "MLflow" else {}
    report.add(
        f"time to first rows of {RUNS} runs, processor {slowdown}× slowed, median, peer {peer.name}",
        a.seconds, "s", peer=b.seconds, ratio=a.seconds / b.seconds, **goal,
    )  # fmt: skip
    if slowdown == 1:
        report.add(
            f"first visit to the list, on the wire, median, peer {peer.name}",
            a.kilobytes, "kB", peer=b.kilobytes, ratio=a.kilobytes / b.kilobytes, goal="≤ 200 kB",
            met=a.kilobytes <= 200,
        )  # fmt: skip


def _other_pages(browser: Browser, on: Stage, report: Report) -> None:
    """Count the bytes of a first visit to each other page; the largest has a goal."""
    sizes = {}
    for path in OTHER_PAGES:
        with profile(browser) as context:
            sign_in(context, on)
            page = context.new_page()
            tools = context.new_cdp_session(page)
            received = _count_bytes(tools)
            tools.send("Network.clearBrowserCache")
            run = on.call("GET", "/runs?limit=1")["items"][0]["id"]
            page.goto(f"{on.url}/p/default/{path.format(run=run)}")
            page.get_by_role("heading", level=1).first.wait_for()
            page.wait_for_timeout(_AFTERWARDS_MILLISECONDS)
            sizes[path or "home"] = received[0] / 1000
    largest = max(sizes, key=lambda each: sizes[each])
    report.add(f"first visit to any page, on the wire; the largest is {largest}", sizes[largest], "kB", goal="≤ 350 kB",
               met=sizes[largest] <= 350)  # fmt: skip


def _count_bytes(tools: CDPSession) -> list[float]:
    """Return a list whose only element is the number of bytes that all responses took on the wire so far."""
    received = [0.0]

    def add(event: dict[str, float]) -> None:
        received[0] += event["encodedDataLength"]

    tools.on("Network.loadingFinished", add)
    tools.send("Network.enable")
    return received


@contextmanager
def _optuna_dashboard(folder: Path) -> Iterator[int]:
    """The dashboard of a study with the same numbers; its port."""
    url = fill_optuna(folder, RUNS, METRICS, PARAMETERS)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [str(PEER.parent / "optuna-dashboard"), url, "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "optuna.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/studies", timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"optuna-dashboard did not start:\n{(folder / 'optuna.log').read_text()[-2000:]}")
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
