"""The hottest reads answer the same in the event loop and in a thread, on both databases."""

from __future__ import annotations

import asyncio
import math

import pytest

from azuraforge.errors import InvalidInput, NotFound
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.listing.pages import Listing
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


def listed(service, project_id, **asked):
    return asyncio.run(service.lookup.list(project_id, Listing(**asked))).items


def test_pages(service, project_id):
    for number in range(5):
        run_id = external(service, project_id, f"run {number}")
        if number % 2:
            service.finish(project_id, run_id, "me", FinishRequest(state="succeeded"))
            if number == 3:
                service.trash.delete(project_id, run_id, None, "me")
    ids = [run.id for run in listed(service, project_id)]
    first = asyncio.run(service.lookup.list(project_id, Listing(limit=2)))
    for asked, expected in (
        ({"limit": 2}, ids[:2]),
        ({"after": first.next, "limit": 2}, ids[2:4]),
        ({"selection": Selection(state="running", kind="external"), "after": first.next}, ids[3:]),
        ({"selection": Selection(kind="train")}, []),
        ({"selection": Selection(trials=True)}, ids),
    ):
        assert [run.id for run in listed(service, project_id, **asked)] == expected, asked
    assert [run.name for run in listed(service, project_id, selection=Selection(trash=True))] == ["run 3"]


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
    assert asyncio.run(service.lookup.list(other_project_id, Listing())).items == []
