"""Runs without end: no slot, no share, no time limit; they continue after memory, deaths and a stop."""

from __future__ import annotations

import pytest

from azuraforge.errors import InvalidInput
from azuraforge.runs import lease, store
from azuraforge.runs.handlers import Finish, Handler, MessageKind, PreparedRun
from azuraforge.runs.limits import Limits
from azuraforge.runs.schemas import RunRequest
from tests.entries.standing_steps import Committed, Wanted
from tests.stand import Free, FreeSummary

MEBIBYTE = 2**20


class StandingHandler(Handler):
    """Commits positions without end; ``endless: false`` in the config makes it an ordinary run that ends at once."""

    kind = "train"

    def __init__(self) -> None:
        self.messages = [MessageKind("commit", Committed, self.commit)]
        self.database = None

    def prepare(self, project_id, request):
        endless = request.config.get("endless", True)
        return PreparedRun("stand", None, request.config, standing=endless, memory_limit_bytes=2**30)

    def execute(self, job):
        if not job.run.standing:
            return Finish(FreeSummary())
        with self.database.read(job.run.project_id) as session:
            figure = store.figure(session, job.run.id, "state")
        asked = Wanted(**{"position": figure.data["position"] if figure else 0, **job.run.config})
        job.phase("work", "standing_steps:work", asked, share=1.0, result=Free)
        raise AssertionError("it has no end")

    @staticmethod
    def commit(received, body):
        store.save_figure(received.session, received.run_id, "state", body.model_dump())
        if not body.position % 2:
            received.committed()
        return body


@pytest.fixture
def stand_of(make_stand):
    def make(**runs):
        made = make_stand(StandingHandler(), start=False, **runs)
        made.handler.database = made.database
        return made

    return make


def create(stand, **fields):
    return stand.service.create(stand.project_id, RunRequest(**fields), "someone").id


def position(stand, run_id):
    return stand.service.figure(stand.project_id, run_id, "state")["position"]


def committed(stand, least: int):
    return lambda run: run.figures and position(stand, run.id) >= least


def test_runs_without_end_take_no_slot_and_no_share_of_their_project(stand_of):
    stand = stand_of(concurrency=1, max_running_per_project=1, standing=2)
    endless = [create(stand) for _ in range(3)]
    stand.supervisor.start()
    for each in endless[:2]:
        stand.wait(each, committed(stand, 3))
    assert stand.wait(create(stand, config={"endless": False})).state == "succeeded"
    assert stand.get(endless[2]).state == "queued", "the worker executes two at most"
    stand.service.cancel(stand.project_id, endless[0])
    assert stand.wait(endless[0]).state == "cancelled"
    stand.wait(endless[2], committed(stand, 3))
    stand.supervisor.stop()
    assert [stand.get(each).state for each in endless[1:]] == ["queued", "queued"]
    assert [each.ended_as for each in stand.get(endless[1]).attempts] == ["drained"]


def test_each_is_claimed_only_as_a_run_without_end(stand_of, other_project_id):
    stand = stand_of()
    first, second = create(stand), create(stand)
    ordinary = create(stand, config={"endless": False})

    def found(find, *arguments):
        """Return the run that a worker would claim, without a claim."""
        held = stand.database.write_claimed(lambda session: find(session, *arguments), lambda _, held: held)
        return held and held.run_id

    assert found(lease.find_due, ["train"]) == ordinary
    assert found(lease.find_standing, ["train"]) == first
    assert found(lease.find_standing, ["other"]) is None
    with stand.database.read_system() as session:
        assert [each.run_id for each in lease.due(session, ["train"], 10)] == [ordinary]
    claimed = stand.worker.claim_standing()
    assert (claimed.id, claimed.standing, claimed.memory_limit_bytes) == (first, True, 2**30)
    assert stand.worker.claim_standing().id == second
    assert stand.worker.claim_standing() is None
    # The project's two running runs do not count against an ordinary one.
    assert found(lease.find_due, ["train"], 1) == ordinary
    assert stand.database.write(stand.project_id, lambda session: lease.has_room(session, 1))


def test_it_has_no_time_limit(stand_of):
    stand = stand_of(time_limit_seconds=1.0, memory_limit_bytes=2**20)
    with pytest.raises(InvalidInput, match="does not end"):
        create(stand, time_limit_seconds=1.0)
    run_id = create(stand)
    limits = Limits.of(stand.worker.claim_standing(), stand.settings.runs)
    assert (limits.time_seconds, limits.memory_bytes) == (None, 2**20), "the platform's limit of memory applies"
    assert stand.get(run_id).time_limit_seconds is None


def test_beyond_its_memory_it_continues_from_its_last_state(stand_of):
    stand = stand_of()
    config = {"grows_after": 2, "grows_until": 3, "bytes": 400 * MEBIBYTE}
    run_id = create(stand, config=config, memory_limit_bytes=300 * MEBIBYTE)
    stand.supervisor.start()
    run = stand.wait(run_id, committed(stand, 5))
    assert (run.state, [each.ended_as for each in run.attempts]) == ("running", ["memory", None])
    assert f"{300 * MEBIBYTE:,} bytes are allowed" in run.attempts[0].reason
    assert position(stand, run_id) == 5


def test_a_commit_resets_the_deaths(stand_of):
    stand = stand_of(max_consecutive_deaths=3)
    lives = create(stand, config={"dies_after": 2})
    stand.supervisor.start()
    stand.wait(lives, committed(stand, 10))
    assert stand.get(lives).state in ("running", "queued")
    dies = create(stand, config={"dies_after": 0})
    run = stand.wait(dies)
    assert (run.state, len(run.attempts)) == ("quarantined", 3)
