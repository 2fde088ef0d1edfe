"""The split of a series or panel in time: checked row ranges, and the parts written from them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from azuraforge.plugins.contract.evaluation import LeftOut, PartName
from azuraforge.plugins.contract.judging import SplitResult
from azuraforge.plugins.contract.parts import Rows, Table
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.totals import with_totals
from azuraforge.plugins.kinds.forecast.folds import backtest_of
from azuraforge.plugins.kinds.forecast.panels import panel
from azuraforge.plugins.kinds.forecast.parts import (
    check_split,
    cut_learning,
    cut_test,
    learnable,
    range_of,
    save_part,
)
from azuraforge.plugins.kinds.forecast.retraining import retraining_split


class ForecastSplit(SplitResult):
    """The row ranges of a split; for a panel they count its distinct times, and some series may be left out.

    ``ranges`` maps the name of a part to its half-open row range.
    """

    ranges: dict[str, tuple[int, int]]
    left_out: tuple[LeftOut, ...] = ()
    needs: dict[str, int] = Field(default_factory=dict, description="minimum number of rows of a series by part")
    partial: bool = Field(default=False, description="whether every row of a part is an origin, see `Split.partial`")
    chosen_by: tuple[int, int] | None = Field(
        default=None,
        description="half-open range of the rows on which a study selected the config; null if no study did",
    )

    def range_of(self, part: PartName) -> Rows:
        """Return the row range of a part."""
        return Rows(*self.ranges[part])


def split_series(
    pipeline: AnyPipeline,
    table: Table,
    config: ForecastConfig,
    folder: Path | None,
    *,
    studied: bool = False,
    retrained: bool = False,
) -> ForecastSplit:
    """Split a series or a panel in time; arguments and errors are those of ``TaskKind.split``."""
    horizon, gap = config.horizon, config.gap
    table, ranges, ended = panel.split_of_those_that_go_on(table, lambda each: pipeline.split(each, config))
    chosen_by = (ranges.validation.start, ranges.validation.stop) if retrained or studied else None
    if retrained:
        ranges = retraining_split(ranges, horizon=horizon, gap=gap)
    check_split(ranges, table.moments, horizon=horizon, gap=gap)
    whole = table
    with panel.told_of(ended):
        table, left_out = learnable(table, ranges, horizon)
    learned = [
        cut_learning(table, rows, horizon, config.known_ahead, partial=ranges.partial)
        for rows in (ranges.train, ranges.validation)
    ]
    for part_name, part in zip(("train", "validation"), learned, strict=True):
        if folder is not None:
            save_part(part, folder / part_name)
    # Refuses a test set without a known target. Totals of groups are predicted as well.
    test, _ = cut_test(with_totals(table), ranges.test, horizon, partial=ranges.partial)
    train_windows, validation_windows = pipeline.window_counts(config, learned[0], learned[1])
    named = {"train": ranges.train, "validation": ranges.validation, "test": ranges.test}
    asked = {name: (rows.start, rows.stop) for name, rows in named.items()}
    backtest = None
    if config.backtest_folds:
        backtest = backtest_of(
            whole,
            asked,
            ranges.needs,
            count=config.backtest_folds,
            horizon=horizon,
            gap=gap,
            chosen_by=chosen_by,
        )
    return ForecastSplit(
        parts={name: range_of(table, rows) for name, rows in named.items()},
        horizon=horizon,
        season=config.season_of(table.schema),
        backtest=backtest,
        ranges=asked,
        left_out=(*ended, *left_out),
        refit=config.refit,
        windows={"train": train_windows, "validation": validation_windows, "test": len(test.origins)},
        needs=dict(ranges.needs) if table.schema.series is not None else {},
        partial=ranges.partial,
        chosen_by=chosen_by,
    )
