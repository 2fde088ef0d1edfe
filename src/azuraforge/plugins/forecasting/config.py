"""The task kind "forecast": what every forecasting config has, and how a series is split in time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.parts import Rows, Schema, Split, Table
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.forecasting.covariates import check_known_ahead
from azuraforge.plugins.forecasting.holidays import check_country

#: Levels that every forecaster with intervals returns; the interval between them holds 90 %.
QUANTILE_LEVELS: tuple[float, ...] = (0.05, 0.5, 0.95)


class ForecastConfig(Config):
    """Settings that the task itself needs; baselines are given the same ones."""

    horizon: Annotated[int, Field(default=12, ge=1, le=1000, description="Rows to predict from each origin")]
    season: Annotated[
        int | None,
        Field(default=None, ge=1, le=10_000, description="Rows in one season; empty: taken from the frequency"),
    ]
    validation_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows for early stopping and calibration")
    ]
    test_share: Annotated[
        float, Field(default=0.15, gt=0, lt=0.5, description="Share of rows at the end, held out to judge")
    ]
    gap: Annotated[int, Field(default=0, ge=0, le=10_000, description="Rows left out between two parts")]
    backtest_folds: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=20,
            description="Rolling-origin backtest: learn so many times more, on growing parts of the rows before the"
            " test part, and measure each; 0: none",
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
            description="fixed: as wide as the errors on the validation part say; adaptive: widened and narrowed by"
            " the last 500 known outcomes, which takes as many more forecasts per answer",
            json_schema_extra={"title_tr": "Aralıklar"},
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

    def season_of(self, schema: Schema) -> int:
        """The configured season, else the one the dataset's frequency implies."""
        return self.season if self.season is not None else schema.season


def chronological_split(table: Table, config: ForecastConfig, *, window: int = 1) -> Split:
    """Train first, then validation, then test, ``config.gap`` rows between them.

    A panel is cut at the same moments for all of its series; ``needs`` says how many rows a series must have in a part.

    Raises InvalidInput where a part could not hold one window of ``window`` inputs and ``horizon`` targets, or where
    what is said to be known ahead is unknown.
    """
    check_known_ahead(config.known_ahead, table.schema)
    if config.holidays is not None:
        check_country(config.holidays, table.schema)
    rows = table.moments
    test = max(config.horizon, round(rows * config.test_share))
    validation = max(config.horizon, round(rows * config.validation_share))
    test_rows = Rows(rows - test, rows)
    validation_rows = Rows(test_rows.start - config.gap - validation, test_rows.start - config.gap)
    train_rows = Rows(0, validation_rows.start - config.gap)
    needed = window + config.horizon
    if len(train_rows) < needed + 1 or train_rows.stop <= 0:
        raise InvalidInput(
            f"the series has {rows} rows, too few: its training part would hold {max(0, train_rows.stop)} rows,"
            f" and one window needs {needed + 1} (window {window} + horizon {config.horizon} + 1)",
            where="split",
            next_step="choose a smaller window or horizon, or add a longer series",
        )
    needs = {"train": needed + 1, "validation": config.horizon, "test": config.horizon}
    return Split(train=train_rows, validation=validation_rows, test=test_rows, needs=needs)
