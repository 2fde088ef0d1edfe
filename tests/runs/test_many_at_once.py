"""Requests that arrive at the same moment, at one platform or at several."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from azuraforge.errors import Conflict
from azuraforge.runs import lease
from azuraforge.runs.lease import Held
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.schemas import RunRequest


def test_one_key_makes_one_run(make_stand):
    stand = make_stand(start=False)

    def create(number: int) -> str:
        request = RunRequest(config={}, seed=0, idempotency_key=f"key {number % 3}")
        return stand.service.create(stand.project_id, request, "someone").id

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(24)))
    assert len(set(made)) == 3
    assert all(made[number] == made[number % 3] for number in range(24))
    with pytest.raises(Conflict):
        stand.service.create(stand.project_id, RunRequest(config={"other": 1}, seed=0, idempotency_key="key 0"), "x")


def test_lines_of_many_runs_are_numbered_without_gaps(make_stand):
    """Each write touches its run, its stream and the project's stream, in an order in which none waits for ever."""
    stand = make_stand(start=False)
    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(lambda number: stand.create(number=number).id, range(16)))
        ended = list(threads.map(lambda id_: stand.service.cancel(stand.project_id, id_).state, ids))
    assert set(ended) == {"cancelled"}
    lines = stand.events.read(stand.project_id, "project", limit=1000)
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert len({line.data["run_id"] for line in lines if line.type == "run.state"}) == 16


def test_points_written_twice_at_once_are_there_once(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    stand.worker._claim(lambda session, found: lease.claim(session, found, "w", 60.0) and None, None)
    held = Held(stand.project_id, run.id, 1)

    def write(number: int) -> int:
        first = number % 5 * 100

        def work(session) -> int:
            lease.fenced_update(session, held)
            points = [("loss", step, 1.0, None) for step in range(first, first + 100)]
            return len(metric_store.append(session, run.id, 1, "train", points).get("loss", []))

        return stand.database.write(stand.project_id, work)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(20))) == 500
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert curve.steps == list(range(500))
