"""The scaled platform as processes: what one of them loses, another finds."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.timeout(280)

CONFIG = ("--set", "epochs=12", "--set", "patience=12", "--set", "hidden_size=16", "--set", "horizon=4")


@pytest.fixture(scope="module")
def co2(scaled_of_module):
    scaled_of_module.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    return scaled_of_module


def start(platform, *more: str) -> str:
    arguments = ("runs", "start", "forecasting.lstm", "--dataset", "co2", "--seed", "11", *CONFIG, *more, "--detach")
    return platform.json(*arguments)["id"]


def wait_until(platform, run_id: str, holds, seconds: float = 120) -> dict:
    deadline = time.monotonic() + seconds
    while not holds(run := platform.api(f"/runs/{run_id}")):
        assert time.monotonic() < deadline, run
        time.sleep(0.05)
    return run


def ended(run: dict) -> bool:
    return run["state"] not in ("queued", "running")


def trains(run: dict) -> bool:
    assert run["state"] in ("queued", "running"), run
    return run["progress"].get("phase") == "fit" and run["progress"]["done"] >= 40


def test_a_forecast_goes_through(co2):
    run_id = start(co2)
    run = wait_until(co2, run_id, ended)
    assert run["state"] == "succeeded", run["error"]
    assert [attempt["reason"] for attempt in run["attempts"]] == [None]
