"""Values from the command line."""

from __future__ import annotations

import pytest

from azuraforge.cli.failures import CommandError
from azuraforge.cli.parsing import values


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
    with pytest.raises(CommandError, match="does not hold rows"):
        values.rows(make_terminal(), tmp_path / "odd.csv")
