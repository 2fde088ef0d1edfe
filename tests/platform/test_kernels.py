"""The engine's kernels in a real platform: compiled once alongside it, told on the terminal, used by its runs."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from tests.process_checks import Patience, still_alive

#: Long enough to be met in mid-training, however fast the kernels are.
SMALL = ("--set", "epochs=30", "--set", "patience=30", "--set", "hidden_size=8", "--set", "horizon=4")


def started(platform) -> str:
    arguments = ("runs", "start", "forecasting.lstm", "--dataset", "co2", "--seed", "11", *SMALL, "--detach")
    return platform.json(*arguments)["id"]


def ended(platform, run_id: str) -> dict:
    patience = Patience(150)
    while (run := platform.api(f"/runs/{run_id}"))["state"] in ("queued", "running"):
        assert not patience.over, run
        time.sleep(0.2)
    assert run["state"] == "succeeded", run["error"]
    return run


def predicted(platform, version: int) -> list[float]:
    answer = platform.json("models", "predict", "co2", "--version", str(version))
    return [point["value"] for point in answer["predictions"]]


def with_series(platform):
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    return platform


@pytest.fixture
def own_cache(monkeypatch):
    """Kernels lie in the data home, as they do for people; the rest of the suite shares a folder."""
    monkeypatch.delenv("AZURAFORGE_ENGINE__KERNELS")


def said_in_log(platform, event: str) -> list[dict]:
    lines = (platform.home / "platform.log").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


def test_kernels_are_made_while_the_platform_runs_and_again_where_they_went_missing(make_platform, own_cache):
    quick = {"AZURAFORGE_RUNS__LEASE_SECONDS": "2", "AZURAFORGE_RUNS__BEAT_SECONDS": "0.5"}
    platform = with_series(make_platform(AZURAFORGE_LANG="tr", **quick).start())
    first = ended(platform, started(platform))
    environment = first["environment"]
    assert environment["backend"] == "cpu"
    assert environment["threads"] == 1
    [kept] = (platform.home / "kernels").glob("*.o")
    assert kept.name == f"{environment['instruction_set']}-{environment['kernels']}.o"
    assert kept.stat().st_mode & 0o077 == 0, "nobody else may read or write what is executed"
    assert "Motorun çekirdekleri bu işlemci için derleniyor" in platform.log()
    assert f"{environment['instruction_set']} çekirdekleri" in platform.log()
    mapped = Path(f"/proc/{platform.process.pid}/maps").read_text()
    assert "llvmlite" not in mapped, "the compiler lives in children only"
    shown = platform.run("runs", "show", first["id"]).stdout
    assert f"cpu · {environment['instruction_set']}" in shown
    forecast = predicted(platform, first["summary"]["version"])

    run_id = started(platform)
    patience = Patience(120)
    while (run := platform.api(f"/runs/{run_id}"))["progress"]["phase"] != "fit" or not run["progress"]["done"]:
        assert not patience.over, run
        time.sleep(0.02)
    still_alive(platform.kill(), 5)
    shutil.rmtree(platform.home / "kernels")
    platform.start()
    run = ended(platform, run_id)
    assert len(run["attempts"]) == 2
    assert run["summary"]["weights_sha256"] == first["summary"]["weights_sha256"]
    assert run["bit_reproducible"], run["notes"]
    assert predicted(platform, first["summary"]["version"]) == forecast


def test_a_cache_that_cannot_be_used_costs_speed_and_nothing_else(make_platform, tmp_path):
    (tmp_path / "taken").write_text("a file stands where kernels should lie")
    platform = with_series(make_platform(AZURAFORGE_ENGINE__KERNELS=str(tmp_path / "taken")).start())
    run = ended(platform, started(platform))
    assert run["environment"]["backend"] == "reference"
    assert run["environment"]["kernels"] == ""
    [warning] = said_in_log(platform, "kernels_unavailable")
    assert f"cannot be stored in {tmp_path / 'taken'}" in warning["reason"]
    assert "The engine uses NumPy, which is slower" in platform.log()
