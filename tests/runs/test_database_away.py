"""PostgreSQL goes while a run computes: it goes on, and its curve, its events and its end are whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from azuraforge.database import Database
from tests.postgres import TEMPLATE, Cluster, make_cluster


@pytest.fixture(scope="module")
def fragile() -> Iterator[Cluster]:
    cluster = make_cluster()
    yield cluster
    cluster.remove()


@pytest.fixture
def database(fragile) -> Iterator[Database]:
    made = Database(fragile.create(TEMPLATE).url)
    yield made
    made.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_a_run_goes_on_in_the_same_attempt(make_stand, fragile, how):
    stand = make_stand()
    run = stand.create(steps=200, every=10, pause=0.02)
    stand.wait(run.id, lambda run: run.progress.done > 20)
    fragile.stop(how)
    time.sleep(stand.settings.runs.lease_seconds + 1)  # long enough that every lease has run out
    fragile.start()
    run = stand.wait(run.id)
    assert run.state == "succeeded", run.error
    assert run.bit_reproducible
    [curve] = [each for each in stand.service.metrics(stand.project_id, run.id).series if each.series == "loss"]
    assert curve.steps == list(range(1, 201))
    numbers = [event.seq for event in stand.events.read(stand.project_id, f"run/{run.id}", limit=10_000)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [type_ for type_, _ in stand.events_of(run.id)].count("run.finished") == 1
    # A commit may have been under way, and then nobody knows whether it was stored: that attempt begins again.
    assert [attempt.ended_as for attempt in run.attempts] in (["succeeded"], ["lost", "succeeded"])


def test_cancelled_while_it_is_away_it_ends_when_the_lease_is_taken_away(make_stand, fragile):
    stand = make_stand()
    run = stand.create(steps=10_000, every=100, pause=0.01)
    stand.wait(run.id, lambda run: run.progress.done > 20)
    fragile.stop(signal.SIGINT)
    stand.worker.notice_cancel(run.id)
    deadline = time.monotonic() + 120
    while stand.worker._jobs:
        assert time.monotonic() < deadline, "the slot is free although nothing can be written"
        time.sleep(0.05)
    fragile.start()
    run = stand.wait(run.id, lambda run: run.attempt > 1)
    stand.service.cancel(stand.project_id, run.id)
    assert stand.wait(run.id).state == "cancelled"
