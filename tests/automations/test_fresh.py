"""Which automations keep a model fresh: the rules, and setting them up as a set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from pydantic import ValidationError

from azuraforge.automations.fresh.plan import ROLES, Subject, label_of, name_of, plan
from azuraforge.automations.fresh.schemas import KeepFreshRequest
from azuraforge.automations.fresh.service import FreshService
from azuraforge.automations.needs import object_to_model
from azuraforge.automations.notifications.wording import DoneStep, of_firing
from azuraforge.automations.triggers import cycles
from azuraforge.automations.triggers.definition import OnEvent
from azuraforge.automations.triggers.schemas import AutomationChange, AutomationRequest
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.models.registry.names import check_name
from azuraforge.models.store import ensure_model
from tests.automations.triggers import Stand


@pytest.fixture
def stand(database, project_id, tmp_path):
    return Stand(database, tmp_path / "home", project_id)


TRAINING = {
    "plugin": "forecasting.lstm",
    "dataset": "load",
    "model": "sales",
    "config": {"horizon": 3},
    "name": "keep-fresh:sales",
}
SALES = Subject("sales", "sales", "load", TRAINING, can_refresh=True, can_forecast=True)


def roles(requests: list[AutomationRequest]) -> list[str]:
    names = {name_of("sales", role): role for role in ROLES}
    return [names[each.name] for each in requests]


def test_the_set_refreshes_forecasts_retrains_and_reports():
    made = plan(SALES, KeepFreshRequest(notify=["team"]))
    assert roles(made) == list(ROLES)
    steps = {name: [step.do for step in each.steps] for name, each in zip(roles(made), made, strict=True)}
    assert steps["refresh"] == ["refresh"]
    assert steps["forecast"] == ["forecast"]
    assert steps["retrain_on_drift"] == steps["retrain_when_worse"] == ["train", "notify"]
    when = {name: each.when for name, each in zip(roles(made), made, strict=True)}
    assert when["refresh"].interval.unit == "days"
    assert (when["retrain_when_worse"].measure, when["retrain_when_worse"].of) == ("model.worse_than_baseline", "sales")


def test_no_part_of_the_set_fires_itself():
    made = plan(SALES, KeepFreshRequest(notify=["team"]))
    nodes = [cycles.Node(each.name, each.when, each.steps) for each in made]
    for index, node in enumerate(nodes):
        cycles.check(node, lambda _, others=(*nodes[:index], *nodes[index + 1 :]): others)
    where = [{"field": "kind", "equals": "train"}, {"field": "name", "equals": "the one"}]
    tell = {"when": {"on": "event", "type": "run.state", "where": where}, "name": "tell"}
    other = AutomationRequest.model_validate({**tell, "steps": [{"do": "predict", "run": {"model": "{cause.model}"}}]})
    cycles.check(
        cycles.Node("tell", other.when, other.steps), lambda _: nodes
    )  # runs of the set have a name of their own
    loose = OnEvent(on="event", type="dataset.version_added")
    with pytest.raises(InvalidInput, match="would fire itself"):
        cycles.check(cycles.Node("loose", loose, made[0].steps), lambda _: nodes)


@pytest.mark.parametrize(
    ("subject", "asked", "left"),
    [
        (replace(SALES, can_refresh=False), {}, ["forecast", "retrain_regularly"]),
        (replace(SALES, can_forecast=False), {}, ["refresh", "retrain_regularly"]),
        (SALES, {"refresh": "never", "retrain": "never"}, ["forecast", "retrain_on_drift"]),
    ],
)
def test_what_is_not_possible_or_not_wanted_is_left_out(subject, asked, left):
    made = roles(plan(subject, KeepFreshRequest(**asked)))
    assert made[:2] == left
    assert "report" not in made


def test_a_short_distance_is_not_held_back_by_limits():
    (refresh, _, retrain, *_) = plan(SALES, KeepFreshRequest(refresh="10s", retrain="30s"))
    assert refresh.most_per_day >= 8640
    assert retrain.cool_down_seconds == 4
    worse = plan(SALES, KeepFreshRequest(retrain="30s"))[-1]
    assert (worse.cool_down_seconds, worse.when.every_seconds) == (4, 5)


def test_the_three_retrainings_share_one_cool_down():
    made = dict(zip(ROLES, plan(SALES, KeepFreshRequest(notify=["team"])), strict=True))
    retraining = [each for role, each in made.items() if role.startswith("retrain")]
    assert {(each.cool_down_group, each.cool_down_seconds) for each in retraining} == {
        ("keep-fresh:sales:retrain", 86_400)
    }
    assert [made[role].cool_down_group for role in ("refresh", "forecast", "report")] == [None] * 3


def test_a_long_name_becomes_the_id():
    assert label_of("m" * 51, "abcdefgh23456789") == "abcdefgh23456789"
    assert all(len(name_of(label_of("m" * 50, ""), role)) <= 100 for role in ROLES)


@pytest.mark.parametrize("name", ["load/daily", "/", "keep-fresh:a/b:forecast"])
def test_a_name_with_a_slash_is_refused(stand: Stand, name: str):
    stand.target()
    with pytest.raises(ValidationError, match="must not contain '/'"):
        wanted(stand, name)
    with pytest.raises(ValidationError, match="must not contain '/'"):
        AutomationChange.model_validate({**wanted(stand, "load")[0].model_dump(), "name": name, "revision": 1})


@pytest.mark.parametrize("model", ["sales/daily", "a/b"])
def test_no_name_of_the_set_has_a_slash_because_no_model_has(model: str):
    with pytest.raises(InvalidInput, match="is not a valid model name"):
        check_name(model)


def wanted(stand: Stand, *names: str, text: str = "a") -> list[AutomationRequest]:
    given = {"when": {"on": "event", "type": "test.happened"}, "steps": [{"do": "notify", "to": ["me"], "text": text}]}
    return [AutomationRequest.model_validate({"name": name, **given}) for name in names]


def test_a_set_is_set_up_changed_and_removed_as_one(stand: Stand):
    stand.target()
    names = ["one", "two", "three"]
    stand.service.set_up(stand.project_id, names, wanted(stand, "one", "two"))
    stand.service.pause(stand.project_id, "two")
    before = {name: stand.get(name) for name in ("one", "two")}
    stand.service.set_up(stand.project_id, names, wanted(stand, "one", "two"))
    assert {name: stand.get(name) for name in ("one", "two")} == before
    changed = [*wanted(stand, "two", text="b"), *wanted(stand, "three")]
    stand.service.set_up(stand.project_id, names, changed)
    assert stand.get("two").id == before["two"].id
    assert stand.get("two").paused
    assert stand.get("two").steps[0].text == "b"
    assert [each.name for each in stand.service.list(stand.project_id).items] == ["three", "two"]
    stand.service.set_up(stand.project_id, names, [])
    assert stand.service.list(stand.project_id).items == []


def test_a_set_that_cannot_be_saved_changes_nothing(stand: Stand):
    stand.target()
    stand.service.set_up(stand.project_id, ["one"], wanted(stand, "one"))
    lost = AutomationRequest.model_validate(
        {"name": "two", "when": {"on": "event", "type": "x.y"}, "steps": [{"do": "notify", "to": ["nobody"]}]}
    )
    with pytest.raises(Exception, match="target 'nobody' does not exist"):
        stand.service.set_up(stand.project_id, ["one", "two"], [*wanted(stand, "one", text="b"), lost])
    assert stand.get("one").steps[0].text == "a"


def test_a_cycle_inside_a_set_is_refused(stand: Stand):
    def one(name: str, awaits: str) -> AutomationRequest:
        where = [{"field": "name", "equals": awaits}]
        when = {"on": "event", "type": "automation.finished", "where": where}
        step = {"do": "notify", "to": ["me"]}
        return AutomationRequest.model_validate({"name": name, "when": when, "steps": [step]})

    stand.target()
    with pytest.raises(InvalidInput, match="would fire itself"):
        stand.service.set_up(stand.project_id, ["a", "b"], [one("a", "b"), one("b", "a")])
    assert stand.service.list(stand.project_id).items == []


def test_a_model_that_is_kept_fresh_names_the_way_out(stand: Stand):
    stand.target()
    name = name_of("co2", "forecast")
    stand.create(name, steps=[{"do": "predict", "run": {"model": "co2", "dataset": "co2"}}])
    with pytest.raises(Conflict) as raised:
        stand.database.write(stand.project_id, lambda session: object_to_model(session, "co2"))
    assert raised.value.next_step.endswith("azuraforge models keep-fresh co2 --off")
    filtered = {"on": "event", "type": "model.drift", "where": [{"field": "model", "equals": "other"}]}
    stand.create("watch", when=filtered, steps=[{"do": "notify", "to": ["me"]}])
    with pytest.raises(Conflict, match="automation 'watch' uses model 'other'"):
        stand.database.write(stand.project_id, lambda session: object_to_model(session, "other"))


def test_stopping_for_a_model_without_a_champion_changes_nothing(stand: Stand):
    stand.target()
    stand.database.write(stand.project_id, lambda session: ensure_model(session, "sales"))
    name = name_of("sales", "forecast")
    stand.service.set_up(stand.project_id, [name], wanted(stand, name))
    fresh = FreshService(stand.database, stand.service, *[cast(Any, None)] * 4)
    with pytest.raises(Conflict, match="no version under the alias 'champion'") as raised:
        fresh.stop(stand.project_id, "sales")
    assert raised.value.next_step.endswith("azuraforge automations delete NAME")
    assert [each.name for each in stand.service.list(stand.project_id).items] == [name]


def test_a_message_says_what_the_steps_before_it_did():
    done = [
        DoneStep("train", "succeeded", None, "kept"),
        DoneStep("refresh", "failed", {"en": "the source is away", "tr": "kaynak yanıt vermiyor"}),
    ]
    cause = {"measure": "model.worse_than_baseline", "of": "sales", "value": 1.0}
    _, text = of_firing("keep", cause, None, 1, done)("en", 1)
    assert text.split("\n") == [
        "The live predictions of sales are significantly worse than those of a baseline.",
        "Training: succeeded (the champion did not change).",
        "Refresh: failed (the source is away).",
    ]
    _, turkish = of_firing("keep", cause, None, 1, done)("tr", 1)
    assert "Eğitim: başarılı (şampiyon değişmedi)." in turkish


def test_a_message_about_a_measure_of_the_platform_names_no_object():
    cause = {"measure": "queue.length", "of": None, "value": 0.97}
    assert of_firing("watch", cause, None, 1)("en", 1)[1] == "queue.length is 0.97."
    assert of_firing("watch", cause, None, 1)("tr", 1)[1] == "queue.length: 0.97."
    assert of_firing("watch", {**cause, "of": "sales"}, None, 1)("en", 1)[1] == "queue.length of sales is 0.97."
