"""Task kind "forecast": the settings that all forecasters share, and the chronological split of a series."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.parts import Rows, Schema, Split, Table
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.forecasting.availability import known_ahead_of
from azuraforge.plugins.forecasting.covariates import check_known_ahead
from azuraforge.plugins.forecasting.holidays import check_country

#: Minimum number of rows for forecasters that can learn from partial windows.
LEAST_ROWS = 8
#: Maximum ratio of the horizon to the length of the series for these forecasters.
_MOST_AHEAD = 2
#: Quantile levels that every forecaster returns: the ends of the 50, 80, 90 and 95 % intervals, and the median.
QUANTILE_LEVELS: tuple[float, ...] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


class ForecastConfig(Config):
    """Settings that all forecasters and baselines share."""

    horizon: Annotated[int, Field(default=12, ge=1, le=1000, description="Rows to predict from each origin")]
    season: Annotated[
        int | None,
        Field(default=None, ge=1, le=10_000, description="Rows in one season. Empty: taken from the frequency"),
    ]
    validation_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows for early stopping and calibration")
    ]
    test_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows at the end, held out for evaluation")
    ]
    gap: Annotated[int, Field(default=0, ge=0, le=10_000, description="Rows left out between two sets")]
    backtest_folds: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=20,
            description="Rolling-origin backtest: train this many more times on growing parts of the rows before the"
            " test set, and score each. 0: none",
            json_schema_extra={"title_tr": "Geriye dönük sınama katları"},
        ),
    ]
    refit: Annotated[
        bool,
        Field(
            default=True,
            description="After the verdict, fit the same config again on all rows; the refitted model serves",
            json_schema_extra={"title_tr": "Karardan sonra yeniden eğit"},
        ),
    ]
    intervals: Annotated[
        Literal["fixed", "adaptive"],
        Field(
            default="fixed",
            description="fixed: width from the errors on the validation set; adaptive: width adjusted by the last 500"
            " known outcomes, which requires as many more forecasts per prediction",
            json_schema_extra={"title_tr": "Aralıklar"},
        ),
    ]
    reconcile: Annotated[
        Literal["none", "bottom_up", "mint_shrink"],
        Field(
            default="mint_shrink",
            description="If the dataset declares groups: how forecasts of series and totals are made to add up."
            " mint_shrink: by the covariance of their errors; bottom_up: totals are sums of the series; none: forecasts"
            " are not changed",
            json_schema_extra={"title_tr": "Toplamların uzlaştırılması"},
        ),
    ]
    non_negative: Annotated[
        Literal["auto", "off"],
        Field(
            default="auto",
            description="auto: forecasts and intervals are never below zero if the training values are counts (whole"
            " numbers, none negative) or include no negative value and at least 30 % zeros; off: no limit",
            json_schema_extra={"title_tr": "Sıfırın altına inmeyen tahminler"},
        ),
    ]
    known_ahead: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=50,
            description="Columns whose values are known before the rows to predict begin, such as planned prices",
            json_schema_extra={"title_tr": "Önceden bilinen sütunlar"},
        ),
    ]
    holidays: Annotated[
        str | None,
        Field(
            default=None,
            pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,6})?$",
            description="Country (ISO 3166, TR or DE-BY) whose public holidays are known ahead; empty: none",
            json_schema_extra={"title_tr": "Resmî tatiller"},
        ),
    ]

    def completed(self, schema: DatasetSchema) -> Self:
        """Return the config with the known-ahead columns that the dataset declares, unless it names its own."""
        stated = known_ahead_of(schema)
        return self.model_copy(update={"known_ahead": stated}) if stated and not self.known_ahead else self

    def season_of(self, schema: Schema) -> int:
        """Return the configured season in rows, or by default the one that follows from the dataset's frequency."""
        return self.season if self.season is not None else schema.season


