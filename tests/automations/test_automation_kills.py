"""Killed at any point of a firing: each step is done once all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from azuraforge.automations.notifications.tables import Notification
from azuraforge.database import seconds_from_now
from tests.automations.receiving import Post
from tests.automations.triggers import Stand

ENTRY = Path(__file__).parent / "entries" / "automation_process.py"
ROOT = Path(__file__).parents[2]


def die(database, home: Path, project_id: str, point: str, *arguments: str) -> None:
    """Run the process until it kills itself at a crash point."""
    url = database._url.render_as_string(hide_password=False)
    environment = {**os.environ, "AZURAFORGE_CRASHPOINT": point, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ENTRY), url, str(home), project_id, *arguments]
    died = subprocess.run(command, env=environment, capture_output=True, timeout=120)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()


@pytest.mark.parametrize(
    ("point", "runs_before"),
    [
        ("causes_before_commit", "none"),
        ("firing_before_commit", "none"),
        ("step_before_commit", "none"),
        ("step_before_commit", "ended"),
        ("firing_end_before_commit", "ended"),
    ],
)
def test_a_killed_loop_does_each_step_once(database, project_id, tmp_path, point, runs_before):
    stand = Stand(database, tmp_path / "home", project_id)
    stand.target()
    steps = [{"do": "refresh", "run": {"dataset": "co2"}}, {"do": "notify", "to": ["me"]}]
    stand.create(steps=steps, cool_down_seconds=0)
    stand.happen()
    if runs_before == "ended":
        stand.loop.tick()
        stand.end_runs()
    die(database, tmp_path / "home", project_id, point)
    stand.loop.tick()
    stand.end_runs()
    stand.loop.tick()
    found = stand.get()
    assert found.fires == 1
    assert found.newest_firings[0].state == "succeeded"
    assert len(stand.queued()) == 1
    types = [line.type for line in stand.events.read(project_id, "project", limit=1000)]
    assert (types.count("automation.fired"), types.count("automation.finished")) == (1, 1)
    with database.read(project_id) as session:
        assert session.scalar(select(func.count()).select_from(Notification)) == 1


def test_a_message_whose_sender_died_is_sent_again_under_the_same_id(database, project_id, tmp_path, receiver):
    stand = Stand(database, tmp_path / "home", project_id)
    post = Post(stand, receiver)
    id_ = post.put()
    die(database, tmp_path / "home", project_id, "message_sent_before_recorded", id_, str(receiver.port))
    assert not post.send(id_)  # claimed; its sender may still be alive
    post.set(id_, next_at=seconds_from_now(-1))
    assert post.send(id_)
    assert [headers["Idempotency-Key"] for headers, _ in receiver.got] == [id_, id_]
    assert post.get(id_).state == "sent"
