"""How soon a queued run starts, and how soon a cancelled one has ended."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime
from typing import Any

from benchmarks.report import Report
from benchmarks.stage import Stage, percentile, stage

_ENDED = ("succeeded", "failed", "cancelled", "quarantined")


def submit(on: Stage, seconds: float = 0.0) -> dict[str, Any]:
    return dict(on.call("POST", "/runs", {"kind": "agent", "plugin": "waiter", "config": {"seconds": seconds}}))


def wait(on: Stage, run_id: str, until: tuple[str, ...] = _ENDED, phase: str | None = None) -> dict[str, Any]:
    while True:
        run = on.call("GET", f"/runs/{run_id}")
        if run["state"] in _ENDED or (run["state"] in until and (phase is None or run["progress"]["note"] == phase)):
            return dict(run)
        time.sleep(0.02)


def seconds_at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def starts(on: Stage, runs: int) -> tuple[list[float], list[float]]:
    """Seconds from the row's commit to its claim, and to the first line of the plugin's code; one run at a time."""
    claimed, began = [], []
    for _ in range(runs):
        run = wait(on, submit(on)["id"])
        if run["state"] != "succeeded":
            raise SystemExit(f"a run did not succeed: {run['error']}")
        created = seconds_at(run["created_at"])
        claimed.append(seconds_at(run["started_at"]) - created)
        began.append(run["summary"]["result"]["began_at"] - created)
    return claimed, began


def cancels(on: Stage, runs: int) -> list[float]:
    """Seconds from asking to the end's commit, for runs that wait and do not resist."""
    times = []
    for _ in range(runs):
        run_id = submit(on, 60.0)["id"]
        wait(on, run_id, ("running",), phase="waiting")
        asked_at = time.time()
        on.call("POST", f"/runs/{run_id}/cancel")
        run = wait(on, run_id)
        if run["state"] != "cancelled":
            raise SystemExit(f"a cancelled run ended as {run['state']}")
        times.append(seconds_at(run["finished_at"]) - asked_at)
    return times


def throughput(on: Stage, runs: int) -> float:
    """Runs a second, claim to end, with as many slots as the platform has here."""
    began = time.perf_counter()
    ids = [submit(on)["id"] for _ in range(runs)]
    for run_id in ids:
        wait(on, run_id)
    return runs / (time.perf_counter() - began)


def measure(report: Report, on: Stage, runs: int, dispatch: str, start_goal: float) -> None:
    starts(on, 3)  # the launcher has forked before, the plugin's file is in the page cache
    claimed, began = starts(on, runs)
    told = f"{runs} runs one after another"
    report.add(f"{dispatch}: row to claim, p50", percentile(claimed, 0.5) * 1e3, "ms")
    p50 = percentile(began, 0.5) * 1e3
    report.add(
        f"{dispatch}: row to the plugin's first line, p50", p50, "ms", goal=f"< {start_goal:g}", met=p50 < start_goal
    )
    report.add(f"{dispatch}: row to the plugin's first line, p99", percentile(began, 0.99) * 1e3, "ms")
    print(f"{dispatch}: starts done", file=sys.stderr)
    ended = cancels(on, runs)
    p99 = percentile(ended, 0.99) * 1e3
    report.add(f"{dispatch}: cancel asked to ended, p50", percentile(ended, 0.5) * 1e3, "ms")
    report.add(f"{dispatch}: cancel asked to ended, p99", p99, "ms", goal="< 1000", met=p99 < 1000)
    report.add(f"{dispatch}: runs a second, queue never empty", throughput(on, runs), "/s")
    report.notes.append(f"{dispatch}: {told}; {runs} cancels of running runs. Nearest-rank percentiles.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--target", choices=["embedded", "scaled", "both"], default="both")
    asked = parser.parse_args()
    report = Report("queue")
    if asked.target in ("embedded", "both"):
        with stage("waiter") as on:
            measure(report, on, asked.runs, "embedded", 100)
    if asked.target in ("scaled", "both"):
        from benchmarks.stage.scaled import scaled_stage  # needs the extra `scaled`

        with scaled_stage("waiter") as on:
            measure(report, on, asked.runs, "Celery", 300)
        report.notes.append("Celery: one worker with one slot; PostgreSQL without fsync, on the same machine.")
    report.finish()


if __name__ == "__main__":
    main()
