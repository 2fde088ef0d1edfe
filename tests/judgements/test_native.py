"""Files that the platform writes are judged without an option."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest

from azuraforge.database import Database
from azuraforge.errors import InvalidInput
from azuraforge.judgements.judging import judge
from azuraforge.judgements.options import Options
from azuraforge.models.answers import PredictionInputs
from azuraforge.models.predictions.forecast_file import ForecastFiles
from tests.filling_models import SCHEMA, Rows
from tests.judgements.series import Walk, finding

AT = datetime(2026, 3, 20, tzinfo=UTC)
#: Origins of the forecasts in a file; clocks go forward between them.
FIRST, LAST = 150, 240


@pytest.fixture
def rows(database: Database, project_id: str) -> Rows:
    filled = Rows(database, project_id)
    filled.model("shop", AT)
    filled.version("shop", 1, AT, None, schema=SCHEMA.model_copy(update={"timezone": "Europe/Berlin"}))
    return filled


def _actual(path: Path, walk: Walk, **more: object) -> Path:
    """The series as a user keeps it: columns of their own names."""
    at = [(AT + timedelta(hours=row)).isoformat() for row in range(len(walk.y))]
    columns = {"saat": at, "load": walk.y, "temperature": walk.known, **more}
    pl.DataFrame(columns).write_csv(path)
    return path


def _made(rows: Rows, walk: Walk, **more: object) -> list[str]:
    return [
        rows.forecast("shop", 1, AT + timedelta(hours=row), [walk.best[row + 1], 0.7 * walk.best[row + 1]], **more)
        for row in range(FIRST, LAST)
    ]


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("form", "language"), [("csv", "en"), ("xlsx", "tr")])
def test_a_forecast_file_is_read_by_its_headings(
    rows: Rows, tmp_path: Path, form: Literal["csv", "xlsx"], language: Literal["en", "tr"]
) -> None:
    walk = Walk(260)
    path = tmp_path / f"forecast.{form}"
    path.write_bytes(ForecastFiles(rows.database).write(rows.project_id, _made(rows, walk), form, language))
    found = judge(path, actual=_actual(tmp_path / "load.csv", walk))
    (mine,) = (each for each in found.ranking if each.role == "model")
    assert mine.name == "shop v1"
    assert (found.horizons, found.predictions) == ((1, 2), 2 * (LAST - FIRST))
    assert (found.coverage_level, finding(found, "one_horizon"), finding(found, "ignored")) == (0.9, None, None)
    errors = (walk.y - walk.best)[FIRST + 1 : LAST + 1]
    assert mine.horizons[0].rmse == pytest.approx(float(np.sqrt(np.mean(errors**2))))
    second = 0.7 * walk.best[FIRST + 1 : LAST + 1] - walk.y[FIRST + 2 : LAST + 2]
    inside = [*(np.abs(errors) <= 1), *(np.abs(second) <= 1)]
    assert mine.metrics["coverage"] == pytest.approx(float(np.mean(inside)))


@pytest.mark.sqlite_only
def test_of_several_series_one_is_named(rows: Rows, tmp_path: Path) -> None:
    walk, other = Walk(260), Walk(260, seed=1)
    ids = [
        each
        for name, one in (("north", walk), ("south", other))
        for each in _made(rows, one, inputs=PredictionInputs(rows=1, series=name))
    ]
    path = tmp_path / "forecast.csv"
    path.write_bytes(ForecastFiles(rows.database).write(rows.project_id, ids, "csv"))
    actual = _actual(tmp_path / "load.csv", walk, region=["north"] * 260)
    both = pl.read_csv(actual).vstack(pl.read_csv(_actual(tmp_path / "b.csv", other, region=["south"] * 260)))
    both.write_csv(actual)
    with pytest.raises(InvalidInput, match=r"2 series.*north, south") as refused:
        judge(path, actual=actual)
    assert "--series" in str(refused.value.next_step)
    found = judge(path, actual=actual, options=Options(series="south"))
    (mine,) = (each for each in found.ranking if each.role == "model")
    errors = (other.y - other.best)[FIRST + 1 : LAST + 1]
    assert mine.horizons[0].rmse == pytest.approx(float(np.sqrt(np.mean(errors**2))))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_batch_is_judged_on_rows_that_its_version_had_not_learned(tmp_path: Path, form: str) -> None:
    walk = Walk(300)
    at = [AT + timedelta(hours=row) for row in range(300)]
    frame = pl.DataFrame(
        {
            "origin_at": at[:-1],
            "step": [1] * 299,
            "target_at": at[1:],
            "value": walk.best[1:],
            **{name: walk.best[1:] + end for name, end in (("q5", -2.0), ("q25", -0.5), ("q75", 0.5), ("q95", 2.0))},
            "naive": walk.y[:-1],
            "actual": walk.y[1:],
            "learned": [row < 200 for row in range(1, 300)],
        }
    )
    path = tmp_path / f"predictions.{form}"
    getattr(frame, f"write_{form}")(path)
    history = tmp_path / "history.csv"
    pl.DataFrame({"at": at, "actual": walk.y}).write_csv(history)
    found = judge(path, history=history)
    (mine,) = (each for each in found.ranking if each.role == "model")
    errors = (walk.y - walk.best)[200:]
    assert found.predictions == 100
    assert mine.metrics["rmse"] == pytest.approx(float(np.sqrt(np.mean(errors**2))))
    assert mine.metrics["coverage"] == pytest.approx(float(np.mean(np.abs(errors) <= 2)))
    learned = finding(found, "rows_learned")
    assert learned is not None
    assert "199 predictions" in learned.text["en"]
    half = judge(path, history=history, options=Options(coverage=0.5))
    assert half.ranking[0].metrics["coverage"] == pytest.approx(float(np.mean(np.abs(errors) <= 0.5)))
