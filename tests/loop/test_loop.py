"""The loop on one line: what was done last, what does it next, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from azuraforge.database import Database
from azuraforge.datasets.segments import Growth
from azuraforge.datasets.tables import DatasetVersionRow
from azuraforge.errors import NotFound
from azuraforge.loop.schemas import LoopOut, LoopStep
from azuraforge.loop.service import LoopService
from azuraforge.models.gate.policy import PolicyTerms
from azuraforge.models.gate.record import ReasonRecord, Sentences
from azuraforge.models.promotion_tables import ModelPromotion
from azuraforge.models.provenance import ImportRecord
from azuraforge.models.tables import Evaluation, ModelPolicy
from tests.filling_models import HOUR, Rows

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = 24 * HOUR


@pytest.fixture
def rows(database: Database, project_id: str) -> Rows:
    return Rows(database, project_id)


def loop(rows: Rows, model: str = "shop") -> LoopOut:
    return LoopService(rows.database).show(rows.project_id, model)


def step(rows: Rows, name: str, model: str = "shop") -> LoopStep:
    return next(each for each in loop(rows, model).steps if each.name == name)


def filled(rows: Rows, model: str = "shop", **dataset: Any) -> str:
    """A model that learned three versions, of which the second is champion; returns the last run."""
    rows.dataset(f"{model}-data", NOW - 3 * timedelta(minutes=1), **dataset)
    rows.model(model, NOW - 20 * DAY)
    for number in (1, 2, 3):
        run_id = rows.version(model, number, NOW - (20 - 6 * number) * DAY, f"{model}-data")
    rows.promote(model, 1, 1, NOW - 19 * DAY)
    rows.promote(model, 2, 2, NOW - 12 * DAY)
    line = rows.forecast(model, 2, NOW - 5 * HOUR, [1.0, 2.0, 3.0], continues=rows.ids[f"{model}-data"])
    for number in (1, 2):
        rows.outcome(model, 2, line, number, NOW - (5 - number) * HOUR, 1.5)
    return run_id


def test_the_line_states_what_was_done_last(rows: Rows) -> None:
    run_id = filled(rows, versions=2)
    found = {each.name: each for each in loop(rows).steps}
    assert list(found) == ["observed", "predicted", "judged", "learned", "gate", "champion"]
    observed, predicted, judged = found["observed"], found["predicted"], found["judged"]
    assert (observed.at, observed.count, observed.version) == (NOW - timedelta(minutes=3), 24, 2)
    assert observed.dataset == "shop-data"
    assert (predicted.at, predicted.count, predicted.version) == (NOW - 5 * HOUR, 1, 2)
    assert (judged.at, judged.count) == (NOW - 3 * HOUR + timedelta(minutes=1), 2)
    assert judged.prediction_id == predicted.prediction_id is not None
    assert (found["learned"].version, found["learned"].run_id, found["learned"].at) == (3, run_id, NOW - 2 * DAY)
    gate = found["gate"]
    assert gate.gate is not None
    assert (gate.gate.decision, gate.gate.why, gate.run_id) == ("refused", "within_noise", run_id)
    assert gate.gate.text is not None
    assert gate.gate.text.tr == "Gürültü içinde."
    assert (found["champion"].version, found["champion"].at) == (2, NOW - 12 * DAY)
    assert all(each.state == "done" for each in found.values())


def test_steps_that_nothing_triggers_are_open_and_name_what_is_missing(rows: Rows) -> None:
    filled(rows)
    found = {each.name: each for each in loop(rows).steps}
    assert [name for name, each in found.items() if each.open] == ["observed", "predicted", "learned"]
    missing = {name: (each.missing.what, each.missing.command) for name, each in found.items() if each.missing}
    assert missing == {
        "observed": ("append", "azuraforge datasets add --append FILE --name shop-data"),
        "predicted": ("forecast", "azuraforge models keep-fresh shop"),
        "learned": ("train", "azuraforge models keep-fresh shop --retrain weekly"),
    }
    assert not loop(rows).closed


def test_judging_is_open_where_no_rows_arrive_and_none_was_judged_lately(rows: Rows) -> None:
    rows.dataset("shop-data", NOW, source="open_meteo")
    rows.model("shop", NOW)
    rows.version("shop", 1, NOW, "shop-data")
    judged = step(rows, "judged")
    assert (judged.open, judged.state) == (True, "none")
    assert judged.missing is not None
    assert (judged.missing.what, judged.missing.command) == (
        "champion",
        "azuraforge models promote shop 1 --reason WHY",
    )


def test_a_model_without_champion_says_what_comes_first(rows: Rows) -> None:
    rows.dataset("shop-data", NOW, source="open_meteo")
    rows.model("shop", NOW)
    assert {each.missing.what for each in loop(rows).steps if each.missing} == {"version", "append"}
    rows.version("shop", 1, NOW, "shop-data")
    champion = step(rows, "champion")
    assert (champion.state, champion.open) == ("none", False)
    assert champion.missing is not None
    assert champion.missing.command == "azuraforge models promote shop 1 --reason WHY"
    assert "keep-fresh" not in str([each.missing for each in loop(rows).steps])


def test_automations_close_the_loop(rows: Rows) -> None:
    filled(rows, source="open_meteo")
    rows.automation("nightly", [{"do": "refresh", "run": {"dataset": "shop-data"}}])
    arrived = {"on": "event", "type": "dataset.version_added", "where": [{"field": "dataset", "equals": "shop-data"}]}
    rows.automation("answers", [{"do": "forecast", "run": {"model": "shop"}}], arrived)
    drift = {"on": "event", "type": "model.drift", "where": [{"field": "model", "one_of": ["shop", "other"]}]}
    rows.automation(
        "learns", [{"do": "notify", "to": ["team"]}, {"do": "train", "run": {"model": "{cause.model}"}}], drift
    )
    found = loop(rows)
    assert found.closed
    assert [[each.name for each in step.triggers] for step in found.steps if step.name in ("predicted", "learned")] == [
        ["answers"],
        ["learns"],
    ]


@pytest.mark.parametrize(
    ("steps", "when", "paused"),
    [
        ([{"do": "train", "run": {"model": "other"}}], None, False),
        ([{"do": "train", "run": {"dataset": "shop-data"}}], None, False),  # whose model is called shop-data
        ([{"do": "refresh", "run": {"dataset": "shop"}}], None, False),
        ([{"do": "train", "run": {"model": "shop"}}], None, True),
        (
            [{"do": "train", "run": {"model": "{cause.model}"}}],
            {"on": "event", "type": "model.drift", "where": [{"field": "model", "equals": "other"}]},
            False,
        ),
    ],
)
def test_what_means_another_model_or_is_paused_closes_nothing(rows: Rows, steps: Any, when: Any, paused: bool) -> None:
    filled(rows)
    rows.automation("one", steps, when, paused=paused)
    assert [each.name for each in loop(rows).steps if each.open] == ["observed", "predicted", "learned"]


def test_rows_and_requests_that_come_regularly_close_their_steps(rows: Rows) -> None:
    filled(rows, versions=3, every=2 * DAY)
    for hours in (3, 2):
        rows.forecast("shop", 2, NOW - hours * HOUR, [1.0])
    found = {each.name: each for each in loop(rows).steps}
    assert [each.kind for each in found["observed"].triggers] == ["arrivals"]
    assert [each.kind for each in found["predicted"].triggers] == ["requests"]


def test_rows_that_came_long_ago_are_not_regular(rows: Rows) -> None:
    filled(rows, versions=3, every=5 * DAY)  # the third newest is ten days old, the rows are hourly
    for _ in range(3):  # the same question again and again
        rows.forecast("shop", 2, NOW - HOUR, [1.0])
    found = {each.name: each for each in loop(rows).steps}
    assert found["observed"].open
    assert found["predicted"].open


@pytest.mark.parametrize(
    "changes",
    [
        {"growth": Growth(previous_version=3, rows_added=0, rows_revised=0, rows_repeated=0)},  # a plan file
        {"growth": None, "provenance": {"rows_of_version": 3}},  # a statement of when values become known
    ],
)
def test_a_version_without_new_rows_is_no_observation(rows: Rows, changes: dict[str, Any]) -> None:
    filled(rows, versions=4, every=2 * DAY)

    def without_rows(session: Any) -> None:
        newest = session.get(DatasetVersionRow, (rows.project_id, rows.ids["shop-data"], 4))
        for name, value in changes.items():
            setattr(newest, name, value)

    rows.database.write(rows.project_id, without_rows)
    observed = step(rows, "observed")
    assert (observed.version, observed.count) == (3, 24)
    assert observed.at == NOW - timedelta(minutes=3) - 2 * DAY
    assert [each.kind for each in observed.triggers] == ["arrivals"], "versions 3, 2 and 1 came within a week"


def test_an_attempt_that_failed_after_the_last_success_is_shown(rows: Rows) -> None:
    filled(rows)
    refresh = {"do": "refresh", "run": {"dataset": "shop-data"}}
    automation = rows.automation("nightly", [refresh])
    failed = rows.run(
        "refresh", "failed", NOW - HOUR, finished_at=NOW, error={"code": "down", "message": "the source is down"}
    )
    rows.fired(automation, NOW - HOUR, refresh, state="failed", run_id=failed, ended_at=NOW)
    observed = step(rows, "observed")
    assert (observed.state, observed.error, observed.run_id) == ("failed", "the source is down", failed)
    assert not observed.open


def test_a_step_links_to_the_run_that_took_it(rows: Rows) -> None:
    filled(rows)
    refresh = {"do": "refresh", "run": {"dataset": "shop-data"}}
    automation = rows.automation("nightly", [refresh])
    done = rows.run("refresh", "succeeded", NOW - HOUR, finished_at=NOW)
    rows.fired(automation, NOW - HOUR, refresh, state="succeeded", run_id=done, ended_at=NOW)
    observed = step(rows, "observed")
    assert (observed.state, observed.run_id) == ("done", done)


def test_a_step_that_is_being_taken_is_running(rows: Rows) -> None:
    filled(rows)
    rows.run("train", "running", NOW, model="other")
    assert step(rows, "learned").state == "done"
    run_id = rows.run("train", "running", NOW, model="shop")
    learned = step(rows, "learned")
    assert (learned.state, learned.run_id) == ("running", run_id)


def test_a_policy_that_leaves_promotion_to_people_opens_the_last_step(rows: Rows) -> None:
    filled(rows)
    assert not step(rows, "champion").open
    rows.add(
        ModelPolicy(
            project_id=rows.project_id, model_id=rows.ids["shop"], number=1, policy=PolicyTerms(automatic=False),
            reason="x", by="ayşe",
        )
    )  # fmt: skip
    champion = step(rows, "champion")
    assert champion.open
    assert champion.missing is not None
    assert champion.missing.what == "promotion"


def test_counts_stop_at_their_limits(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(rows)
    monkeypatch.setattr("azuraforge.models.reads.MOST_POINTS", 1)
    monkeypatch.setattr("azuraforge.loop.steps.MOST_POINTS", 1)
    judged = step(rows, "judged")
    assert (judged.count, judged.counted_all) == (1, False)


def test_kept_answers_of_a_shadow_are_no_forecasts(rows: Rows) -> None:
    filled(rows)
    given = step(rows, "predicted").prediction_id
    rows.forecast("shop", 1, NOW, [1.0], pair_id=given)
    predicted = step(rows, "predicted")
    assert (predicted.prediction_id, predicted.count) == (given, 1)


def test_an_imported_version_was_not_learned_here(rows: Rows) -> None:
    rows.model("shop", NOW)
    rows.version("shop", 1, NOW, None, imported=ImportRecord.model_construct(evaluated=None))
    learned = step(rows, "learned")
    assert (learned.state, learned.version) == ("none", None)
    assert step(rows, "observed").dataset is None


def test_the_number_of_statements_does_not_depend_on_the_number_of_models(rows: Rows) -> None:
    counts = []
    for number in range(2):
        for name in ("a", "b", "c")[: 1 + 2 * number]:
            filled(rows, f"{name}{number}")
            rows.automation(f"{name}{number}", [{"do": "train", "run": {"model": f"{name}{number}"}}])
        asked: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_: Any, asked: list[str] = asked) -> None:
            if statement.lstrip().upper().startswith("SELECT") and "set_config" not in statement:
                asked.append(statement)

        event.listen(Engine, "before_cursor_execute", count)
        found = LoopService(rows.database).list(rows.project_id).items
        event.remove(Engine, "before_cursor_execute", count)
        assert len(found) == (1, 4)[number]
        counts.append(len(asked))
    assert 9 <= counts[0] == counts[1] <= 13, counts


def test_pages_and_projects(rows: Rows, other_project_id: str) -> None:
    for name in ("a", "b", "c"):
        rows.model(name, NOW)
    service = LoopService(rows.database)
    first = service.list(rows.project_id, limit=2)
    assert [each.model for each in first.items] == ["a", "b"]
    assert [each.model for each in service.list(rows.project_id, after=first.next).items] == ["c"]
    assert service.list(other_project_id).items == []
    with pytest.raises(NotFound):
        service.show(other_project_id, "a")


@pytest.mark.parametrize(
    ("state", "decision", "why"),
    [
        (None, "approved", "awaits_approval"),
        ("waiting", "approved", "awaits_approval"),
        ("approved", "promoted", None),
        ("declined", "refused", "not_approved"),
        ("replaced", "refused", "not_approved"),
    ],
)
def test_the_gate_shows_the_members_decision(rows: Rows, state: Any, decision: str, why: str | None) -> None:
    run_id = filled(rows)
    awaits = ReasonRecord(code="promotion_awaits_approval", params={}, text=Sentences(en="Waits.", tr="Bekliyor."))

    def pass_gate(session: Any) -> None:
        row = session.get(Evaluation, (rows.project_id, run_id))
        changed = {"decision": "approved", "headline": "awaits_approval", "reasons": [awaits]}
        row.verdict = row.verdict.model_copy(update=changed)

    rows.database.write(rows.project_id, pass_gate)
    if state is not None:
        key = {"project_id": rows.project_id, "model_id": rows.ids["shop"], "number": 3, "alias": "champion"}
        rows.add(ModelPromotion(**key, version=3, reason="won", by="gate", run_id=run_id, state=state, needed=1))
    found = step(rows, "gate").gate
    assert found is not None
    assert (found.decision, found.why) == (decision, why)
