"""Separators, headers, columns, ragged lines."""

from __future__ import annotations

import pytest

from azuraforge.datasets.reading.delimited import read_delimited, sniff
from azuraforge.errors import InvalidInput


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found(read, hourly, separator):
    assert read(hourly().replace(",", separator)).fingerprint == read(hourly()).fingerprint


def test_a_comma_inside_values_does_not_pass_for_the_separator():
    assert sniff('time;"a, b";c\n1;"x, y";2,5\n2;"z, w";3,5\n') == ";"


def test_the_wrong_separator_is_named_with_the_right_one(read, hourly):
    with pytest.raises(InvalidInput, match=r"separated by semicolon, not by the stated separator \(comma\)") as caught:
        read(hourly().replace(",", ";"), separator=",")
    assert caught.value.error_code == "wrong_separator"


def test_windows_line_ends_and_spaces_change_nothing(read, hourly):
    assert read(hourly().replace("\n", "\r\n").replace(",", " , ")).fingerprint == read(hourly()).fingerprint


def test_blank_lines_are_passed_over_and_lines_still_counted(read, hourly):
    broken = hourly(
        edit=lambda lines: (lines.insert(5, ""), lines.__setitem__(10, lines[10].split(",")[0] + ",oops,1"))
    )
    with pytest.raises(InvalidInput) as caught:
        read("\n\n" + broken)
    assert caught.value.where == "series.csv, line 13, column 'y'"


def test_where_values_span_lines_places_count_rows(read, hourly):
    def edit(lines):
        lines[0] += ",note"
        lines[1:] = [line + ',"two\nlines"' for line in lines[1:]]
        at, _, rest = lines[4].split(",", 2)
        lines[4] = f"{at},oops,{rest}"

    with pytest.raises(InvalidInput) as caught:
        read(hourly(edit=edit))
    assert caught.value.where == "series.csv, row 4, column 'y'"


@pytest.mark.parametrize(
    ("options", "asked", "guess"),
    [({"target": "Y"}, "'Y'", "'y'"), ({"time": "tme"}, "'tme'", "'time'"), ({"features": ["xx"]}, "'xx'", "")],
)
def test_an_unknown_column_is_named_with_a_guess(read, hourly, options, asked, guess):
    with pytest.raises(InvalidInput, match=f"no column {asked}") as caught:
        read(hourly(), **options)
    assert guess in caught.value.next_step
    assert caught.value.error_code == "no_such_column"


def test_two_columns_of_one_name_are_refused(read, hourly):
    with pytest.raises(InvalidInput, match=r"two columns of series\.csv are named 'y'"):
        read(hourly().replace("x", "y", 1))


def test_a_line_with_too_many_values_is_named(read, hourly):
    with pytest.raises(InvalidInput, match="has 5 values, but the header has 3") as caught:
        read(hourly(edit=lambda lines: lines.__setitem__(7, lines[7] + ",1,2")))
    assert caught.value.where == "series.csv, line 8"


def test_a_column_without_a_name_gets_one():
    table = read_delimited("t,y,\n1,2,3\n", "f.csv", None, {"time": "t"})
    assert table.frame.columns[1:] == ["t", "y", "column_3"]


def test_columns_can_be_chosen_and_left_out(read, hourly):
    assert read(hourly(), features=[]).schema.features == ()
    assert read(hourly(), exclude=["x"]).schema.features == ()
    assert read(hourly(), features=["x"]).schema.features == ("x",)


def test_time_and_target_must_differ_and_the_target_is_no_feature(read, hourly):
    with pytest.raises(InvalidInput, match="both the time and the target"):
        read(hourly(), target="time")
    with pytest.raises(InvalidInput, match="cannot be a feature"):
        read(hourly(), features=["y"])
