"""The forecasters and their baselines on real series: hourly weather, daily prices, candles, and several at once."""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, shared_data

SEED = 7
LSTM = "forecasting.lstm"
#: Beside the LSTM on the series where the network earns its keep.
OTHERS = ("forecasting.gru", "forecasting.tcn", "forecasting.attention", "forecasting.boosted_lags")
EVERYONE = ("szeged-1h", "szeged-24h")
STOCKS = ("msft-daily", "thyao-daily")
#: name → (pattern below the shared data, the column that tells the series apart or None: the file's name)
PANELS = {
    "stocks-panel": ("stocks_daily/[A-Z]*.csv", None),
    "cities-panel": ("weather_tr_daily/*_daily.csv.gz", "city"),
}

#: name → (file below the shared data, arguments of `datasets add`, arguments of `runs start`)
SERIES = {
    "szeged-1h": (
        "weather_szeged_hourly/weatherHistory.csv.gz",
        [
            "--time",
            "Formatted Date",
            "--target",
            "Temperature (C)",
            "--exclude",
            "Apparent Temperature (C)",
            "--timezone",
            "Europe/Budapest",
            "--unit",
            "°C",
            "--duplicates",
            "first",
        ],
        ["--set", "horizon=1"],
    ),
    "szeged-24h": ("weather_szeged_hourly/weatherHistory.csv.gz", None, ["--set", "horizon=24"]),
    "msft-daily": (
        "stocks_daily/MSFT.csv",
        ["--time", "Date", "--target", "Close", "--unit", "USD"],
        ["--set", "horizon=5", "--set", "transform=log"],
    ),
    "thyao-daily": (
        "stocks_daily/THYAO.IS.csv",
        ["--time", "Date", "--target", "Close", "--unit", "TRY"],
        ["--set", "horizon=5", "--set", "transform=log"],
    ),
    "btc-1h": (
        "crypto/BTCUSDT-1h_2020-09_2023-12.csv.gz",
        ["--time", "date", "--target", "close", "--exclude", "open_time", "--unit", "USDT"],
        ["--set", "horizon=6", "--set", "transform=log"],
    ),
    "istanbul-daily": (
        "weather_tr_daily/istanbul_daily.csv.gz",
        [
            "--time",
            "date",
            "--target",
            "max_temp",
            "--exclude",
            "plate_code",
            "--timezone",
            "Europe/Istanbul",
            "--unit",
            "°C",
        ],
        ["--set", "horizon=7"],
    ),
    "stocks-panel": (
        "",
        ["--time", "Date", "--target", "Close", "--series", "series"],
        ["--set", "horizon=5", "--set", "transform=log"],
    ),
    "cities-panel": (
        "",
        [
            "--time",
            "date",
            "--target",
            "max_temp",
            "--series",
            "series",
            "--exclude",
            "plate_code",
            "--timezone",
            "Europe/Istanbul",
            "--unit",
            "°C",
        ],
        ["--set", "horizon=7"],
    ),
}


def melted(name: str, folder: Path) -> Path:
    """Join the files of a panel into one CSV, with a column ``series``."""
    pattern, column = PANELS[name]
    target = folder / f"{name}.csv"
    with target.open("w", newline="") as out:
        writer = None
        for path in sorted(shared_data().glob(pattern)):
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rt", newline="") as lines:
                for row in csv.DictReader(lines):
                    series = row[column] if column else path.name.removesuffix(".csv")
                    writer = writer or csv.DictWriter(out, ["series", *row], extrasaction="ignore")
                    if out.tell() == 0:
                        writer.writeheader()
                    writer.writerow({"series": series, **row})
    return target


