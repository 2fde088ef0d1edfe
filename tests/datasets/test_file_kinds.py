"""What a file is: compressed, encoded, binary, empty, damaged."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import polars as pl
import pytest

from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.reading.reader import read_file
from azuraforge.datasets.schemas import FileOptions
from azuraforge.errors import InvalidInput


def zipped(*members: tuple[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members:
            archive.writestr(name, text)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_text_is_the_same_dataset(read, hourly, pack):
    assert read(pack(hourly().encode())).fingerprint == read(hourly()).fingerprint


def test_a_zip_of_one_table_is_unpacked(read, hourly):
    assert read(zipped(("a/series.csv", hourly()))).fingerprint == read(hourly()).fingerprint


def test_a_zip_of_two_files_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match="contains 2 files"):
        read(zipped(("a.csv", hourly()), ("b.csv", hourly())))


def test_an_office_document_is_named(read):
    with pytest.raises(InvalidInput, match="Office document") as caught:
        read(zipped(("[Content_Types].xml", ""), ("word/document.xml", "")), name="text.docx")
    assert caught.value.next_step == "save the table as .xlsx or CSV"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1254"])
def test_encodings_are_found(read, hourly, codec):
    text = hourly().replace("x", "sıcaklık", 1)
    assert read(text.encode(codec)).schema.features == ("sıcaklık",)


def test_a_guessed_encoding_is_reported(read, hourly):
    prepared = read(hourly().replace("x", "ışık", 1).encode("cp1254"))
    assert "encoding_assumed" in [item.code for item in prepared.findings]
    assert "encoding_assumed" not in [item.code for item in read(hourly()).findings]


def test_a_wrong_encoding_names_the_line(read, hourly):
    with pytest.raises(InvalidInput, match="not text in the encoding ascii") as caught:
        read(hourly().replace("\n", "\nş", 3), encoding="ascii")
    assert "line 2" in caught.value.where


def test_an_unknown_encoding_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match="encoding 'klingon' is unknown"):
        read(hourly(), encoding="klingon")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n  \n", "empty_file"),
        (gzip.compress(b"", mtime=0), "empty_file"),
        (b"time,y\n", "empty_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "binary_file"),
        (b"%PDF-1.7 " + b"x" * 50, "binary_file"),
        (bytes(range(256)) * 4, "binary_file"),
        (gzip.compress(b"time,y\n" * 5000, mtime=0)[:60], "unreadable_file"),
        (b"PAR1" + b"\x15\x04" * 30 + b"PAR1", "unreadable_file"),
        (b"just one column\n1\n2\n", "no_separator"),
        (b'time,y\n2024-01-01,"1\n2024-01-02,2\n', "unreadable_file"),
    ],
)
def test_what_is_no_table_gets_one_clear_error(read, content, code):
    with pytest.raises(InvalidInput) as caught:
        read(content, name="thing.csv")
    assert caught.value.error_code == code
    assert "thing.csv" in str(caught.value)
    assert caught.value.next_step


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"the file gone\.csv does not exist"):
        read_file(tmp_path / "gone.csv", "gone.csv", FileOptions(time="time", target="y"))


def test_decompression_is_bounded(write):
    path = write(gzip.compress(b"a,b\n" * 2**20, mtime=0))
    with pytest.raises(InvalidInput) as caught:
        read_file(path, path.name, FileOptions(time="time", target="y"), ReadingLimits(table_bytes=2**21))
    assert caught.value.error_code == "too_large"
    assert "AZURAFORGE_READING__TABLE_BYTES" in caught.value.next_step


def test_parquet_and_csv_of_the_same_rows_are_the_same_dataset(read, hourly):
    text = hourly()
    buffer = io.BytesIO()
    pl.read_csv(text.encode(), try_parse_dates=True).write_parquet(buffer)
    assert read(buffer.getvalue(), name="series.parquet").fingerprint == read(text).fingerprint


def test_an_empty_parquet_is_refused(read):
    buffer = io.BytesIO()
    pl.DataFrame({"time": [], "y": []}).write_parquet(buffer)
    with pytest.raises(InvalidInput, match="has no rows"):
        read(buffer.getvalue())


DAYS = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 2, 9), "1d", eager=True)
VALUES = [float(index % 7) for index in range(40)]


@pytest.mark.parametrize(
    "columns",
    [
        {"time": DAYS.dt.date(), "y": VALUES},
        {"time": DAYS.cast(pl.Datetime("ns")).dt.replace_time_zone("UTC"), "y": VALUES},
        {"time": DAYS.dt.epoch("s"), "y": VALUES},
        {"time": DAYS.dt.epoch("ms").cast(pl.UInt64), "y": VALUES},
        {"time": DAYS.dt.to_string("%Y-%m-%d").cast(pl.Categorical), "y": VALUES},
        {"time": DAYS, "y": pl.Series(VALUES).cast(pl.UInt8)},
        {"time": DAYS, "y": pl.Series([f"{value:g}" for value in VALUES], dtype=pl.Categorical)},
        {"time": DAYS, "y": VALUES, "list": [[1]] * 40, "struct": [{"a": 1}] * 40, "binary": [b"x"] * 40},
    ],
)
def test_types_of_parquet_mean_the_same_series(read, tmp_path, columns):
    path = tmp_path / "typed.parquet"
    pl.DataFrame(columns).write_parquet(path)
    prepared = read(path.read_bytes(), name="other.parquet")
    assert prepared.frame["time"].dt.replace_time_zone(None).to_list() == DAYS.to_list()
    assert prepared.frame["y"].to_list() == VALUES
    assert prepared.schema.features == ()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time": DAYS, "y": [[1]] * 40}, "must be numeric, but its type is List"),
        ({"time": DAYS.dt.time(), "y": VALUES}, "must contain times, but its type is Time"),
        ({"time": DAYS, "y": [None] * 40}, "has no values"),
        ({"time": DAYS, "y": VALUES, "__row__": VALUES}, "reserved name"),
    ],
)
def test_types_of_parquet_that_cannot_be(read, tmp_path, columns, message):
    path = tmp_path / "typed.parquet"
    pl.DataFrame(columns).write_parquet(path)
    with pytest.raises(InvalidInput, match=message):
        read(path.read_bytes(), name="other.parquet")
