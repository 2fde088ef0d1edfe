"""Making, pausing, asking for and deleting schedules; what one fire writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from azuraforge.automations import scheduler
from azuraforge.automations.firing import KEPT_FIRES
from azuraforge.automations.schemas import ScheduleRequest, Timing
from azuraforge.clock import iso
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.runs.schemas import RunRequest


def test_a_schedule_is_stored_with_its_next_times(stand):
    made = stand.create(cron="30 6 * * *", timezone="Europe/Istanbul", misfire="all", grace_seconds=300)
    assert (made.cron, made.interval, made.timezone, made.misfire) == ("30 6 * * *", None, "Europe/Istanbul", "all")
    assert [at.astimezone(UTC).strftime("%H:%M") for at in made.next_fires] == ["03:30"] * 5
    assert (made.fires, made.left_out, made.newest_fires, made.paused) == (0, 0, [], False)
    assert made.run.config == {"epochs": 3}
    assert stand.service.get(stand.project_id, "nightly") == made == stand.service.get(stand.project_id, made.id)
    assert stand.service.list(stand.project_id).items == [made]
    assert stand.told("project") == [("schedule.created", {"schedule_id": made.id, "name": "nightly"})]


def test_an_interval_begins_where_it_was_made_or_at_its_anchor(stand):
    made = stand.create(interval={"every": 20, "unit": "minutes"})
    assert made.next_fires[0] == made.anchor_at + timedelta(minutes=20)
    future = datetime(2199, 5, 1, 12, tzinfo=UTC)
    later = stand.create("later", interval={"every": 1, "unit": "days"}, anchor_at=future)
    assert later.next_fires[:2] == [future, future + timedelta(days=1)]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"cron": "61 * * * *"}, "cron"),
        ({"interval": None}, "cron"),
        ({"cron": "0 0 * * *", "timezone": "Europe/Ankara"}, "timezone"),
        ({"anchor_at": datetime(2300, 1, 1, tzinfo=UTC)}, "anchor_at"),
        ({"run": {"config": {"refuse": True}}}, "plugin"),
        ({"run": {"kind": "external"}}, "run.kind"),
        ({"run": {"kind": "predict"}}, "kind"),
        ({"run": {"idempotency_key": "mine"}}, "run.idempotency_key"),
    ],
)
def test_what_could_never_fire_is_refused_when_it_is_made(stand, refused, fields, where):
    error = refused(InvalidInput, stand.create, **fields)
    assert error.where == where
    assert stand.service.list(stand.project_id).items == []


def test_a_name_is_taken_once(stand, refused):
    stand.create()
    assert "'nightly' already exists" in refused(Conflict, stand.create).message
    with pytest.raises(ValueError, match="needs a name"):
        stand.create("   ")


def test_times_can_be_asked_for_before_anything_is_stored(stand, refused):
    told = stand.service.times(stand.project_id, Timing(cron="0 12 1 1 *", timezone="Europe/Berlin"))
    assert [(at.month, at.day, at.hour) for at in told.next_fires] == [(1, 1, 11)] * 5
    assert refused(InvalidInput, stand.service.times, stand.project_id, Timing(cron="x")).where == "cron"


def test_a_due_schedule_queues_its_run_once_and_says_so(stand):
    made = stand.create(run={"name": "forecast", "config": {"epochs": 3}, "seed": 7, "priority": 5})
    assert stand.scheduler.tick() == 0
    stand.overdue(made.id, 5)
    due_at = stand.row(made.id).next_fire_at
    assert stand.scheduler.tick() == 1
    assert stand.scheduler.tick() == 0
    [run], [fire] = stand.queued(), stand.fires(made.id)
    assert (run.name, run.config, run.seed, run.priority, run.state) == ("forecast", {"epochs": 3}, 7, 5, "queued")
    assert run.created_by == "somebody"
    assert run.idempotency_key == f"schedule:{made.id}:{iso(due_at)}"
    assert (fire.run_id, fire.fire_time, fire.cause, fire.error) == (run.id, due_at, "due", None)
    assert stand.dispatch.submissions == [run.id]
    now = stand.service.get(stand.project_id, made.id)
    assert now.next_fires[0] == due_at + timedelta(hours=1), "an interval keeps its beat"
    [shown] = now.newest_fires
    assert (now.fires, shown.run_id, shown.run_name, shown.run_state) == (1, run.id, "forecast", "queued")
    fired = {"schedule_id": made.id, "name": "nightly", "fire_time": iso(due_at), "cause": "due", "run_id": run.id}
    assert ("schedule.fired", {**fired, "error": None}) in stand.told("project")
    assert stand.told(f"schedule/{made.id}")[-1] == ("schedule.fired", {**fired, "error": None})


def test_the_policy_is_the_schedule_s_own(stand):
    made = {
        policy: stand.create(policy, interval={"every": 1, "unit": "minutes"}, misfire=policy, grace_seconds=90)
        for policy in ("once", "all", "skip")
    }
    for each in made.values():
        stand.overdue(each.id, 10 * 60)
    stand.scheduler.tick()
    fires = {policy: stand.service.get(stand.project_id, policy) for policy in made}
    assert [fires[policy].fires for policy in ("once", "all")] == [1, 11]
    assert fires["skip"].fires in (1, 2)
    assert fires["once"].left_out == 10
    assert fires["all"].left_out == 0
    assert fires["skip"].fires + fires["skip"].left_out == 11
    missed = [data for type_, data in stand.told(f"schedule/{made['once'].id}") if type_ == "schedule.missed"]
    assert [each["count"] for each in missed] == [10]


def test_what_the_user_must_mend_is_the_fire_s_error_and_the_schedule_goes_on(stand):
    made = stand.create()
    stand.handler.prepare = lambda *_: (_ for _ in ()).throw(NotFound("the dataset 'co2' does not exist"))
    stand.overdue(made.id, 5)
    assert stand.scheduler.tick() == 1
    [fire] = stand.service.get(stand.project_id, made.id).newest_fires
    assert (fire.run_id, fire.error.message) == (None, "the dataset 'co2' does not exist")
    assert stand.queued() == []
    assert stand.row(made.id).next_fire_at == fire.fire_time + timedelta(hours=1)


def test_a_passing_trouble_leaves_the_fire_due(stand):
    troubled, other = stand.create("troubled", run={"config": {}}), stand.create("other")
    for each in (troubled, other):
        stand.overdue(each.id, 5)
    prepare = stand.handler.prepare

    def away(project_id, request):
        if not request.config:
            raise OSError("the launcher is starting")
        return prepare(project_id, request)

    stand.handler.prepare = away
    assert stand.scheduler.tick() == 1, "the other one is not held up"
    assert stand.fires(troubled.id) == []
    stand.handler.prepare = prepare
    assert stand.firing.due(_key(stand, troubled))
    assert len(stand.fires(troubled.id)) == 1


def test_a_key_that_is_taken_is_reported_and_does_not_stop_the_schedule(stand):
    made = stand.create()
    stand.overdue(made.id, 5)
    key = f"schedule:{made.id}:{iso(stand.row(made.id).next_fire_at)}"
    stand.runs.create(stand.project_id, RunRequest(idempotency_key=key))
    assert stand.scheduler.tick() == 1
    [fire] = stand.fires(made.id)
    assert fire.error.where == "idempotency_key"
    assert len(stand.queued()) == 1
    assert stand.scheduler.tick() == 0


def test_a_fire_and_its_run_are_written_together_or_not_at_all(stand, monkeypatch):
    made = stand.create()
    stand.overdue(made.id, 5)

    def dies(*_args, **_more):
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(stand.firing, "emit", dies)  # the last thing that a fire does
        with pytest.raises(OSError, match="killed"):
            stand.firing.due(_key(stand, made))
    assert (stand.fires(made.id), stand.queued(), stand.dispatch.submissions) == ([], [], [])
    assert stand.firing.due(_key(stand, made))
    assert (len(stand.fires(made.id)), len(stand.queued())) == (1, 1)


def test_a_schedule_is_changed_and_its_fires_stay(stand, refused):
    made = stand.create(interval={"every": 1, "unit": "hours"})
    other = stand.create("other", cron="0 0 * * *")
    stand.overdue(made.id, 30)
    stand.scheduler.tick()
    fired = stand.service.get(stand.project_id, made.id)
    same = {"name": "nightly", "interval": {"every": 1, "unit": "hours"}, "run": {"config": {"epochs": 9}}}
    changed = stand.service.replace(stand.project_id, "nightly", ScheduleRequest(**same))
    assert (changed.run.config, changed.next_fires) == ({"epochs": 9}, fired.next_fires)
    assert (changed.fires, changed.newest_fires, changed.anchor_at) == (1, fired.newest_fires, fired.anchor_at)
    timing = {"cron": "30 6 * * *", "timezone": "Europe/Istanbul", "misfire": "skip", "grace_seconds": 5}
    moved = stand.service.replace(
        stand.project_id, made.id, ScheduleRequest(name="mornings", run={"config": {}}, **timing)
    )
    assert (moved.id, moved.name, moved.interval, moved.misfire, moved.grace_seconds) == (
        made.id,
        "mornings",
        None,
        "skip",
        5,
    )
    assert [at.astimezone(UTC).strftime("%H:%M") for at in moved.next_fires] == ["03:30"] * 5
    assert [type_ for type_, _ in stand.told("project") if type_ == "schedule.changed"] == ["schedule.changed"] * 2
    paused = ScheduleRequest(name="mornings", run={"config": {}}, paused=True, **timing)
    assert stand.service.replace(stand.project_id, made.id, paused).next_fires == []
    taken = ScheduleRequest(name="other", run={"config": {}}, **timing)
    assert refused(Conflict, stand.service.replace, stand.project_id, made.id, taken).where == "name"
    wrong = ScheduleRequest(name="mornings", run={"config": {"refuse": True}}, **timing)
    assert refused(InvalidInput, stand.service.replace, stand.project_id, made.id, wrong).where == "plugin"
    refused(NotFound, stand.service.replace, stand.project_id, "nightly", paused)
    assert stand.service.get(stand.project_id, made.id).paused
    assert stand.service.get(stand.project_id, other.id) == other


def test_what_was_changed_while_a_fire_was_prepared_is_what_fires(stand, monkeypatch):
    made = stand.create()
    stand.overdue(made.id, 30)
    prepare, edits = stand.firing._prepare, []

    def edited_meanwhile(schedule):
        prepared = prepare(schedule)
        if not edits:
            same = {"name": "nightly", "interval": {"every": 1, "unit": "hours"}}
            edits.append(
                stand.service.replace(stand.project_id, made.id, ScheduleRequest(run={"config": {"epochs": 9}}, **same))
            )
        return prepared

    monkeypatch.setattr(stand.firing, "_prepare", edited_meanwhile)
    stand.scheduler.tick()
    stand.scheduler.tick()
    assert [run.config for run in stand.queued()] == [{"epochs": 9}]


def test_schedules_that_rest_do_not_hide_those_behind_them(stand, monkeypatch):
    monkeypatch.setattr(scheduler, "_AT_ONCE", 1)
    stuck, fine = stand.create("stuck"), stand.create("fine")
    stand.overdue(stuck.id, 60)
    stand.overdue(fine.id, 30)
    due = stand.firing.due

    def troubled(key):
        if key.schedule_id == stuck.id:
            raise RuntimeError("this machine knows no time zones")
        return due(key)

    monkeypatch.setattr(stand.firing, "due", troubled)
    stand.scheduler.tick()
    stand.scheduler.tick()
    assert (len(stand.fires(stuck.id)), len(stand.fires(fine.id))) == (0, 1)


def test_a_paused_schedule_does_not_fire_and_makes_nothing_up(stand):
    made = stand.create(misfire="all", interval={"every": 1, "unit": "minutes"})
    stand.overdue(made.id, 600)
    paused = stand.service.pause(stand.project_id, made.id)
    assert (paused.paused, paused.next_fires) == (True, [])
    assert stand.scheduler.tick() == 0
    assert stand.service.pause(stand.project_id, made.id) == paused
    resumed = stand.service.resume(stand.project_id, "nightly")
    assert timedelta(0) < resumed.next_fires[0] - made.created_at <= timedelta(minutes=2)
    assert stand.service.resume(stand.project_id, "nightly").paused is False
    assert stand.scheduler.tick() == 0
    kinds = [type_ for type_, _ in stand.told(f"schedule/{made.id}")]
    assert kinds == ["schedule.created", "schedule.paused", "schedule.resumed"]
    assert stand.create("asleep", paused=True).next_fires == []


def test_run_now_queues_a_run_in_addition_to_the_schedule_s_own_times(stand, refused):
    made = stand.create(paused=True)
    fire = stand.service.run_now(stand.project_id, "nightly", "another")
    assert (fire.cause, fire.run_state) == ("asked", "queued")
    [run] = stand.queued()
    assert (run.id, run.created_by) == (fire.run_id, "another")
    assert stand.row(made.id).next_fire_at is None
    stand.handler.away = True
    assert refused(Exception, stand.service.run_now, stand.project_id, "nightly").message == "the launcher is starting"
    assert len(stand.fires(made.id)) == 1


def test_a_deleted_schedule_leaves_its_runs(stand, refused):
    made = stand.create()
    run_id = stand.service.run_now(stand.project_id, made.id).run_id
    stand.service.delete(stand.project_id, "nightly")
    assert stand.runs.get(stand.project_id, run_id).state == "queued"
    assert stand.fires(made.id) == []
    assert stand.told("project")[-1][0] == "schedule.deleted"
    error = refused(NotFound, stand.service.get, stand.project_id, "nightly")
    assert error.next_step == "azuraforge schedules list"
    stand.create()  # its name is free again


def test_a_foreign_schedule_is_not_there(stand, other_project_id, refused):
    made = stand.create()
    service = stand.service
    for work in (service.get, service.pause, service.resume, service.run_now, service.delete):
        for name in (made.id, made.name):
            refused(NotFound, work, other_project_id, name)
    assert service.list(other_project_id).items == []
    assert service.list(stand.project_id).items == [made]


def test_schedules_of_several_projects_fire_each_in_its_own(stand, other_project_id):
    mine = stand.create()
    other = type(stand)(stand.database, stand.home, other_project_id)
    theirs = other.create()
    for one, schedule in ((stand, mine), (other, theirs)):
        one.overdue(schedule.id, 5)
    assert stand.scheduler.tick() == 2
    for one, schedule in ((stand, mine), (other, theirs)):
        [fire], [run] = one.fires(schedule.id), one.queued()
        assert (fire.run_id, run.project_id) == (run.id, one.project_id)


def test_the_list_of_fires_does_not_grow_for_ever(stand, monkeypatch):
    monkeypatch.setattr("azuraforge.automations.firing.KEPT_FIRES", 30)
    made = stand.create(interval={"every": 1, "unit": "seconds"}, misfire="all", grace_seconds=1)
    stand.overdue(made.id, 3600)
    assert KEPT_FIRES > 100
    stand.scheduler.tick()
    assert stand.service.get(stand.project_id, made.id).fires == 100
    kept = stand.fires(made.id)
    assert len(kept) == 30
    assert kept[-1].fire_time > kept[0].fire_time + timedelta(seconds=28)
    page = stand.service.fires(stand.project_id, "nightly", limit=20)
    older = stand.service.fires(stand.project_id, made.id, limit=20, after=page.next)
    shown = [fire.fire_time for fire in (*page.items, *older.items)]
    assert (shown, older.next) == (sorted((fire.fire_time for fire in kept), reverse=True), None)
    assert len(stand.queued()) == 100


def _key(stand, schedule):
    from azuraforge.automations.store import Due

    return Due(stand.project_id, schedule.id)
