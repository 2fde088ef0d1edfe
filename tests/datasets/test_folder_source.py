"""The source ``folder``: files that arrive, are still written, change, or lead elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from azuraforge.datasets.schemas import FromSource
from azuraforge.datasets.service import DatasetService
from azuraforge.errors import InvalidInput, TransientError
from azuraforge.settings import Settings
from tests.datasets.asking import invented

#: How cursor and rows are kept on both databases: test_refresh.py.
pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "allowed" / "load"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> Settings:
    return Settings(home=tmp_path / "home", folders=str(folder.parent))


@pytest.fixture
def put(folder: Path, hourly: Any) -> Callable[..., Path]:
    """Write the hours from ``first`` up to ``last`` into a file that has been there for a minute."""

    def make(name: str, first: int, last: int, *, age: float = 60.0, edit: Any = None) -> Path:
        lines = hourly(last, edit).splitlines()
        path = folder / name
        path.write_text("\n".join([lines[0], *lines[first + 1 :]]) + "\n")
        os.utime(path, (time.time() - age,) * 2)
        return path

    return make


@pytest.fixture
def add(service: DatasetService, project_id: str, folder: Path) -> Any:
    def make(**options: Any) -> Any:
        asked = {"folder": str(folder), "time": "time", "target": "y", **options}
        return service.add_from_source(project_id, FromSource(source="folder", options=asked))

    return make


def test_new_files_are_appended_in_order_and_read_once(
    put: Any, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    put("2.csv", 30, 60)
    put("1.csv", 0, 30)
    assert (added := add()).rows == 60
    assert (added.name, added.dataset_schema.features) == ("load", ("x",))
    put("4.csv", 66, 70)
    put("3.csv", 60, 66)
    summary = refresh("load")
    assert (summary["rows_added"], summary["rows_repeated"]) == (10, 0)
    assert invented(service, project_id, "load") == 0
    assert list(service.get(project_id, "load").cursor["files"]) == ["1.csv", "2.csv", "3.csv", "4.csv"]  # type: ignore
    assert refresh("load")["created"] is False


def test_half_written_files_wait(put: Any, add: Any, refresh: Any, folder: Path) -> None:
    put("1.csv", 0, 60)
    put("2.csv.part", 60, 63)
    put(".3.csv", 60, 63)
    fresh = put("4.csv", 60, 65, age=0)
    add()
    assert refresh("load")["rows_added"] == 0
    os.utime(fresh, (time.time() - 60,) * 2)
    assert refresh("load")["rows_added"] == 5
    assert refresh("load")["rows_repeated"] == 0
    put("4.csv", 60, 67, age=0)  # written to again: it waits, and is not forgotten
    assert refresh("load")["created"] is False


def test_a_file_that_changed_is_a_finding_and_its_new_rows_are_read(
    put: Any, add: Any, refresh: Any, service: DatasetService, project_id: str
) -> None:
    path = put("1.csv", 0, 60)
    add()
    os.utime(path, (time.time() - 30,) * 2)  # touched: the content is the same
    assert refresh("load")["rows_repeated"] == 0
    assert refresh.notes == []
    put("1.csv", 0, 62, age=20)
    assert refresh("load")["rows_added"] == 2
    assert any("1.csv has changed since it was read" in note["en"] for note in refresh.notes)
    codes = [each.code for each in service.get(project_id, "load").findings]
    assert "file_changed" in codes

    def another(lines: list[str]) -> None:
        lines[5] = lines[5].replace(",", ",99", 1)

    put("1.csv", 0, 62, age=15, edit=another)
    with pytest.raises(InvalidInput, match="1 row changes the past of dataset 'load'"):
        refresh("load")
    assert service.get(project_id, "load").version == 2


@pytest.mark.parametrize("path", ["/etc", "load", "{folder}/../..", "{folder}/out", "/nonexistent\0"])
def test_paths_outside_are_refused_without_saying_what_is_there(
    add: Any, folder: Path, tmp_path: Path, path: str
) -> None:
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(InvalidInput, match="is not in a folder that may be read") as refused:
        add(folder=path.format(folder=folder))
    assert refused.value.error_code == "folder_refused"


def test_links_that_lead_outside_are_left_out_and_named(put: Any, add: Any, folder: Path, tmp_path: Path) -> None:
    put("1.csv", 0, 60)
    outside = tmp_path / "secret.csv"
    outside.write_text("time,y,x\n2030-01-01 00:00:00,1,1\n")
    os.utime(outside, (0, 0))
    (folder / "2.csv").symlink_to(outside)
    (folder / "3.csv").symlink_to(folder / "3.csv")
    os.mkfifo(folder / "4.csv")
    added = add()
    assert added.rows == 60
    assert [each.where for each in added.findings if each.code == "file_outside"] == ["2.csv"]


def test_a_folder_that_was_emptied_is_asked_again(put: Any, add: Any, refresh: Any, folder: Path) -> None:
    path = put("1.csv", 0, 60)
    put("2.csv", 60, 62)
    add()
    path.unlink()
    assert refresh("load")["created"] is False  # archived files are missed by nobody
    (folder / "2.csv").unlink()
    with pytest.raises(TransientError, match="had 1 file and has none now"):
        refresh("load")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("time,y\n2024-01-03 12:00:00,1\n", "the file 2.csv has no column 'x', but 1.csv does"),
        ("", "the file 2.csv is empty"),
    ],
)
def test_a_bad_file_is_named(put: Any, add: Any, folder: Path, content: str, sentence: str) -> None:
    put("1.csv", 0, 60)
    (folder / "2.csv").write_text(content)
    os.utime(folder / "2.csv", (0, 0))
    with pytest.raises(InvalidInput) as refused:
        add()
    assert sentence in refused.value.message


def test_a_pattern_that_fits_nothing_is_refused(put: Any, add: Any) -> None:
    put("1.csv", 0, 60)
    with pytest.raises(InvalidInput, match=r"no file in .* can be read yet"):
        add(pattern="*.parquet")


def test_the_data_home_is_never_allowed(tmp_path: Path) -> None:
    for folders in (str(tmp_path), str(tmp_path / "home"), "relative"):
        with pytest.raises(ValidationError):
            Settings(home=tmp_path / "home", folders=folders)
