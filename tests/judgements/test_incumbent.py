"""Did the model beat the forecast in use today?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import xlsxwriter

from azuraforge.errors import InvalidInput
from azuraforge.judgements.judging import judge
from azuraforge.judgements.options import Options
from azuraforge.judgements.page import page
from azuraforge.judgements.shapes import Judgement, Scores
from azuraforge.judgements.summary import summary
from tests.judgements.series import ROWS, START, Walk, days, finding, suspected, write


def _incumbent(found: Judgement) -> Scores:
    return next(each for each in found.ranking if each.name == "incumbent")


def _rmse(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def test_a_column_is_compared_on_the_same_rows_with_an_interval(tmp_path: Path) -> None:
    walk = Walk()
    plan = walk.past + 1.5 * walk.rng.normal(size=ROWS)
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best, "plan": plan})
    found = judge(path, options=Options(incumbent="plan"))
    assert [each.name for each in found.ranking if each.role == "model"] == ["model"]
    assert _incumbent(found).metrics["rmse"] == pytest.approx(_rmse((plan - walk.y)[START:]))
    (against,) = found.incumbent
    expected = _rmse((walk.best - walk.y)[START:]) / _rmse((plan - walk.y)[START:]) - 1
    assert (against.decision, against.difference) == ("better", pytest.approx(expected))
    assert against.high is not None
    assert against.high < 0
    assert found.verdicts[0].baseline != "incumbent"
    for language, sentence in (("en", "model is better than the incumbent: RMSE"), ("tr", "mevcut tahminden daha iyi")):
        assert sentence in summary(found, language).verdicts[1]
        assert sentence in page(found, language)


def test_an_incumbent_that_is_the_best_baseline_is_the_one_to_beat(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.past, "plan": walk.best})
    found = judge(path, options=Options(incumbent="plan"))
    assert (found.verdicts[0].baseline, found.verdicts[0].decision) == ("incumbent", "worse")
    assert len(summary(found, "en").verdicts) == 1
    assert suspected(found) == []


def test_rows_without_the_incumbent_are_left_out_and_counted(tmp_path: Path) -> None:
    walk = Walk()
    plan = walk.past.copy()
    plan[START : START + 20] = np.nan
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best, "plan": plan})
    found = judge(path, options=Options(incumbent="plan"))
    assert found.predictions == ROWS - START - 20
    note = finding(found, "without_incumbent")
    assert note is not None
    assert "20 predictions" in note.text["en"]


def test_of_a_file_the_newest_forecast_counts_that_was_made_by_the_origin(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best})
    at, start = days(), datetime(2020, 1, 1)
    made = [(start + timedelta(days=row - ahead)).strftime("%Y-%m-%d") for row in range(ROWS) for ahead in (3, 1, 0)]
    # Two rows before the target, one row before it, and on its day, when the outcome is known.
    values = [each for row in range(ROWS) for each in (0.0, float(walk.past[row]), float(walk.y[row]))]
    frame = pl.DataFrame({"day": [each for each in at for _ in range(3)], "made_at": made, "forecast": values})
    told = tmp_path / "plan.xlsx"
    frame.filter(pl.col("made_at") < pl.col("day")).rename({"day": "date"}).write_excel(told)
    found = judge(path, options=Options(incumbent=str(told)))
    assert _incumbent(found).metrics["rmse"] == pytest.approx(_rmse((walk.past - walk.y)[START:]))


def test_what_names_neither_a_column_nor_a_file_is_refused(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best})
    with pytest.raises(InvalidInput, match=r"'plan' is neither a column of p\.csv nor a file"):
        judge(path, options=Options(incumbent="plan"))
    other = tmp_path / "other.csv"
    other.write_text("at,prediction\n1999-01-01,1\n1999-01-02,2\n")
    with pytest.raises(InvalidInput, match="has no forecast for any judged row"):
        judge(path, options=Options(incumbent=str(other)))
    other.write_text("at,prediction\n2020-09-01,1\n2020-09-01,2\n")
    with pytest.raises(InvalidInput, match="two forecasts for the same time") as refused:
        judge(path, options=Options(incumbent=str(other)))
    assert "line 3" in str(refused.value.where)


def test_an_incumbent_that_knows_the_outcome_is_named(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best, "plan": walk.y})
    found = judge(path, options=Options(incumbent="plan"))
    assert [(each.code, each.model) for each in found.findings if each.severity == "suspicion"] == [
        ("suspected.equal", "incumbent")
    ]


def _book(path: Path, **sheets: pl.DataFrame) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, frame in sheets.items():
            frame.write_excel(book, worksheet=name)
    return path


def test_each_workbook_has_an_option_for_its_sheet(tmp_path: Path) -> None:
    walk = Walk()
    plan = pl.DataFrame({"at": days(), "prediction": walk.past})
    other = plan.with_columns(pl.lit(0.0).alias("prediction"))
    model = pl.DataFrame({"at": days()[START:], "prediction": walk.best[START:]})
    actual = pl.DataFrame({"at": days(), "actual": walk.y})
    predictions = _book(tmp_path / "fc.xlsx", A=model, B=other)
    actuals = _book(tmp_path / "y.xlsx", A=other, B=actual)
    plans = _book(tmp_path / "plan.xlsx", June=other, July=plan)
    stated: dict[str, str] = {}
    # Each is asked for by its own option; --sheet would read the predictions.
    for name, sheet in (("sheet", "A"), ("actual_sheet", "B"), ("incumbent_sheet", "July")):
        with pytest.raises(InvalidInput, match="has 2 sheets") as refused:
            judge(predictions, actual=actuals, options=Options(incumbent=str(plans), **stated))  # type: ignore[arg-type]
        assert refused.value.where == f"option --{name.replace('_', '-')}"
        stated[name] = sheet
    found = judge(predictions, actual=actuals, options=Options(incumbent=str(plans), **stated))  # type: ignore[arg-type]
    assert _incumbent(found).metrics["rmse"] == pytest.approx(_rmse((walk.past - walk.y)[START:]), rel=1e-6)
    with pytest.raises(InvalidInput, match="but --incumbent is missing"):
        judge(predictions, actual=actuals, options=Options(sheet="A", actual_sheet="B", incumbent_sheet="July"))


def test_the_column_of_times_of_its_file_may_have_another_name(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "model": walk.best})
    plan = tmp_path / "plan.csv"
    frame = pl.DataFrame({"week day": days(), "forecast": walk.past})
    frame.write_csv(plan)
    expected = pytest.approx(_rmse((walk.past - walk.y)[START:]))
    assert _incumbent(judge(path, options=Options(incumbent=str(plan), time="at"))).metrics["rmse"] == expected
    frame.with_columns(pl.Series("ordered", days()[::-1])).write_csv(plan)
    with pytest.raises(InvalidInput, match="several time columns") as refused:
        judge(path, options=Options(incumbent=str(plan)))
    assert "--incumbent-time" in refused.value.next_step
    told = Options(incumbent=str(plan), incumbent_time="week day")
    assert _incumbent(judge(path, options=told)).metrics["rmse"] == expected
