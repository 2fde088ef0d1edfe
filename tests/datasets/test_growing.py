"""Rows that arrive: the next version shares the files of the one before it, and nothing is lost or half-written."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from azuraforge.database import Database
from azuraforge.datasets.growing import service as growing_service
from azuraforge.datasets.growing.service import GrowingDatasets
from azuraforge.datasets.loading import load_version
from azuraforge.datasets.schemas import AppendOptions, AppendRows, DatasetVersionOut, FileOptions, RevisionPolicy
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.events.service import EventLog
from azuraforge.settings import Settings

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def growing(service: DatasetService, database: Database, events: EventLog) -> GrowingDatasets:
    return GrowingDatasets(service, database, events)


@pytest.fixture
def add(project_id: str, service: DatasetService, write: Callable[..., Path]) -> Callable[..., DatasetVersionOut]:
    def make(text: str, name: str = "load", **options: Any) -> DatasetVersionOut:
        asked = FileOptions(**{"time": "time", "target": "y", "name": name} | options)
        return service.add_file(project_id, write(text, "whole.csv"), "whole.csv", asked)

    return make


@pytest.fixture
def append(project_id: str, growing: GrowingDatasets, write: Callable[..., Path]) -> Callable[..., Any]:
    def make(text: str, name: str = "load", **options: Any) -> Any:
        path = write(text, f"more-{len(text)}.csv")
        return growing.append_file(project_id, name, path, "more.csv", AppendOptions(**options))

    return make


def rows_of(text: str, start: int, end: int | None = None) -> str:
    """Some rows of a CSV text, under its header."""
    lines = text.splitlines()
    return "\n".join([lines[0], *lines[1:][start:end]]) + "\n"


def files(service: DatasetService, project_id: str, name: str = "load") -> dict[str, float]:
    folder = service.get(project_id, name).paths[0].parent
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}


def test_appending_gives_the_fingerprint_of_the_whole_file_and_copies_nothing(
    project_id: str, service: DatasetService, add: Any, append: Any, hourly: Callable[..., str]
) -> None:
    whole = hourly(100)
    first = add(rows_of(whole, 0, 90))
    before = files(service, project_id)
    grown = append(rows_of(whole, 85))
    assert (grown.rows_added, grown.rows_repeated, grown.rows_revised) == (10, 5, 0)
    assert [each.code for each in grown.findings if each.code == "rows_repeated"] == ["rows_repeated"]
    after = files(service, project_id)
    assert {name: after[name] for name in before} == before
    assert len(after) == 2
    found = service.get(project_id, "load")
    assert found.segments[0] == service.get(project_id, "load", 1).segments[0]
    assert load_version(found.paths, found.schema, found.options, found.fingerprint).height == 100
    assert found.growth is not None
    assert found.growth.previous_version == first.version
    assert add(whole, name="at_once").fingerprint == grown.version.fingerprint
    again = add(whole)
    assert (again.created, again.version) == (False, 2)
    assert service.get(project_id, "load").segments == found.segments


def test_a_sheet_of_a_workbook_is_continued_by_another(
    project_id: str, service: DatasetService, append: Any, write: Callable[..., Path], hourly: Callable[..., str]
) -> None:
    def book(first: int, last: int) -> bytes:
        content = io.BytesIO()
        with Workbook(content, {"in_memory": True}) as made:
            made.add_worksheet("Cover").write_string(0, 0, "hello")
            sheet, moment = made.add_worksheet("Data"), made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            sheet.write_row(0, 0, ["time", "y", "x"])
            for place, row in enumerate(range(first, last), 1):
                sheet.write_datetime(place, 0, (START + timedelta(hours=row)).replace(tzinfo=None), moment)
                sheet.write_row(place, 1, [row * 7 % 11 + 0.5, row * 5 % 13])
        return content.getvalue()

    asked = FileOptions(time="time", target="y", name="load", sheet="Data")
    service.add_file(project_id, write(book(0, 90), "whole.xlsx"), "whole.xlsx", asked)
    grown = append(book(85, 100))  # the sheet's name is known from the first file
    assert (grown.rows_added, grown.rows_repeated) == (10, 5)
    whole = FileOptions(time="time", target="y", name="other")
    csv = service.add_file(project_id, write(hourly(100), "whole.csv"), "whole.csv", whole)
    assert grown.version.fingerprint == csv.fingerprint
    with pytest.raises(InvalidInput, match="no sheet 'None'"):
        append(book(85, 100), sheet="None")
    with pytest.raises(InvalidInput, match="is not an Excel workbook"):
        append(hourly(110), sheet="Data")


def test_equal_rows_make_no_version(add: Any, append: Any, hourly: Callable[..., str]) -> None:
    add(hourly(60))
    kept = append(rows_of(hourly(60), 50))
    assert (kept.version.created, kept.version.version, kept.rows_added, kept.rows_repeated) == (False, 1, 0, 10)


def test_blocks_are_continued_across_their_border(
    monkeypatch: pytest.MonkeyPatch, add: Any, append: Any, hourly: Callable[..., str]
) -> None:
    for module in ("reading.canonical", "growing.building"):
        monkeypatch.setattr(f"azuraforge.datasets.{module}.BLOCK_ROWS", 16)
    whole = hourly(130)
    add(rows_of(whole, 0, 50))
    for start in range(50, 130, 20):  # 64, 80, … lie on and between borders
        grown = append(rows_of(whole, start, start + 20))
    assert grown.version.fingerprint == add(whole, name="at_once").fingerprint


def test_many_appends_name_few_files(
    project_id: str,
    monkeypatch: pytest.MonkeyPatch,
    service: DatasetService,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
) -> None:
    monkeypatch.setattr("azuraforge.datasets.growing.building.MOST_SEGMENTS", 4)
    whole = hourly(80)
    add(rows_of(whole, 0, 60))
    for start in range(60, 80, 2):
        append(rows_of(whole, start, start + 2))
    found = service.get(project_id, "load")
    assert len(found.segments) <= 4
    assert found.segments[0].rows == 60
    assert found.fingerprint == add(whole, name="at_once").fingerprint
    assert load_version(found.paths, found.schema, found.options, found.fingerprint).height == 80


def test_a_revision_is_refused_with_old_and_new_value_until_the_policy_accepts_it(
    project_id: str,
    service: DatasetService,
    growing: GrowingDatasets,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
) -> None:
    whole = hourly(70)
    lines = whole.splitlines()
    old = float(lines[21].split(",")[1])
    lines[21] = lines[21].replace(f",{old},", ",99.25,")
    revised = "\n".join(lines) + "\n"
    add(rows_of(whole, 0, 60))
    with pytest.raises(InvalidInput, match=f"y was {old} and is now 99.25") as refused:
        append(revised)
    assert refused.value.error_code == "rows_revised"
    assert service.get(project_id, "load").version == 1
    growing.set_revisions(project_id, "load", RevisionPolicy(revisions="accept"))
    kept = append(revised)
    assert (kept.rows_added, kept.rows_revised, kept.rows_repeated) == (10, 1, 59)
    (change,) = kept.version.growth.changes
    assert (change.column, change.old, change.new, change.at) == ("y", old, 99.25, START + timedelta(hours=20))
    assert any(each.code == "rows_revised" and str(old) in each.text["tr"] for each in kept.findings)
    assert kept.version.fingerprint == add(revised, name="at_once").fingerprint
    before = service.get(project_id, "load", 1)
    assert load_version(before.paths, before.schema, before.options, before.fingerprint)["y"][20] == old


def test_a_revision_back_to_an_older_version_is_refused_and_says_how_to_return(
    project_id: str,
    service: DatasetService,
    growing: GrowingDatasets,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
) -> None:
    lines = hourly(60).splitlines()
    old = lines[21].split(",")[1]
    add("\n".join(lines) + "\n")
    growing.set_revisions(project_id, "load", RevisionPolicy(revisions="accept"))
    revised = [*lines[:21], lines[21].replace(f",{old},", ",99.25,"), *lines[22:]]
    assert append("\n".join(revised) + "\n").version.version == 2
    with pytest.raises(InvalidInput, match="identical to its version 1") as refused:
        append("\n".join(lines) + "\n")
    assert "azuraforge datasets delete load 2" in refused.value.next_step
    assert service.get(project_id, "load").version == 2


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("time,z,x\n2024-01-03 12:00:00,1,2\n", "other_columns", "lack columns of dataset 'load': 'y'"),
        ("time,y,x\n2999-01-01 00:00:00,1,2\n", "future_rows", "row is in the future"),
        ("time,y,x\n2024-01-03 12:30:00,1,2\n", "wrong_frequency", "the rows do not have the frequency 1h"),
        ("time,y,x\n2024-01-09 12:00:00,1,2\n", "gaps", "rows are missing at a frequency of 1h"),
        ("time,y,x\n2024-01-03 12:00:00,,2\n", "missing_target", "the target 'y' is missing"),
    ],
)
def test_bad_rows_are_refused_with_one_sentence(
    project_id: str,
    service: DatasetService,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
    text: str,
    code: str,
    sentence: str,
) -> None:
    add(hourly(60))
    before = files(service, project_id)
    with pytest.raises(InvalidInput, match=sentence) as refused:
        append(text)
    assert refused.value.error_code == code
    assert service.get(project_id, "load").version == 1
    assert files(service, project_id) == before


@pytest.mark.parametrize(
    ("option", "code"), [({"unit": "kW"}, "other_unit"), ({"timezone": "Asia/Tokyo"}, "other_timezone")]
)
def test_another_unit_or_zone_is_refused(
    add: Any, append: Any, hourly: Callable[..., str], option: dict[str, str], code: str
) -> None:
    add(hourly(60), unit="MW")
    with pytest.raises(InvalidInput, match="of the new rows is") as refused:
        append(rows_of(hourly(61), 60), **option)
    assert refused.value.error_code == code


def test_small_gaps_are_filled_as_on_adding(add: Any, append: Any, hourly: Callable[..., str]) -> None:
    whole = hourly(80)
    holed = "\n".join(whole.splitlines()[:72] + whole.splitlines()[74:]) + "\n"
    add(rows_of(holed, 0, 60))
    grown = append(rows_of(holed, 60))
    assert grown.rows_added == 20
    assert "gaps_filled" in {each.code for each in grown.findings}
    assert grown.version.fingerprint == add(holed, name="at_once").fingerprint


def test_rows_as_json(project_id: str, growing: GrowingDatasets, add: Any, hourly: Callable[..., str]) -> None:
    add(hourly(60))
    rows = [{"time": "2024-01-03T12:00:00Z", "y": 1, "x": 2.5}, {"time": "2024-01-03T13:00:00Z", "y": 2.5, "x": None}]
    kept = growing.append_rows(project_id, "load", AppendRows(rows=rows))
    assert kept.rows_added == 2
    assert "feature_filled" in {each.code for each in kept.findings}
    with pytest.raises(InvalidInput, match="no column 'why'"):
        growing.append_rows(project_id, "load", AppendRows(rows=[{"time": "2024-01-03T14:00:00Z", "why": 1}]))


def test_several_series_grow_each_behind_its_own_end(
    project_id: str, service: DatasetService, add: Any, append: Any
) -> None:
    def text(counts: dict[str, int], begin: int = 0) -> str:
        lines = ["time,store,y"]
        for name, count in counts.items():
            for hour in range(begin, count):
                at = (START + timedelta(hours=hour)).isoformat()
                lines.append(f"{at},{name},{(hour * 7 + len(name)) % 11}")
        return "\n".join(lines) + "\n"

    add(text({"a": 60, "bb": 50}), series="store")
    grown = append(text({"a": 65, "bb": 70, "new": 65}, begin=45))
    assert (grown.rows_added, grown.rows_repeated) == (5 + 20 + 20, 15 + 5)
    assert grown.version.dataset_schema.series_names == ("a", "bb", "new")
    found = service.get(project_id, "load")
    frame = load_version(found.paths, found.schema, found.options, found.fingerprint)
    assert frame.group_by("store").len().sort("store")["len"].to_list() == [65, 70, 20]
    assert len(found.segments) == 2


def test_two_appends_at_once_both_count(
    monkeypatch: pytest.MonkeyPatch,
    service: DatasetService,
    growing: GrowingDatasets,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
) -> None:
    whole = hourly(70)
    add(rows_of(whole, 0, 60))
    real, raced = service.ask, list[int]()

    def overtaken(entry: str, *rest: Any) -> Any:
        answer = real(entry, *rest)
        if not raced:  # another append is committed while this one is computed
            raced.append(1)
            append(rows_of(whole, 60, 65))
        return answer

    monkeypatch.setattr(service, "ask", overtaken)
    kept = append(rows_of(whole, 60, 70))
    assert (kept.version.version, kept.rows_added, kept.rows_repeated) == (3, 5, 5)
    assert kept.version.fingerprint == add(whole, name="at_once").fingerprint

    monkeypatch.setattr(growing_service, "_TRIES", 0)
    with pytest.raises(Conflict, match="at the same time"):
        append(rows_of(hourly(71), 70))


def test_purging_frees_a_segment_when_no_version_names_it(
    project_id: str, service: DatasetService, add: Any, append: Any, hourly: Callable[..., str]
) -> None:
    add(rows_of(hourly(70), 0, 60))
    append(rows_of(hourly(70), 60))
    shared = service.get(project_id, "load", 1).paths[0]
    service.trash.delete(project_id, "load", 1, "someone")
    service.trash.purge(project_id, None)
    assert shared.exists()
    assert service.get(project_id, "load").rows == 70
    service.trash.delete(project_id, "load", None, "someone")
    service.trash.purge(project_id, None)
    assert not shared.exists()


def test_each_version_is_announced(
    project_id: str, events: EventLog, service: DatasetService, add: Any, append: Any, hourly: Any
) -> None:
    add(rows_of(hourly(70), 0, 60))
    append(rows_of(hourly(70), 55))
    found = service.get(project_id, "load")
    for stream in ("project", f"dataset/{found.id}"):
        first, second = [each for each in events.read(project_id, stream) if each.type == "dataset.version_added"]
        assert first.data["previous_version"] is None
        assert first.data["rows_added"] == 60
        wanted = {"dataset": "load", "version": 2, "previous_version": 1}
        counts = {"rows_added": 10, "rows_revised": 0, "rows_repeated": 5}
        assert second.data | wanted | counts == second.data
        assert datetime.fromisoformat(second.data["end_at"]) == found.end_at


@pytest.mark.parametrize("point", ["segments_before_version", "version_added_before_commit"])
def test_a_killed_append_leaves_the_version_that_was_there(
    project_id: str,
    service: DatasetService,
    database: Database,
    settings: Settings,
    write: Callable[..., Path],
    events: EventLog,
    add: Any,
    append: Any,
    hourly: Callable[..., str],
    point: str,
) -> None:
    add(rows_of(hourly(70), 0, 60))
    more = write(rows_of(hourly(70), 60), "more.csv")
    url = database.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.datasets.killed_append",
        url,
        str(settings.home),
        project_id,
        "load",
        str(more),
    ]
    environment = {**os.environ, "AZURAFORGE_CRASHPOINT": point}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert service.get(project_id, "load").version == 1
    assert len([each for each in events.read(project_id, "project") if each.type == "dataset.version_added"]) == 1
    kept = append(rows_of(hourly(70), 60))
    assert (kept.version.version, kept.rows_added) == (2, 10)
    assert kept.version.fingerprint == add(hourly(70), name="at_once").fingerprint
    folder = service.get(project_id, "load").paths[0].parent
    named = {path.name for name in ("load", "at_once") for path in service.get(project_id, name).paths}
    assert {path.name for path in folder.iterdir()} == named
