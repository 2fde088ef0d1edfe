"""Drawing of a run's figures with matplotlib, in a child process. Curves differ in shape as well as in colour."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from azuraforge.plugins.kinds.classify.figures import Confusion, Reliability
from azuraforge.plugins.kinds.forecast.figures import (
    ActualPredicted,
    ErrorSlices,
    ErrorsOverTime,
    ForecastFigure,
    HeldOutForecast,
    Importance,
    Residuals,
    Shapley,
)
from azuraforge.reports.material import Material
from azuraforge.reports.words import Words
from azuraforge.runs.metrics.schemas import MetricSeries

Kind = Literal["svg", "png"]
#: Size of a figure in inches; the width is that of a page.
_WIDTH, _HEIGHT = 7.2, 3.0
_INK, _SOFT, _FIRST, _SECOND, _BAND = "#1f2430", "#6b7280", "#1d4ed8", "#c2410c", "#fdba74"
_MOST_BARS = 12
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _INK,
    "axes.grid": True,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.6,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    # Text is drawn as paths, so that no font is required. The fixed salt makes the bytes reproducible.
    "svg.fonttype": "path",
    "svg.hashsalt": "azuraforge",
    # App names may contain $ and are not formulas.
    "text.parse_math": False,
}


def draw(material: Material, words: Words, kind: Kind) -> dict[str, bytes]:
    """Draw all figures for which the run has data; return the files by name, in the order of the report."""
    drawn = {}
    with rc_context(_STYLE):
        for name, work in _asked(material):
            figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
            try:
                work(figure, words)
            except _NothingToDraw:
                continue
            written = io.BytesIO()
            if kind == "svg":
                figure.savefig(written, format="svg", metadata={"Date": None})
            else:
                figure.savefig(written, format="png", dpi=160)
            drawn[name] = written.getvalue()
    return drawn


def _asked(material: Material) -> Iterator[tuple[str, Callable[[Figure, Words], None]]]:
    figures = material.figures
    if (forecast := figures.forecast) is not None:
        yield "forecast", partial(_forecast, forecast)
        if forecast.test is not None:
            yield "test", partial(_test, forecast.test)
    if figures.actual_predicted is not None:
        yield "actual_predicted", partial(_actual_predicted, figures.actual_predicted)
    if (residuals := figures.residuals) is not None:
        yield "residuals", partial(_residuals, residuals)
        yield "over_time", partial(_over_time, residuals.over_time)
        yield "autocorrelation", partial(_autocorrelation, residuals)
    if figures.slices is not None:
        yield "slices", partial(_slices, figures.slices)
    if figures.confusion is not None:
        yield "confusion", partial(_confusion, figures.confusion)
    if figures.reliability is not None:
        yield "reliability", partial(_reliability, figures.reliability)
    if figures.importance is not None:
        yield "importance", partial(_importance, figures.importance)
    if figures.shapley is not None:
        yield "shapley", partial(_shapley, figures.shapley)
    if curves := [each for each in material.curves if each.steps and not each.series.startswith("system/")]:
        yield "curves", partial(_curves, curves)


class _NothingToDraw(Exception):
    """Exception raised if a figure's data contains no points."""


def _forecast(data: ForecastFigure, figure: Figure, words: Words) -> None:
    axes = figure.subplots()
    shown = max(60, 6 * len(data.next))
    history = data.history[-shown:]
    if not history:
        raise _NothingToDraw
    _over(axes, [at for at, _ in history], [value for _, value in history], _FIRST, data.target)
    at = [each.at for each in data.next]
    _over(axes, at, [each.value for each in data.next], _SECOND, words("axis.predicted"), marker=".")
    _band(axes, at, [each.low for each in data.next], [each.high for each in data.next], words.percent(data.interval))
    _named(axes, words("axis.time"), f"{data.target} ({data.unit})" if data.unit else data.target)


def _test(data: HeldOutForecast, figure: Figure, words: Words) -> None:
    axes = figure.subplots()
    if not data.at:
        raise _NothingToDraw
    _over(axes, data.at, data.actual, _FIRST, words("axis.actual"))
    _over(axes, data.at, data.predicted, _SECOND, words("axis.predicted"), linestyle="--")
    _band(axes, data.at, data.low or (), data.high or (), "")
    _named(axes, words("axis.time"), "")


