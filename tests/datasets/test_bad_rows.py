"""What happens to rows that are not as they should be: named, reported, never changed in silence."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge.datasets.reading.findings import CODES, finding
from azuraforge.errors import InvalidInput


def cell(line: int, column: int, value: str):
    """An edit that puts ``value`` into a line (1 is the first row) and column (0 is the time)."""

    def edit(lines: list[str]) -> None:
        cells = lines[line].split(",")
        cells[column] = value
        lines[line] = ",".join(cells)

    return edit


def codes(prepared) -> dict[str, int]:
    return {item.code: item.count for item in prepared.findings}


def swap(lines: list[str]) -> None:
    lines[5], lines[9] = lines[9], lines[5]


def test_a_clean_series_has_no_warning(read, hourly):
    prepared = read(hourly())
    assert [item for item in prepared.findings if item.severity != "info"] == []
    assert prepared.schema.to_json() == {
        "time": "time",
        "target": "y",
        "features": ["x"],
        "frequency": "1h",
        "season": 24,
        "timezone": "UTC",
        "unit": "",
    }


def test_unsorted_rows_are_sorted_and_reported(read, hourly):
    prepared = read(hourly(edit=swap))
    assert prepared.frame.equals(read(hourly()).frame)
    found = next(item for item in prepared.findings if item.code == "rows_sorted")
    assert (found.severity, found.where) == ("warning", "series.csv, line 7")


def test_repeated_rows_are_reduced_and_reported(read, hourly):
    prepared = read(hourly(edit=lambda lines: lines.extend([lines[3], lines[3], lines[8]])))
    assert prepared.frame.equals(read(hourly()).frame)
    assert codes(prepared)["duplicate_rows"] == 3


def test_two_rows_of_one_time_need_a_decision(read, hourly):
    text = hourly(edit=lambda lines: lines.insert(4, "2024-01-01 02:00:00,100,0"))
    with pytest.raises(InvalidInput, match=r"1 time has several rows .* the first at 2024-01-01T02:00:00") as caught:
        read(text)
    assert caught.value.where == "series.csv, line 4 and line 5"
    assert "duplicates" in caught.value.next_step
    first = read(hourly()).frame["y"][2]
    for policy, value in [("first", first), ("last", 100.0), ("mean", (first + 100) / 2)]:
        prepared = read(text, duplicates=policy)
        assert prepared.frame["y"][2] == value
        assert prepared.frame.height == 60
        assert codes(prepared)["duplicate_times"] == 1


@pytest.mark.parametrize("value", ["text", "12 %", "1.2.3"])
def test_text_in_the_target_names_its_row(read, hourly, value):
    with pytest.raises(InvalidInput, match="must be numeric") as caught:
        read(hourly(edit=cell(7, 1, value)))
    assert caught.value.where == "series.csv, line 8, column 'y'"
    assert repr(value) in caught.value.message


def test_text_in_a_feature_is_ignored_unless_the_feature_was_asked_for(read, hourly):
    text = hourly(edit=cell(7, 2, "windy"))
    assert read(text).schema.features == ()
    assert codes(read(text))["columns_ignored_text"] == 1
    with pytest.raises(
        InvalidInput, match="the feature 'x' must be numeric, but 1 row is not; the first such value is 'windy'"
    ):
        read(text, features=["x"])


@pytest.mark.parametrize(("value", "kind"), [("", "is missing"), ("nan", "is missing"), ("inf", "is infinite")])
def test_a_target_without_a_number_needs_a_decision(read, hourly, value, kind):
    text = hourly(edit=cell(7, 1, value))
    with pytest.raises(InvalidInput, match=kind) as caught:
        read(text)
    assert caught.value.where == "series.csv, line 8, column 'y' (2024-01-01T06:00:00+00:00)"
    kept = read(text, missing="forward_fill")
    assert kept.frame["y"][6] is None  # nobody measured it: it is neither truth nor invented
    assert kept.frame["y"].null_count() == 1
    assert codes(kept)["target_filled"] == 1
    dropped = read(text, missing="drop", gaps="keep")
    assert dropped.frame.height == 59
    assert codes(dropped)["target_rows_dropped"] == 1
    assert dropped.schema.frequency is None  # the rows no longer have a fixed distance


def test_a_nan_in_parquet_is_named(read, write, tmp_path):
    values = [float(index % 5) for index in range(30)]
    values[3] = float("nan")
    times = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 30), "1d", eager=True)
    path = tmp_path / "frame.parquet"
    pl.DataFrame({"time": times, "y": values}).write_parquet(path)
    with pytest.raises(InvalidInput, match=r"is not a number \(NaN\)") as caught:
        read(path.read_bytes())
    assert "row 4" in caught.value.where


def test_the_unknown_end_is_dropped_and_not_invented(read, hourly):
    def edit(lines):
        for line in (1, 59, 60):
            cell(line, 1, "")(lines)

    prepared = read(hourly(edit=edit), missing="forward_fill")
    assert prepared.frame.height == 57
    assert codes(prepared) == {"edge_rows_dropped": 3, "frequency_found": 1, "timezone_assumed": 1}


def test_missing_features_carry_the_past_forward_only(read, hourly):
    prepared = read(hourly(edit=lambda lines: [cell(line, 2, "")(lines) for line in (10, 11)]))
    assert prepared.frame["x"][9] == prepared.frame["x"][8] == prepared.frame["x"][10]
    assert codes(prepared)["feature_filled"] == 2


def test_a_feature_that_starts_late_costs_its_first_rows(read, hourly):
    prepared = read(hourly(100, edit=lambda lines: [cell(line, 2, "")(lines) for line in (1, 2)]))
    assert prepared.frame.height == 98
    assert codes(prepared)["leading_rows_dropped"] == 2


def test_a_feature_that_is_mostly_missing_is_ignored(read, hourly):
    prepared = read(hourly(edit=lambda lines: [cell(line, 2, "")(lines) for line in range(20, 55)]))
    assert prepared.schema.features == ()
    assert codes(prepared)["columns_ignored_missing"] == 1


def test_small_gaps_are_filled_from_the_past_and_reported(read, hourly):
    prepared = read(hourly(edit=lambda lines: lines.__delitem__(slice(20, 22))))
    whole = read(hourly())
    assert prepared.frame["time"].equals(whole.frame["time"])
    assert prepared.frame["x"][19:21].to_list() == [whole.frame["x"][18]] * 2
    assert prepared.frame["y"].is_null().arg_true().to_list() == [19, 20]
    found = next(item for item in prepared.findings if item.code == "gaps_filled")
    assert (found.count, found.where) == (2, "after 2024-01-01T18:00:00+00:00")


def test_the_first_row_has_a_target_also_where_a_feature_starts_late(read, hourly):
    def edit(lines):
        for line in (1, 2):
            cell(line, 2, "")(lines)
        cell(3, 1, "")(lines)

    prepared = read(hourly(100, edit=edit), missing="forward_fill")
    assert prepared.frame["y"].null_count() == 0
    found = next(item for item in prepared.findings if item.code == "leading_rows_dropped")
    assert (prepared.frame.height, found.count) == (97, 3)
    assert "x, y had no value yet" in found.text["en"]


def test_a_target_of_one_value_and_holes_is_constant(read, hourly):
    def edit(lines):
        for line in range(1, 61):
            cell(line, 1, "" if line == 30 else "3")(lines)

    with pytest.raises(InvalidInput, match="'y' is 3 in every row"):
        read(hourly(edit=edit), missing="forward_fill")


def test_large_gaps_need_a_decision(read, hourly):
    text = hourly(200, edit=lambda lines: lines.__delitem__(slice(20, 50)))
    with pytest.raises(InvalidInput, match="30 of 200 rows are missing") as caught:
        read(text)
    assert caught.value.error_code == "gaps"
    assert caught.value.where == "after 2024-01-01T18:00:00+00:00"
    assert read(text, gaps="forward_fill").frame.height == 200
    kept = read(text, gaps="keep")
    assert (kept.frame.height, kept.schema.frequency, kept.schema.season) == (170, None, 24)


def test_gaps_can_be_refused_altogether(read, hourly):
    with pytest.raises(InvalidInput, match="1 of 60 rows are missing"):
        read(hourly(edit=lambda lines: lines.pop(20)), gaps="error")


def test_a_constant_target_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match="'y' is 3 in every row: there is nothing to learn") as refused:
        read(hourly(edit=lambda lines: [cell(line, 1, "3")(lines) for line in range(1, 61)]))
    assert refused.value.next_step == "choose another target; a constant needs no forecast"


def test_a_value_whose_square_is_infinite_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match=r"column 'y' contains 1e\+200; squares of values above 1e\+100") as refused:
        read(hourly(edit=cell(7, 1, "1e200")))
    assert "line 8" in refused.value.where
    assert read(hourly(edit=cell(7, 1, "1e90"))).frame.height == 60


def test_a_short_series_is_refused(read, hourly):
    with pytest.raises(InvalidInput, match="7 rows; at least 8 are needed"):
        read(hourly(7))
    assert read(hourly(8)).frame.height == 8


def test_columns_that_say_nothing_are_ignored_and_named(read, hourly):
    def edit(lines):
        lines[0] += ",constant,row,clock,copy"
        for index in range(1, len(lines)):
            lines[index] += f",5,{index},{1700000000 + 3600 * index},{lines[index].split(',')[1]}"

    prepared = read(hourly(edit=edit))
    assert prepared.schema.features == ("x",)
    assert codes(prepared) == {
        "timezone_assumed": 1,
        "columns_ignored_constant": 1,
        "columns_ignored_clock": 2,
        "columns_ignored_copy": 1,
        "frequency_found": 1,
    }


def test_zeros_far_from_everything_are_pointed_out_and_can_be_named_missing(read, hourly):
    def edit(lines):
        for index in range(1, len(lines)):
            cell(index, 2, "0" if index in (30, 31) else str(1000 + index % 7))(lines)

    prepared = read(hourly(edit=edit))
    assert codes(prepared)["suspicious_zeros"] == 2
    assert 0.0 in prepared.frame["x"]
    told = read(hourly(edit=edit), missing_values={"x": [0]})
    assert 0.0 not in told.frame["x"]
    assert codes(told)["values_replaced"] == codes(told)["feature_filled"] == 2
    assert told.fingerprint != prepared.fingerprint


def test_missing_values_of_an_unknown_column_are_refused(read, hourly):
    with pytest.raises(InvalidInput, match="missing_values contains 'z'"):
        read(hourly(), missing_values={"z": [0]})


@pytest.mark.parametrize("edit", [swap, lambda lines: lines.pop(20), lambda lines: lines.append(lines[3])])
def test_strict_turns_every_warning_into_an_error(read, hourly, edit):
    assert read(hourly(edit=edit)).frame.height == 60
    with pytest.raises(InvalidInput, match="strict") as caught:
        read(hourly(edit=edit), strict=True)
    assert caught.value.details["findings"][0]["severity"] == "warning"


def test_strict_accepts_what_is_clean(read, hourly):
    assert read(hourly(), strict=True).fingerprint == read(hourly()).fingerprint


@settings(max_examples=40, deadline=None)
@given(holes=st.sets(st.integers(2, 58), min_size=1, max_size=3), bump=st.floats(-1e6, 1e6))
def test_what_is_filled_never_depends_on_what_comes_later(holes, bump):
    """Change the last row: no earlier row may change."""
    from azuraforge.datasets.reading.delimited import read_delimited
    from azuraforge.datasets.reading.reader import _prepare
    from azuraforge.datasets.schemas import FileOptions

    options = FileOptions(time="time", target="y", missing="forward_fill", gaps="forward_fill")

    def frame(last: float) -> pl.DataFrame:
        rows = [f"2024-01-{1 + index // 24:02} {index % 24:02}:00,{index % 11},{index % 7}" for index in range(60)]
        for hole in holes:
            rows[hole] = rows[hole].rsplit(",", 1)[0].rsplit(",", 1)[0] + ",," if hole % 2 else ""
        rows.append(f"2024-01-03 12:00,{last},{last}")
        table = read_delimited("time,y,x\n" + "\n".join(rows), "f", None, {})
        return _prepare(table, options, []).frame

    assert frame(bump)[:60].equals(frame(0.5)[:60])


def test_a_column_that_holds_the_next_target_is_reported():
    from azuraforge.datasets.reading.delimited import read_delimited
    from azuraforge.datasets.reading.reader import _prepare
    from azuraforge.datasets.schemas import FileOptions

    loads = [5 + index * index * 7 % 31 + index % 7 for index in range(121)]
    rows = [f"2024-{1 + i // 28:02}-{1 + i % 28:02},{loads[i]},{loads[i + 1]},{i * i % 17}" for i in range(120)]
    text = "time,load,later,other\n" + "\n".join(rows)
    options = FileOptions(time="time", target="load", gaps="keep")
    prepared = _prepare(read_delimited(text, "f", None, {}), options, [])
    (found,) = [item for item in prepared.findings if item.code == "column_knows_future"]
    assert found.severity == "warning"
    assert "later seems to know the future" in found.text["en"]
    assert "it follows the target 1 row later" in found.text["en"]
    assert "1 satır sonraki" in found.text["tr"]


def test_every_finding_speaks_both_languages():
    values = dict.fromkeys(
        ["encoding", "format", "offsets", "columns", "column", "values", "policy", "frequency", "longest", "files",
         "series", "reason", "evidence", "delay", "names", "new", "old", "start", "time", "totals", "name", "row",
         "first", "made_at"], "X"
    ) | {"season": 7, "shortest": "1 s", "height": 8, "width": 8, "classes": 2, "large": 9, "small": 1, "least": 2,
         "most": 9, "test": 3, "train": 9, "fewest": 5, "of": 9}  # fmt: skip
    for code in CODES:
        found = finding(code, count=3, **values)
        assert set(found.text) == {"en", "tr"}
        assert found.text["en"] != found.text["tr"]
        assert "{" not in found.text["en"] + found.text["tr"]
