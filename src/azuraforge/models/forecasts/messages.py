"""What the child of a forecast is asked, and its answer."""

from __future__ import annotations

from azuraforge.models.serving.messages import ChildOpening, DatasetFile, SeriesReply
from azuraforge.plugins.contract.shape import Shape


class ForecastInput(Shape):
    """A version, and the dataset version whose newest rows it continues."""

    opening: ChildOpening
    dataset: DatasetFile


class SeriesForecast(Shape):
    """The next values of one series; None: the dataset holds one series only."""

    series: str | None
    reply: SeriesReply


class Forecasts(Shape):
    """The next values of every series, and why others have none."""

    made: tuple[SeriesForecast, ...]
    problems: tuple[str, ...] = ()
