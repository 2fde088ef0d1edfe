"""Verdicts on predictions whose worth is known."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.judgements import baselines
from azuraforge.judgements.baselines import NAIVE, RIDGE, SEASONAL, make_baselines
from azuraforge.judgements.files import read_table
from azuraforge.judgements.judging import judge
from azuraforge.judgements.options import Options
from azuraforge.judgements.pairs import Pairs, pair, read_predictions
from azuraforge.judgements.remarks import verdict_text
from azuraforge.judgements.shapes import Verdict
from azuraforge.judgements.truth import Source, Truth, build_truth
from tests.judgements.series import ROWS, START, Walk, days, finding, judged, suspected, write


def _pairs(path: Path, values: np.ndarray) -> tuple[Truth, Pairs]:
    table = read_table(path)
    read = read_predictions(table, Options())
    truth = build_truth([Source(table, read.all_at, values)], read.at, Options())
    return truth, pair(read, truth, Options())


def test_a_clearly_better_model_is_better(tmp_path: Path) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.best)
    verdict = found.verdicts[0]
    assert verdict.decision == "better"
    assert verdict.high is not None
    assert verdict.high < 0
    errors = walk.y[START:] - walk.best[START:]
    assert found.ranking[0].metrics["rmse"] == pytest.approx(float(np.sqrt(np.mean(errors**2))))
    assert suspected(found) == []
    assert "better" in found.headline["en"]
    assert "daha iyi" in found.headline["tr"]


def test_a_clearly_worse_model_is_worse(tmp_path: Path) -> None:
    walk = Walk()
    assert judged(tmp_path, walk, walk.past + 3 * walk.rng.normal(size=ROWS)).verdicts[0].decision == "worse"


def test_forecasts_of_ridge_are_not_better_than_ridge(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.past})
    truth, pairs = _pairs(path, walk.y)
    ridge = make_baselines(truth, pairs, 0.9).models[RIDGE].point
    prediction = np.zeros(ROWS)
    prediction[START:] = ridge
    found = judged(tmp_path, walk, prediction)
    assert found.verdicts[0].decision == "not_better"
    copies = finding(found, "copies")
    assert copies is not None
    assert "ridge" in copies.text["en"]


def test_few_origins_are_not_yet_known(tmp_path: Path) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.best, start=ROWS - 20)
    assert found.verdicts[0].decision == "not_yet_known"
    assert "not yet known" in found.headline["en"]
    assert "at least 30" in found.headline["en"]


def test_the_best_of_fifty_tried_loses_its_lead(tmp_path: Path) -> None:
    walk = Walk(seed=3)
    slightly = walk.past + 0.1 * walk.known
    alone = judged(tmp_path, walk, slightly)
    chosen = judged(tmp_path, walk, slightly, tried=50)
    assert alone.verdicts[0].decision == "better"
    assert chosen.verdicts[0].decision == "not_better"
    assert chosen.level == pytest.approx(1 - 0.05 / 100)
    assert finding(chosen, "tried") is not None


def test_each_model_in_the_file_counts_as_tried(tmp_path: Path) -> None:
    walk = Walk()
    columns = {"actual": walk.y, "one": walk.best, "two": walk.past, "three": walk.last}
    found = judge(write(tmp_path / "p.csv", columns))
    assert found.tried == 3
    assert [each.model for each in found.verdicts] == ["one", "two", "three"]
    assert found.verdicts[0].decision == "better"
    assert found.verdicts[2].decision != "better"


def test_baselines_do_not_see_rows_after_the_origin(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.best})
    truth, pairs = _pairs(path, walk.y)
    border = 300
    changed = walk.y.copy()
    changed[border:] = 1000.0
    other, same = _pairs(path, changed)
    before = pairs.origin < border
    one, two = make_baselines(truth, pairs, 0.9), make_baselines(other, same, 0.9)
    assert set(one.models) == set(two.models)
    for name in one.models:
        np.testing.assert_array_equal(one.models[name].point[before], two.models[name].point[before])
        assert not np.array_equal(one.models[name].point, two.models[name].point)


def test_only_successful_fits_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.best})
    truth, pairs = _pairs(path, walk.y)
    whole = make_baselines(truth, pairs, 0.9)
    assert whole.times_learned > 1
    learn, seen = baselines._learn, set[object]()

    def fails_again(pipeline: Any, *given: Any) -> Any:
        if type(pipeline) in seen:
            raise InvalidInput("too few rows")
        seen.add(type(pipeline))
        return learn(pipeline, *given)

    monkeypatch.setattr(baselines, "_learn", fails_again)
    once = make_baselines(truth, pairs, 0.9)
    assert once.times_learned == 1
    assert set(once.models) == set(whole.models)


def test_coverage_is_the_share_counted_by_hand(tmp_path: Path) -> None:
    walk = Walk()
    rows = list(range(START, ROWS))
    half = np.where(np.arange(ROWS) % 4 == 0, 0.0, 100.0)  # every fourth interval is empty
    columns = {"actual": walk.y, "prediction": walk.past, "lower": walk.past - half, "upper": walk.past + half}
    found = judge(write(tmp_path / "p.csv", columns))
    mine = next(each for each in found.ranking if each.role == "model")
    assert mine.metrics["coverage"] == pytest.approx(sum(row % 4 != 0 for row in rows) / len(rows))
    assert mine.coverage_low is not None
    assert mine.coverage_high is not None
    assert mine.coverage_low < 0.75 < mine.coverage_high
    assert finding(found, "too_narrow") is not None
    assert judge(tmp_path / "p.csv", options=Options(coverage=0.75)).findings[0].code != "too_narrow"


def test_without_history_the_first_predictions_are_the_history(tmp_path: Path) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.best, start=0)
    warm_up = finding(found, "warm_up")
    assert warm_up is not None
    assert "--history" in warm_up.text["en"]
    assert found.predictions < ROWS
    assert {each.name for each in found.ranking} >= {NAIVE, RIDGE}


def test_a_short_history_leaves_baselines_out_and_says_why(tmp_path: Path) -> None:
    walk = Walk(rows=70)
    found = judged(tmp_path, walk, walk.best, start=10)
    left = {each.baseline: each.text["en"] for each in found.left_out}
    assert RIDGE in left
    assert "but the files have 10" in left[RIDGE]


def test_truth_and_history_come_from_files_of_their_own(tmp_path: Path) -> None:
    walk = Walk()
    frame = pl.DataFrame({"ds": days(), "sales": walk.y})
    frame.slice(0, START).write_parquet(tmp_path / "history.parquet")
    frame.slice(START).write_csv(tmp_path / "actual.csv", separator=";")
    pl.DataFrame({"ds": days()[START:], "yhat": walk.best[START:]}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv", actual=tmp_path / "actual.csv", history=tmp_path / "history.parquet")
    whole = judged(tmp_path, walk, walk.best)
    assert found.verdicts[0].difference == pytest.approx(whole.verdicts[0].difference)
    assert found.verdicts[0].low == pytest.approx(whole.verdicts[0].low)


@pytest.mark.parametrize("origins", ["column", "rows"])
def test_several_horizons_are_judged_from_their_origins(tmp_path: Path, origins: str) -> None:
    walk, dates = Walk(), days()
    rows = [
        (dates[origin + ahead], dates[origin], ahead, walk.y[origin + ahead], 0.7**ahead * walk.y[origin])
        for origin in range(START, ROWS - 3)
        for ahead in (1, 2, 3)
    ]
    frame = pl.DataFrame(rows, schema=["at", "made_at", "horizon", "actual", "prediction"], orient="row")
    frame.drop("horizon" if origins == "column" else "made_at").write_csv(tmp_path / "p.csv")
    pl.DataFrame({"at": dates[: START + 1], "actual": walk.y[: START + 1]}).write_csv(tmp_path / "h.csv")
    found = judge(tmp_path / "p.csv", history=tmp_path / "h.csv")
    assert found.horizons == (1, 2, 3)
    assert found.verdicts[0].origins == ROWS - 3 - START
    naive = next(each for each in found.ranking if each.name == NAIVE)
    expected = [
        float(np.sqrt(np.mean([(walk.y[o + ahead] - walk.y[o]) ** 2 for o in range(START, ROWS - 3)])))
        for ahead in (1, 2, 3)
    ]
    assert [each.rmse for each in naive.horizons] == pytest.approx(expected)


def test_the_horizon_option_moves_the_origin(tmp_path: Path) -> None:
    walk = Walk()
    found = judged(tmp_path, walk, walk.past, horizon=3)
    naive = next(each for each in found.ranking if each.name == NAIVE)
    change = walk.y[START:] - walk.y[START - 3 : -3]
    assert naive.metrics["rmse"] == pytest.approx(float(np.sqrt(np.mean(change**2))))


def test_a_missing_row_of_a_daily_series_counts_as_unknown(tmp_path: Path) -> None:
    walk = Walk()
    path = write(tmp_path / "p.csv", {"actual": walk.y, "prediction": walk.best})
    lines = path.read_text().splitlines()
    del lines[101]
    path.write_text("\n".join(lines))
    assert finding(judge(path), "rows_added") is not None


def test_skipped_rows_and_rows_without_a_value_are_named(tmp_path: Path) -> None:
    walk = Walk()
    actual = [None if row >= ROWS - 5 else value for row, value in enumerate(walk.y)]
    prediction = [None if row in (300, 301) else value for row, value in enumerate(walk.best)]
    found = judge(write(tmp_path / "p.csv", {"actual": actual, "prediction": prediction}))
    assert found.predictions == ROWS - START - 7
    assert "2 rows" in finding(found, "rows_without_prediction").text["en"]  # type: ignore[union-attr]
    assert "5 predictions" in finding(found, "without_actual").text["en"]  # type: ignore[union-attr]


def test_a_constant_series_has_scores_and_no_suspicion(tmp_path: Path) -> None:
    walk = Walk()
    walk.y = np.full(ROWS, 5.0)
    right, wrong = judged(tmp_path, walk, walk.y), judged(tmp_path, walk, walk.y + 1)
    assert right.verdicts[0].decision == "not_better"
    assert wrong.verdicts[0].decision == "worse"
    assert suspected(right) == suspected(wrong) == []


def test_scattered_times_have_no_season(tmp_path: Path) -> None:
    walk = Walk()
    minutes = np.sort(walk.rng.choice(500_000, ROWS, replace=False))
    at = [(datetime(2022, 1, 1) + timedelta(minutes=int(minute))).isoformat() for minute in minutes]
    pl.DataFrame({"at": at, "actual": walk.y, "prediction": walk.best}).write_csv(tmp_path / "p.csv")
    found = judge(tmp_path / "p.csv")
    assert (found.season, found.frequency) == (1, None)
    assert found.verdicts[0].decision == "better"
    assert {each.baseline: each.text["en"] for each in found.left_out}.keys() == {SEASONAL}


def test_one_error_that_decides_everything_leaves_the_difference_unknown(tmp_path: Path) -> None:
    walk = Walk()
    prediction = walk.best.copy()
    prediction[300] += 200
    found = judged(tmp_path, walk, prediction)
    assert found.verdicts[0].decision == "not_yet_known"
    assert found.verdicts[0].unknown == "width"
    assert "too few for an interval of the difference" in found.headline["en"]


def test_the_number_of_independent_origins_is_stated_as_a_whole_one() -> None:
    verdict = Verdict(
        model="m",
        baseline="incumbent",
        metric="rmse",
        decision="not_yet_known",
        difference=-0.1,
        low=-0.7,
        high=1.4,
        unknown="width",
        level=0.975,
        origins=47,
        pieces=33.2,
        needed=30,
        more=None,
        suspected=False,
        text={},
    )
    said = verdict_text(verdict)
    assert "47 forecast origins carry as much information as about 33 independent ones, which is too few" in said["en"]
    assert "47 tahmin başlangıcı yaklaşık 33 bağımsız gözlem kadar bilgi taşıyor" in said["tr"]
