"""The task kind "forecast": the common settings of forecasting configs, and the split of a series in time."""

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

#: Number of rows that forecasters need which can learn from partial windows.
LEAST_ROWS = 8
#: Largest ratio of their horizon to the length of the series.
_MOST_AHEAD = 2
#: Levels that every forecaster with intervals returns: the ends of the 50, 80, 90 and 95 % intervals.
QUANTILE_LEVELS: tuple[float, ...] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


class ForecastConfig(Config):
    """Settings of the task itself; baselines get the same ones."""

    horizon: Annotated[int, Field(default=12, ge=1, le=1000, description="Rows to predict from each origin")]
    season: Annotated[
        int | None,
        Field(default=None, ge=1, le=10_000, description="Rows in one season; empty: taken from the frequency"),
    ]
    validation_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows for early stopping and calibration")
    ]
    test_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows in the test set, at the end of the series")
    ]
    gap: Annotated[int, Field(default=0, ge=0, le=10_000, description="Rows left out between two parts")]
    backtest_folds: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=20,
            description="Folds of a rolling-origin backtest: further fits on growing ranges of rows before the test"
            " set, each evaluated; 0: none",
            json_schema_extra={"title_tr": "Geriye dönük sınama katları"},
        ),
    ]
    refit: Annotated[
        bool,
        Field(
            default=True,
            description="After the verdict, fit the same configuration again on every row; the refitted model serves",
            json_schema_extra={"title_tr": "Karardan sonra yeniden eğit"},
        ),
    ]
    intervals: Annotated[
        Literal["fixed", "adaptive"],
        Field(
            default="fixed",
            description="fixed: width from the errors on the validation set; adaptive: widened or narrowed by the last"
            " 500 known outcomes, which requires as many additional forecasts per prediction",
            json_schema_extra={"title_tr": "Aralıklar"},
        ),
    ]
    reconcile: Annotated[
        Literal["none", "bottom_up", "mint_shrink"],
        Field(
            default="mint_shrink",
            description="If the dataset declares groups: how forecasts of series and totals are made to add up."
            " mint_shrink: by the covariance of their errors; bottom_up: totals are sums; none: they are not changed",
            json_schema_extra={"title_tr": "Toplamların uzlaştırılması"},
        ),
    ]
    non_negative: Annotated[
        Literal["auto", "off"],
        Field(
            default="auto",
            description="auto: forecasts and intervals are clipped at zero if the training rows have no negative values"
            " and are whole numbers or at least 30 % zeros; off: never",
            json_schema_extra={"title_tr": "Sıfırın altına inmeyen tahminler"},
        ),
    ]
    known_ahead: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=50,
            description="Columns whose future values are known when the forecast is made, such as planned prices",
            json_schema_extra={"title_tr": "Önceden bilinen sütunlar"},
        ),
    ]
    holidays: Annotated[
        str | None,
        Field(
            default=None,
            pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,6})?$",
            description="Country (ISO 3166, such as TR or DE-BY) whose public holidays are inputs; empty: none",
            json_schema_extra={"title_tr": "Resmî tatiller"},
        ),
    ]

    def completed(self, schema: DatasetSchema) -> Self:
        """Return the config with the columns that the dataset states to be known ahead, if it names none itself."""
        stated = known_ahead_of(schema)
        return self.model_copy(update={"known_ahead": stated}) if stated and not self.known_ahead else self

    def season_of(self, schema: Schema) -> int:
        """Return the configured season, else the one that the dataset's frequency implies."""
        return self.season if self.season is not None else schema.season


def chronological_split(
    table: Table, config: ForecastConfig, *, window: int = 1, least_window: int | None = None, partial: bool = False
) -> Split:
    """Split into train, validation and test, in this order, with ``config.gap`` rows between them.

    A panel is cut at the same moments for all of its series; ``needs`` says how many rows a series must have in a part.

    Args:
        table: to be split.
        config: the run's.
        window: rows that one forecast looks back at.
        least_window: a shorter window that the pipeline takes where the series does not hold the usual one, see
            ``window_within``; None: the window is fixed.
        partial: the pipeline can learn from windows whose horizon reaches past their part. Of a series too short for
            whole windows, every row of the test set is then an origin, judged by the values that are there.

    Raises InvalidInput if a part could not hold one window of inputs and ``horizon`` targets, or if what is said
    to be known ahead is unknown.
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
    """Return the window for a training set of so many rows: ``window`` if it fits, else half of the rest.

    ``least`` is the shortest window that the pipeline takes; None: ``window`` is fixed.

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
    """Return the rows of the shortest series whose training set holds ``train`` rows."""
    rows = train + 2 * config.gap
    while len(_by_shares(rows, config).train) < train:
        rows += 1
    return rows


def _in_order(rows: int, validation: int, test: int, gap: int) -> Split:
    test_rows = Rows(rows - test, rows)
    validation_rows = Rows(test_rows.start - gap - validation, test_rows.start - gap)
    return Split(train=Rows(0, validation_rows.start - gap), validation=validation_rows, test=test_rows)


def _short_split(rows: int, config: ForecastConfig) -> Split | None:
    """Return a rolling-origin split: half of the rows to learn from, a quarter each to calibrate and to judge."""
    usable = rows - 2 * config.gap
    if usable < LEAST_ROWS or config.horizon > _MOST_AHEAD * usable:
        return None
    part = min(usable // 4, config.horizon)
    split = _in_order(rows, part, part, config.gap)
    return replace(split, needs={"train": LEAST_ROWS // 2, "validation": 1, "test": 1}, partial=True)
