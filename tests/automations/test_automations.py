"""From cause to firing to steps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from azuraforge.automations.notifications.tables import Notification
from azuraforge.automations.triggers import cycles, store
from azuraforge.automations.triggers.definition import OnEvent, RunStep
from azuraforge.automations.triggers.schemas import AutomationChange, DryRunRequest
from azuraforge.automations.triggers.tables import AutomationFiring
from azuraforge.errors import Conflict, InvalidInput, NotFound
from azuraforge.messages import speaking
from tests.automations.triggers import Stand


@pytest.fixture
def stand(database, project_id, tmp_path):
    return Stand(database, tmp_path / "home", project_id)


def steps_of(found):
    return [(step.do, step.state) for step in found.newest_firings[0].steps]


def messages(stand):
    with stand.database.read(stand.project_id) as session:
        return list(session.scalars(select(Notification)))


def test_an_event_fires_once_and_each_step_waits_for_the_one_before(stand):
    stand.target()
    stand.happen("dataset.version_added", dataset="co2", version=2)  # before the automation: no cause
    stand.create(
        when={"on": "event", "type": "dataset.version_added", "where": [{"field": "dataset", "equals": "co2"}]},
        steps=[
            {"do": "predict", "run": {"model": "co2", "config": {"version": "{cause.version}"}}},
            {"do": "notify", "to": ["me"]},
        ],
    )
    stand.happen("dataset.version_added", dataset="sales", version=9)
    stand.loop.tick()
    assert stand.get().fires == 0
    stand.happen("dataset.version_added", dataset="co2", version=3, rows_added=24)
    stand.loop.tick()
    stand.loop.tick()
    (run,) = stand.queued()
    assert run.config == {"version": 3}  # a number, as the cause says it
    assert steps_of(stand.get()) == [("predict", "running"), ("notify", "waiting")]
    assert messages(stand) == []
    stand.end_runs()
    stand.loop.tick()
    assert steps_of(stand.get()) == [("predict", "succeeded"), ("notify", "succeeded")]
    assert stand.get().newest_firings[0].state == "succeeded"
    (message,) = messages(stand)
    assert message.text == "Version 3 of dataset co2 was added, with 24 new rows."


def test_causes_within_the_cool_down_become_one_later_firing(stand):
    stand.create(cool_down_seconds=600)
    stand.happen(count=700)  # more than one page of the log
    stand.loop.tick()
    assert len(stand.queued()) == 1
    stand.end_runs()
    stand.loop.tick()
    found = stand.get()
    assert (found.fires, found.grouped, found.pending) == (1, 699, 699)
    stand.later("fresh", 700)
    stand.loop.tick()
    found = stand.get()
    assert (found.fires, found.pending, found.newest_firings[0].causes) == (2, 0, 699)
    assert len(stand.queued()) == 2


def test_a_running_firing_holds_back_the_next(stand):
    stand.create(cool_down_seconds=0)
    stand.happen(count=3)
    stand.loop.tick()
    assert (len(stand.queued()), stand.get().pending) == (1, 2)
    stand.end_runs()
    stand.loop.tick()
    assert (len(stand.queued()), stand.get().pending) == (2, 0)


def test_automations_of_one_group_answer_causes_that_meet_once(stand):
    """As three retrainings do: by schedule, by drift and by a lost comparison."""
    for name in ("one", "two", "three", "alone"):
        group = None if name == "alone" else "retrain"
        stand.create(name, cool_down_seconds=600, cool_down_group=group)

    def fires() -> list[int]:
        return [stand.get(name).fires for name in ("one", "two", "three", "alone")]

    stand.happen()  # a cause of all four
    for _ in range(2):
        stand.loop.tick()
    assert sorted(fires()[:3]) == [0, 0, 1]
    assert (fires()[3], len(stand.queued())) == (1, 2)
    stand.end_runs()
    for _ in range(3):
        stand.loop.tick()
    assert sum(fires()[:3]) == 1, "the others wait for the cool-down of the first"
    for name in ("one", "two", "three"):
        stand.later(name, 700)
    for _ in range(3):
        stand.loop.tick()
        stand.end_runs()
    found = [stand.get(name) for name in ("one", "two", "three")]
    assert (sum(fires()[:3]), len(stand.queued())) == (2, 3), "what was held back became one firing, not two"
    assert [each.pending for each in found] == [0, 0, 0]
    assert sorted(each.newest_firings[0].causes for each in found if each.fires) == [1, 2]


def test_a_group_waits_for_the_running_firing_of_another(stand):
    for name in ("one", "two"):
        stand.create(name, cool_down_seconds=0, cool_down_group="retrain")
    stand.happen()
    stand.loop.tick()
    (first, held) = sorted((stand.get(name) for name in ("one", "two")), key=lambda each: -each.fires)
    stand.set(held.name, pending_at=first.last_fired_at)
    stand.loop.tick()
    assert stand.get(held.name).fires == 0, "the run of the first goes on"
    stand.end_runs()
    stand.loop.tick()
    stand.set(held.name, pending_at=first.last_fired_at)
    stand.loop.tick()
    assert stand.get(held.name).fires == 1


def test_the_limit_per_day_withholds_and_counts(stand):
    stand.target()
    stand.create(cool_down_seconds=0, most_per_day=2, steps=[{"do": "notify", "to": ["me"]}])
    for _ in range(5):
        stand.happen()
        stand.loop.tick()
    assert (stand.get().fires, stand.get().withheld) == (2, 3)
    stand.later("fresh", 90_000)
    stand.happen()
    stand.loop.tick()
    assert stand.get().fires == 3


def test_a_failed_step_stops_goes_on_or_is_tried_again(stand):
    stand.target()
    steps = [
        {"do": "refresh", "run": {"dataset": "co2"}, "retries": 1, "on_failure": "continue"},
        {"do": "predict", "run": {"model": "co2"}},
        {"do": "notify", "to": ["me"]},
    ]
    stand.create(steps=steps)
    stand.happen()
    stand.loop.tick()
    stand.end_runs("failed")
    stand.loop.tick()
    first = stand.get().newest_firings[0].steps[0]
    assert (first.state, first.tries, first.error.code) == ("waiting", 1, "run_failed")
    assert len(stand.queued()) == 1  # not before its pause is over
    stand.look_now()
    stand.loop.tick()
    assert len(stand.queued()) == 2
    stand.end_runs("failed")
    stand.loop.tick()
    assert steps_of(stand.get()) == [("refresh", "failed"), ("predict", "running"), ("notify", "waiting")]
    stand.end_runs("cancelled")
    stand.loop.tick()
    assert steps_of(stand.get()) == [("refresh", "failed"), ("predict", "failed"), ("notify", "skipped")]
    assert stand.get().newest_firings[0].state == "failed"
    assert messages(stand) == []


def test_a_measure_fires_once_for_each_crossing(stand):
    stand.target()
    stand.create(
        when={"on": "measure", "measure": "test.dial", "above": 0.9},
        cool_down_seconds=0,
        steps=[{"do": "notify", "to": ["me"]}],
    )
    for value, fires in ((0.5, 0), (0.95, 1), (0.99, 1), (None, 1), (0.95, 2)):
        stand.dial.value = value
        stand.due()
        stand.loop.tick()
        assert stand.get().fires == fires, value
    tried = stand.service.dry_run(
        stand.project_id, DryRunRequest(when=stand.get().when, cool_down_seconds=0), stand.get().id
    )
    assert (tried.fires, tried.complete) == (2, False)
    assert tried.note == "values are stored only after an automation that watches this measure is saved"
    with speaking("tr"):
        tried = stand.service.dry_run(stand.project_id, DryRunRequest(when=stand.get().when))
    assert tried.note.startswith("değerler ancak bu ölçüyü izleyen bir otomasyon kaydedildikten sonra")


def test_a_schedule_fires_and_moves_on(stand):
    stand.target()
    when = {"on": "schedule", "interval": {"every": 1, "unit": "hours"}}
    made = stand.create(when=when, steps=[{"do": "notify", "to": ["me"]}])
    assert made.next_at is not None
    stand.due()
    stand.loop.tick()
    assert stand.get().fires == 1
    assert stand.get().next_at > made.created_at
    tried = stand.service.dry_run(stand.project_id, DryRunRequest(when=made.when, most_per_day=12))
    assert tried.fires == pytest.approx(360, abs=12)
    assert tried.fires + tried.withheld == tried.causes == pytest.approx(720, abs=1)


def test_a_dry_run_does_what_the_automation_did(stand):
    stand.target()
    made = stand.create(
        when={"on": "event", "type": "test.happened", "where": [{"field": "loss", "above": 2}]},
        cool_down_seconds=3600,
        steps=[{"do": "notify", "to": ["me"]}],
    )
    for loss in (1, 3, 5, True, "4"):
        stand.happen(loss=loss)
    stand.loop.tick()
    tried = stand.service.dry_run(stand.project_id, DryRunRequest(when=made.when, cool_down_seconds=3600))
    found = stand.get()
    assert (found.fires, found.grouped) == (tried.fires, tried.grouped) == (1, 1)
    assert tried.complete


@pytest.mark.parametrize("through", ["itself", "another"])
def test_a_cycle_is_refused_with_its_path(stand, through):
    grows = {"on": "event", "type": "dataset.version_added", "where": [{"field": "dataset", "equals": "co2"}]}
    refresh = [{"do": "refresh", "run": {"dataset": "co2"}}]
    if through == "itself":
        with pytest.raises(InvalidInput, match=r"a → dataset\.version_added → a") as raised:
            stand.create("a", when=grows, steps=refresh)
    else:
        stand.create("a", when=grows, steps=[{"do": "predict", "run": {"model": "co2"}}])
        made = {"on": "event", "type": "prediction.made", "where": [{"field": "model", "equals": "co2"}]}
        with pytest.raises(InvalidInput, match=r"b → dataset\.version_added → a → prediction\.made → b") as raised:
            stand.create("b", when=made, steps=refresh)
    assert raised.value.error_code == "cycle"
    other = [{"do": "refresh", "run": {"dataset": "other"}}]
    stand.create("c", when=grows, steps=other)  # the filter breaks it


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"steps": [{"do": "notify", "to": ["gone"]}]}, NotFound, "'gone' does not exist"),
        (
            {"when": {"on": "measure", "measure": "no.such", "above": 1}},
            InvalidInput,
            "measure 'no.such' does not exist",
        ),
        ({"when": {"on": "schedule", "cron": "0 0 31 2 *"}}, InvalidInput, "cron line .* is invalid"),
        ({"steps": [{"do": "train", "run": {}}]}, InvalidInput, "'train' is not a kind of run"),
        ({"steps": [{"do": "external", "run": {}}]}, InvalidInput, "'external' is not a kind of run"),
        ({"steps": [{"do": "refresh", "run": {"datset": "co2"}}]}, ValidationError, "datset"),
        ({"steps": [{"do": "refresh", "run": {"kind": "predict"}}]}, ValidationError, "run.kind"),
        ({"when": {"on": "event", "type": "x", "where": [{"field": "a"}]}}, ValidationError, "needs one of"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_saved(stand, fields, error, words):
    with pytest.raises(error, match=words):
        stand.create(**fields)
    assert stand.service.list(stand.project_id).items == []


def test_a_pause_drops_causes_and_a_name_is_taken_once(stand):
    stand.create()
    with pytest.raises(Conflict, match="already exists"):
        stand.create()
    stand.service.pause(stand.project_id, "fresh")
    stand.happen()
    stand.loop.tick()
    stand.service.resume(stand.project_id, "fresh")
    stand.loop.tick()
    assert stand.get().fires == 0
    stand.happen()
    stand.loop.tick()
    assert stand.get().fires == 1
    stand.service.delete(stand.project_id, "fresh")
    stand.happen()
    assert stand.loop.tick() == 0
    assert len(stand.queued()) == 1  # its run stays


def test_a_field_that_the_cause_lacks_is_the_steps_error(stand):
    stand.create(steps=[{"do": "refresh", "run": {"dataset": "{cause.nowhere}"}}])
    stand.happen(dataset="co2")
    stand.loop.tick()
    (step,) = stand.get().newest_firings[0].steps
    assert step.state == "failed"
    assert step.error.message == "the cause has no field 'nowhere'"


def test_the_same_cause_fires_once_also_after_the_clock_was_set_back(stand):
    stand.target()
    when = {"on": "schedule", "interval": {"every": 1, "unit": "hours"}}
    stand.create(when=when, steps=[{"do": "notify", "to": ["me"]}], cool_down_seconds=0)
    due = stand.database.clock() - timedelta(seconds=1)
    stand.set(anchor_at=due)
    for _ in range(2):
        stand.set(next_at=due)
        stand.loop.tick()
        stand.loop.tick()
    found = stand.get()
    assert (found.fires, found.pending, len(found.newest_firings)) == (1, 0, 1)
    assert len(messages(stand)) == 1


def test_the_database_refuses_a_second_firing_for_a_cause(stand):
    stand.create()
    stand.happen()
    stand.loop.tick()

    def again(session):
        first = session.scalars(select(AutomationFiring)).one()
        same = {"project_id": first.project_id, "automation_id": first.automation_id, "cause": first.cause}
        fields = {"causes": 1, "data": {}, "state": "running", "look_at": first.fired_at, "fired_at": first.fired_at}
        session.add(AutomationFiring(**same, **fields))
        session.flush()

    with pytest.raises(IntegrityError):
        stand.database.write(stand.project_id, again)


def test_a_dataset_that_is_named_by_its_id_excludes_no_cycle(stand):
    grows = {"on": "event", "type": "dataset.version_added", "where": [{"field": "dataset", "equals": "co2"}]}
    with pytest.raises(InvalidInput, match="would fire itself"):
        stand.create("a", when=grows, steps=[{"do": "refresh", "run": {"dataset": "abcdefgh23456789"}}])


def test_only_what_an_automation_can_reach_is_read(stand, monkeypatch):
    def listens(name: str, dataset: str | None, model: str) -> None:
        where = [{"field": "dataset", "equals": dataset}] if dataset else []
        grows = {"on": "event", "type": "dataset.version_added", "where": where}
        stand.create(name, when=grows, steps=[{"do": "predict", "run": {"model": model}}])

    listens("same", "co2", "co2")
    listens("other", "sales", "sales")
    listens("any", None, "{cause.dataset}")
    made = {"on": "event", "type": "prediction.made", "where": [{"field": "model", "equals": "m"}]}
    stand.create("after", when=made, steps=[{"do": "predict", "run": {"model": "z"}}])
    read: list[str] = []
    found = store.listening

    def listening(session, events):
        rows = found(session, events)
        read.extend(row.name for row in rows)
        return rows

    monkeypatch.setattr(store, "listening", listening)
    refresh = [{"do": "refresh", "run": {"dataset": "co2"}}]
    stand.create("daily", when={"on": "schedule", "interval": {"unit": "days", "every": 1}}, steps=refresh)
    assert read == []  # no event fires it
    stand.create("asked", steps=refresh)
    assert read == ["any", "same", "after"]  # another dataset's is not among them; "after" may follow "any"
    read.clear()
    notify = [{"do": "predict", "run": {"model": "co2"}}]
    stand.create("more", when={"on": "event", "type": "test.other"}, steps=notify)
    assert read == []  # what listens to another model is not read


def test_a_cycle_over_many_automations_is_found(stand):
    for number in range(5):
        made = {"on": "event", "type": "prediction.made", "where": [{"field": "model", "equals": f"m{number}"}]}
        stand.create(f"a{number}", when=made, steps=[{"do": "predict", "run": {"model": f"m{number + 1}"}}])
    made = {"on": "event", "type": "prediction.made", "where": [{"field": "model", "equals": "m5"}]}
    with pytest.raises(InvalidInput, match=r"last → prediction.made → a0 .* → a4 → prediction.made → last"):
        stand.create("last", when=made, steps=[{"do": "predict", "run": {"model": "m0"}}])


def change(stand, of: str = "fresh", /, **fields):
    """The automation as the API states it, with these fields."""
    found = stand.get(of).model_dump(mode="json")
    kept = {key: found[key] for key in AutomationChange.model_fields}
    return AutomationChange.model_validate({**kept, **fields})


def test_an_edited_automation_keeps_its_firings_and_refuses_the_second_editor(stand):
    where = [
        {"field": "loss", "above": 0.5},
        {"field": "kind", "one_of": ["a", "b"]},
        {"field": "none", "equals": None},
    ]
    stand.create(when={"on": "event", "type": "test.happened", "where": where})
    stand.happen(loss=1, kind="a")
    stand.loop.tick()
    assert stand.get().fires == 1
    mine, other = change(stand, name="renamed", cool_down_seconds=0), change(stand, most_per_day=1)
    made = stand.service.replace(stand.project_id, "fresh", mine)
    assert (made.name, made.cool_down_seconds, made.fires, len(made.newest_firings)) == ("renamed", 0, 1, 1)
    assert made.when.where == stand.service.get(stand.project_id, made.id).when.where
    with pytest.raises(
        Conflict, match="was changed in the meantime: it has revision 2, and this change is based on revision 1"
    ) as no:
        stand.service.replace(stand.project_id, made.id, other)
    assert no.value.error_code == "changed_meanwhile"
    stand.end_runs()
    stand.look_now()
    stand.loop.tick()
    stand.happen(loss=1, kind="a")  # the filters are what they were
    stand.happen(loss=0, kind="a")
    stand.loop.tick()
    assert stand.get("renamed").fires == 2
    paused = change(stand, "renamed", most_per_day=2)
    stand.service.pause(stand.project_id, "renamed")
    with pytest.raises(Conflict, match="changed in the meantime"):
        stand.service.replace(stand.project_id, "renamed", paused)
    assert stand.get("renamed").paused


def test_a_change_is_checked_as_a_new_automation_is(stand):
    stand.create()
    stand.create("other", when={"on": "event", "type": "test.other"})
    grows = {"on": "event", "type": "dataset.version_added"}
    for fields, error, words in (
        ({"when": grows}, InvalidInput, "would fire itself"),
        ({"steps": [{"do": "notify", "to": ["nowhere"]}]}, NotFound, "target 'nowhere' does not exist"),
        ({"name": "other"}, Conflict, "an automation named 'other' already exists"),
    ):
        with pytest.raises(error, match=words):
            stand.service.replace(stand.project_id, "fresh", change(stand, **fields))
    assert stand.get().revision == 1


def test_firing_by_hand_says_that_the_limit_is_reached(stand):
    stand.target()
    stand.create(steps=[{"do": "notify", "to": ["me"]}], cool_down_seconds=0, most_per_day=1)
    stand.service.fire(stand.project_id, "fresh")
    with pytest.raises(Conflict, match="limit of 1 firing within 24 hours"):
        stand.service.fire(stand.project_id, "fresh")
    assert stand.get().withheld == 0


def test_a_run_of_another_packages_kind_may_change_anything_and_an_agent_nothing():
    grows = OnEvent(on="event", type="dataset.version_added")
    cycles.check(cycles.Node("a", grows, [RunStep(do="agent")]), lambda _: [])
    with pytest.raises(InvalidInput, match="would fire itself"):
        cycles.check(cycles.Node("a", grows, [RunStep(do="custom")]), lambda _: [])


def test_a_stored_filter_keeps_only_what_it_was_given(stand):
    stand.create(when={"on": "event", "type": "test.happened", "where": [{"field": "rows", "above": 2}]})
    stand.happen(rows=3)
    stand.loop.tick()
    assert stand.get().fires == 1
