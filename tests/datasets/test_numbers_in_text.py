"""Decimal commas and points, thousands, missing markers."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azuraforge.datasets.reading.numeric import to_numbers
from azuraforge.errors import InvalidInput


def semicolons(hourly, change) -> str:
    lines = hourly().replace(",", ";").splitlines()
    return "\n".join([lines[0]] + [change(line) for line in lines[1:]]) + "\n"


def test_decimal_commas_mean_the_same_numbers(read, hourly):
    prepared = read(semicolons(hourly, lambda line: line.replace(".", ",")))
    assert prepared.fingerprint == read(hourly()).fingerprint
    assert "decimal_comma" in [item.code for item in prepared.findings]


def test_quoted_decimal_commas_between_commas(read, hourly):
    lines = hourly().splitlines()
    quoted = [lines[0]] + [",".join(f'"{cell.replace(".", ",")}"' for cell in line.split(",")) for line in lines[1:]]
    assert read("\n".join(quoted)).fingerprint == read(hourly()).fingerprint


def test_numbers_that_can_be_read_in_two_ways_are_asked_about(read, hourly):
    text = semicolons(hourly, lambda line: ";".join([line.split(";")[0], "1," + line[8:10] + "0", "3"]))
    with pytest.raises(InvalidInput, match="two ways") as caught:
        read(text)
    assert "decimal" in caught.value.next_step
    text = "time;y\n" + "\n".join(f"2024-01-{day:02};1,{day:03}" for day in range(1, 29))
    assert read(text, decimal=",").frame["y"][0] == pytest.approx(1.001)
    assert read(text, decimal=".").frame["y"][0] == 1001.0


@pytest.mark.parametrize(
    ("decimal", "text", "value"),
    [
        (".", "1,234.5", 1234.5),
        (".", "1e3", 1000.0),
        (".", "+2", 2.0),
        (".", ".5", 0.5),
        (".", "1,23", None),
        (".", "12 %", None),
        (",", "1.234,5", 1234.5),
        (",", "-0,25", -0.25),
        (",", "1.234", 1234.0),
        (",", "1,5e2", 150.0),
        (",", "1.5", None),
        (",", "1,2,3", None),
        (",", "-inf", float("-inf")),
    ],
)
def test_writings_of_numbers(decimal, text, value):
    assert to_numbers(pl.Series([text]), decimal)[0] == value


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_a_number_written_with_a_comma_comes_back_whole(values):
    written = pl.Series([repr(value).replace(".", ",") for value in values])
    assert to_numbers(written, ",").to_list() == values
    assert to_numbers(pl.Series([repr(value) for value in values]), ".").to_list() == values


@pytest.mark.parametrize("marker", ["", "NA", "n/a", "NaN", "null", "None", "-", "?"])
def test_missing_markers_are_missing_not_text(read, hourly, marker):
    with pytest.raises(InvalidInput, match="the target 'y' is missing") as caught:
        read(hourly(edit=lambda lines: lines.__setitem__(4, lines[4].split(",")[0] + f",{marker},1")))
    assert caught.value.where.startswith("series.csv, line 5, column 'y'")
