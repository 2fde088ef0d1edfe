"""Claims, fences, leases: at most one attempt may write, whoever else believes to own the run."""

from __future__ import annotations

import threading
import time

import pytest

from azuraforge.database import seconds_from_now
from azuraforge.processes.failures import Replaced
from azuraforge.runs import lease
from azuraforge.runs.execution.job import forget_earlier
from azuraforge.runs.lease import Held
from azuraforge.runs.metrics import store as metric_store
from azuraforge.runs.reaper import Reaper
from azuraforge.runs.tables import Run
from tests.stand import FreeSummary


def claim(stand, worker: str = "w", seconds: float = 30.0, wanted=None):
    def take(session, found):
        row = lease.claim(session, found, worker, seconds)
        if row is not None:
            stand.worker._transitions.claimed(session, row, worker)
        return row

    return stand.worker._claim(take, wanted)


def beat(stand, held):
    return stand.database.write(stand.project_id, lambda session: lease.beat(session, [held], 30.0))


def test_each_run_is_claimed_once_by_many_threads(make_stand):
    stand = make_stand(start=False)
    ids = {stand.create(number=number).id for number in range(20)}
    claimed: list[str] = []

    def work() -> None:
        while (row := claim(stand)) is not None:
            claimed.append(row.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


def test_a_dispatch_may_name_the_run(make_stand):
    stand = make_stand(start=False)
    first, second = stand.create(number=1), stand.create(number=2)
    assert claim(stand, wanted=(stand.project_id, second.id)).id == second.id
    assert claim(stand, wanted=(stand.project_id, second.id)) is None  # delivered twice
    assert claim(stand).id == first.id


def test_a_run_is_not_claimed_before_its_time(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand)
    held = Held(stand.project_id, run.id, 1)
    stand.database.write(
        stand.project_id,
        lambda session: stand.worker._transitions.requeued(session, held, "transient", "later", delay_seconds=3600),
    )
    assert claim(stand) is None


def test_a_reaper_that_just_began_takes_nothing_from_those_who_could_not_renew(make_stand):
    stand = make_stand(start=False, reap_seconds=0.05, beat_seconds=0.3)
    stand.create()
    claim(stand, seconds=-1)
    fresh = Reaper(stand.database, stand.events, stand.settings)
    assert [fresh.reap(), fresh.reap()] == [0, 0]
    deadline = time.monotonic() + 120
    while fresh.reap() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_every_write_of_an_old_attempt_is_refused(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand, "first", seconds=-1)
    old = Held(stand.project_id, run.id, 1)
    assert stand.reaper().reap() == 1
    claim(stand, "second")
    before = stand.get(run.id)

    def late_points(session):
        lease.fenced_update(session, old)
        metric_store.append(session, run.id, 1, "train", [("loss", 1, 0.5, None)])

    def late_end(session):
        stand.worker._transitions.ended(session, old, "succeeded", summary=FreeSummary(stolen=True))

    for late in (late_points, late_end):
        with pytest.raises(Replaced):
            stand.database.write(stand.project_id, late)
    assert beat(stand, old) == {}
    assert stand.get(run.id) == before
    assert before.attempt == 2
    assert before.attempts[0].ended_as == "lost"


def test_a_beat_keeps_the_lease_and_tells_of_a_cancellation(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand)
    held = Held(stand.project_id, run.id, 1)
    assert beat(stand, held) == {held: False}
    stand.service.cancel(stand.project_id, run.id)
    assert beat(stand, held) == {held: True}


def test_a_worker_that_does_not_beat_loses_its_run_and_stops_writing(make_stand):
    stand = make_stand(start=False, lease_seconds=0.5)
    mute, lively = stand.new_worker(), stand.new_worker()
    run = stand.create(steps=300, every=20, pause=0.01)
    thread = threading.Thread(target=mute.run_one)
    thread.start()
    stand.wait(run.id, lambda run: run.progress.done > 25)
    reaper = stand.reaper()
    deadline = time.monotonic() + 120
    while reaper.reap() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lively.start()
    assert lively.run_one()
    thread.join(120)
    assert not thread.is_alive()
    run = stand.get(run.id)
    assert run.state == "succeeded"
    assert [attempt.ended_as for attempt in run.attempts] == ["lost", "succeeded"]
    assert run.attempts[0].worker != run.attempts[1].worker
    [curve] = stand.service.metrics(stand.project_id, run.id).series
    assert curve.steps == list(range(1, 301))
    lively.drain()


def test_reaping_pauses_after_the_process_or_the_database_was_away(make_stand):
    stand = make_stand(start=False, reap_seconds=0.05, beat_seconds=0.3)
    reaper = Reaper(stand.database, stand.events, stand.settings)
    assert reaper.reap() == 0
    stand.create()
    claim(stand, seconds=-1)
    time.sleep(0.5)  # nobody looked for longer than reap + beat
    assert reaper.reap() == 0
    time.sleep(0.1)
    assert reaper.reap() == 0
    deadline = time.monotonic() + 120
    while reaper.reap() == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_run_that_was_to_be_cancelled_is_not_queued_again_when_its_lease_ends(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand, seconds=-1)
    stand.service.cancel(stand.project_id, run.id)
    stand.reaper().reap()
    assert stand.get(run.id).state == "cancelled"


def test_time_is_the_databases(make_stand):
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand)

    def shift(session):
        session.get(Run, (stand.project_id, run.id)).lease_until = seconds_from_now(-0.001)

    stand.database.write(stand.project_id, shift)
    assert stand.reaper().reap() == 1


def test_only_a_platform_alone_on_its_database_takes_back_what_runs(make_stand, dialect):
    taken = 1 if dialect == "sqlite" else 0
    stand = make_stand(start=False)
    run = stand.create()
    claim(stand, "an earlier life, or another host")
    assert Reaper(stand.database, stand.events, stand.settings).recover(("train",)) == taken
    assert stand.get(run.id).state == ("queued" if taken else "running")


def test_an_attempt_that_was_replaced_leaves_its_successor_s_folders(tmp_path):
    phase = tmp_path / "phases" / "fit"
    forget_earlier(phase, 2)  # nothing there yet
    for number in (1, 2, 3):
        (phase / str(number) / "work").mkdir(parents=True)
    forget_earlier(phase, 2)
    assert [left.name for left in phase.iterdir()] == ["3"]
