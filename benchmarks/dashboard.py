"""The dashboard in a real browser next to MLflow 3 and optuna-dashboard: first visits, runs, long lists, brushes."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.logging import PEER
from benchmarks.pages import list_page, parallel, run_page, visits
from benchmarks.pages.browsing import launch
from benchmarks.report import Report

PARTS = ("visits", "run", "list", "parallel")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7, help="visits of each product at each speed")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only; may be repeated")
    parser.add_argument("--runs", type=int, default=list_page.RUNS, help="runs in the long list")
    parser.add_argument("--trials", type=int, default=parallel.TRIALS, help="trials in the parallel coordinates")
    asked = parser.parse_args()
    parts = asked.only or PARTS
    if "visits" in parts and not (PEER.parent / "optuna-dashboard").exists():
        raise SystemExit("the peers are not installed in .bench-mlflow; run `make bench-dashboard`, which does that")
    report = Report("dashboard")
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-dashboard-"))
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            if "visits" in parts:
                visits.measure(browser, folder, report, asked.turns)
            if "run" in parts:
                run_page.measure(browser, report)
            if "list" in parts:
                list_page.measure(browser, report, asked.runs)
            if "parallel" in parts:
                parallel.measure(browser, report, asked.trials)
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


if __name__ == "__main__":
    main()
