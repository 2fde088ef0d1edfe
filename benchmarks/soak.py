"""Memory of the platform's processes under load for a long time, in parts that add up: `--minutes` for one part."""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

from benchmarks.api import mixed, platform, prepare
from benchmarks.load import generate
from benchmarks.report import Report
from benchmarks.report.parts import Parts
from benchmarks.report.trend import Trend, together, trend
from benchmarks.stage import Stage

GOAL_MEGABYTES_PER_HOUR = 5.0
_GOAL_MINUTES = 40.0
_BLOCK_SECONDS = 10.0
_MEGABYTE_KIB = 1024
_ALL = "together"
#: Share of the samples in which a process must be seen to count as lasting; a reading may fail now and then.
_SEEN = 0.95


class Watch(threading.Thread):
    """Samples the memory that each process holds for itself, once a second: anonymous pages, swapped ones included.

    Unlike the proportional share, this does not change when a child that shares the pages starts or ends.
    """

    def __init__(self, on: Stage) -> None:
        super().__init__(daemon=True)
        self._on = on
        self._ended = threading.Event()
        #: seconds since the beginning → pid → megabytes
        self.samples: list[tuple[float, dict[int, float]]] = []
        self.names: dict[int, str] = {}

    def run(self) -> None:
        began = time.monotonic()
        while not self._ended.wait(1.0):
            self.samples.append((time.monotonic() - began, {}))
            for process in self._on.tree():
                with contextlib.suppress(OSError, psutil.Error):
                    self.samples[-1][1][process.pid] = anonymous_megabytes(process.pid)
                    if process.pid not in self.names:
                        self.names[process.pid] = name_of(process)

    def finish(self) -> None:
        self._ended.set()
        self.join()

    def blocks(self, after: float) -> dict[str, list[float]]:
        """Return means of ten seconds from ``after`` on: of each process that ran all the time, and of their sum."""
        samples = [(int((at - after) // _BLOCK_SECONDS), found) for at, found in self.samples if at >= after]
        if not samples:
            return {}
        seen = Counter(pid for _, found in samples for pid in found)
        lasting = [
            pid
            for pid, times in seen.items()
            if times >= _SEEN * len(samples) and pid in samples[0][1] and pid in samples[-1][1]
        ]
        means: dict[str, list[float]] = {}
        for number in range(samples[-1][0]):  # the last block may be short
            block = [found for each, found in samples if each == number]
            if block and all(any(pid in found for found in block) for pid in lasting):
                each = {pid: statistics.fmean(found[pid] for found in block if pid in found) for pid in lasting}
                for pid, mean in each.items():
                    means.setdefault(f"{self.names[pid]} {pid}", []).append(round(mean, 3))
                means.setdefault(_ALL, []).append(round(sum(each.values()), 3))
        return means


def anonymous_megabytes(pid: int) -> float:
    """Return the process's own memory. Raises OSError if it has ended."""
    found = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Anonymous:", "Swap:")):
            found += int(line.split()[1])
    return found / _MEGABYTE_KIB


def name_of(process: psutil.Process) -> str:
    """Return the role of a process in one word."""
    line = " ".join(process.cmdline())
    parent = process.parent()
    if parent is not None and "processes.launcher" in " ".join(parent.cmdline()):
        return "child"  # a warm predictor, among others; forked, so it looks like its launcher
    roles = {
        "processes.launcher": "launcher",
        "consumer_child": "consumer",
        " worker": "worker",
        " scheduler": "scheduler",
    }
    return next((role for mark, role in roles.items() if mark in line), "api")


class Runs(threading.Thread):
    """Trainer of one small model after another during the requests."""

    def __init__(self, on: Stage, every_seconds: float) -> None:
        super().__init__(daemon=True)
        self._on, self._every = on, every_seconds
        self._ended = threading.Event()
        self.started = 0
        self.bad: list[str] = []

    def run(self) -> None:
        body = {"kind": "train", "plugin": "forecasting.ridge", "dataset": "co2", "config": {"horizon": 4}}
        waiting: list[str] = []
        while not self._ended.wait(self._every):
            try:
                for run_id in list(waiting):
                    state = self._on.call("GET", f"/runs/{run_id}")["state"]
                    if state not in ("queued", "running"):
                        waiting.remove(run_id)
                        self.bad += [] if state == "succeeded" else [state]
                if len(waiting) < 2:
                    waiting.append(self._on.call("POST", "/runs", body)["id"])
                    self.started += 1
            except (OSError, RuntimeError) as error:
                self.bad.append(str(error)[:200])

    def finish(self) -> None:
        self._ended.set()
        self.join()


def measure(postgres: bool, asked: argparse.Namespace) -> dict[str, Any]:
    """Measure one part: a platform of its own, its warm-up, and the minutes that count."""
    with platform(postgres, watch=False) as on:
        ids = prepare(on)
        runs, watch = Runs(on, asked.every), Watch(on)
        watch.start()
        runs.start()
        seconds = 60 * (asked.warm_up + asked.minutes)
        load = generate(on.port, on.token, mixed(ids), asked.rate, seconds)
        runs.finish()
        watch.finish()
    return {
        "minutes": asked.minutes,
        "blocks": checked(watch.blocks(60 * asked.warm_up), asked.minutes, postgres),
        "requests": len(load.all) + load.failed,
        "errors": load.failed,
        "runs": runs.started,
        "bad_runs": runs.bad[:20],
    }


def checked(blocks: dict[str, list[float]], minutes: float, postgres: bool) -> dict[str, list[float]]:
    """Return the blocks, or end where they leave out a process that a trend without it would say nothing about."""
    names = {name.split()[0] for name in blocks}
    wanted = {"api", "launcher"} | ({"worker", "scheduler"} if postgres else set())
    if missing := wanted - names:
        raise SystemExit(f"this part is void: {', '.join(sorted(missing))} did not last, or could not be watched")
    if (found := len(blocks[_ALL]) * _BLOCK_SECONDS) < 0.9 * 60 * minutes:
        raise SystemExit(f"this part is void: memory was watched for {found:.0f} of {60 * minutes:.0f} seconds")
    return blocks


def trends(blocks: dict[str, list[float]]) -> dict[str, Trend]:
    """Return the trends by process, without its pid."""
    found = {}
    for name, values in blocks.items():
        hours = [number * _BLOCK_SECONDS / 3600 for number in range(len(values))]
        if (of := trend(hours, values)) is not None:
            found[name.split()[0] if name.split()[0] not in found else name] = of
    return found


def add_figures(report: Report, where: str, parts: list[dict[str, Any]]) -> None:
    minutes = sum(part["minutes"] for part in parts)
    each = [trends(part["blocks"]) for part in parts]
    for name in dict.fromkeys(name for found in each for name in found):
        known = [found[name] for found in each if name in found]
        of = together(known)
        told = f"{of.slope:+.2f} [{of.low:+.2f}, {of.high:+.2f}]"
        goal: dict[str, Any] = {}
        if name == _ALL:
            enough = minutes >= _GOAL_MINUTES
            met = of.high <= GOAL_MEGABYTES_PER_HOUR if enough else None
            goal = {"goal": f"upper bound ≤ {GOAL_MEGABYTES_PER_HOUR:g}", "met": met}
        report.add(f"{where}: memory of {name}: slope, 95 % interval", told, "MB/h", **goal)
        if len(known) > 1:
            own = ", ".join(f"{part.slope:+.2f} [{part.low:+.2f}, {part.high:+.2f}]" for part in known)
            report.notes.append(f"{where}: {name}, MB/h by part: {own}")
    for part in parts:
        ends = {name: f"{values[0]:.1f} → {values[-1]:.1f}" for name, values in part["blocks"].items() if values}
        report.notes.append(f"{where}: MB in the first and the last ten seconds of a part: {ends}")
    errors, bad = sum(part["errors"] for part in parts), [each for part in parts for each in part["bad_runs"]]
    report.add(f"{where}: minutes measured after each part's warm-up", minutes, "min", goal=f"≥ {_GOAL_MINUTES:g}",
               met=minutes >= _GOAL_MINUTES or None)  # fmt: skip
    report.add(f"{where}: errors", errors, f"of {sum(part['requests'] for part in parts)}", goal="0", met=errors == 0)
    report.add(f"{where}: runs that did not succeed", len(bad), f"of {sum(part['runs'] for part in parts)}",
               goal="0", met=not bad)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=_GOAL_MINUTES, help="that count, of this part")
    parser.add_argument("--warm-up", type=float, default=10.0, help="minutes of the same load before, in every part")
    parser.add_argument("--rate", type=float, default=40.0, help="requests a second")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two runs")
    parser.add_argument("--postgres", action="store_true", help="the scaled platform, which needs the extra `scaled`")
    parser.add_argument("--fresh", action="store_true", help="forget the parts that were kept")
    asked = parser.parse_args()
    where = "PostgreSQL" if asked.postgres else "SQLite"
    # The minutes of a part may differ: each keeps its own warm-up and level.
    parts = Parts("soak", {"where": where, "warm_up": asked.warm_up, "rate": asked.rate, "every": asked.every})
    if asked.fresh:
        parts.clear()
    parts.add(measure(asked.postgres, asked))
    report = Report(f"soak-{where.lower()}")
    add_figures(report, where, parts.all)
    report.notes.append(
        f"{len(parts.all)} parts. Run the same command again on this commit to add one; --fresh begins again. The"
        " interval is over means of ten seconds and allows for slow drifts (benchmarks/report/trend.py); parts share"
        " one slope, not their level."
    )
    report.finish()
    sys.exit(any(figure.met is False for figure in report.figures))


if __name__ == "__main__":
    main()
