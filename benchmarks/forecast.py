"""forecasting.lstm beside its baselines on real series: hourly weather, daily prices, candles, CO₂."""

from __future__ import annotations

import argparse
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
}


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


def forecast(report: Report, home: Path, name: str) -> None:
    file, add, start = SERIES[name]
    dataset = name
    if add is None:  # the same file with another horizon
        dataset = next(other for other, (same, options, _) in SERIES.items() if same == file and options)
    if add is not None or dataset not in command(home, "datasets", "list"):
        source = shared_data() / file
        command(home, "datasets", "add", str(source), "--name", dataset, *(add or SERIES[dataset][1] or []))
    began = time.perf_counter()
    run = json.loads(
        command(
            home,
            "runs",
            "start",
            "forecasting.lstm",
            "--dataset",
            dataset,
            "--model",
            name,
            "--seed",
            str(SEED),
            *start,
            "--wait",
            "--json",
        )
    )
    seconds = time.perf_counter() - began
    shown = json.loads(command(home, "runs", "show", run["id"], "--json"))
    add_rows(report, name, shown["evaluation"]["evaluation"], shown["evaluation"]["verdict"], seconds)


def add_rows(report: Report, name: str, evaluation: dict, verdict: dict, seconds: float) -> None:
    contenders = {c["name"]: c for c in evaluation["contenders"] if c.get("metrics")}
    model, best = contenders["forecasting.lstm"], contenders[evaluation["best_baseline"]]
    unit = evaluation["unit"]
    report.add(
        f"{name}: RMSE, peer {best['name']}",
        model["metrics"]["rmse"],
        unit,
        peer=best["metrics"]["rmse"],
        ratio=model["metrics"]["rmse"] / best["metrics"]["rmse"],
    )
    naive = contenders["forecasting.naive"]
    report.add(f"{name}: R², peer naive", model["metrics"]["r2"], "", peer=naive["metrics"]["r2"])
    report.add(f"{name}: MASE, peer {best['name']}", model["metrics"]["mase"], "", peer=best["metrics"]["mase"])
    report.add(f"{name}: coverage of the 90 % interval", model["metrics"]["coverage"], "")
    for comparison in evaluation["comparisons"]:
        if comparison["a"] == "forecasting.lstm" and comparison["b"] == "forecasting.ridge":
            goal, met = "", None
            if name.startswith("szeged"):
                goal = "≤ -3 %, interval below 0"
                met = comparison["relative_difference"] <= -0.03 and comparison["high"] < 0
            interval = f"[{comparison['low']:+.2%}, {comparison['high']:+.2%}]"
            report.add(
                f"{name}: RMSE against ridge",
                f"{comparison['relative_difference']:+.2%} {interval}",
                "",
                goal=goal,
                met=met,
            )
    if name == "szeged-1h":
        report.figures[-4].goal, report.figures[-4].met = "> 0.98", model["metrics"]["r2"] > 0.98
    report.add(f"{name}: gate", f"{verdict['decision']} → {verdict['champion']}", "")
    report.add(f"{name}: whole run, baselines included", seconds, "s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", nargs="*", choices=[*SERIES, []], help="empty: all")
    chosen = parser.parse_args().series or list(SERIES)
    report = Report("forecast", seed=SEED)
    folder = Path(tempfile.mkdtemp(prefix="azuraforge-bench-"))
    try:
        for name in chosen:
            forecast(report, folder / "home", name)
            print(f"{name}: done", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.finish()


if __name__ == "__main__":
    main()
