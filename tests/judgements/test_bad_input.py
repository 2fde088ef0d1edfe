"""Each file that cannot be judged is refused with one error that names the place and the next step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.judgements import files
from azuraforge.judgements.judging import judge
from azuraforge.judgements.options import Options

GOOD = "at,actual,prediction\n2024-01-01,1.5,1\n2024-01-02,2,1.5\n2024-01-03,3.5,2\n"


@pytest.mark.parametrize(
    ("content", "message", "where"),
    [
        ("", "is empty", "p.csv"),
        ("at,actual,prediction\n", "no rows", "p.csv"),
        ("when,actual,prediction\n1,2,3\n", "no time column", "p.csv"),
        ("at,actual,name\n2024-01-01,1.5,x\n2024-01-02,2.5,y\n", "no column of predictions", "p.csv"),
        ("at,prediction\n2024-01-01,1.5\n2024-01-02,2.5\n", "no column of actual values", "p.csv"),
        (GOOD.replace("2024-01-02", "yesterday"), "'yesterday' does not have the time format", "line 3"),
        (GOOD.replace("2024-01-02,2,1.5", "2024-01-02,2,oops"), "'oops' is not a number", "line 3"),
        (GOOD.replace("2024-01-02,2,1.5", "2024-01-02,2,inf"), "'inf' is infinite", "line 3"),
        (GOOD.replace("2024-01-02,2,1.5", "2024-01-02,2,1e200"), "is too large", "line 3"),
        (GOOD + "2024-01-03,3.5,2.5\n", "2024-01-03 is predicted twice", "line 5"),
        (GOOD + "2024-01-03,9,2.5\n", "two actual values, 3.5 and 9", "p.csv"),
        ("at,actual,prediction\n2024-01-01,1.5,\n2024-01-02,2.5,NaN\n", "has no predictions", "p.csv"),
        ("at,actual,prediction\n2024-01-01,,1\n2024-01-02,NaN,1.5\n", "no file contains actual values", "p.csv"),
        ("at,actual,a,b\n2024-01-01,1,1.5,2\n2024-01-02,2,1.5,NaN\n", "'b' has no prediction", "line 3"),
        ("at,actual,prediction,lower\n2024-01-01,1.5,1,0\n", "has only one bound", "p.csv"),
        ("at,actual,prediction,lower,upper\n2024-01-01,1.5,1,0,\n", "is empty in 1 row with a prediction", "line 2"),
        ("at,actual,prediction,lower,upper\n2024-01-01,1.5,1,3,0\n", "is above the upper bound", "line 2"),
        (
            "at,made_at,actual,prediction\n2024-01-01,2024-01-01,1.5,1\n2024-01-02,2024-01-01,2,1\n",
            "not before that time",
            "line 2",
        ),
        ("at,horizon,actual,prediction\n2024-01-01,0.5,1.5,1\n2024-01-02,1,2,1\n", "is not a whole number", "line 2"),
        ("at,horizon,actual,prediction\n2024-01-01,5000,1.5,1\n2024-01-02,1,2,1\n", "at most 1,000", "line 2"),
        ("at,unique_id,y,m\n2024-01-01,a,1,2\n2024-01-01,b,1,2\n", "contains 2 series", "unique_id"),
        ("at,actual,prediction\n2024-01-01,1.5,1\n", "no actual value was known when", "history"),
        ("label,prediction\ncat,\ndog,dog\n", "has no prediction in 1 row with a label", "line 2"),
        ("label,p_cat,p_dog\ncat,0.9,0.3\ndog,0.5,0.5\n", "add up to 1.2", "line 2"),
        ("label,p_cat,p_dog\ncat,1.9,-0.9\ndog,0.5,0.5\n", "is not between 0 and 1", "line 2"),
        (
            "label,p_cat,p_dog\ncat,0.9,0.1\ndog,0.2,0.8\nbird,0.5,0.5\n",
            "1 class has no column of probabilities: 'bird'; the file only has 'p_cat', 'p_dog'",
            "p.csv",
        ),
        ("label,score\ncat,0.9\ndog,0.2\n", "neither a column of predicted classes nor", "p.csv"),
        ("label,prediction\n,cat\n,dog\n", "is empty", "p.csv"),
    ],
)
def test_a_file_that_cannot_be_judged(tmp_path: Path, content: str, message: str, where: str) -> None:
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(InvalidInput) as caught:
        judge(tmp_path / "p.csv")
    assert message in caught.value.message
    assert where in caught.value.where
    assert caught.value.next_step


def test_files_that_have_no_row_in_common(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("at,prediction\n2024-01-01T12:00,1.5\n2024-01-02T12:00,2.5\n")
    (tmp_path / "a.csv").write_text("at,actual\n2024-01-01,1.5\n2024-01-02,2.5\n")
    with pytest.raises(InvalidInput, match="no prediction has an actual value at its time"):
        judge(tmp_path / "p.csv", actual=tmp_path / "a.csv")


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    (tmp_path / "p.csv").write_text(GOOD)
    pl.read_csv(tmp_path / "p.csv").write_parquet(tmp_path / "p.parquet")
    for name in ("p.csv", "p.parquet"):
        with pytest.raises(InvalidInput, match="has 3 rows; at most 2 can be judged together"):
            judge(tmp_path / name)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_path_that_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=r"does not exist|is a folder"):
        judge(tmp_path / name)


@pytest.mark.parametrize(
    "options", [{"horizon": 0}, {"horizon": 1001}, {"season": 0}, {"tried": 0}, {"coverage": 1.0}, {"coverage": np.nan}]
)
def test_an_option_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        Options(**options)  # type: ignore[arg-type]


def test_an_option_that_contradicts_a_column(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("at,horizon,actual,prediction\n2024-01-01,1,1.5,1\n2024-01-02,1,2,1\n")
    with pytest.raises(InvalidInput, match="contradicts the column"):
        judge(tmp_path / "p.csv", options=Options(horizon=3))


def test_a_column_of_times_that_the_file_of_actual_values_lacks(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("when,prediction\n2024-01-02,1.5\n2024-01-03,2.5\n")
    (tmp_path / "a.csv").write_text(
        "month,known,actual\n2024-01-01,2024-02-01,1.5\n2024-01-02,2024-02-01,2.5\n2024-01-03,2024-02-01,2\n"
    )
    with pytest.raises(InvalidInput, match=r"a\.csv has several time columns: 'month', 'known'") as caught:
        judge(tmp_path / "p.csv", actual=tmp_path / "a.csv", options=Options(time="when"))
    assert "--actual-time" in caught.value.next_step
    found = judge(tmp_path / "p.csv", actual=tmp_path / "a.csv", options=Options(time="when", actual_time="month"))
    assert found.predictions == 2


def test_actual_values_that_end_before_the_forecast_begins_are_named_with_both_times(tmp_path: Path) -> None:
    actual, forecast = tmp_path / "y.csv", tmp_path / "fc.csv"
    actual.write_text("month,y\n" + "".join(f"2024-{month:02d}-01,{month}\n" for month in range(1, 7)))
    heads = "model,version,time,time_zone,origin,horizon,target,unit,value,interval,low,high\n"
    forecast.write_text(heads + "m,1,2024-08-01T00:00:00Z,UTC,2024-07-01T00:00:00Z,1,y,,3,0.9,2,4\n")
    with pytest.raises(InvalidInput) as refused:
        judge(forecast, actual=actual)
    assert refused.value.message == (
        "the actual values end at 2024-06-01, before the first prediction, which is for 2024-08-01"
    )
    assert refused.value.where == "fc.csv, column 'time'"
    forecast.write_text("day,prediction\n2023-08-01,1\n")
    with pytest.raises(InvalidInput, match="begin at 2024-01-01, after the last prediction, which is for 2023-08-01"):
        judge(forecast, actual=actual, options=Options(time="day"))