def command(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "azuraforge.cli.main", *arguments],
        env={**os.environ, "AZURAFORGE_HOME": str(home), "AZURAFORGE_LANG": "en"},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def forecast(report: Report, home: Path, name: str, plugin: str) -> None:
    file, add, start = SERIES[name]
    dataset = name
    if add is None:  # the same file with another horizon
        dataset = next(other for other, (same, options, _) in SERIES.items() if same == file and options)
    if dataset not in command(home, "datasets", "list"):
        source = melted(name, home.parent) if name in PANELS else shared_data() / file
        command(home, "datasets", "add", str(source), "--name", dataset, *(add or SERIES[dataset][1] or []))
    asked = ["runs", "start", plugin, "--dataset", dataset, "--model", f"{name}-{plugin.rpartition('.')[2]}"]
    began = time.perf_counter()
    run = json.loads(command(home, *asked, "--seed", str(SEED), *start, "--wait", "--json"))
    seconds = time.perf_counter() - began
    shown = json.loads(command(home, "runs", "show", run["id"], "--json"))
    evaluation, verdict = shown["evaluation"]["evaluation"], shown["evaluation"]["verdict"]
    label = name if plugin == LSTM else f"{name} {plugin.rpartition('.')[2]}"
    add_rows(report, name, label, plugin, evaluation, verdict)
    report.add(f"{label}: whole run, baselines included", seconds, "s")


def add_rows(report: Report, name: str, label: str, plugin: str, evaluation: dict, verdict: dict) -> None:
    contenders = {c["name"]: c for c in evaluation["contenders"] if c.get("metrics")}
    best = contenders[evaluation["best_baseline"]]
    mine, theirs, naive = (each["metrics"] for each in (contenders[plugin], best, contenders["forecasting.naive"]))
    report.add(
        f"{label}: RMSE, peer {best['name']}",
        mine["rmse"],
        evaluation["unit"],
        peer=theirs["rmse"],
        ratio=mine["rmse"] / theirs["rmse"],
    )
    goal: dict = {}
    if name == "szeged-1h":
        goal = {"goal": "> 0.98", "met": mine["r2"] > 0.98}
    elif name in STOCKS:
        goal = {"goal": "≥ 0.73", "met": mine["r2"] >= 0.73}
    report.add(f"{label}: R², peer naive", mine["r2"], "", peer=naive["r2"], **goal)
    # Naive skill does not count: the change since the origin, and the error next to naive's, show the skill.
    report.add(f"{label}: R² of changes, peer naive", mine["r2_change"], "", peer=naive["r2_change"])
    report.add(f"{label}: skill against naive", 1 - mine["rmse"] / naive["rmse"], "")
    goal = {}
    if name == "szeged-24h":
        lowest = min(c["metrics"]["mase"] for c in contenders.values() if c["role"] == "baseline")
        goal = {"goal": "< 1 and below all", "met": mine["mase"] < min(1, lowest)}
    report.add(f"{label}: MASE, peer {best['name']}", mine["mase"], "", peer=theirs["mase"], **goal)
    report.add(f"{label}: CRPS, peer {best['name']}", mine["crps"], evaluation["unit"], peer=theirs["crps"])
    report.add(f"{label}: coverage of the 90 % interval", mine["coverage"], "")
    if told := evaluation.get("series"):
        report.add(f"{label}: series where RMSE is below {best['name']}'s", told["better"], f"of {told['count']}")
        worst = told["rows"][0]
        report.add(f"{label}: MASE of the worst, {worst['series']}", worst["mase"], "", peer=worst["baseline_mase"])
    for comparison in evaluation["comparisons"]:
        if comparison["a"] == plugin and comparison["b"] == "forecasting.ridge":
            goal = {}
            if name == "szeged-1h":
                met = comparison["relative_difference"] <= -0.05 and comparison["high"] < 0
                goal = {"goal": "≤ -5 %, interval below 0", "met": met}
            interval = f"[{comparison['low']:+.2%}, {comparison['high']:+.2%}]"
            report.add(f"{label}: RMSE against ridge", f"{comparison['relative_difference']:+.2%} {interval}", **goal)
    report.add(f"{label}: gate", f"{verdict['decision']} → {verdict['champion']}", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", nargs="*", choices=[*SERIES, []], help="empty: all")
    chosen = parser.parse_args().series or list(SERIES)
    report = Report("forecast", seed=SEED)
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-"))
    try:
        for name in chosen:
            for plugin in (LSTM, *(OTHERS if name in EVERYONE else ())):
                forecast(report, folder / "home", name, plugin)
                print(f"{name} {plugin}: done", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


if __name__ == "__main__":
    main()
