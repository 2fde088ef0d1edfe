"""The same content for each product: finished runs with metrics and parameters; trials where there are no runs."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from benchmarks.logging import PEER, Http
from benchmarks.stage import Stage

_STEPS = 10
#: Written by Optuna itself: optuna-dashboard reads its database.
_TRIALS = """
import sys
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
url, runs, metrics, parameters = sys.argv[1], *map(int, sys.argv[2:])
study = optuna.create_study(study_name="bench", storage=url)
spread = optuna.distributions.FloatDistribution(0, 1e9)
for number in range(runs):
    study.add_trial(
        optuna.trial.create_trial(
            value=number / 7,
            params={f"parameter_{index}": float(number * index) for index in range(parameters)},
            distributions={f"parameter_{index}": spread for index in range(parameters)},
            user_attrs={f"metric_{index}": 9 / (index + 1) for index in range(metrics)},
        )
    )
"""


def name_of(number: int) -> str:
    """Return the name of a run, the same in each product."""
    return f"bench-{number:05d}"


def fill_ours(on: Stage, runs: int, metrics: int, parameters: int) -> None:
    """Log runs through the API."""
    http = Http(on.port, on.token)
    for number in range(runs):
        config = {f"parameter_{index}": number * index for index in range(parameters)}
        made = http("POST", "/api/v1/runs", {"kind": "external", "name": name_of(number), "config": config})
        points = {f"metric_{index}": _points(index, number) for index in range(metrics)}
        http("POST", f"/api/v1/runs/{made['id']}/metrics", {"points": points})
        http("POST", f"/api/v1/runs/{made['id']}/finish", {"state": "succeeded"})


def fill_mlflow(port: int, runs: int, metrics: int, parameters: int) -> str:
    """Log the same runs into MLflow; return its experiment."""
    http = Http(port)
    experiment = str(http("POST", "/api/2.0/mlflow/experiments/create", {"name": "bench"})["experiment_id"])
    for number in range(runs):
        now = int(time.time() * 1000)
        body = {"experiment_id": experiment, "start_time": now, "run_name": name_of(number)}
        run = http("POST", "/api/2.0/mlflow/runs/create", body)["run"]["info"]["run_id"]
        points = [
            {"key": f"metric_{index}", "value": value, "timestamp": now, "step": step}
            for index in range(metrics)
            for step, value in _points(index, number)
        ]
        params = [{"key": f"parameter_{index}", "value": str(number * index)} for index in range(parameters)]
        http("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": points, "params": params})
        http("POST", "/api/2.0/mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": now})
    return experiment


def fill_optuna(folder: Path, runs: int, metrics: int, parameters: int) -> str:
    """Write the same numbers as trials of a study; return the address of the database."""
    url = f"sqlite:///{folder / 'optuna.db'}"
    numbers = [str(each) for each in (runs, metrics, parameters)]
    subprocess.run([str(PEER.parent / "python"), "-c", _TRIALS, url, *numbers], check=True, cwd=folder)
    return url


def _points(index: int, number: int) -> list[list[float]]:
    return [[step, (step + number % 97) / (index + 1)] for step in range(_STEPS)]
