"""Filters, sort orders, columns and groups of lists of runs, on both databases."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from azuraforge.database import Scope, UnitOfWork, now
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.runs.editing.schemas import BulkRequest, RunChange
from azuraforge.runs.filters import store as filter_store
from azuraforge.runs.filters.parsing import parse_columns, parse_filter, parse_sort
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.listing.pages import Listing
from azuraforge.runs.metrics.store import append
from azuraforge.runs.schemas import FinishRequest, MetricPoints, RunRequest
from azuraforge.runs.tables import Run

#: Runs by name: config, curve of the loss, and tags.
RUNS = {
    "first": ({"lr": 0.1, "model": {"size": 3}, "a.b": "x"}, [0.5, 0.1, 0.4], ["good"]),
    "second": ({"lr": 0.2, "deep": True}, [0.9, 0.2, 0.3], ["good", "çok iyi"]),
    "third": ({"lr": "auto", "model": {"size": 4}}, [0.7, 0.1, 0.6], []),
    "diverged": ({"lr": 10, "deep": False}, [0.8], ["bad"]),
    "silent": ({}, [], []),
}


@pytest.fixture
def service(make_stand):
    return make_stand(start=False).service


@pytest.fixture
def runs(service, project_id):
    """Ids of ``RUNS`` by name."""
    ids = {}
    for name, (config, values, tags) in RUNS.items():
        request = RunRequest(kind="external", name=name, config=config, plugin=None if name == "silent" else "mine")
        ids[name] = service.create(project_id, request, "me").id
        points = {"odd name.min": [(1, float(len(name)))]} | ({"loss": list(enumerate(values))} if values else {})
        service.record(project_id, ids[name], "me", MetricPoints(points=points))
        service.editing.change(project_id, ids[name], RunChange(tags=tags))
    service.finish(project_id, ids["diverged"], "me", FinishRequest(state="failed", error="out of Memory"))
    return ids


def page(service, project_id, text="", sort="", columns="", **asked):
    listing = Listing(Selection(tree=parse_filter(text)), parse_sort(sort), parse_columns(columns), **asked)
    return asyncio.run(service.lookup.list(project_id, listing))


def names(service, project_id, text="", **asked):
    return [run.name for run in page(service, project_id, text, **asked).items]


FOUND = {
    "metrics.loss < 0.45": ["second", "first"],
    "metrics.loss.min <= 0.1": ["third", "first"],
    "metrics.loss.max >= 8e-1 AND metrics.loss.min < 0.5": ["second"],
    'metrics."odd name.min" = 5': ["third", "first"],
    'metrics."odd name.min".max = 5': ["third", "first"],
    "metrics.loss = none": ["silent"],
    "metrics.nothing < 1": [],
    "NOT metrics.loss < 0.45": ["silent", "diverged", "third"],
    "config.lr = 0.1": ["first"],
    "config.lr > 0.1": ["diverged", "second"],
    "config.lr = auto": ["third"],
    "config.lr ~ AUT": ["third"],
    "config.lr != 0.1": ["silent", "diverged", "third", "second"],
    "config.lr = none": ["silent"],
    "NOT config.lr = 0.1": ["silent", "diverged", "third", "second"],
    "NOT plugin = mine": ["silent"],
    "config.model.size in (3, 4)": ["third", "first"],
    'config."a.b" = x': ["first"],
    "config.deep = true": ["second"],
    "config.deep = false": ["diverged"],
    "tag = good": ["second", "first"],
    'tag = "çok iyi"': ["second"],
    "tag = goo": [],
    "tag ~ OO": ["second", "first"],
    "tag = none": ["silent", "third"],
    "tag not in (good, bad)": ["silent", "third"],
    "state = failed": ["diverged"],
    "state != running": ["diverged"],
    "error ~ memory": ["diverged"],
    "plugin = none": ["silent"],
    "plugin = mine AND (name ~ IR OR name = second)": ["third", "second", "first"],
    '"ir"': ["third", "first"],
    "name = a OR name = first OR name in ('third')": ["third", "first"],
    "kind = external AND NOT (state = failed OR pinned = true) AND seed = 0": ["silent", "third", "second", "first"],
    "created_at > 1h AND duration < 1h": ["silent", "diverged", "third", "second", "first"],
    "created_at < 1d": [],
    "created_at >= 2020-01-01 AND created_at <= 2020-01-02": [],
    "finished_at = none": ["silent", "third", "second", "first"],
    "duration > 2h": [],
}


def test_what_each_filter_finds(service, project_id, runs):
    found = {text: names(service, project_id, text) for text in FOUND}
    assert found == FOUND
    assert page(service, project_id, "tag = good", limit=1, total=True).total == 2
    assert page(service, project_id, limit=1, total=True).total == 5
    assert names(service, project_id, f"id = {runs['first']}") == ["first"]


def test_scores_are_found_sorted_and_shown_like_logged_metrics(service, project_id, runs, database):
    """A score is on held-out rows; a run that logged a metric of the same name keeps its curve."""
    finish = FinishRequest(state="succeeded", summary={"rmse": 1.5, "loss": 9.0})
    for name in ("first", "silent"):
        service.finish(project_id, runs[name], "me", finish)
    judged = {"kind": "train", "metrics": {"rmse": 2.5}}

    def store(session):
        session.execute(update(Run).where(Run.name == "third").values(summary=judged))

    database.write(project_id, store)
    assert names(service, project_id, "metrics.rmse < 2") == ["silent", "first"]
    assert names(service, project_id, "metrics.rmse.min > 2") == ["third"]
    assert names(service, project_id, "metrics.rmse = none") == ["diverged", "second"]
    assert names(service, project_id, "metrics.loss = 9") == ["silent"], "the first run logged its loss"
    listed = page(service, project_id, "NOT metrics.rmse = none", "-metrics.rmse, name", "metrics.rmse, metrics.loss")
    assert [(run.name, run.columns) for run in listed.items] == [
        ("third", {"metrics.rmse": 2.5, "metrics.loss": 0.6}),
        ("first", {"metrics.rmse": 1.5, "metrics.loss": 0.4}),
        ("silent", {"metrics.rmse": 1.5, "metrics.loss": 9.0}),
    ]
    assert "rmse" in asyncio.run(service.lookup.fields(project_id, "RMS")).metrics
    (by,) = parse_columns("config.lr")
    groups = service.lookup.groups(project_id, Selection(), by, parse_columns("metrics.rmse")).groups
    assert {group.value: group.columns[0].mean for group in groups} == {
        0.1: 1.5,
        0.2: None,
        "auto": 2.5,
        10.0: None,
        None: 1.5,
    }
    assert names(service, project_id, 'metrics."a\\"b" < 1') == [], "no path contains it"


def test_a_date_alone_means_the_whole_day(service, project_id, runs, database):
    def backdate(session):
        session.execute(update(Run).where(Run.name == "first").values(created_at=now()))

    database.write(project_id, backdate)
    day = database.clock().date()
    listed = names(service, project_id, f"created_at = {day} OR created_at = {day - timedelta(days=1)}")
    assert len(listed) == 5, "at midnight the runs are of two days"
    assert names(service, project_id, f"created_at > {day + timedelta(days=1)}") == []
    assert len(names(service, project_id, f"created_at <= {day}")) == 5


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("metrics.loss.min, name", ["first", "third", "second", "diverged", "silent"]),
        ("-metrics.loss", ["diverged", "third", "first", "second", "silent"]),
        ("config.lr", ["first", "second", "diverged", "third", "silent"]),
        ("-config.lr", ["diverged", "second", "first", "third", "silent"]),
        ("-name", ["third", "silent", "second", "first", "diverged"]),
        ("created_at", [*RUNS]),
        ("-pinned, name", ["diverged", "first", "second", "silent", "third"]),
        ("-finished_at, name", ["diverged", "first", "second", "silent", "third"]),
        ("", [*RUNS][::-1]),
    ],
)
def test_pages_of_a_sorted_list_repeat_and_omit_nothing(service, project_id, runs, sort, expected):
    assert names(service, project_id, sort=sort) == expected
    after, found = None, []
    for _ in RUNS:
        part = page(service, project_id, "created_at > 1d", sort=sort, after=after, limit=2)
        found += [run.name for run in part.items]
        if (after := part.next) is None:
            break
    assert found == expected
    with pytest.raises(InvalidInput, match="does not belong to this list"):
        page(service, project_id, sort="priority", after=page(service, project_id, sort=sort, limit=1).next)


def test_a_page_may_end_at_an_infinite_value(service, project_id, database):
    for value in (math.inf, -math.inf, 1.0):
        run_id = service.create(project_id, RunRequest(kind="external", name=str(value)), "me").id
        point = [("loss", 1, value, None)]
        database.write(project_id, lambda session, of=run_id, points=point: append(session, of, 1, "", points))
    after, found = None, []
    for _ in range(3):
        part = page(service, project_id, sort="-metrics.loss", after=after, limit=1)
        found, after = [*found, part.items[0].name], part.next
    assert (found, after) == (["inf", "1.0", "-inf"], None)


def test_columns_and_scores(service, project_id, runs):
    columns = 'config.lr, config.model.size, config.model, metrics.loss.min, metrics."odd name.min", curve.loss'
    first = next(run for run in page(service, project_id, columns=columns).items if run.name == "first")
    assert first.columns == {
        "config.lr": 0.1,
        "config.model.size": 3,
        "config.model": '{"size":3}',
        "metrics.loss.min": 0.1,
        'metrics."odd name.min"': 5.0,
        "curve.loss": [[0, 1, 2], [0.5, 0.1, 0.4]],
    }
    assert [(score.name, score.value) for score in first.scores] == [("odd name.min", 5.0), ("loss", 0.4)]


def test_a_long_curve_is_shown_by_few_points(service, project_id):
    run_id = service.create(project_id, RunRequest(kind="external", name="long"), "me").id
    points = [(step, float(step)) for step in range(7500)]
    service.record(project_id, run_id, "me", MetricPoints(points={"loss": points}))
    steps, values = page(service, project_id, columns="curve.loss").items[0].columns["curve.loss"]
    assert (len(steps), steps[0], steps[-1]) == (32, 0, 7499)
    assert values == [float(step) for step in steps]


def test_groups_have_mean_and_spread(service, project_id, runs):
    (by,) = parse_columns("config.lr")
    found = service.lookup.groups(project_id, Selection(), by, parse_columns("metrics.loss.min"))
    assert {group.value: group.runs for group in found.groups} == {None: 1, 10.0: 1, "auto": 1, 0.1: 1, 0.2: 1}
    for group in found.groups:
        assert len(names(service, project_id, group.filter)) == group.runs, group.filter
    service.editing.change(project_id, runs["silent"], RunChange(name="renamed"))
    (by,) = parse_columns("config.deep")
    groups = {
        group.value: group.columns[0]
        for group in service.lookup.groups(project_id, Selection(), by, parse_columns("metrics.loss.min")).groups
    }
    assert (groups[None].runs, groups[None].mean, groups[None].spread) == (2, 0.1, 0.0)
    assert groups["true"].spread is None
    with pytest.raises(InvalidInput, match="grouped by a config field"):
        service.lookup.groups(project_id, Selection(), parse_columns("metrics.loss")[0], [])


def test_fields_are_named_as_a_filter_writes_them(service, project_id, runs):
    found = asyncio.run(service.lookup.fields(project_id, ""))
    assert found.config == ['"a.b"', "deep", "lr", "model.size"]
    assert sorted(found.metrics) == ['"odd name.min"', "loss"]
    assert asyncio.run(service.lookup.fields(project_id, "LOS")).metrics == ["loss"]
    for name in found.config:
        parse_filter(f"config.{name} = none")
    many = {f"layer {number}": [(1, 1.0)] for number in range(150)}
    service.record(project_id, runs["first"], "me", MetricPoints(points=many))
    found = asyncio.run(service.lookup.fields(project_id, "layer"))
    assert (len(found.metrics), found.more_metrics) == (100, True)


FAULTS = {
    "stat": (0, False, "state"),
    "rmse < 2": (0, False, "metrics.rmse"),
    "weather": (0, False, '"weather"'),
    "state": (5, True, "="),
    "state =": (7, True, "failed"),
    "state = faild": (8, False, "failed"),
    "state ~ failed": (6, False, "="),
    "metrics.": (8, True, None),
    "metrics.loss < ": (15, True, None),
    "metrics.loss < abc": (15, False, None),
    "metrics.loss ~ 1": (13, False, "="),
    "(state = failed": (15, True, ")"),
    "state = failed)": (14, False, None),
    "state = failed state = queued": (15, False, "AND"),
    "state = failed AND": (18, True, None),
    "AND": (0, False, None),
    'name = "x': (9, True, None),
    "name < x": (5, False, "="),
    "config.lr < abc": (12, False, None),
    "created_at > yesterday": (13, False, None),
    "created_at = 7d": (13, False, None),
    "pinned = yes": (9, False, "true"),
    "name in x": (8, False, "("),
    "name in (x": (10, True, ","),
    "name NOT x": (9, False, "IN"),
    "curve.loss < 1": (0, False, None),
    'config."a\\"b" = 1': (0, False, None),
    "!": (0, False, "state"),
    "name = 'a' 'b'": (11, False, "AND"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_reported_with_its_position(text):
    with pytest.raises(InvalidInput) as refused:
        parse_filter(text)
    position, unfinished, suggestion = FAULTS[text]
    details = refused.value.details
    assert (details["position"], details["unfinished"]) == (position, unfinished)
    assert suggestion is None or suggestion in details["suggestions"], details
    assert refused.value.error_code == "invalid_filter"


@pytest.mark.parametrize(
    "text", ["(" * 30 + "pinned = true" + ")" * 30, " OR ".join(["seed = 1"] * 51), "NOT " * 40 + "seed = 1"]
)
def test_a_filter_has_limits(text):
    with pytest.raises(InvalidInput, match="more than"):
        parse_filter(text)


@pytest.mark.parametrize("text", ["tag", "-", "curve.loss", "name,", "name created_at", "a", "name,id,model,kind"])
def test_what_is_no_sort_order_is_refused(text):
    with pytest.raises(InvalidInput):
        parse_sort(text)


def test_metrics_are_found_by_keys_and_no_point_is_read(sqlite_template):
    selection = Selection(tree=parse_filter("metrics.loss < 0.1 AND metrics.acc.max > 0.5"))
    question = filter_store.keys_page("sqlite", selection, parse_sort("metrics.loss.min"), None)
    values = question.compiled(SQLiteDialect_pysqlite(paramstyle="named")).values("p", {"limit": 10})
    with closing(sqlite3.connect(sqlite_template)) as connection:
        steps = [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {question.sql}", values)]
    assert not [step for step in steps if step.startswith("SCAN")], steps
    assert not [step for step in steps if "metric_chunk" in step or "metric_tail" in step]


def test_members_change_name_tags_and_note(service, project_id, runs):
    run_id = runs["first"]
    names_of_run = "👩‍🔬 <script>alert(1)</script> שלום " + "x" * 150
    service.editing.change(project_id, run_id, RunChange(name=names_of_run))
    service.editing.change(project_id, run_id, RunChange(note="**why**", add_tags=["new"], remove_tags=["good"]))
    run = service.get(project_id, run_id)
    assert (run.name, run.note, run.tags) == (names_of_run, "**why**", ["new"])
    assert names(service, project_id, "note ~ WHY") == [names_of_run]
    service.editing.change(project_id, run_id, RunChange(note=""))
    assert service.get(project_id, run_id).note is None
    for wrong in ({"name": ""}, {"tags": ["a,b"]}, {"tags": [" "]}, {"tags": ["a\nb"]}, {"name": "x" * 201}):
        with pytest.raises(ValueError, match="validation error"):
            RunChange(**wrong)
    with pytest.raises(InvalidInput, match="at most 50 tags"):
        service.editing.change(project_id, run_id, RunChange(add_tags=[str(number) for number in range(50)]))


def test_one_request_changes_many_runs_and_states_what_became_of_each(service, project_id, runs):
    ids = [runs["first"], "aaaaaaaaaaaaaaaa", runs["diverged"]]
    done = service.editing.each(project_id, BulkRequest(action="delete", run_ids=ids), "me")
    assert [item.error and item.error.code for item in done.items] == ["conflict", "not_found", None]
    assert done.failed == 2
    assert "diverged" not in names(service, project_id)
    change = BulkRequest(action="change", run_ids=[*runs.values()], change=RunChange(add_tags=["all"]))
    for _ in range(2):
        assert service.editing.each(project_id, change, "me").failed == 0
    assert len(names(service, project_id, "tag = all")) == 4
    service.editing.each(project_id, BulkRequest(action="restore", run_ids=[runs["diverged"]]), "me")
    assert len(names(service, project_id, "tag = all")) == 5
    with pytest.raises(InvalidInput, match="the change is missing"):
        service.editing.each(project_id, BulkRequest(action="change", run_ids=ids), "me")


def test_the_changes_of_many_runs_and_the_record_of_their_request_are_one_transaction(service, project_id, runs):
    asked = BulkRequest(action="change", run_ids=[*runs.values()], change=RunChange(add_tags=["half"]))
    recorded = []
    unit = UnitOfWork(Scope(project_id), lambda _: recorded.append(1))
    assert service.editing.each(project_id, asked, "me", unit=unit).failed == 0
    assert (len(names(service, project_id, "tag = half")), recorded) == (len(runs), [1])

    def refuse(_session):
        raise Conflict("the key is taken", next_step="wait")

    other = asked.model_copy(update={"change": RunChange(remove_tags=["half"])})
    with pytest.raises(Conflict):
        service.editing.each(project_id, other, "me", unit=UnitOfWork(Scope(project_id), refuse))
    with pytest.raises(RuntimeError, match="is committed"):
        service.editing.each(project_id, other, "me", unit=unit)
    assert len(names(service, project_id, "tag = half")) == len(runs)
