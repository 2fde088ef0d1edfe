"""kill -9 of the child, the launcher and the whole platform in mid-training: the run goes on and ends with the same
weights, bit for bit, as one that nobody disturbed; and no orphan is left."""

from __future__ import annotations

import contextlib
import random
import time

import psutil
import pytest

from tests.process_checks import Patience, still_alive, words_of

#: Long enough that a kill still meets the training: kernels pass through twelve epochs in a blink.
CONFIG = ("--set", "epochs=40", "--set", "patience=40", "--set", "hidden_size=16", "--set", "horizon=4")


def start(platform) -> str:
    arguments = ("runs", "start", "forecasting.lstm", "--dataset", "co2", "--seed", "11", *CONFIG, "--detach")
    return platform.json(*arguments)["id"]


def show(platform, run_id: str) -> dict:
    return platform.api(f"/runs/{run_id}")


def wait_until_training(platform, run_id: str, steps: int) -> None:
    patience = Patience(120)
    while not patience.over:
        run = show(platform, run_id)
        if run["progress"]["phase"] == "fit" and run["progress"]["done"] >= steps:
            return
        assert run["state"] in ("queued", "running"), run
        time.sleep(0.05)
    raise AssertionError("the run never trained")


def wait_for_success(platform, run_id: str) -> dict:
    patience = Patience(120)
    while not patience.over:
        run = show(platform, run_id)
        if run["state"] not in ("queued", "running"):
            assert run["state"] == "succeeded", run["error"]
            return run
        time.sleep(0.2)
    raise AssertionError(f"the run did not end: {run}")


def launcher_of(platform) -> psutil.Process:
    return next(p for p in platform.tree()[1:] if any("processes.launcher" in word for word in words_of(p)))


def victims(platform, what: str) -> list[psutil.Process]:
    if what == "child":
        return launcher_of(platform).children()
    return [launcher_of(platform)]


def hit(platform, run_id: str, what: str) -> None:
    """One kill -9; afterwards nothing that belonged to the killed may live on."""
    if what == "platform":
        dependants = platform.kill()
    else:
        chosen = victims(platform, what)
        dependants = []
        for process in chosen:
            with contextlib.suppress(psutil.NoSuchProcess):  # a child that has just ended by itself
                dependants += process.children(recursive=True)
        for process in chosen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    assert still_alive(dependants, 2) == [], "orphans"
    if what == "platform":
        platform.start()


@pytest.fixture
def ready(make_platform):
    platform = make_platform(AZURAFORGE_RUNS__LEASE_SECONDS="2", AZURAFORGE_RUNS__BEAT_SECONDS="0.5").start()
    platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    return platform


def test_each_kind_of_kill_leaves_the_weights_as_they_would_have_been(ready):
    undisturbed = wait_for_success(ready, start(ready))
    expected = undisturbed["summary"]["weights_sha256"]
    assert len(undisturbed["attempts"]) == 1
    assert undisturbed["environment"]["backend"] == "cpu", "the kernels are what is put to the test here"
    for what in ("child", "launcher", "platform"):
        run_id = start(ready)
        wait_until_training(ready, run_id, steps=60)
        hit(ready, run_id, what)
        run = wait_for_success(ready, run_id)
        assert len(run["attempts"]) == 2, what
        assert run["attempts"][0]["reason"], what
        assert run["attempts"][1]["resumed_from_step"], what
        assert run["summary"]["weights_sha256"] == expected, what
        assert run["bit_reproducible"], run["notes"]
        assert run["environment"] == undisturbed["environment"]


@pytest.mark.proof
def test_ten_kills_at_random_moments_of_one_run(ready):
    expected = wait_for_success(ready, start(ready))["summary"]["weights_sha256"]
    chance = random.Random(2026)
    hits = 0
    while hits < 10:
        run_id = start(ready)
        for _ in range(4):
            time.sleep(chance.uniform(0.0, 1.5))
            if show(ready, run_id)["state"] not in ("queued", "running") or hits == 10:
                break
            what = chance.choice(["child", "launcher", "platform"])
            if what == "child" and not victims(ready, "child"):
                continue
            hit(ready, run_id, what)
            hits += 1
        run = wait_for_success(ready, run_id)
        assert run["summary"]["weights_sha256"] == expected