def chronological_split(
    table: Table, config: ForecastConfig, *, window: int = 1, least_window: int | None = None, partial: bool = False
) -> Split:
    """Split a table into training, validation and test set, in this order, with ``config.gap`` rows between them.

    All series of a panel are split at the same times; ``needs`` of the result states how many rows a series must have
    in each part.

    Args:
        table: table to split.
        config: config of the run.
        window: number of past rows that one forecast reads.
        least_window: shortest window that the pipeline accepts if the series is too short for ``window``, see
            ``window_within``; None if the window is fixed.
        partial: whether the pipeline can learn from windows whose horizon reaches past their part. If a series is too
            short for whole windows, every row of the test set is then an origin, scored on the values that exist.

    Raises InvalidInput if a part is too short for one window of inputs and ``horizon`` targets, or if a known-ahead
    column or the country of the holidays is not valid.
    """
    check_known_ahead(config.known_ahead, table.schema)
    if config.holidays is not None:
        check_country(config.holidays, table.schema)
    rows = table.moments
    split = _by_shares(rows, config)
    needed = window_within(len(split.train), config.horizon, window, least_window) + config.horizon
    if len(split.train) > needed:
        needs = {"train": needed + 1, "validation": config.horizon, "test": config.horizon}
        return replace(split, needs=needs)
    if partial and (short := _short_split(rows, config)) is not None:
        return short
    least = _least_rows(config, needed + 1)
    if partial:
        least = max(LEAST_ROWS, -(-config.horizon // _MOST_AHEAD)) + 2 * config.gap
    raise InvalidInput(
        "the series has {rows:,} [row|rows]; this pipeline needs at least {least:,} with horizon {horizon}"
        if partial
        else "the series has {rows:,} [row|rows]; this pipeline needs at least {least:,} with horizon {horizon} and"
        " window {window}",
        where="split",
        next_step="add a longer series"
        if partial
        else "choose a smaller window or horizon, or a forecaster that learns from few rows, such as forecasting.ets",
        rows=rows,
        least=least,
        horizon=config.horizon,
        window=needed - config.horizon,
    )


def window_within(rows: int, horizon: int, window: int, least: int | None) -> int:
    """Return the window for a training set of ``rows`` rows.

    It is ``window`` if that fits, else half of the rows without the horizon, but not less than ``least``. If ``least``
    is None, the window is fixed.

    Example:
        >>> window_within(100, 12, 30, 2), window_within(30, 12, 30, 2), window_within(30, 12, 30, None)
        (30, 9, 30)
    """
    if least is None or rows > window + horizon:
        return window
    return min(window, max(least, (rows - horizon) // 2))


def _by_shares(rows: int, config: ForecastConfig) -> Split:
    test = max(config.horizon, round(rows * config.test_share))
    validation = max(config.horizon, round(rows * config.validation_share))
    return _in_order(rows, validation, test, config.gap)


def _least_rows(config: ForecastConfig, train: int) -> int:
    """Return the number of rows of the shortest series whose training set has ``train`` rows."""
    rows = train + 2 * config.gap
    while len(_by_shares(rows, config).train) < train:
        rows += 1
    return rows


def _in_order(rows: int, validation: int, test: int, gap: int) -> Split:
    test_rows = Rows(rows - test, rows)
    validation_rows = Rows(test_rows.start - gap - validation, test_rows.start - gap)
    return Split(train=Rows(0, validation_rows.start - gap), validation=validation_rows, test=test_rows)


def _short_split(rows: int, config: ForecastConfig) -> Split | None:
    """Return the split of a short series, or None if it is too short.

    Validation and test set have a quarter of the rows each, but no more than the horizon.
    """
    usable = rows - 2 * config.gap
    if usable < LEAST_ROWS or config.horizon > _MOST_AHEAD * usable:
        return None
    part = min(usable // 4, config.horizon)
    split = _in_order(rows, part, part, config.gap)
    return replace(split, needs={"train": LEAST_ROWS // 2, "validation": 1, "test": 1}, partial=True)