def _actual_predicted(data: ActualPredicted, figure: Figure, words: Words) -> None:
    if not data.actual:
        raise _NothingToDraw
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    values = [*data.actual, *data.predicted, *data.baseline_predicted]
    ends = (min(values), max(values))
    sides = ((left, data.predicted, data.contender), (right, data.baseline_predicted, data.baseline))
    for axes, predicted, name in sides:
        axes.plot(ends, ends, color=_SOFT, linewidth=0.8)
        axes.scatter(data.actual, predicted, s=4, color=_FIRST if axes is left else _SECOND, alpha=0.5, linewidths=0)
        axes.set_title(name, fontsize=8.5)
        axes.set_xlabel(words("axis.actual"))
    left.set_ylabel(words("axis.predicted"))


def _residuals(data: Residuals, figure: Figure, words: Words) -> None:
    import numpy as np

    edges, counts = np.array(data.histogram.edges), np.array(data.histogram.counts)
    if not counts.size:
        raise _NothingToDraw
    left, right = figure.subplots(1, 2)
    left.stairs(counts, edges, fill=True, color=_FIRST, alpha=0.35)
    mean, spread = data.mean, data.standard_deviation
    if spread:
        at = np.linspace(edges[0], edges[-1], 200)
        density = np.exp(-0.5 * ((at - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
        left.plot(at, density * counts.sum() * np.diff(edges).mean(), color=_SECOND, label=words("axis.normal"))
        left.legend()
    left.set_xlabel(words("axis.error"))
    left.set_ylabel(words("axis.count"))
    normal, error = data.qq.normal, data.qq.error
    if normal:
        right.plot((normal[0], normal[-1]), (normal[0], normal[-1]), color=_SOFT, linewidth=0.8)
        right.scatter(normal, error, s=8, color=_FIRST)
    right.set_xlabel(words("axis.normal"))
    right.set_ylabel(words("axis.error"))


def _over_time(data: ErrorsOverTime, figure: Figure, words: Words) -> None:
    axes = figure.subplots()
    if not data.at:
        raise _NothingToDraw
    axes.axhline(0, color=_SOFT, linewidth=0.8)
    axes.plot(_times(data.at), data.error, ".", markersize=3, color=_FIRST)
    _named(axes, words("axis.time"), words("axis.error"), legend=False)


def _autocorrelation(data: Residuals, figure: Figure, words: Words) -> None:
    found, bound = data.autocorrelation, data.autocorrelation_bound
    if not found:
        raise _NothingToDraw
    axes = figure.subplots()
    lags = range(1, len(found) + 1)
    axes.axhline(0, color=_SOFT, linewidth=0.8)
    if bound is not None:
        axes.axhspan(-bound, bound, color=_BAND, alpha=0.4, linewidth=0)
    axes.vlines(lags, 0, found, color=_FIRST, linewidth=2, label=data.contender)
    if other := data.baseline_autocorrelation:
        axes.plot(range(1, len(other) + 1), other, "x", markersize=4, color=_SECOND, label=data.baseline)
    axes.set_xlabel(words("axis.lag"))
    axes.legend()


def _slices(data: ErrorSlices, figure: Figure, words: Words) -> None:
    slices = data.slices
    if not slices:
        raise _NothingToDraw
    figure.set_size_inches(_WIDTH, 2.1 * ((len(slices) + 1) // 2) + 0.5)
    grid = figure.subplots((len(slices) + 1) // 2, 2, squeeze=False).ravel()
    for axes, each in zip(grid, slices, strict=False):
        values = [row.value for row in each.rows]
        axes.plot(values, [row.rmse for row in each.rows], "o-", markersize=3, color=_FIRST)
        axes.plot(values, [row.baseline_rmse for row in each.rows], "x--", markersize=4, color=_SECOND)
        axes.set_xlabel(words.or_else(f"by.{each.by}", each.by))
        axes.set_ylim(bottom=0)
    for axes in grid[len(slices) :]:
        axes.set_axis_off()
    handles = grid[0].get_lines()
    figure.legend(handles, [data.contender, data.baseline], loc="outside upper right", ncols=2)


def _importance(data: Importance, figure: Figure, words: Words) -> None:
    shown = data.inputs[:_MOST_BARS]
    names, sizes = [each.name for each in shown], [each.increase for each in shown]
    _bars(figure, names, sizes, [each.spread for each in shown], words("increase"), words)


def _shapley(data: Shapley, figure: Figure, words: Words) -> None:
    shown = data.inputs[:_MOST_BARS]
    names, sizes = [each.name for each in shown], [each.mean_absolute for each in shown]
    _bars(figure, names, sizes, None, words("contribution"), words)


def _bars(
    figure: Figure,
    names: Sequence[str],
    sizes: Sequence[float],
    spreads: Sequence[float] | None,
    label: str,
    words: Words,
) -> None:
    """Draw horizontal bars, the first one at the top, with error bars if ``spreads`` is given."""
    if not names:
        raise _NothingToDraw
    figure.set_size_inches(_WIDTH, 0.24 * len(names) + 0.7)
    axes = figure.subplots()
    places = range(len(names))
    errors = None if spreads is None else spreads[::-1]
    axes.barh(places, sizes[::-1], xerr=errors, color=_FIRST, alpha=0.75, ecolor=_INK, capsize=2)
    axes.set_yticks(places, [words.input(name)[:60] for name in names[::-1]])
    axes.set_xlabel(label)
    axes.grid(False, axis="y")


def _confusion(data: Confusion, figure: Figure, words: Words) -> None:
    counts, classes = data.counts, data.classes
    if not counts or not classes:
        raise _NothingToDraw
    size = min(6.0, 1.6 + 0.32 * len(classes))
    figure.set_size_inches(_WIDTH, size)
    axes = figure.subplots()
    axes.grid(False)
    largest = max(max(row) for row in counts) or 1
    axes.imshow(counts, cmap="Blues")
    axes.set_xticks(range(len(classes)), [name[:12] for name in classes])
    axes.set_yticks(range(len(classes)), [name[:12] for name in classes])
    if len(classes) <= 20:
        for row, each in enumerate(counts):
            for column, count in enumerate(each):
                ink = "white" if count > largest / 2 else _INK
                axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=ink)
    axes.set_xlabel(words("axis.answer"))
    axes.set_ylabel(words("axis.truth"))


def _reliability(data: Reliability, figure: Figure, words: Words) -> None:
    axes = figure.subplots()
    axes.plot((0, 1), (0, 1), color=_SOFT, linewidth=0.8)
    sides = ((data.bins, data.contender, "o-", _FIRST), (data.baseline_bins, data.baseline, "x--", _SECOND))
    for bins, name, mark, color in sides:
        known = [each for each in bins if each.count]
        stated, held = (
            _floats(side) for side in ([each.confidence for each in known], [each.accuracy for each in known])
        )
        axes.plot(stated, held, mark, markersize=4, color=color, label=name)
    axes.set_xlabel(words("axis.stated"))
    axes.set_ylabel(words("axis.held"))
    axes.legend()


def _curves(curves: Sequence[MetricSeries], figure: Figure, words: Words) -> None:
    axes = figure.subplots()
    marks = ("-", "--", ":", "-.")
    for number, curve in enumerate(curves[:8]):
        axes.plot(curve.steps, _floats(curve.values), marks[number % 4], label=curve.series[:60])
    axes.set_xlabel(words("axis.step"))
    axes.legend(fontsize=7)


def _over(
    axes: Axes,
    at: Sequence[str],
    values: Sequence[float | None],
    color: str,
    label: str,
    *,
    marker: str = "",
    linestyle: str = "-",
) -> None:
    axes.plot(_times(at), _floats(values), color=color, label=label, marker=marker, linestyle=linestyle)


def _band(axes: Axes, at: Sequence[str], low: Sequence[float | None], high: Sequence[float | None], label: str) -> None:
    if low and high and None not in low and None not in high:
        ends = _floats(low), _floats(high)
        axes.fill_between(_times(at), *ends, color=_BAND, alpha=0.5, linewidth=0, label=label or None)


def _named(axes: Axes, x: str, y: str, *, legend: bool = True) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    drawn: Any = axes.lines[-1].get_xdata(orig=True) if axes.lines else ()
    if len(drawn) and isinstance(drawn[0], datetime):
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    if legend:
        axes.legend()


def _times(at: Sequence[str]) -> list[Any]:
    """Convert the labels of a time axis to datetimes, or to row numbers if the rows have no times."""
    try:
        return [float(each) for each in at]
    except ValueError:
        return [datetime.fromisoformat(each) for each in at]


def _floats(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
