"""A web page, an error or an archive that is called a CSV file is named as what it is, wherever it is read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.datasets.sources.tables import FileTableOptions
from azuraforge.datasets.sources.tables import read_table as read_source
from azuraforge.errors import InvalidInput
from azuraforge.judgements.files import read_table

PAGE = "<!DOCTYPE html>\n<html><head><title>Sign &amp;\n in</title></head>\n<body><p>a,b</p></body></html>\n"
CASES = [
    (PAGE, "data.csv is a web page (“Sign & in”), not a table", "login"),
    ('\n <HTML lang="en"><body>x,y</body></HTML>', "data.csv is a web page, not a table", "login"),
    ('<?xml version="1.0"?><Error><Code>Denied</Code></Error>', "data.csv is an XML document, not a table", "export"),
    ('{"error": {"message": "token expired"}, "code": 4}', "data.csv is a JSON response (“token expired”)", "resolve"),
    ('{\n  "detail": "no access"\n}\n', "data.csv is a JSON response (“no access”), not a table", "resolve"),
    ('[{"time": "2024-01-01", "y": 1}]', "data.csv is JSON, not a table", "CSV"),
    ("", "the file data.csv is empty", "choose"),
    ("time,y\n", "the file data.csv has a header and no rows", "add rows below the header"),
]


@pytest.mark.parametrize(("content", "message", "next_step"), CASES)
def test_what_is_no_table_is_named_in_one_sentence(content: str, message: str, next_step: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(content)
    readers = (
        lambda: read_file(path, path.name, FileOptions(time="time", target="y")),
        lambda: read_table(path),
        lambda: read_source(path, path.name, FileTableOptions(time="time", target="y"), ReadingLimits()),
    )
    for read in readers:
        with pytest.raises(InvalidInput) as refused:
            read()
        assert refused.value.message.startswith(message)
        assert next_step in refused.value.next_step


def test_json_lines_stay_a_table_for_sources_and_are_named_for_files(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('{"time": "2024-01-01", "message": "a", "y": 1}\n')
    frame, _ = read_source(path, path.name, FileTableOptions(time="time", target="y"), ReadingLimits())
    assert frame["y"].to_list() == [1]
    path.write_text('{"time": "2024-01-01", "y": 1}\n{"time": "2024-01-02", "y": 2}\n')
    with pytest.raises(InvalidInput, match="is JSON, not a table"):
        read_table(path)


def test_tables_that_begin_with_a_bracket_are_read(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("<DATE>\t<CLOSE>\n2024-01-01\t1\n2024-01-02\t2\n")  # as trading programs export
    assert read_table(path).frame.columns[1:] == ["<DATE>", "<CLOSE>"]
    path.write_text("[time],{y}\n2024-01-01,1\n2024-01-02,2\n")
    assert read_table(path).frame.columns[1:] == ["[time]", "{y}"]


def test_an_archive_of_several_files_called_csv_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "time,y\n2024-01-01,1\n")
        archive.writestr("b.csv", "time,y\n2024-01-01,1\n")
    with pytest.raises(InvalidInput, match=r"the archive data\.csv contains 2 files"):
        read_table(path)
