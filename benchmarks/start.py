"""Start-up time of the platform, and its memory while idle."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

from benchmarks.report import Report

HEAVY = (
    "llvmlite", "matplotlib", "numba", "numpy", "pandas", "PIL", "polars", "pyarrow", "scipy", "sklearn", "statsmodels",
    "torch",
)  # fmt: skip
STARTS = 7
IDLE_SECONDS = 5
CHILDREN_SECONDS = 120


def start(home: Path) -> tuple[subprocess.Popen[bytes], float]:
    """Start `azuraforge up`; seconds until /readyz says ready."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "azuraforge.cli.main", "up", "--port", "0"],
        env={**os.environ, "AZURAFORGE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            address = json.loads((home / "platform.json").read_text())
            if address["pid"] == process.pid:
                with urllib.request.urlopen(f"{address['url']}/readyz", timeout=1) as answer:
                    if answer.status == 200:
                        return process, time.perf_counter() - began
        except (OSError, ValueError):
            pass
        if process.poll() is not None:
            raise SystemExit("the platform ended while starting")
        time.sleep(0.01)


def stop(process: subprocess.Popen[bytes]) -> float:
    began = time.perf_counter()
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    return time.perf_counter() - began


def pss_megabytes(process: psutil.Process) -> float:
    """Proportional set size: shared pages counted once over the tree."""
    lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def wait_idle(root: psutil.Process) -> None:
    """Wait until only the platform and its launcher are left: children of a start have compiled the engine's kernels
    and described the plugins."""
    until = time.monotonic() + CHILDREN_SECONDS
    while len(root.children(recursive=True)) > 1 and time.monotonic() < until:
        time.sleep(0.1)


def spent_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time so far of the platform's process. More informative than wall time on a busy machine."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def version_seconds() -> float:
    """Return the processor time of `azuraforge version`."""
    process = subprocess.Popen([sys.executable, "-m", "azuraforge.cli.main", "version"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    report = Report("start")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        process, first = start(home)
        stop(process)
        times, spent, stops = [], [], []
        for _ in range(STARTS):
            process, seconds = start(home)
            times.append(seconds)
            spent.append(spent_seconds(process))
            if len(times) < STARTS:
                stops.append(stop(process))
        root = psutil.Process(process.pid)
        wait_idle(root)
        time.sleep(IDLE_SECONDS)
        tree = [root, *root.children(recursive=True)]
        memory = {f"{p.pid} {p.name()}": pss_megabytes(p) for p in tree}
        loaded = [name for name in HEAVY if f"site-packages/{name}" in Path(f"/proc/{root.pid}/maps").read_text()]
        cpu = root.cpu_percent(interval=2.0)
        stops.append(stop(process))
    report.add("first start, empty data home", first, "s")
    report.add("later start, median", statistics.median(times), "s", goal="< 2", met=statistics.median(times) < 2)
    report.add("later start, slowest", max(times), "s", goal="< 2", met=max(times) < 2)
    used = statistics.median(spent)
    report.add("later start, processor time of the process, median", used, "s", goal="< 2", met=used < 2)
    report.add("stop on SIGTERM, median", statistics.median(stops), "s")
    report.add(
        "idle memory of the tree (sum of PSS)", sum(memory.values()), "MB", goal="< 200", met=sum(memory.values()) < 200
    )
    version = statistics.median(version_seconds() for _ in range(STARTS))
    report.add("azuraforge version, processor time", version, "s", goal="< 0.3", met=version < 0.3)
    report.add("idle processor time of the API process", cpu, "%")
    report.add("heavy libraries in API and supervisor", ", ".join(loaded) or "none", goal="none", met=not loaded)
    report.notes.append(f"processes: {', '.join(f'{name} {size:.0f} MB' for name, size in memory.items())}")
    report.finish()


if __name__ == "__main__":
    main()
