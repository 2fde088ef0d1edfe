"""The scaled platform as processes, on PostgreSQL and Valkey: what one of them loses, another finds."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

import pytest

from azuraforge.database import Base
from azuraforge.people.callers import CACHE_SECONDS
from tests.attacks.secrets_used import found, use_every_secret, wrongly_shown
from tests.process_checks import Patience, alive, still_alive

CONFIG = ("--set", "epochs=30", "--set", "patience=30", "--set", "hidden_size=16", "--set", "horizon=4")


@pytest.fixture(scope="module")
def platform(scaled_of_module):
    scaled_of_module.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
    return scaled_of_module


@pytest.fixture(scope="module")
def undisturbed(platform) -> dict:
    """The run as it ends where nobody disturbs it."""
    return wait_until(platform, start(platform), ended)


def start(platform, *more: str) -> str:
    arguments = ("runs", "start", "forecasting.lstm", "--dataset", "co2", "--seed", "11", *CONFIG, *more, "--detach")
    return platform.json(*arguments)["id"]


def wait_until(platform, run_id: str, holds, seconds: float = 150) -> dict:
    patience = Patience(seconds)
    while not holds(run := platform.api(f"/runs/{run_id}")):
        assert not patience.over, run
        time.sleep(0.05)
    return run


def ended(run: dict) -> bool:
    return run["state"] not in ("queued", "running")


def trains(run: dict) -> bool:
    assert run["state"] in ("queued", "running"), run
    return run["progress"].get("phase") == "fit" and run["progress"]["done"] >= 60


def worker_of(platform, run: dict):
    """Return the worker process that executes the run's newest attempt."""
    pid = int(run["attempts"][-1]["worker"].split(":")[-2])
    return next(part for part in platform.parts if part.process.pid == pid)


def replace(platform, part) -> None:
    platform.parts.remove(part)
    platform.start("worker", "--concurrency", "1").wait_for("Worker ")


def readiness(platform) -> dict:
    with urllib.request.urlopen(f"{platform.url}/readyz", timeout=10) as answer:
        return json.loads(answer.read())


def test_a_forecast_goes_through_celery(platform, undisturbed):
    assert undisturbed["state"] == "succeeded", undisturbed["error"]
    assert [attempt["ended_as"] for attempt in undisturbed["attempts"]] == ["succeeded"]
    found = platform.api(f"/evaluations/{undisturbed['id']}")
    assert found["verdict"]["reasons"]
    assert {"forecasting.lstm", "forecasting.naive"} <= {each["name"] for each in found["evaluation"]["contenders"]}
    assert platform.api(f"/runs/{undisturbed['id']}/figures/forecast")


