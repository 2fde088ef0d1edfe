"""Learners on a running platform: throughput of a replay, latency of a row, memory, and the rate of reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.stage import Stage

COLUMNS = tuple(f"x{number}" for number in range(40))
TARGET = {"column": "close", "kind": "sign", "ahead_rows": 12}


def create(on: Stage, name: str, feed: str, plugin: str = "online.linear.direction", **settings: Any) -> None:
    """Create a learner of the direction of ``close`` twelve rows later."""
    asked = {"name": name, "feed": feed, "plugin": plugin, "target": TARGET, "inputs": list(COLUMNS), "seed": 1}
    on.call("POST", "/learners", {**asked, **settings})


def start(on: Stage, name: str) -> str:
    """Start a learner and return the id of its run."""
    return str(on.call("POST", f"/learners/{name}/start")["id"])


def until(done: Callable[[], bool], problem: str, seconds: float = 900.0, look_seconds: float = 0.02) -> None:
    """Wait until ``done``. Raises SystemExit with ``problem`` after ``seconds``."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit(problem)
        time.sleep(look_seconds)


def ended(on: Stage, run_id: str, look_seconds: float = 0.05) -> dict[str, Any]:
    """Wait for the end of a run and return it. Raises SystemExit unless it succeeded."""
    found: dict[str, Any] = {}

    def done() -> bool:
        found.update(on.call("GET", f"/runs/{run_id}"))
        return found["state"] not in ("queued", "running")

    until(done, f"run {run_id} does not end", look_seconds=look_seconds)
    if found["state"] != "succeeded":
        raise SystemExit(f"the run failed: {found['error']}")
    return found
