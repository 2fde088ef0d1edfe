"""Batch predictions of a panel with declared groups: the totals add up at every row, as those that are served."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Table
from azuraforge.plugins.contract.batch import BatchRange, LoadedVersion
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.covariates import part_at_end
from azuraforge.plugins.forecasting.panels import each
from azuraforge.plugins.forecasting.reconciliation import hierarchy_of
from azuraforge.plugins.forecasting.totals import missing_from_total, with_other_series, with_totals_of
from azuraforge.plugins.kinds.forecast.batch import ForecastBatch
from azuraforge.plugins.kinds.forecast.hierarchy import together
from azuraforge.plugins.kinds.forecast.hierarchy.reconciled import hierarchy_learned
from tests.panels import START
from tests.pipelines.test_hierarchy import GROUPED, GROUPS, grouped, learned

SHOPS = [f"shop-{number}" for number in range(4)]


@pytest.fixture
def version(tmp_path: Path) -> LoadedVersion:
    """Ridge that wants a week of history, over four shops in two groups, the last of which opens 40 days later."""
    pipeline, folder, _ = learned(tmp_path, "mint_shrink")
    predictor = pipeline.load(folder)

    def answer(part: Any) -> Any:
        for _, one, _ in each(part):
            if (one.origins < 6).any():
                raise InvalidInput("a week of history is needed")
        return pipeline.predict(predictor, part)

    return LoadedVersion("ridge", answer, folder, 2, {}, lambda done, total: None)


def predicted(version: LoadedVersion, table: Table, **rows: Any) -> tuple[pl.DataFrame, int]:
    batch = ForecastBatch()
    origins, skipped = batch.origins(version, table, BatchRange(**rows))
    halves = np.array_split(origins, 2)  # chunks end anywhere in a moment
    return pl.concat([batch.predict(version, table, half, None) for half in halves]), skipped


def test_totals_add_up_at_every_row(version: LoadedVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_AT_ONCE", 60)  # several questions
    found, skipped = predicted(version, grouped(), every=3)
    values = found.pivot("series", index=["origin_at", "step"], values="value")
    # Before the last shop opens, and while it has too few rows to be asked for, its group is the other shop alone.
    whole = values.filter(pl.col("shop-3").is_not_null())
    assert whole.height > 80
    early = values.filter(pl.col("shop-3").is_null(), pl.col("shop-0").is_not_null())
    assert early.height > 20
    for rows, shops in ((whole, SHOPS), (early, SHOPS[:3])):
        for total, members in {
            "total": shops,
            **{f"coast={side}": own for side, own in GROUPS["coast"].items()},
        }.items():
            added = rows.select(pl.sum_horizontal(name for name in members if name in shops)).to_series()
            np.testing.assert_allclose(rows[total], added, rtol=1e-12)
    assert found.filter("is_total")["series"].unique().sort().to_list() == ["coast=east", "coast=west", "total"]
    asked = found["origin_at"].unique().sort()
    assert set(asked.diff().drop_nulls()) == {timedelta(days=3)}, "every third moment, for all alike"
    assert skipped == 6 * 2 + 2, "the first week of each: 0 and 3, and of the shop that opens on day 40 42 and 45"
    assert found.height == 2 * (6 * 67 + 53 - skipped)
    actual = found.pivot("series", index=["origin_at", "step"], values="actual").drop_nulls()
    np.testing.assert_allclose(actual["total"], actual.select(pl.sum_horizontal(SHOPS)).to_series(), rtol=1e-12)


def test_the_last_row_is_what_is_served_and_scores_are_of_series(version: LoadedVersion) -> None:
    found, _ = predicted(version, grouped(), start=START + timedelta(days=196))
    hierarchy = hierarchy_learned(version.folder)
    assert hierarchy is not None
    panel = with_totals_of(grouped().frame, GROUPED, hierarchy)
    last = found.filter(pl.col("origin_at") == START + timedelta(days=199))
    for name in hierarchy.names:
        one = part_at_end(panel.filter(pl.col("shop") == name).drop("shop"), replace(GROUPED, series=None), 2)
        part, place = with_other_series(panel, GROUPED, hierarchy, name, one)
        served = version.answer(part)
        own = last.filter(pl.col("series") == name)
        np.testing.assert_allclose(own["value"], served.point[place], rtol=1e-9)
        np.testing.assert_allclose(own["q5"], served.quantiles[0.05][place], rtol=1e-9)
    scores = ForecastBatch().scores(found.with_columns(learned=pl.lit(False)))
    shops = found.filter(pl.col("series").is_in(SHOPS), pl.col("actual").is_not_null())
    assert scores is not None
    assert scores["rows"] == shops.height
    assert scores["mae"] == pytest.approx((shops["value"] - shops["actual"]).abs().mean())


def test_rows_after_an_origin_change_nothing(version: LoadedVersion) -> None:
    cut = START + timedelta(days=150)
    table = grouped()
    before = replace(table, frame=table.frame.filter(pl.col("at") <= cut))
    whole, _ = predicted(version, table, start=cut, end=cut)
    known, _ = predicted(version, before, start=cut, end=cut)
    assert whole.height == known.height == 14
    np.testing.assert_allclose(whole["value"], known["value"], rtol=1e-9)


def test_a_series_that_was_not_learned_is_in_no_total(version: LoadedVersion) -> None:
    table = grouped()
    extra = table.frame.filter(pl.col("shop") == "shop-1").with_columns(pl.lit("shop-9").alias("shop"))
    more = replace(table, frame=pl.concat([table.frame, extra]))
    found, _ = predicted(version, more, start=START + timedelta(days=190))
    base, _ = predicted(version, table, start=START + timedelta(days=190))
    assert found.filter(pl.col("series") == "shop-9").height == 20
    without = found.filter(pl.col("series") != "shop-9")
    assert without["series"].to_list() == base["series"].to_list()
    np.testing.assert_allclose(without["value"], base["value"], rtol=1e-9)


def test_a_total_names_the_series_that_it_lacks() -> None:
    table = grouped()
    hierarchy = hierarchy_of(GROUPS, SHOPS)
    extra = table.frame.filter(pl.col("shop") == "shop-1").with_columns(pl.lit("shop-9").alias("shop"))
    ended = extra.head(20).with_columns(pl.lit("shop-8").alias("shop"))
    without = table.frame.filter(pl.col("shop") != "shop-0")
    east = next(side for side, own in GROUPS["coast"].items() if "shop-0" in own)
    west = next(side for side in GROUPS["coast"] if side != east)
    now = {"coast": {east: (*GROUPS["coast"][east], "shop-8"), west: (*GROUPS["coast"][west], "shop-9")}}
    moment = int(moments_of(table.frame, GROUPED).max())

    def found(frame: pl.DataFrame, total: str) -> tuple[str, ...]:
        return missing_from_total(with_totals_of(frame, GROUPED, hierarchy), GROUPED, hierarchy, total, now, moment)

    grown = pl.concat([table.frame, ended, extra])
    assert (found(table.frame, "total"), found(table.frame, f"coast={west}")) == ((), ())
    assert found(grown, "total") == ("shop-9",), "a series that has ended adds nothing to the rows ahead"
    assert (found(grown, f"coast={west}"), found(grown, f"coast={east}")) == (("shop-9",), ())
    assert (found(without, "total"), found(without, f"coast={east}")) == (("shop-0",), ("shop-0",))
