"""The figure of a forecast: history, forecast of the next rows, and predictions one row ahead on the test set."""

from __future__ import annotations

import itertools
import math

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import each as each_series
from azuraforge.plugins.kinds.forecast.figures import ForecastFigure, HeldOutForecast, NextValue
from azuraforge.plugins.kinds.forecast.panel_judging import origins_of
from azuraforge.plugins.kinds.forecast.parts import future_times, times_of
from azuraforge.plugins.kinds.forecast.predictions import interval_of

HISTORY_ROWS = 500
#: Maximum number of drawn series of a panel, and of rows per series.
DRAWN_SERIES = 24
DRAWN_ROWS_OF_SERIES = 200


def forecast_figures(
    name: str, future: Part, ahead: Predictions, test: Part, made: Predictions, truth: Floats
) -> ForecastFigure:
    """Return the figure of the first series of a panel, with the figures of further series in ``more``.

    The arguments are those of ``forecast_figure``, for all series together. At most ``DRAWN_SERIES`` series are drawn.
    """
    futures = {series: (one, at) for series, one, at in each_series(future)}
    drawn = []
    for series, one, at in itertools.islice(each_series(test), DRAWN_SERIES):
        later, place = futures[series]
        own = origins_of(ahead, place), one, origins_of(made, at), truth[at]
        figure = forecast_figure(name, later, *own, rows=DRAWN_ROWS_OF_SERIES)
        drawn.append(figure.model_copy(update={"series": series}))
    return drawn[0].model_copy(update={"more": tuple(drawn[1:])})


def forecast_figure(
    name: str, future: Part, ahead: Predictions, test: Part, made: Predictions, truth: Floats, rows: int = HISTORY_ROWS
) -> ForecastFigure:
    """Return the figure of one series.

    Args:
        name: name of the contender.
        future: part whose only origin is the last row of the series.
        ahead: forecasts from that origin.
        test: test set.
        made: predictions for the test set.
        truth: ``(origin, horizon)`` true values of the test set, NaN where missing.
        rows: maximum number of drawn rows of the history and of the test set.
    """
    interval, inside = interval_of(ahead), interval_of(made)
    history = future.frame.tail(rows)
    values = column_values(history, future.schema.target)
    times, at = times_of(history, future.schema), times_of(test.frame, test.schema)
    drawn = slice(-rows, None)
    return ForecastFigure(
        target=future.schema.target,
        unit=future.schema.unit,
        frequency=future.schema.frequency,
        timezone=future.schema.rhythm_timezone or future.schema.timezone,
        contender=name,
        history=tuple((moment, _number(value)) for moment, value in zip(times, values.tolist(), strict=True)),
        next=_next_values(future, ahead),
        interval=None if interval is None else interval[0],
        test=HeldOutForecast(
            horizon=1,
            at=tuple(at[origin + 1] for origin in test.origins[drawn].tolist()),
            actual=tuple(_number(value) for value in truth[drawn, 0].tolist()),
            predicted=tuple(made.point[drawn, 0].tolist()),
            low=None if inside is None else tuple(inside[1][drawn, 0].tolist()),
            high=None if inside is None else tuple(inside[2][drawn, 0].tolist()),
        ),
    )


def redrawn(figure: ForecastFigure, future: Part, ahead: Predictions) -> ForecastFigure:
    """Return the figure with the forecast ``ahead`` of a refitted predictor; ``future`` may be a part of a panel."""
    if figure.series is None:
        return _refitted(figure, future, ahead)
    parts = {series: (one, origins_of(ahead, at)) for series, one, at in each_series(future)}
    first, *others = (_refitted(each, *parts[str(each.series)]) for each in (figure, *figure.more))
    return first.model_copy(update={"more": tuple(others)})


def _refitted(figure: ForecastFigure, future: Part, ahead: Predictions) -> ForecastFigure:
    interval = interval_of(ahead)
    level = None if interval is None else interval[0]
    return figure.model_copy(update={"next": _next_values(future, ahead), "interval": level, "refitted": True})


def _next_values(future: Part, ahead: Predictions) -> tuple[NextValue, ...]:
    interval = interval_of(ahead)
    return tuple(
        NextValue(
            at=moment,
            value=float(ahead.point[0, step]),
            low=None if interval is None else float(interval[1][0, step]),
            high=None if interval is None else float(interval[2][0, step]),
        )
        for step, moment in enumerate(future_times(future.frame, future.schema, future.horizon))
    )


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
