"""Values from the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from azuraforge.cli.failures import CommandError
from azuraforge.cli.parsing import values
from azuraforge.client.state.as_of import moment as as_moment


def test_pairs_are_json_where_they_read_as_json(make_terminal):
    given = ["epochs=20", "rate=1e-3", "layers=[8,4]", "name=a b", "flag=true", "empty=", "none=null", "x=a=b", "n=NaN"]
    assert values.pairs(make_terminal(), given, "--set") == {
        "epochs": 20,
        "rate": 0.001,
        "layers": [8, 4],
        "name": "a b",
        "flag": True,
        "empty": "",
        "none": None,
        "x": "a=b",
        "n": "NaN",
    }


@pytest.mark.parametrize(("given", "seconds"), [("30s", 30), ("2m", 120), ("1.5h", 5400), (" 1 s", 1)])
def test_a_time_budget_has_a_unit(make_terminal, given, seconds):
    assert values.budget(make_terminal(), given) == {"budget_seconds": seconds}
    assert values.budget(make_terminal(), None) == {}


@pytest.mark.parametrize("given", ["30", "0s", "-1s", "1d", "nan s", ""])
def test_a_time_budget_that_is_none_is_refused(make_terminal, given):
    with pytest.raises(CommandError, match="is not a time budget") as caught:
        values.budget(make_terminal(), given)
    assert caught.value.exit_code == 2


def test_a_moment_may_be_a_day_and_has_this_machine_s_zone_by_default(make_terminal):
    here = datetime(2026, 3, 1).astimezone()
    for given in ("2026-03-01", " 2026-03-01T00:00 ", "2026-03-01 00:00:00"):
        assert values.moment(make_terminal(), given, "--at") == here
    assert values.moment(make_terminal(), "2026-03-01T12:00Z", "--at") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert as_moment(date(2026, 3, 1)) == here
    assert as_moment(datetime(2026, 3, 1, 12, tzinfo=UTC)) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("given", ["yesterday", "", "2026-13-01", "9999-12-31T23:59-23:00"])
def test_what_is_no_moment_is_refused_with_an_example(make_terminal, given):
    with pytest.raises(CommandError, match="is not a date or time") as caught:
        values.moment(make_terminal(), given, "--at")
    assert caught.value.exit_code == 2
    assert "2026-03-01T12:00" in caught.value.next_step


def test_dots_make_inner_mappings(make_terminal):
    assert values.pairs(make_terminal(), ["a.b=1", "a.c.d=2"], "--set") == {"a": {"b": 1, "c": {"d": 2}}}


@pytest.mark.parametrize("given", [["novalue"], ["=1"], ["a=1", "a.b=2"]])
def test_what_is_no_pair_is_wrong_usage(make_terminal, given):
    with pytest.raises(CommandError) as refused:
        values.pairs(make_terminal(), given, "--set")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_rows_of_a_csv_file(make_terminal, tmp_path, separator):
    file = tmp_path / "rows.csv"
    lines = ["time,value,note", "2026-01-01,1.5,a", "2026-01-02,,b", "2026-01-03,nan,c"]
    file.write_text("\n".join(line.replace(",", separator) for line in lines), encoding="utf-8-sig")
    assert values.rows(make_terminal(), file) == [
        {"time": "2026-01-01", "value": 1.5, "note": "a"},
        {"time": "2026-01-02", "value": None, "note": "b"},
        {"time": "2026-01-03", "value": None, "note": "c"},
    ]


def test_rows_of_one_column_and_of_json(make_terminal, tmp_path):
    (tmp_path / "one.csv").write_text("value\n1\n2\n")
    assert values.rows(make_terminal(), tmp_path / "one.csv") == [{"value": 1.0}, {"value": 2.0}]
    (tmp_path / "rows.json").write_text('[{"value": 1}]')
    assert values.rows(make_terminal(), tmp_path / "rows.json") == [{"value": 1}]


def test_a_row_with_too_many_cells_is_refused(make_terminal, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(CommandError, match="does not contain rows"):
        values.rows(make_terminal(), tmp_path / "odd.csv")


def test_a_file_without_rows_is_refused_in_each_form(make_terminal, tmp_path):
    for name, content in (("rows.json", "[]"), ("rows.csv", "time,value\n")):
        file = tmp_path / name
        file.write_text(content)
        with pytest.raises(CommandError, match="rows"):
            values.rows(make_terminal(), file)
