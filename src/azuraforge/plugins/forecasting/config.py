"""Task kind "forecast": the settings that all forecasters share, and the chronological split of a series."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.dataset_schema import DatasetSchema
from azuraforge.plugins.contract.fields.grouping import ESSENTIAL, FORECASTS, INPUTS, SPLIT
from azuraforge.plugins.contract.parts import Rows, Schema, Split, Table
from azuraforge.plugins.contract.pipeline import Config
from azuraforge.plugins.contract.shape import in_turkish
from azuraforge.plugins.forecasting.availability import known_ahead_of
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.covariates import check_known_ahead
from azuraforge.plugins.forecasting.holidays import check_country
from azuraforge.plugins.forecasting.panels import SHORT_PANEL, Blocks, times

#: Minimum number of rows for forecasters that can learn from partial windows.
LEAST_ROWS = 8
#: Maximum ratio of the horizon to the length of the series for these forecasters.
_MOST_AHEAD = 2
#: Minimum number of rows of a series by part, if its origins may have incomplete windows.
_SHORT_NEEDS = {"train": LEAST_ROWS // 2, "validation": 1, "test": 1}
#: Quantile levels that every forecaster returns: the ends of the 50, 80, 90 and 95 % intervals, and the median.
QUANTILE_LEVELS: tuple[float, ...] = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


class ForecastConfig(Config):
    """Settings that all forecasters and baselines share."""

    horizon: Annotated[
        int,
        Field(
            default=12,
            ge=1,
            le=1000,
            title="Horizon",
            description="Number of rows to predict from each origin",
            json_schema_extra=in_turkish("Ufuk", "Her başlangıçtan tahmin edilecek satır sayısı") | ESSENTIAL,
        ),
    ]
    season: Annotated[
        int | None,
        Field(
            default=None,
            ge=1,
            le=10_000,
            title="Season",
            description="Number of rows in one season. Empty: derived from the frequency",
            json_schema_extra=in_turkish("Mevsim", "Bir mevsimdeki satır sayısı. Boş: sıklıktan bulunur") | INPUTS,
        ),
    ]
    validation_share: Annotated[
        float,
        Field(
            default=0.15,
            gt=0,
            lt=0.5,
            title="Validation share",
            description="Share of the rows used for early stopping and calibration",
            json_schema_extra=in_turkish("Doğrulama payı", "Erken durdurma ve kalibrasyon için ayrılan satır payı")
            | SPLIT,
        ),
    ]
    test_share: Annotated[
        float,
        Field(
            default=0.15,
            gt=0,
            lt=0.5,
            title="Test share",
            description="Share of the rows, at the end, held out for evaluation",
            json_schema_extra=in_turkish("Test payı", "Sonda, değerlendirme için ayrı tutulan satır payı") | SPLIT,
        ),
    ]
    gap: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=10_000,
            title="Gap",
            description="Number of rows left out between two sets",
            json_schema_extra=in_turkish("Boşluk", "İki küme arasında dışarıda bırakılan satır sayısı") | SPLIT,
        ),
    ]
    backtest_folds: Annotated[
        int,
        Field(
            default=0,
            ge=0,
            le=20,
            title="Backtest folds",
            description="Rolling-origin backtest: train this many more times on growing parts of the rows before "
            "the test set, and score each predictor. 0: no backtest",
            json_schema_extra=in_turkish(
                "Geriye dönük sınama katları",
                "Kayan başlangıçlı geriye dönük sınama: test kümesinden önceki satırların giderek büyüyen "
                "bölümleriyle bu kadar kez daha eğitim yapılır ve her tahminci skorlanır. 0: sınama yapılmaz",
            )
            | SPLIT,
        ),
    ]
    refit: Annotated[
        bool,
        Field(
            default=True,
            title="Refit after the verdict",
            description="After the verdict, fit the same config again on all rows; the refitted model serves",
            json_schema_extra=in_turkish(
                "Karardan sonra yeniden eğit",
                "Karardan sonra model aynı ayarlarla ve bütün satırlarla yeniden eğitilir; tahminleri yeniden "
                "eğitilen model verir",
            )
            | SPLIT,
        ),
    ]
    intervals: Annotated[
        Literal["fixed", "adaptive"],
        Field(
            default="fixed",
            title="Intervals",
            description="fixed: widths from the errors on the validation set. adaptive: widths adjusted by the"
            " last 500 known outcomes, which requires as many additional forecasts per prediction",
            json_schema_extra=in_turkish(
                "Güven aralıkları",
                "fixed: genişlik doğrulama kümesindeki hatalardan bulunur. adaptive: genişlik bilinen"
                " son 500 sonuca göre ayarlanır; tahmin başına bu kadar ek tahmin gerekir",
            )
            | FORECASTS,
        ),
    ]
    reconcile: Annotated[
        Literal["none", "bottom_up", "mint_shrink"],
        Field(
            default="mint_shrink",
            title="Reconcile totals",
            description="How the forecasts of series and of declared totals are made to add up. mint_shrink: by "
            "the covariance of their errors. bottom_up: totals are the sums of the series forecasts. "
            "none: forecasts are not changed",
            json_schema_extra=in_turkish(
                "Toplamların uzlaştırılması",
                "Seri tahminleriyle toplam tahminleri arasındaki tutarlılığın nasıl sağlanacağı. mint_shrink: "
                "hataların kovaryansıyla. bottom_up: toplamlar seri tahminlerinin toplamıdır. none: tahminler "
                "değiştirilmez",
            )
            | FORECASTS,
        ),
    ]
    non_negative: Annotated[
        Literal["auto", "off"],
        Field(
            default="auto",
            title="No negative forecasts",
            description="auto: forecasts and intervals do not go below zero if the training rows have no"
            " negative values and are whole numbers or at least 30 % zeros. off: no lower limit",
            json_schema_extra=in_turkish(
                "Negatif olmayan tahminler",
                "auto: eğitim satırlarında negatif değer yoksa ve değerler tam sayıysa ya da en az"
                " %30'u sıfırsa tahminler ve aralıklar sıfırın altına inmez. off: alt sınır yoktur",
            )
            | FORECASTS,
        ),
    ]
    known_ahead: Annotated[
        tuple[str, ...],
        Field(
            default=(),
            max_length=50,
            title="Known ahead",
            description="Columns whose future values are known at the origin, such as planned prices",
            json_schema_extra=in_turkish(
                "Önceden bilinen sütunlar",
                "Gelecek değerleri tahmin başlangıcında bilinen sütunlar, örneğin planlanan fiyatlar",
            )
            | INPUTS,
        ),
    ]
    holidays: Annotated[
        str | None,
        Field(
            default=None,
            pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,6})?$",
            title="Public holidays",
            description="Country whose public holidays are used as input (ISO 3166, such as TR or DE-BY). Empty: none",
            json_schema_extra=in_turkish(
                "Resmî tatiller",
                "Resmî tatilleri girdi olarak kullanılan ülke (ISO 3166; örneğin TR ya da DE-BY). Boş: kullanılmaz",
            )
            | INPUTS,
        ),
    ]

    def completed(self, schema: DatasetSchema) -> Self:
        """Return the config with the known-ahead columns that the dataset declares, unless ``known_ahead`` is set."""
        stated = known_ahead_of(schema)
        return self.model_copy(update={"known_ahead": stated}) if stated and not self.known_ahead else self

    def season_of(self, schema: Schema) -> int:
        """Return the configured season in rows; by default, the season of ``schema``."""
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
        whole = replace(split, needs=needs)
        return _with_short_series(table, config, whole) if partial else whole
    if partial and (short := _short_split(rows, config)) is not None:
        return _with_short_series(table, config, short)
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

    It is ``window`` if the rows suffice for it and the horizon, else half of the rows without the horizon, but at least
    ``least`` and at most ``window``. If ``least`` is None, the window is always ``window``.

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


def _with_short_series(table: Table, config: ForecastConfig, split: Split) -> Split:
    """Return the split of a panel, with smaller parts if the panel is short and ``split`` leaves out many series.

    If more than a quarter of the series that can be learned at all were left out, the parts are those of the shortest
    of these series, so that none of them is left out.
    """
    rows = table.moments
    if table.schema.series is None or rows > SHORT_PANEL:
        return split
    at = times(table.frame, table.schema)
    blocks = Blocks.of(table.frame, table.schema.series)
    begins = np.searchsorted(at, moments_of(table.frame, table.schema)[blocks.first])
    usable = rows - begins - 2 * config.gap
    able = (usable >= LEAST_ROWS) & (config.horizon <= _MOST_AHEAD * usable)
    learned = able & (len(split.train) - begins >= split.needs["train"])
    if 4 * int(learned.sum()) >= 3 * int(able.sum()):
        return split
    part = min(int(usable[able].min()) // 4, config.horizon)
    small = _in_order(rows, part, part, config.gap)
    return replace(small, needs=dict(_SHORT_NEEDS), partial=True)


def _short_split(rows: int, config: ForecastConfig) -> Split | None:
    """Return the split of a short series, or None if it is too short.

    Validation and test set have a quarter of the rows each, but no more than the horizon.
    """
    usable = rows - 2 * config.gap
    if usable < LEAST_ROWS or config.horizon > _MOST_AHEAD * usable:
        return None
    part = min(usable // 4, config.horizon)
    split = _in_order(rows, part, part, config.gap)
    return replace(split, needs=dict(_SHORT_NEEDS), partial=True)
