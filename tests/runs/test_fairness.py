"""Which queued run comes next: of the project that runs fewest, by priority, by age; and never beyond its limit."""

from __future__ import annotations

import threading
from collections import Counter

from azuraforge.database import seconds_from_now
from azuraforge.runs import lease
from azuraforge.runs.lease import Held
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.tables import Run


def create(stand, project_id, **fields):
    return stand.service.create(project_id, RunRequest(config={"steps": 1}, **fields), "someone").id


def claim(stand, wanted=None) -> Held | None:
    """What a worker does before it carries a run."""
    most = stand.settings.runs.max_running_per_project

    def take(session, found):
        if not lease.has_room(session, most):
            return None
        row = lease.claim(session, found, "w", 30.0)
        if row is None:
            return None
        stand.worker._transitions.claimed(session, row, "w")
        return Held(row.project_id, row.id, row.attempt)

    if wanted is None:
        return stand.database.write_claimed(lambda session: lease.find_due(session, ["train"], most), take)
    return stand.worker._claim(take, wanted)


def end(stand, held: Held, state: str = "succeeded") -> None:
    stand.database.write(held.project_id, lambda session: stand.worker._transitions.ended(session, held, state))


def test_a_flood_of_one_project_does_not_starve_the_other(make_stand, project_id, other_project_id):
    stand = make_stand(start=False)
    flood = [create(stand, project_id, priority=100) for _ in range(30)]
    few = [create(stand, other_project_id) for _ in range(3)]
    taken = [claim(stand).run_id for _ in range(8)]
    # The flood came first; from then on both run equally many, until the smaller has no more.
    assert [run in few for run in taken] == [False, True, False, True, False, True, False, False]
    assert [run for run in taken if run in few] == few
    assert [run for run in taken if run in flood] == flood[:5]


def test_slots_that_become_free_go_to_the_project_that_runs_fewest(make_stand, project_id, other_project_id):
    stand = make_stand(start=False)
    for _ in range(4):
        create(stand, project_id)
    held = [claim(stand) for _ in range(3)]
    late = create(stand, other_project_id, priority=-100)
    end(stand, held[0])
    assert claim(stand).run_id == late


def test_inside_a_project_priority_comes_first_then_age(make_stand, project_id):
    stand = make_stand(start=False)
    made = [create(stand, project_id, priority=priority) for priority in (0, 5, 0, -3, 5)]
    assert [claim(stand).run_id for _ in made] == [made[index] for index in (1, 4, 0, 2, 3)]
    assert claim(stand) is None


def test_a_run_that_may_not_start_yet_holds_nobody_up(make_stand, project_id):
    stand = make_stand(start=False)
    later = create(stand, project_id, priority=9)
    waits = create(stand, project_id, priority=9, depends_on=[later])
    ready = create(stand, project_id)

    def postpone(session):
        session.get(Run, (project_id, later)).run_after = seconds_from_now(3600)

    stand.database.write(project_id, postpone)
    assert claim(stand).run_id == ready
    assert claim(stand) is None
    assert claim(stand, (project_id, waits)) is None


def test_no_project_runs_more_than_its_limit(make_stand, project_id, other_project_id):
    stand = make_stand(start=False, max_running_per_project=2)
    mine = [create(stand, project_id) for _ in range(4)]
    other = create(stand, other_project_id)
    held = [claim(stand) for _ in range(3)]
    assert [each.run_id for each in held] == [mine[0], other, mine[1]]
    assert claim(stand) is None
    assert claim(stand, (project_id, mine[2])) is None  # not even where a dispatch names it
    end(stand, held[2])
    assert claim(stand).run_id == mine[2]


def test_runs_that_clients_carry_take_no_place(make_stand, project_id):
    stand = make_stand(start=False, max_running_per_project=1)
    stand.service.create(project_id, RunRequest(kind="external"), "someone")
    mine = create(stand, project_id)
    assert claim(stand).run_id == mine


def test_many_claims_at_once_keep_the_limit(make_stand, project_id, other_project_id):
    stand = make_stand(start=False, max_running_per_project=3)
    for _ in range(12):
        create(stand, project_id)
        create(stand, other_project_id)
    taken: list[Held] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(12):  # None may also mean that another claim was quicker
            if (held := claim(stand)) is not None:
                taken.append(held)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(each.project_id for each in taken) == {project_id: 3, other_project_id: 3}
    assert len({each.run_id for each in taken}) == 6
