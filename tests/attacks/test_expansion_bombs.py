"""Small uploads that would grow: each is refused by its computed size, before anything of that size is built.

Limits are scaled down, so that a bomb of kilobytes stands for one of gigabytes.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from azuraforge.datasets.images import tables as image_tables
from azuraforge.datasets.images.reading import read_images
from azuraforge.datasets.messages import ReadInput, ReadResult
from azuraforge.datasets.reading import archives
from azuraforge.datasets.reading.limits import ReadingLimits
from azuraforge.datasets.reading.reader import prepare_source, read_file
from azuraforge.datasets.schemas import CleaningOptions, FileOptions, ImageOptions
from azuraforge.datasets.service import READ
from azuraforge.errors import InvalidInput
from azuraforge.plugins import SourceRead
from azuraforge.processes.launcher import Launcher
from azuraforge.processes.resources.memory import MemoryLimit

SMALL = ReadingLimits(table_bytes=200_000, values=20_000, columns=50, image_bytes=100_000)
START = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(content: bytes) -> Path:
        path = tmp_path / "bomb"
        path.write_bytes(content)
        return path

    return make


def refused(read: Callable[[], object], setting: str = "") -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read()
    assert caught.value.error_code in ("too_large", "too_many_files", "archive_bomb"), caught.value
    assert setting in caught.value.next_step
    assert caught.value.next_step
    return caught.value


def series(count: int = 30, last: str = "", columns: int = 1) -> str:
    names = ["time", *(f"c{index}" for index in range(columns))]
    lines = [",".join(names)]
    for row in range(count):
        at = (START + timedelta(seconds=row)).isoformat()
        lines.append(",".join([at, *(str((row * 7) % 11) for _ in range(columns))]))
    if last:
        lines.append(",".join([last, *("1" for _ in range(columns))]))
    return "\n".join(lines) + "\n"


def table(path: Path, limits: ReadingLimits = SMALL, **options: Any) -> None:
    read_file(path, "bomb.csv", FileOptions(**{"time": "time", "target": "c0", **options}), limits)


def test_a_gap_of_years_in_a_series_of_seconds(put, monkeypatch):
    def build(*_: Any) -> Any:
        raise AssertionError("the grid was built")

    monkeypatch.setattr("azuraforge.datasets.reading.cleaning.whole_grid", build)
    path = put(series(last="2023-05-26T00:00:00+00:00").encode())
    error = refused(lambda: table(path, ReadingLimits(), frequency="1s", gaps="forward_fill"), "READING__VALUES")
    assert "107,222,401" in error.message  # three years and five months of seconds
    assert path.stat().st_size < 1024


@pytest.mark.parametrize("frequency", ["1ms", "1s", "1m", "1h"])
def test_absurd_frequencies(put, frequency):
    rows = "\n".join(f"{2000 + row}-01-01T00:00:00Z,{row % 7}" for row in range(25))
    path = put(f"time,c0\n{rows}\n".encode())
    refused(lambda: table(path, frequency=frequency, gaps="forward_fill"), "READING__VALUES")


@pytest.mark.parametrize("frequency", ["999999999y", "999999999s", "99999999mo", "9" * 30 + "s"])
def test_a_frequency_beyond_all_numbers_is_refused_and_not_a_failure(put, frequency):
    with pytest.raises((InvalidInput, ValidationError), match="frequency"):
        table(put(series().encode()), frequency=frequency)


def test_gaps_of_many_series_count_together(put):
    lines = ["time,store,c0"]
    for store in range(30):
        for day in [*range(25), 600]:
            lines.append(f"{(START + timedelta(days=day)).date()},s{store},{(day * 7) % 11}")
    options = {"series": "store", "frequency": "1d", "gaps": "forward_fill"}
    path = put("\n".join(lines).encode())
    table(path, ReadingLimits(), **options)
    error = refused(lambda: table(path, **options), "READING__VALUES")
    assert "series 's" in error.where


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda data: zipped({"a.csv": data})])
def test_compressed_text(put, pack):
    path = put(pack(b"time,c0\n" + b"2020-01-01,1\n" * 50_000))
    assert path.stat().st_size < 20_000
    refused(lambda: table(path), "READING__TABLE_BYTES")


def test_a_table_of_many_columns(put):
    refused(lambda: table(put(series(columns=60).encode())), "READING__COLUMNS")
    refused(lambda: table(put(b"time" + b"," * 1_000_000 + b"\n1\n"), ReadingLimits()), "READING__COLUMNS")
    wide = ",".join(f"c{index}" for index in range(60))
    refused(lambda: table(put(f'time,"x\n",{wide}\n2020-01-01,1\n'.encode()), separator=","), "READING__COLUMNS")


def test_many_short_lines_below_a_wide_header(put):
    path = put(b"time" + b"".join(b",c%d" % index for index in range(40)) + b"\n" + b"1\n" * 600)
    refused(lambda: table(path, separator=","), "READING__VALUES")


@pytest.mark.parametrize("header", [b"time," + b"x" * 200_000, b'time,"' + b"x" * 200_000, b'time,"' + b"x\n" * 99_000])
def test_very_long_fields(put, header):
    with pytest.raises(InvalidInput) as caught:
        table(put(header + b"\n2020-01-01,1\n"), ReadingLimits())
    assert caught.value.error_code in ("unreadable_file", "no_such_column")


@pytest.mark.parametrize("encoding", ["punycode", "idna", "PunyCode"])
def test_encodings_whose_time_grows_with_the_square(put, encoding):
    with pytest.raises(InvalidInput, match=r"encoding .* is unknown"):
        table(put(series().encode()), encoding=encoding)


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def test_a_parquet_file_of_equal_rows_is_refused_by_its_description(put, monkeypatch):
    path = put(parquet(time=pl.repeat(0, 2_000_000, eager=True), c0=pl.repeat(1.0, 2_000_000, eager=True)))
    assert path.stat().st_size < 200_000
    monkeypatch.setattr(pl, "read_parquet", lambda *_, **__: pytest.fail("the rows were read"))
    refused(lambda: table(path), "READING__VALUES")


def test_lists_in_parquet_are_not_read(put):
    days = pl.datetime_range(START, START + timedelta(days=29), "1d", eager=True)
    heavy = pl.Series("heavy", [[1] * 100_000] * 30)
    path = put(parquet(time=days, c0=[float(row % 7) for row in range(30)], heavy=heavy))
    read = read_file(path, "x.parquet", FileOptions(time="time", target="c0"), SMALL).prepared
    assert "columns_ignored_text" in [found.code for found in read.findings]
    without = read_file(path, "x.parquet", FileOptions(time="time", target="c0", exclude=["heavy"]), SMALL).prepared
    assert without.fingerprint == read.fingerprint
    for options in ({"target": "heavy"}, {"time": "heavy"}, {"features": ["heavy"]}, {"series": "heavy"}):
        with pytest.raises(InvalidInput) as caught:
            table(path, **options)
        assert caught.value.error_code == "nested_column"


def test_long_text_that_parquet_stores_once(put):
    days = pl.datetime_range(START, START + timedelta(days=299), "1d", eager=True)
    path = put(parquet(time=days, c0=[float(row % 7) for row in range(300)], note=["x" * 10_000] * 300))
    assert path.stat().st_size < 50_000
    refused(lambda: table(path), "READING__TABLE_BYTES")


def test_a_source_that_reads_too_much():
    frame = pl.DataFrame({"time": pl.repeat(0, 30_000, eager=True), "y": pl.repeat(1.0, 30_000, eager=True)})
    read = SourceRead(frame, "time", "y")
    refused(lambda: prepare_source(read, "big", CleaningOptions(), SMALL), "READING__VALUES")


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def idx_bytes(*sizes: int) -> bytes:
    return bytes([0, 0, 8, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + bytes(int(np.prod(sizes)))


@pytest.mark.parametrize(
    "files",
    [
        {"train-images-idx3-ubyte.gz": gzip.compress(idx_bytes(2000, 28, 28))},
        {f"train{part}-images-idx3-ubyte.gz": gzip.compress(idx_bytes(100, 28, 28)) for part in range(2)},
        {"train-images-idx3-ubyte": idx_bytes(2000, 28, 28)},
        {"train-images-idx3-ubyte.gz": gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(1 << 20))},
        {"train-labels-idx1-ubyte.gz": gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 90_000) + bytes(1 << 20))},
    ],
    ids=["one", "together", "plain", "announced", "more than announced"],
)
def test_idx_files_that_unpack_to_more_than_is_allowed(put, files, monkeypatch):
    path = put(zipped(files))
    read = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: read(self, _bounded(size)))
    with pytest.raises(InvalidInput) as caught:
        read_images(path, "bomb.zip", ImageOptions(kind="images"), SMALL)
    assert caught.value.error_code in ("too_large", "unreadable_file")


def _bounded(size: int) -> int:
    assert 0 <= size <= SMALL.image_bytes + 100, "more is decompressed than the limit allows"
    return size


def test_more_images_than_anything_learns_from(put):
    path = put(zipped({"train-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(1_000_001))}))
    refused(lambda: read_images(path, "b.zip", ImageOptions(kind="images"), ReadingLimits()))


def test_the_directory_of_an_archive_is_measured_before_it_is_read(put, monkeypatch):
    path = put(zipped({f"{index:0100}": b"" for index in range(2000)}))
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 100_000)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("the directory was read"))
    refused(lambda: read_images(path, "b.zip", ImageOptions(kind="images"), SMALL))
    refused(lambda: table(path))


def test_a_long_directory_is_found_in_the_long_form_too(put, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 100)  # beyond it Python writes the long form
    packed = zipped({f"{index:0100}": b"" for index in range(2000)})
    assert b"PK\x06\x06" in packed
    short = bytearray(packed)
    short[-10:-6] = struct.pack("<I", 1)  # the short form may say anything: Python believes the long one
    monkeypatch.setattr(archives, "MAX_DIRECTORY_BYTES", 100_000)
    refused(lambda: read_images(put(bytes(short)), "b.zip", ImageOptions(kind="images"), SMALL))


def png(height: int, width: int) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_images_of_huge_dimensions(put):
    image = png(1000, 1000)
    files = {f"{name}/{index}.png": image for name in "ab" for index in range(15)}
    path = put(zipped(files))
    assert path.stat().st_size < 100_000
    refused(lambda: read_images(path, "b.zip", ImageOptions(kind="images"), SMALL), "READING__IMAGE_BYTES")


def test_one_image_that_a_table_stores_once_for_many_rows(put, monkeypatch):
    image = png(8, 8) + bytes(10_000)
    path = put(parquet(image=[image] * 2000, label=[row % 3 for row in range(2000)]))
    monkeypatch.setattr(image_tables, "MAX_UNPACKED_BYTES", 1 << 20)
    assert path.stat().st_size < 100_000
    refused(lambda: image_tables.read_table(path, "t", ImageOptions(kind="images"), [], 1 << 20))


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    made = Launcher()
    yield made
    made.stop()


def test_a_reader_that_needs_more_memory_than_is_allowed_is_one_clear_error(launcher, tmp_path):
    """The last barrier, for what no computation foresaw: the child's own memory has a limit."""
    path = tmp_path / "wide.csv"
    with path.open("w") as file:
        file.write(",".join(["time", *(f"c{index}" for index in range(99))]))
        file.writelines(f"\n{1_600_000_000 + 60 * row}{f',{row % 7}' * 99}" for row in range(20_000))
    options = FileOptions(time="time", target="c0").model_dump(mode="json")
    wanted = ReadInput(
        kind="series", path=path, name="wide.csv", options=options, folder=tmp_path, limits=ReadingLimits()
    )
    memory = MemoryLimit(128 << 20, "AZURAFORGE_READING__MEMORY_BYTES")
    with pytest.raises(InvalidInput, match="needs more than the allowed 128 MiB of memory") as caught:
        launcher.call(READ, wanted.model_dump(mode="json"), ReadResult, 60, memory=memory)
    assert caught.value.error_code == "memory_limit"
    assert "AZURAFORGE_READING__MEMORY_BYTES" in caught.value.next_step
