"""Versions, names, what is kept and what is not."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from azuraforge.datasets.loading import load_version
from azuraforge.datasets.names import dataset_name
from azuraforge.datasets.schemas import FileOptions, FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.datasets.tables import DatasetVersionRow
from azuraforge.errors import InvalidInput, NotFound, StorageError

OPTIONS = FileOptions(time="time", target="y")


@pytest.fixture
def add(service, project_id, write):
    def make(text, filename="Hourly Series.csv", options=OPTIONS, project=project_id):
        return service.add_file(project, write(text, "sent"), filename, options)

    return make


def test_a_file_becomes_a_version_that_can_be_found_and_read(add, service, project_id, hourly):
    added = add(hourly())
    assert (added.name, added.version, added.rows, added.created, added.source) == (
        "hourly-series",
        1,
        60,
        True,
        "file",
    )
    assert added.file_sha256
    found = service.get(project_id, "hourly-series")
    assert found == service.get(project_id, added.id, 1)
    frame = load_version(found.paths, found.schema, found.options, found.fingerprint)
    assert frame.columns == ["time", "y", "x"]
    assert (found.start_at, found.end_at) == (frame["time"][0], frame["time"][-1])


def test_the_same_content_is_the_same_version_and_changed_content_the_next(add, service, project_id, hourly):
    first = add(hourly())
    again = add(hourly().replace(",", ";"))  # written in another way, and still the same
    assert (again.version, again.created, again.fingerprint) == (1, False, first.fingerprint)
    assert (add(hourly(61)).version, add(hourly()).version) == (2, 1)
    assert service.get(project_id, first.name).version == 2
    [listed] = asyncio.run(service.lookup.list(project_id)).items
    assert (listed.versions, listed.latest.version, listed.latest.rows) == (2, 2, 61)


def test_another_name_is_another_dataset(add, service, project_id, hourly):
    first = add(hourly())
    second = add(hourly(), options=OPTIONS.model_copy(update={"name": "second"}))
    assert second.id != first.id
    assert [item.name for item in asyncio.run(service.lookup.list(project_id)).items] == ["hourly-series", "second"]


def test_projects_do_not_see_each_other(add, service, project_id, other_project_id, hourly):
    mine = add(hourly())
    add(hourly(61), project=other_project_id)
    assert service.get(project_id, "hourly-series").rows == 60
    assert service.get(other_project_id, "hourly-series").rows == 61
    with pytest.raises(NotFound):
        service.get(other_project_id, mine.id)


def test_adding_is_an_event(add, events, project_id, hourly):
    added = add(hourly())
    add(hourly())
    [event] = events.read(project_id, "project")
    assert event.type == "dataset.version_added"
    wanted = {"dataset_id": added.id, "dataset": "hourly-series", "version": 1, "previous_version": None, "rows": 60}
    assert event.data | wanted == event.data


def test_what_is_refused_leaves_nothing(add, database, settings, project_id, hourly):
    with pytest.raises(InvalidInput):
        add(hourly(5))
    assert [path for path in settings.home.rglob("*") if path.is_file()] == []
    with database.read(project_id) as session:
        assert session.scalars(select(DatasetVersionRow)).all() == []


def test_nothing_but_the_version_is_left_after_success(add, settings, hourly, service, project_id):
    added = add(hourly())
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [path.name for path in service.get(project_id, added.name).paths]


def test_what_a_killed_platform_left_is_removed_at_the_start(database, events, settings):
    left = settings.home / "uploads" / "abc" / "upload"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    DatasetService(database, events, lambda *_: {}, settings)
    assert not left.exists()


def test_many_at_once_get_versions_without_holes(service, project_id, write, hourly):
    made: list[int] = []

    paths = [write(hourly(30 + index % 6), f"sent-{index}") for index in range(12)]

    def work(path) -> None:
        made.append(service.add_file(project_id, path, "race.csv", OPTIONS).version)

    threads = [threading.Thread(target=work, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted([1, 2, 3, 4, 5, 6] * 2)


def test_missing_names_and_versions_are_reported(add, service, project_id, hourly):
    add(hourly())
    with pytest.raises(NotFound, match="'hourly-serie' does not exist") as caught:
        service.get(project_id, "hourly-serie")
    assert caught.value.next_step == "did you mean 'hourly-series'?"
    with pytest.raises(NotFound, match="no version 7"):
        service.get(project_id, "hourly-series", 7)


def test_a_data_home_that_cannot_be_written_is_reported(add, settings, hourly):
    settings.home.mkdir(exist_ok=True)
    settings.artifacts.write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="cannot be written") as caught:
        add(hourly())
    assert caught.value.next_step
    assert sorted(path.name for path in settings.home.rglob("*")) == ["artifacts", "uploads"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Şeker Fiyatı (günlük)", "seker-fiyati-gunluk"),
        ("a/b\\c", "a-b-c"),
        ("  ..Weird__Name..  ", "weird__name"),
        ("x" * 300, "x" * 100),
    ],
)
def test_names(text, name):
    assert dataset_name(text) == name


@pytest.mark.parametrize("text", ["", "...", "///", "日本"])
def test_names_that_cannot_be(text):
    with pytest.raises(InvalidInput, match="cannot be the name of a dataset"):
        dataset_name(text)


def test_rows_for_a_chart_are_bounded_and_keep_spikes(add, service, project_id, hourly):
    def spike(lines):
        lines[300] = lines[300].split(",")[0] + ",9999,1"

    added = add(hourly(1000, edit=spike))
    shown = service.rows(project_id, added.name, max_points=50)
    assert shown.total_rows == 1000
    assert len(shown.times) == len(shown.columns["y"]) <= 50
    assert 9999.0 in shown.columns["y"]
    assert (shown.times[0], shown.times[-1]) == (added.start, added.end)
    assert len(service.rows(project_id, added.name, max_points=5000).times) == 1000


def test_a_bundled_series_needs_one_line(service, project_id):
    added = service.add_from_source(project_id, FromSource(source="bundled"))
    assert (added.name, added.rows, added.dataset_schema.unit, added.dataset_schema.frequency) == (
        "co2",
        2284,
        "ppm",
        "1w",
    )
    assert added.provenance["options"] == {}
    assert added.fingerprint == "06b1b274b74378d10717ee15cd5020324865a338c043fb52a4e4113e5f0ca82f"
    assert [item.code for item in added.findings if item.severity == "warning"] == ["target_filled"]


@pytest.mark.parametrize("options", [{"series": "sunspots"}, {"name": "sunspots"}])
def test_a_bundled_series_is_chosen_by_name(service, project_id, options):
    added = service.add_from_source(project_id, FromSource(source="bundled", options=options))
    assert (added.name, added.rows, added.dataset_schema.frequency) == ("sunspots", 309, "1y")


def test_the_departures_come_with_the_package_and_are_local_hours(service, project_id):
    added = service.add_from_source(project_id, FromSource(source="bundled", options={"series": "departures"}))
    schema = added.dataset_schema
    assert (added.rows, schema.frequency, schema.season, schema.unit) == (8755, "1h", 24, "flights")
    assert (schema.timezone, added.start, added.end) == (
        "America/New_York",
        datetime(2013, 1, 1, 10, tzinfo=UTC),
        datetime(2014, 1, 1, 4, tzinfo=UTC),
    )
    assert added.provenance["licence"] == "public domain (CC0)"
    assert [each.code for each in added.findings] == ["frequency_found"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (FromSource(source="nothing"), "does not exist"),
        (FromSource(source="bundled", options={"series": "gold"}), "series"),
        (FromSource(source="bundled", options={"sries": "co2"}), "did you mean series"),
        (FromSource(source="bundled", missing="error"), "is missing in 59 rows, the first at 1958-05-10"),
    ],
)
def test_a_source_that_cannot_be_read_as_asked(service, project_id, settings, request_, message):
    with pytest.raises((InvalidInput, NotFound), match=message):
        service.add_from_source(project_id, request_)
    assert asyncio.run(service.lookup.list(project_id)).items == []


def test_the_api_never_loads_polars():
    code = (
        "import sys, azuraforge.datasets.routes, azuraforge.datasets.tables;"
        "sys.exit(', '.join({'polars', 'pandas', 'statsmodels', 'httpx'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