def test_a_study_is_carried_by_celery_workers_to_the_verdict_about_its_winner(platform):
    """Six trials on two workers, asked for by two schedulers: none doubled, none lost, all of them counted."""
    space = {"learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}, "hidden_size": {"choices": [4, 8]}}
    config = {"horizon": 2, "window": 8, "lstm_rows": 4, "epochs": 2}
    asked = {"name": "carried", "plugin": "forecasting.lstm", "dataset": "co2", "model": "carried", "space": space,
             "config": config, "budget": {"trials": 6}, "parallel": 2, "seed": 4}  # fmt: skip
    study = platform.api("/studies", asked)
    patience = Patience(200)
    while (study := platform.api(f"/studies/{study['id']}"))["state"] == "running":
        assert not patience.over, study
        time.sleep(0.2)
    assert (study["state"], study["reason"], study["trials"]) == ("finished", "trials", {"complete": 6}), study["error"]
    trials = platform.api(f"/studies/{study['id']}/trials")["items"]
    runs = [platform.api(f"/runs/{trial['run_id']}") for trial in trials]
    assert [trial["number"] for trial in trials] == list(range(6))
    assert len({run["id"] for run in runs}) == 6
    assert all(run["state"] == "succeeded" and run["study"]["id"] == study["id"] for run in runs)
    assert len({run["attempts"][-1]["worker"] for run in runs}) == 2, "both workers had their share"
    assert any(baseline["scores"] for baseline in study["baselines"])
    winner = wait_until(platform, study["retrain_run_id"], ended)
    assert winner["state"] == "succeeded", winner["error"]
    assert winner["summary"]["trials"] == study["counted_trials"] == 6
    verdict = platform.api(f"/evaluations/{winner['id']}")["verdict"]
    tightened = [reason for reason in verdict["reasons"] if reason["code"] == "level_tightened_by_trials"]
    assert [reason["params"]["trials"] for reason in tightened] == [6]
    listed = {run["id"] for run in platform.api("/runs?limit=500")["items"]}
    assert winner["id"] in listed
    assert not listed & {run["id"] for run in runs}


def test_a_killed_worker_leaves_no_orphan_and_another_ends_its_run_with_the_same_bits(platform, undisturbed):
    run_id = start(platform)
    run = wait_until(platform, run_id, trains)
    victim = worker_of(platform, run)
    scheduler = next(part for part in platform.parts if part.name == "scheduler-1")
    scheduler.kill()
    orphans = victim.kill()
    assert len(orphans) >= 2, "its launcher and its consumer at least"
    assert still_alive(orphans, 5) == []
    run = wait_until(platform, run_id, ended)
    assert run["state"] == "succeeded", run["error"]
    assert [attempt["ended_as"] for attempt in run["attempts"]] == ["lost", "succeeded"]
    assert len({attempt["worker"] for attempt in run["attempts"]}) == 2
    assert run["attempts"][1]["resumed_from_step"]
    assert run["summary"]["weights_sha256"] == undisturbed["summary"]["weights_sha256"]
    assert run["bit_reproducible"]
    replace(platform, victim)


def test_a_worker_asked_to_stop_ends_with_zero_and_its_run_goes_on_elsewhere(platform, undisturbed):
    run_id = start(platform)
    run = wait_until(platform, run_id, trains)
    asked = worker_of(platform, run)
    everything = asked.tree()
    assert asked.stop() == 0, asked.log()[-2000:]
    assert alive(everything) == []
    run = wait_until(platform, run_id, ended)
    assert [attempt["ended_as"] for attempt in run["attempts"]] == ["drained", "succeeded"]
    assert run["summary"]["weights_sha256"] == undisturbed["summary"]["weights_sha256"]
    replace(platform, asked)


def test_a_token_revoked_at_one_api_opens_nothing_at_another_that_knew_it(platform):
    second = platform.start_api()
    there = second.log().split("running at ")[1].split()[0]
    assert there != platform.url
    made = platform.api("/tokens", {"name": "notebook", "role": "viewer"})

    def status() -> int:
        request = urllib.request.Request(f"{there}/api/v1/runs", headers={"Authorization": f"Bearer {made['token']}"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    assert status() == 200
    patience = Patience(CACHE_SECONDS / 2)
    platform.run("tokens", "revoke", made["id"])
    while status() == 200:
        assert not patience.over, "only the end of its minute ends it"
        time.sleep(0.05)
    assert status() == 401
    assert second.stop() == 0
    platform.parts.remove(second)


def test_a_second_api_serves_the_same_platform_to_the_same_token(platform, undisturbed):
    second = platform.start_api()
    address = second.log().split("running at ")[1].split()[0]
    assert address != platform.url
    for url in (platform.url, address):
        assert platform.api(f"/runs/{undisturbed['id']}", url=url)["state"] == "succeeded"
    cancelled = start(platform, "--set", "epochs=400")
    wait_until(platform, cancelled, trains)
    platform.api(f"/runs/{cancelled}/cancel", body={}, url=address)
    assert wait_until(platform, cancelled, ended)["state"] == "cancelled"
    first = next(part for part in platform.parts if part.name == "api-1")
    token = platform.token
    first.kill()
    platform.url = address
    patience = Patience(120)
    while json.loads((platform.home / "platform.json").read_text())["url"] != address:
        assert not patience.over, "commands do not find the one that is left"
        time.sleep(0.1)
    assert platform.json("runs", "list")
    assert platform.token == token


def test_no_secret_is_in_a_row_a_log_or_a_file(platform, postgres_cluster):
    used = use_every_secret(platform)
    assert wrongly_shown(used) == []
    for table in Base.metadata.tables:
        rows = postgres_cluster.execute(f'SELECT t::text FROM "{table}" t', platform.postgres.name)
        assert found(used.secrets, "\n".join(each for (each,) in rows).encode()) == [], table
    logs = [part.log_path for part in platform.parts]
    files = [each for each in platform.home.rglob("*") if each.is_file()]
    assert all(path.read_bytes() for path in logs)
    for path in (*logs, *files):
        allowed = {"local"} if path.name == "token" else set()  # only the platform's user can read it
        assert set(found(used.secrets, path.read_bytes())) <= allowed, path


def test_an_embedded_platform_is_refused_on_their_home(platform):
    refused = platform.run("up", "--port", "0", check=False)
    assert refused.returncode == 1
    assert "already uses this data home" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_a_broker_reads_are_served_and_runs_wait_for_it(platform, valkey_of_module):
    assert readiness(platform) == {"status": "ready", "broker": "ready"}
    running = start(platform, "--set", "epochs=60", "--set", "patience=60")
    wait_until(platform, running, trains)
    valkey_of_module.kill()
    try:
        patience = Patience(120)
        while readiness(platform)["broker"] != "away":
            assert not patience.over
            time.sleep(0.1)
        late = platform.start("worker", "--concurrency", "1").wait_for("broker_away")
        waits = start(platform)
        assert platform.api(f"/runs/{waits}")["state"] in ("queued", "running")
        assert platform.api("/runs")["items"][0]["id"] == waits
        # Who carries goes on; a broker is not asked.
        assert wait_until(platform, running, ended)["state"] == "succeeded"
    finally:
        valkey_of_module.start()
    assert wait_until(platform, waits, ended)["state"] == "succeeded"
    late.wait_for("broker_back")
    assert late.stop() == 0


def test_every_part_stops_with_zero_and_says_no_word_of_trouble(platform):
    for part in platform.parts:
        if part.process.poll() is None:
            assert part.stop() == 0, part.log()[-2000:]
    for part in platform.parts:
        assert "Traceback" not in part.log(), part.log()[-3000:]
        assert '"level": "error"' not in part.log(), part.log()[-3000:]
