"""The time of a training run, phase by phase: short monthly series, and a long hourly one with eight other columns.

Wall time is between events of the run's log; processor time is what each phase's child used, its imports included.
"Between phases" is the platform's own work: transactions, forks, folders. The report is written after the run has
ended; its processor time is what the launcher's other children used.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import math
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psutil

from azuraforge.client import Client
from benchmarks.report import Report, shared_data
from benchmarks.stage import Stage, stage

GOAL_SHORT, GOAL_LONG = 3.0, 90.0
_SETTLED_SECONDS = 180.0


@dataclass
class Timed:
    """One run: seconds of wall and of processor time by phase."""

    wall: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)


def monthly(file: Path) -> Path:
    """100 months with a trend, a season and noise."""
    rng = random.Random(7)
    months = [date(2015 + number // 12, number % 12 + 1, 1) for number in range(100)]
    values = [
        100 + 0.5 * number + 10 * math.sin(2 * math.pi * number / 12) + rng.gauss(0, 3) for number in range(len(months))
    ]
    rows = [f"{at},{value:.4f}" for at, value in zip(months, values, strict=True)]
    file.write_text("\n".join(["at,value", *rows]))
    return file


def hourly(file: Path, rows: int) -> Path:
    """The last rows of the shared hourly weather of Szeged: its numeric columns and its wind direction as two."""
    source = shared_data() / "weather_szeged_hourly" / "weatherHistory.csv.gz"
    wanted = ["Humidity", "Wind Speed (km/h)", "Visibility (km)", "Pressure (millibars)"]
    found: dict[datetime, list[str]] = {}
    with gzip.open(source, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            at = datetime.strptime(row["Formatted Date"], "%Y-%m-%d %H:%M:%S.%f %z")
            bearing = math.radians(float(row["Wind Bearing (degrees)"]))
            speed = float(row["Wind Speed (km/h)"])
            more = [math.sin(bearing), math.cos(bearing), speed * math.sin(bearing), speed * math.cos(bearing)]
            found.setdefault(
                at, [row["Temperature (C)"], *(row[name] for name in wanted), *(f"{each:.4f}" for each in more)]
            )
    header = "at,temperature,humidity,wind,visibility,pressure,bearing_sin,bearing_cos,wind_east,wind_north"
    chosen = sorted(found)[-rows:]
    file.write_text("\n".join([header, *(",".join([at.isoformat(), *found[at]]) for at in chosen)]))
    return file


def one_run(on: Stage, client: Client, plugin: str, dataset: str, config: dict[str, Any], seed: int) -> Timed:
    """Start a run, wait for everything that it leaves to do, and return where its time went."""
    before, own = _children_seconds(on), on.processor_seconds()
    request = {"plugin": plugin, "dataset": dataset, "config": config, "model": f"bench-{seed}", "seed": seed}
    asked = time.monotonic()
    made = on.call("POST", "/runs", request)
    answered = time.monotonic() - asked
    client.runs.wait(made["id"])
    run = on.call("GET", f"/runs/{made['id']}")
    if run["state"] != "succeeded":
        raise SystemExit(f"the run ended as {run['state']}: {run['error']}")
    created, started, ended = (_at(run[name]) for name in ("created_at", "started_at", "finished_at"))
    found = Timed({"request answered": answered, "queue wait": started - created, "whole run": ended - created})
    settled = _settle(on, run["id"])
    for event in settled["phases"]:
        found.wall[event["name"]] = event["seconds"]
        found.processor[event["name"]] = event["cpu_seconds"]
    inside = sum(event["seconds"] for event in settled["phases"] if event["at"] <= ended)
    found.wall["between phases"] = ended - started - inside
    if (report := settled["report_at"]) is not None:
        found.wall["until the report"] = report - ended
    found.processor["whole run"] = sum(event["cpu_seconds"] for event in settled["phases"] if event["at"] <= ended)
    found.processor["platform"] = on.processor_seconds() - own
    other = _children_seconds(on) - before - sum(event["cpu_seconds"] for event in settled["phases"])
    found.processor["other children (request, report)"] = other
    return found


def _settle(on: Stage, run_id: str) -> dict[str, Any]:
    """Wait until the report is there and its child has ended."""
    until = time.monotonic() + _SETTLED_SECONDS
    report_at = None
    while time.monotonic() < until:
        artifacts = on.call("GET", f"/runs/{run_id}/artifacts?limit=500")["items"]
        reports = [each for each in artifacts if each["name"] == "report.en.md"]
        if reports and not _busy(on):
            report_at = _at(reports[0]["created_at"])
            break
        time.sleep(0.25)
    with Client(on.url, on.token) as client:
        phases = []
        for event in client.runs.watch(run_id):
            if event.type == "run.phase_ended":
                phases.append({**event.data, "at": _at(str(event.at))})
    return {"phases": phases, "report_at": report_at}


def _launcher(on: Stage) -> psutil.Process:
    return next(each for each in psutil.Process(on.pid).children() if "launcher" in " ".join(each.cmdline()))


def _busy(on: Stage) -> bool:
    """Return whether a child other than a prestarted one is still running."""
    for child in _launcher(on).children():
        with suppress(psutil.NoSuchProcess):
            if child.nice() > psutil.Process(on.pid).nice():
                return True
    return False


def _children_seconds(on: Stage) -> float:
    """Processor seconds of every child that the launcher has forked and reaped."""
    times = _launcher(on).cpu_times()
    return float(times.children_user + times.children_system)


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def summary(report: Report, title: str, runs: list[Timed], goal: float | None) -> None:
    """Add the least and the median of each phase, wall and processor seconds."""
    walls, processors = _by_name(run.wall for run in runs), _by_name(run.processor for run in runs)
    for name in dict.fromkeys([*walls, *processors]):
        values = walls.get(name, [])
        used = processors.get(name)
        text = f"{min(values):.2f} / {statistics.median(values):.2f}" if values else ""
        busy = f"{min(used):.2f} / {statistics.median(used):.2f}" if used else ""
        whole = name == "whole run" and goal is not None
        report.add(
            f"{title}, {name}",
            text,
            "s, least / median",
            peer=f"{busy} processor" if busy else None,
            goal=f"< {goal:g}" if whole else "",
            met=min(values) < goal if whole and goal is not None else None,
        )


def _by_name(each: Iterable[dict[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for one in each:
        for name, seconds in one.items():
            found[name].append(seconds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each pipeline on the short series")
    parser.add_argument("--pipelines", nargs="*", default=["forecasting.ets", "forecasting.ridge", "forecasting.auto"])
    parser.add_argument("--long", nargs="*", default=None, metavar="PIPELINE", help="measure the long series only")
    parser.add_argument("--rows", type=int, default=43_000, help="of the long series")
    parser.add_argument("--same-seed", action="store_true", help="as one person repeats a run")
    asked = parser.parse_args()
    report = Report("run_time", seed=0)
    with stage() as on, Client(on.url, on.token) as client:
        if asked.long is None:
            client.datasets.add(monthly(on.home / "monthly.csv"), time="at", target="value", name="monthly")
            for plugin in asked.pipelines:
                config: dict[str, Any] = {"horizon": 12}
                if plugin.endswith("auto"):
                    config["budget_seconds"] = 3
                seeds = [0] * asked.runs if asked.same_seed else range(asked.runs)
                runs = [one_run(on, client, plugin, "monthly", config, seed) for seed in seeds]
                summary(report, plugin, runs, GOAL_SHORT)
        else:
            file = hourly(on.home / "hourly.csv", asked.rows)
            client.datasets.add(file, time="at", target="temperature", name="hourly", unit="°C")
            for plugin in asked.long or ["forecasting.ridge", "forecasting.boosted_lags"]:
                run = one_run(on, client, plugin, "hourly", {"horizon": 24}, 0)
                summary(report, f"{plugin}, {asked.rows} rows", [run], GOAL_LONG)
    load = psutil.getloadavg()[0]
    report.notes.append(f"Load of the machine at the end: {load:.1f} on {psutil.cpu_count()} cores.")
    report.finish()


if __name__ == "__main__":
    main()
