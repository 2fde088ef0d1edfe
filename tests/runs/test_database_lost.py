"""The SQLite file disappears while a run computes: no run is marked, and the same attempt ends once it is back."""

from __future__ import annotations

import time

import pytest

from azuraforge.errors import TransientError


@pytest.mark.sqlite_only
@pytest.mark.proof
def test_a_run_goes_on_in_the_same_attempt_once_the_file_is_back(make_stand, tmp_path):
    stand = make_stand()
    run = stand.create(steps=200, every=10, pause=0.02)
    stand.wait(run.id, lambda run: run.progress.done > 20)
    path = tmp_path / "azuraforge.db"
    path.rename(tmp_path / "moved")
    with pytest.raises(TransientError, match="was deleted or replaced"):
        stand.get(run.id)
    with pytest.raises(TransientError, match="was deleted or replaced"):
        stand.create(steps=1)
    time.sleep(stand.settings.runs.lease_seconds + 1)  # long enough that every lease has run out
    (tmp_path / "moved").rename(path)
    run = stand.wait(run.id)
    assert run.state == "succeeded", run.error
    assert [attempt.ended_as for attempt in run.attempts] == ["succeeded"]
    [curve] = [each for each in stand.service.metrics(stand.project_id, run.id).series if each.series == "loss"]
    assert curve.steps == list(range(1, 201))
