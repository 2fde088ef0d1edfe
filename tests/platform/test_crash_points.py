"""Killed exactly there, started again: for every crash point in the code, with the real platform.

One training run is led through all of them: at each the platform (or its child) dies, is started again, and the run
goes on to the next. In the end it must have happened once: the same weights, the same curve, one version, one
evaluation, one end, whatever was cut off on the way.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import re
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import azuraforge
from azuraforge.crashpoints import POINTS
from tests.process_checks import Patience

#: In the order in which one run meets them; where a child dies, the platform goes on.
OF_THE_CHILD = ("checkpoint_before_rename", "checkpoint_before_told")
CHAIN = (
    "run_queued_before_submitted",
    "claim_before_commit",
    "claimed_before_carried",  # from here on it runs, so that there is something to put back
    "requeued_before_told",
    "recovered_in_part",
    "phase_announced",
    "child_started",
    "record_before_commit",
    "checkpoint_before_commit",
    *OF_THE_CHILD,
    "recorded_before_freed",
    "event_before_commit:12",
    "phase_before_kept",
    "phase_kept:2",
    "artifact_before_placed",
    "artifact_before_listed",
    "version_before_placed",
    "version_before_registered",
    "success_before_commit",
    "success_before_swept",
    "follow_up_before_stored",
)
BY_ITSELF = ("end_before_written",)
#: Tested where they belong.
ELSEWHERE = {
    "answer_before_kept": "tests/server/test_idempotency.py",
    "segments_before_version": "tests/datasets/test_growing.py",
    "version_added_before_commit": "tests/datasets/test_growing.py",
    "feed_segment_before_commit": "tests/learners/feeds/test_feeds.py",
    "learner_before_commit": "tests/learners/learning/test_learning.py",
    "fire_before_commit": "tests/automations/test_scheduler.py",
    **dict.fromkeys(
        ("causes_before_commit", "firing_before_commit", "step_before_commit", "firing_end_before_commit"),
        "tests/automations/test_automation_kills.py",
    ),
    "outcomes_before_commit": "tests/models/predictions/test_revisions.py",
    "message_sent_before_recorded": "tests/automations/test_automation_kills.py",
    "trial_before_commit": "tests/studies/test_on_the_platform.py",
    "trials_before_collected": "tests/studies/test_on_the_platform.py",
    "study_before_ended": "tests/studies/test_on_the_platform.py",
    **dict.fromkeys(
        (
            "restore_extracted",
            "restore_before_decided",
            "restore_decided",
            "restore_journals_aside",
            "restore_before_placed",
            "restore_placed",
            "restore_before_row_security",
        ),
        "tests/database/test_killed_restore.py",
    ),
}
CONFIG = {"epochs": 12, "patience": 12, "hidden_size": 4, "horizon": 2}


def name_of(point: str) -> str:
    return point.partition(":")[0]


def test_every_point_in_the_code_is_listed_and_has_its_turn():
    package = Path(azuraforge.__file__).parent
    found = [
        name
        for path in package.rglob("*.py")
        if path.name != "crashpoints.py"
        for name in re.findall(r'crashpoint\("(\w+)"\)', path.read_text())
    ]
    assert sorted(found) == sorted(POINTS)
    here = [name_of(point) for point in (*CHAIN, *BY_ITSELF)]
    assert sorted([*here, *ELSEWHERE]) == sorted(POINTS)
    for point, file in ELSEWHERE.items():
        assert point in (Path(__file__).parents[2] / file).read_text()


def post(platform, path: str, body: dict, timeout: float = 60) -> dict:
    headers = {"Authorization": f"Bearer {platform.token}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{platform.url}/api/v1{path}", method="POST", headers=headers, data=json.dumps(body).encode()
    )
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read())


def asked(model: str, **config: int) -> dict:
    asked = {"plugin": "forecasting.lstm", "dataset": "co2", "model": model, "config": {**CONFIG, **config}}
    return {**asked, "seed": 5, "idempotency_key": model}


def wait_for_end(platform, run_id: str) -> dict:
    patience = Patience(200)
    while (run := platform.api(f"/runs/{run_id}"))["state"] in ("queued", "running") or run["follow_ups"]:
        assert not patience.over, run
        time.sleep(0.1)
    return run


def arm(platform, point: str, tmp_path) -> Path:
    """Start it so that it dies there, perhaps before it is ready; returns the mark that it leaves."""
    mark = tmp_path / f"{name_of(point)}.mark"
    platform.environment.update(AZURAFORGE_CRASHPOINT=point, AZURAFORGE_CRASHPOINT_ONCE=str(mark))
    with contextlib.suppress(AssertionError):
        platform.start()
    return mark


def await_death(platform, mark: Path) -> None:
    assert platform.process.wait(120) == -9, platform.log()[-2000:]
    assert mark.exists()


def await_death_of_child(platform, mark: Path) -> None:
    """Until the run goes on in an attempt that a dead child made necessary."""
    patience = Patience(120)
    while True:
        [run] = platform.api("/runs")["items"]
        ends = [each["ended_as"] for each in platform.api(f"/runs/{run['id']}")["attempts"]]
        if mark.exists() and ends[-2:] == ["died", None]:
            return
        assert not patience.over, ends
        time.sleep(0.02)


def left_behind(platform, run_id: str) -> dict:
    """What a run has done, read from the database and the disk of a stopped platform."""
    with sqlite3.connect(platform.home / "azuraforge.db") as database:

        def rows(sql: str) -> list[tuple]:
            return database.execute(sql.replace("RUN", f"'{run_id}'")).fetchall()

        stream = f"'run/{run_id}'"
        events = rows(f"SELECT seq, type, data FROM event WHERE stream = {stream} ORDER BY seq")
        assert [seq for seq, _, _ in events] == list(range(1, len(events) + 1))
        attempts = rows("SELECT attempt, ended_as FROM run_attempt WHERE run_id = RUN ORDER BY attempt")
        assert [number for number, _ in attempts] == list(range(1, len(attempts) + 1))
        told = rows("SELECT data FROM event WHERE stream = 'project' AND type = 'run.state'")
        mine = [json.loads(data) for (data,) in told]
        states = [data["state"] for data in mine if data["run_id"] == run_id]
        assert states == [json.loads(data)["state"] for _, type_, data in events if type_ == "run.state"]
        files = rows("SELECT name, sha256 FROM artifact WHERE run_id = RUN")
        for name, digest in files:
            [path] = (platform.home / "artifacts").glob(f"*/files/{digest[:2]}/{digest}")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, name
        return {
            "rows": rows("SELECT count(*) FROM run WHERE id = RUN"),
            "state": rows("SELECT state FROM run WHERE id = RUN"),
            "finished": [type_ for _, type_, _ in events].count("run.finished"),
            "succeeded": [state for state in states if state == "succeeded"],
            "ended_as": [ended_as for _, ended_as in attempts][-1:],
            "versions": rows("SELECT version, content_hash FROM model_version WHERE run_id = RUN ORDER BY version"),
            "evaluations": rows("SELECT count(*) FROM evaluation WHERE run_id = RUN"),
            "aliases": rows("SELECT alias, version FROM model_alias_change WHERE run_id = RUN"),
            "curve": rows(
                "SELECT series, step, value FROM metric_tail WHERE run_id = RUN AND series NOT LIKE 'system/%' "
                "ORDER BY series, step"
            ),
            "artifacts": sorted(name for name, _ in files if not name.startswith("log-")),
            "figures": rows("SELECT name FROM run_figure WHERE run_id = RUN"),
        }


@pytest.fixture
def make_ready(make_platform):
    """Platforms with data, that carry one run at a time."""

    def make(name: str):
        platform = make_platform(name, AZURAFORGE_RUNS__CONCURRENCY="1").start()
        platform.run("datasets", "add", "--source", "bundled", "--option", "series=co2")
        return platform

    return make


def test_one_run_that_is_killed_at_every_point_happens_once(make_ready, tmp_path):
    calm, platform = make_ready("calm"), make_ready("storm")  # in one home they would share what they store
    undisturbed = wait_for_end(calm, post(calm, "/runs", asked("storm"))["id"])
    calm.stop()
    platform.stop()
    for point in CHAIN:
        mark = arm(platform, point, tmp_path)
        if point == CHAIN[0]:
            with pytest.raises((urllib.error.URLError, ConnectionError)):
                post(platform, "/runs", asked("storm"))
        if point in OF_THE_CHILD:
            await_death_of_child(platform, mark)
            platform.kill()
        await_death(platform, mark)
    platform.environment = {}
    platform.start()
    run = wait_for_end(platform, post(platform, "/runs", asked("storm"))["id"])  # asked again, and still one
    assert run["state"] == "succeeded", run["error"]
    assert run["summary"]["weights_sha256"] == undisturbed["summary"]["weights_sha256"]
    assert run["bit_reproducible"]
    assert len(run["attempts"]) > 10
    platform.stop()
    assert left_behind(platform, run["id"]) == left_behind(calm, undisturbed["id"])


def test_a_cancelled_run_whose_end_was_not_written_is_cancelled_once(make_ready, tmp_path):
    platform = make_ready("home")
    platform.stop()
    mark = arm(platform, BY_ITSELF[0], tmp_path)
    run_id = post(platform, "/runs", asked("slow", epochs=1000, patience=1000))["id"]
    patience = Patience(120)
    while platform.api(f"/runs/{run_id}")["progress"]["phase"] != "fit":
        assert not patience.over
        time.sleep(0.05)
    with contextlib.suppress(http.client.RemoteDisconnected, ConnectionResetError):  # dead before it could answer
        post(platform, f"/runs/{run_id}/cancel", {})
    await_death(platform, mark)
    platform.environment.clear()
    platform.start()
    run = wait_for_end(platform, run_id)
    assert (run["state"], [each["ended_as"] for each in run["attempts"]]) == ("cancelled", ["cancelled"])
    platform.stop()
    left = left_behind(platform, run_id)
    assert (left["finished"], left["succeeded"], left["versions"]) == (1, [], [])
