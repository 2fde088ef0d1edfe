"""The hottest reads answer the same in the event loop and in a thread, on both databases."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.runs import lookup_store
from azuraforge.runs.metrics.queries import MetricCondition, MetricSort
from azuraforge.runs.metrics.store import append
from azuraforge.runs.schemas import FinishRequest, MetricPoints, RunRequest


@pytest.fixture
def service(make_stand):
    return make_stand(start=False).service


def external(service, project_id, name="mine", **more):
    return service.create(project_id, RunRequest(kind="external", name=name, **more), "me").id


def same(service, project_id, run_id):
    looked = asyncio.run(service.lookup.get(project_id, run_id))
    assert looked == service.get(project_id, run_id)
    return looked


def test_a_run_with_all_that_belongs_to_it(service, project_id, make_stand):
    first = external(service, project_id)
    points = {"loss": [(1, 0.5), (2, None)], "accuracy": [(1, 0.1)]}
    service.record(project_id, first, "me", MetricPoints(points=points, progress={"done": 1, "total": 2}))
    service.finish(project_id, first, "me", FinishRequest(state="failed", error="no", summary={"a": [1, {"b": 1e22}]}))
    looked = same(service, project_id, first)
    assert looked.error.message == "no"
    assert looked.metric_series == ["loss", "accuracy"]
    assert looked.last_event_seq > 2


def test_a_run_that_was_carried(make_stand, project_id):
    stand = make_stand()
    needed = stand.create(steps=3)
    stand.wait(needed.id)
    request = RunRequest(config={"steps": 3}, depends_on=[needed.id])
    second = stand.service.create(project_id, request, "me")
    stand.wait(second.id)
    looked = same(stand.service, project_id, needed.id)
    assert [run.id for run in looked.needed_by] == [second.id]
    assert looked.environment
    assert [run.id for run in same(stand.service, project_id, second.id).depends_on] == [needed.id]
    assert asyncio.run(stand.service.lookup.artifacts(project_id, needed.id)).items == looked.artifacts


def test_pages(service, project_id):
    for number in range(5):
        run_id = external(service, project_id, f"run {number}")
        if number % 2:
            service.finish(project_id, run_id, "me", FinishRequest(state="succeeded"))
            if number == 3:
                service.trash.delete(project_id, run_id, None, "me")
    ids = [run.id for run in asyncio.run(service.lookup.list(project_id)).items]
    first = asyncio.run(service.lookup.list(project_id, limit=2))
    for asked, expected in (
        ({"limit": 2}, ids[:2]),
        ({"after": first.next, "limit": 2}, ids[2:4]),
        ({"state": "running", "kind": "external", "after": first.next}, ids[3:]),
        ({"kind": "train"}, []),
        ({"trials": True}, ids),
    ):
        assert [run.id for run in asyncio.run(service.lookup.list(project_id, **asked)).items] == expected, asked
    assert [run.name for run in asyncio.run(service.lookup.list(project_id, trash=True)).items] == ["run 3"]


def names(service, project_id, conditions=(), sort=None, **asked):
    parsed = {"conditions": [MetricCondition.parse(each) for each in conditions]}
    parsed["sort"] = None if sort is None else MetricSort.parse(sort)
    page = asyncio.run(service.lookup.list(project_id, **parsed, **asked))
    return [run.name for run in page.items], page


@pytest.fixture
def measured(service, project_id):
    """Runs by name with the loss that each logged; two have the same lowest, one none."""
    curves = {
        "first": [0.5, 0.1, 0.4],
        "second": [0.9, 0.2, 0.3],
        "third": [0.7, 0.1, 0.6],
        "diverged": [0.8],
        "silent": [],
    }
    ids = {}
    for name, values in curves.items():
        ids[name] = external(service, project_id, name)
        points = {"a<b": [(1, float(len(name)))]} | ({"loss": list(enumerate(values))} if values else {})
        service.record(project_id, ids[name], "me", MetricPoints(points=points))
    return ids


def test_runs_are_filtered_by_what_the_rows_of_their_series_say(service, project_id, measured):
    for conditions, expected in (
        (["loss<0.45"], ["second", "first"]),
        (["loss:lowest<=0.1"], ["third", "first"]),
        (["loss:highest >= 8e-1", "loss:lowest<0.5"], ["second"]),
        (["a<b=5"], ["third", "first"]),
        (["loss=0.3"], ["second"]),
        (["nothing<1"], []),
    ):
        assert names(service, project_id, conditions)[0] == expected, conditions
    assert names(service, project_id, ["loss<0.45"], limit=1)[0] == ["second"]


def test_runs_are_sorted_by_a_metric_and_pages_survive_runs_that_are_added(service, project_id, measured):
    tied = sorted(("first", "third"), key=measured.get)
    found, page = names(service, project_id, sort="metric:loss:lowest", limit=1)
    assert (found, page.items[0].sort_value) == (tied[:1], 0.1)
    best = external(service, project_id, "best")
    service.record(project_id, best, "me", MetricPoints(points={"loss": [(1, 0.0)]}))
    rest, last = names(service, project_id, sort="metric:loss:lowest", after=page.next)
    assert rest == [*tied[1:], "second", "diverged"], "neither repeated nor left out"
    assert last.next is None
    found, page = names(service, project_id, sort="-metric:loss:last", limit=2)
    assert found == ["diverged", "third"]
    assert names(service, project_id, ["loss<0.35"], sort="-metric:loss:last", after=page.next)[0] == ["second", "best"]
    with pytest.raises(InvalidInput, match="does not belong to this list"):
        names(service, project_id, sort="metric:loss:last", after=page.next)


def test_a_page_may_end_at_an_infinite_value(service, project_id, database):
    for value in (math.inf, -math.inf, 1.0):
        run_id = external(service, project_id, str(value))
        point = [("loss", 1, value, None)]
        database.write(project_id, lambda session, of=run_id, points=point: append(session, of, 1, "", points))
    after, found = None, []
    for _ in range(3):
        listed, page = names(service, project_id, sort="-metric:loss:last", after=after, limit=1)
        found, after = [*found, *listed], page.next
    assert (found, after) == (["inf", "1.0", "-inf"], None)


@pytest.mark.parametrize("sort", [None, ("lowest", False)], ids=["newest first", "by a metric"])
def test_series_are_found_by_keys_and_no_point_is_read(sqlite_template, sort):
    question = lookup_store.page(
        state=False, kind=False, after=False, trash=False, trials=False, conditions=(("last", "<"),), sort=sort
    )
    given = {"limit": 10, "series_0": "loss", "value_0": 0.1} | ({"sort_series": "loss"} if sort else {})
    values = question.compiled(SQLiteDialect_pysqlite(paramstyle="named")).values("p", given)
    with closing(sqlite3.connect(sqlite_template)) as connection:
        steps = [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {question.sql}", values)]
    assert not [step for step in steps if step.startswith("SCAN")], steps
    assert sum("USING" in step and "metric_series" in step for step in steps) == (2 if sort else 1), steps
    assert not [step for step in steps if "metric_chunk" in step or "metric_tail" in step]


@pytest.mark.parametrize("text", ["loss", "loss<", "loss<x", "<1", "loss<1e999", "loss<nan", "loss<--1"])
def test_what_is_no_condition_is_refused_with_the_form_of_one(text):
    with pytest.raises(InvalidInput, match="not a valid condition") as refused:
        MetricCondition.parse(text)
    assert "NAME<NUMBER" in refused.value.next_step


@pytest.mark.parametrize("text", ["loss", "metric:loss", "metric:loss:first", "+metric:loss:last"])
def test_what_is_no_order_is_refused_with_the_form_of_one(text):
    with pytest.raises(InvalidInput, match="not a valid sort order"):
        MetricSort.parse(text)


def test_curves(service, project_id):
    run_id = external(service, project_id)
    values = [math.sin(step / 50) for step in range(2500)]
    service.record(project_id, run_id, "me", MetricPoints(points={"b": list(enumerate(values)), "a": [(7, None)]}))
    service.record(project_id, run_id, "me", MetricPoints(points={"b": [(-5, 2.0), (2500, None)]}))
    for asked in ({}, {"max_points": 100}, {"series": ["a"]}, {"series": ["a", "b"], "max_points": 3}):
        looked = asyncio.run(service.lookup.metrics(project_id, run_id, **asked))
        assert looked == service.metrics(project_id, run_id, **asked)
    whole = asyncio.run(service.lookup.metrics(project_id, run_id, ["b"], 10_000)).series[0]
    assert whole.steps == [-5, *range(2501)]
    assert whole.values == [2.0, *values, None]
    assert whole.times is None, "not asked for"


def test_a_curve_holds_the_time_at_which_each_point_was_logged(service, project_id):
    run_id = external(service, project_id)
    start = 1_700_000_000_000
    points = {"loss": [(step, 1.0, start + 100 * step) for step in range(1, 1500)]}
    service.record(project_id, run_id, "me", MetricPoints(points=points))
    service.record(project_id, run_id, "me", MetricPoints(points={"loss": [(1500, 2.0), (1501, 1.0, start)]}))
    curve = service.metrics(project_id, run_id, max_points=10_000, times=True).series[0]
    assert curve.times == [*(start + 100 * step for step in range(1, 1500)), None, start]
    few = service.metrics(project_id, run_id, max_points=10, times=True).series[0]
    assert few.times == [curve.times[step - 1] for step in few.steps]
    assert few.steps[few.values.index(2.0)] == 1500


def test_a_range_of_steps_is_read_alone_and_refines_what_an_overview_left_out(service, project_id):
    run_id = external(service, project_id)
    points = {"loss": [(step, float(step % 7)) for step in range(5000)]}
    service.record(project_id, run_id, "me", MetricPoints(points=points))

    def steps(first, last, most=1000):
        found = service.lookup.metrics(project_id, run_id, ["loss"], most, between=(first, last))
        return asyncio.run(found).series[0]

    assert steps(990, 1010).steps == list(range(990, 1011)), "across the border of two chunks"
    assert steps(4990, None).steps == list(range(4990, 5000)), "the tail"
    assert steps(None, 3).steps == [0, 1, 2, 3]
    assert steps(6000, 7000).steps == []
    few = steps(1000, 2999, 100)
    assert (few.total_points, min(few.steps) >= 1000, max(few.steps) <= 2999) == (2000, True, True)


def test_thousands_of_curves_are_listed_in_pages_and_searched(service, project_id):
    run_id = external(service, project_id)
    names = [f"layer{number:04}/100%_{'Loss' if number % 2 else 'norm'}" for number in range(1200)]
    service.record(project_id, run_id, "me", MetricPoints(points={name: [(1, 2.0), (2, math.inf)] for name in names}))

    def page(**asked):
        return asyncio.run(service.lookup.series(project_id, run_id, **asked))

    detail = service.get(project_id, run_id)
    assert (len(detail.metric_series), detail.metric_series_total) == (1000, 1200)
    first = page(limit=500)
    second = page(limit=500, after=first.next)
    assert [each.name for each in (*first.items, *second.items)] == sorted(names)[:1000]
    found = page(search="100%_LOSS", limit=2)
    assert (found.total, [each.name[:9] for each in found.items]) == (600, ["layer0001", "layer0003"])
    assert page(search="100_").total == 0, "% and _ stand for themselves"
    about = found.items[0]
    assert (about.points, about.last_step, about.last, about.lowest) == (2, 2, None, 2.0)


def test_a_copy_names_the_run_that_it_was_copied_from(service, project_id, other_project_id):
    first = external(service, project_id)
    copied = service.create(project_id, RunRequest(kind="external", parent=first), "me")
    assert copied.parent is not None
    assert copied.parent.id == first
    assert service.get(project_id, first).parent is None
    with pytest.raises(InvalidInput, match="does not exist"):
        service.create(other_project_id, RunRequest(kind="external", parent=first), "me")


def test_another_projects_run_is_not_there(service, project_id, other_project_id):
    run_id = external(service, project_id)
    for ask in (
        service.lookup.get(other_project_id, run_id),
        service.lookup.artifacts(other_project_id, run_id),
        service.lookup.metrics(other_project_id, run_id),
        service.lookup.series(other_project_id, run_id),
        service.lookup.metrics(project_id, run_id, ["nothing"]),
        service.lookup.get(project_id, "nothing"),
    ):
        with pytest.raises(NotFound):
            asyncio.run(ask)
    assert asyncio.run(service.lookup.list(other_project_id)).items == []
