"""The dashboard in a real browser next to MLflow 3 and optuna-dashboard: first visits, pages of runs, long lists."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.logging import PEER
from benchmarks.pages import list_page, run_page, visits
from benchmarks.pages.browsing import launch
from benchmarks.report import Report

PARTS = ("visits", "run", "list")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7, help="visits of each product at each speed")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part only; may be repeated")
    parser.add_argument("--runs", type=int, default=list_page.RUNS, help="runs in the long list")
    asked = parser.parse_args()
    if not (PEER.parent / "optuna-dashboard").exists():
        raise SystemExit("the peers are not installed in .bench-mlflow; run `make bench-dashboard`, which does that")
    report = Report("dashboard")
    parts = asked.only or PARTS
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
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


if __name__ == "__main__":
    main()
