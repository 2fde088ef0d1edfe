"""Deleting, restoring and purging on a real platform, as a person would: what is needed by another package stays."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

SERIES = "time,load\n" + "".join(
    f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00,{hour % 24}\n" for hour in range(720)
)


@pytest.fixture(scope="module")
def trained(platform):
    """A dataset, a run that trained on it, and the model that came of it."""
    file = platform.home.parent / "load.csv"
    file.write_text(SERIES)
    platform.run("datasets", "add", str(file), "--time", "time", "--target", "load", "--name", "load")
    run = platform.json("runs", "start", "forecasting.ridge", "--dataset", "load", "--wait")
    # What explains the verdict follows the success and works on files of its own.
    while platform.json("runs", "show", run["id"])["follow_ups"] or (platform.home / "work" / run["id"]).exists():
        time.sleep(0.2)
    return run


def stored(platform) -> int:
    """Bytes of all files that the project has."""
    return sum(path.stat().st_size for path in (platform.home / "artifacts").rglob("*") if path.is_file())


def refused(platform, *arguments: str) -> str:
    done = platform.run(*arguments, check=False)
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def ask(platform, token: str, method: str, path: str, body: object = None) -> int:
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{platform.url}/api/v1{path}", method=method, headers=headers, data=content)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_viewer_deletes_nothing_and_only_an_admin_empties(platform, trained):
    tokens = {role: platform.json("tokens", "create", role, "--role", role)["token"] for role in ("viewer", "member")}
    run = f"/runs/{trained['id']}"
    members = [("DELETE", run), ("POST", f"{run}/restore"), ("PUT", f"{run}/pin"), ("DELETE", f"{run}/pin")]
    for place in ("/datasets/load", "/datasets/load/versions/1", "/models/load", "/models/load/versions/1"):
        members += [("DELETE", place), ("POST", f"{place}/restore")]
    policy = {"trash_days": 3}
    for method, path in members:
        assert ask(platform, tokens["viewer"], method, path) == 403, path
    for role in ("viewer", "member"):
        assert ask(platform, tokens[role], "DELETE", "/projects/trash") == 403
        assert ask(platform, tokens[role], "PUT", "/projects/policy", policy) == 403
        assert ask(platform, tokens[role], "GET", "/projects/trash") == 200
        assert ask(platform, tokens[role], "GET", "/projects/policy") == 200
    assert ask(platform, tokens["member"], "DELETE", run) == 204
    assert ask(platform, tokens["member"], "POST", f"{run}/restore") == 200


def test_what_is_not_there_is_not_restored(platform):
    for place in ("/runs/nobody", "/datasets/nobody", "/datasets/load/versions/9", "/models/nobody"):
        assert ask(platform, platform.token, "POST", f"{place}/restore") == 404, place
    assert ask(platform, platform.token, "PUT", "/runs/nobody/pin") == 404


def test_a_schedule_objects(platform, trained):
    created = {
        "name": "nightly",
        "cron": "0 3 * * *",
        "run": {"kind": "train", "plugin": "forecasting.ridge", "dataset": "load"},
    }
    assert ask(platform, platform.token, "POST", "/schedules", created) == 201
    assert "schedule 'nightly'" in refused(platform, "datasets", "delete", "load")
    assert "schedule 'nightly'" in refused(platform, "models", "delete", "load")
    assert ask(platform, platform.token, "DELETE", "/schedules/nightly") == 204


def test_a_champion_stays_and_what_it_needs_is_kept_in_the_trash(platform, trained):
    champion = platform.json("models", "show", "load")["champion"]
    assert "champion" in refused(platform, "models", "delete", "load", str(champion))
    platform.run("runs", "delete", trained["id"])
    platform.run("datasets", "delete", "load")
    assert platform.json("runs", "list") == []
    assert "in the trash" in refused(platform, "runs", "start", "forecasting.ridge", "--dataset", "load")
    listed = platform.json("trash", "list")
    assert {(item["noun"], item["needed_by"]["name"]) for item in listed["items"]} == {
        ("run", "load"),
        ("dataset", "load"),
    }
    assert "needs --yes" not in refused(platform, "trash", "empty")
    before = stored(platform)
    purged = platform.json("trash", "empty", "--yes")
    assert (purged["runs"], purged["datasets"], purged["kept"]) == (0, 0, 2)
    assert stored(platform) == before
    assert platform.json("models", "predict", "load")["predictions"]  # from the rows of a deleted dataset
    shown = platform.run("trash", "list", "--lang", "tr").stdout
    assert "için gerekli" in shown
    assert "veri kümesi" in shown


def test_when_the_model_is_purged_everything_is_and_the_bytes_are_reported(platform, trained):
    platform.run("models", "delete", "load")
    assert platform.json("models", "list") == []
    platform.run("models", "restore", "load")
    assert platform.json("models", "show", "load")["champion"]
    platform.run("models", "delete", "load")
    before = stored(platform)
    purged = platform.json("trash", "empty", "--yes")
    assert (purged["models"], purged["runs"], purged["datasets"], purged["kept"]) == (1, 1, 1, 0)
    assert purged["bytes_freed"] == before - stored(platform)
    left = [path.name for path in Path(platform.home, "artifacts").rglob("*") if path.is_file()]
    assert left == []
    assert "does not exist" in refused(platform, "runs", "show", trained["id"])
    assert platform.run("trash", "list").stdout.strip() == "The trash is empty."
    told = platform.run("trash", "empty", "--yes").stdout
    assert told.strip() == "Purged: nothing. 0 B freed."


@pytest.mark.parametrize(
    ("answer", "language", "purges"), [("n", "en", False), ("", "tr", False), ("evet", "tr", True)]
)
def test_a_person_is_asked_before_the_trash_is_emptied(platform, answer, language, purges):
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "azuraforge.cli.main", "trash", "empty", "--lang", language]
    done = subprocess.run(command, env=platform.variables, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert {"en": "[y/N]", "tr": "[e/H]"}[language] in done.stderr
    assert (done.returncode, done.stdout != "") == ((0, True) if purges else (1, False))


def test_the_policy_is_shown_and_changed(platform):
    assert "30 days" in platform.run("trash", "policy").stdout
    changed = platform.json("trash", "policy", "--trash-days", "7", "--keep-run-days", "90")
    assert changed == {"trash_days": 7, "keep_run_days": 90, "keep_work_days": 30, "keep_prediction_days": None}
    assert platform.json("trash", "policy", "--keep-run-days", "forever")["keep_run_days"] is None
    assert "neither a number of days" in refused(platform, "trash", "policy", "--keep-run-days", "soon")
