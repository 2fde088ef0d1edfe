"""Clipping at zero of forecasts of counts and of intermittent demand.

A series is clipped if no value in the training rows is negative, and all are whole numbers or at least 30 % are zeros.
Its forecasts and the ends of their intervals are then clipped at zero both in evaluation and in serving, so that the
evaluated intervals are the served ones.

A quantile is zero if zeros are more frequent than its level. Offsets from a forecast alone do not keep this: a refitted
forecaster with a higher level would raise the quantile, and the interval would exclude the most frequent value. The
share of zeros is measured where forecasts are at least average, so that zeros at fixed times (nights, closed days) do
not widen the intervals of the other rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.kinds.forecast.metrics import INTERMITTENT_SHARE

FILE = "floors.json"
#: Share of zeros among the values from which zeros can be as frequent as the lowest level.
_LEAST_ZEROS = min(QUANTILE_LEVELS)
#: Forecasts count as average up to this relative difference, which rounding causes.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Floors:
    """The series whose forecasts are clipped at zero.

    Attributes:
        series: names of the clipped series of a panel; a single series has the name ``""``.
        others: whether series that were not learned are clipped too, which holds if all learned ones are.
        zeros: share of zeros among the outcomes of forecasts that are at least average, by clipped series; see
            ``measured``. A series without such a share has no zeros, or they were not measured.
    """

    series: frozenset[str] = frozenset()
    others: bool = False
    zeros: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Part) -> Floors:
        """Return the series to clip, determined from all rows of a training part."""
        values = column_values(rows.frame, rows.schema.target)
        if rows.schema.series is None:
            return cls(frozenset([""]) if is_counted(values) else frozenset())
        blocks = Blocks.of(rows.frame, rows.schema.series)
        spans = zip(blocks.names, blocks.first.tolist(), blocks.stop.tolist(), strict=True)
        found = frozenset(name for name, first, stop in spans if is_counted(values[first:stop]))
        return cls(found, len(found) == len(blocks))

    def with_zeros(self, part: Part) -> Flags:
        """Return an ``(origin,)`` mask of the origins of clipped series whose share of zeros should be measured."""
        wanted = np.zeros(len(part.origins), dtype=bool)
        if self.series:
            values = column_values(part.frame, part.schema.target)
            for name, at, first, stop in _spans(part):
                known = values[first:stop][np.isfinite(values[first:stop])]
                wanted[at] = name in self.series and known.size > 0 and float(np.mean(known == 0)) > _LEAST_ZEROS
        return wanted

    def measured(self, truth: Floats, point: Floats, names: Mapping[str, Indices]) -> Floors:
        """Return the floors with the share of zeros of each series.

        Args:
            truth: true values ``(origin, horizon)``, NaN where unknown.
            point: forecasts of the same shape.
            names: indices of the origins of each series to measure.
        """
        zeros = {}
        for name, at in names.items():
            average = point[at].mean()
            seen = truth[at][np.isfinite(truth[at]) & (point[at] >= average - _ROUNDING * abs(average))]
            if seen.size and (share := float(np.mean(seen == 0))) > _LEAST_ZEROS:
                zeros[name] = share
        return replace(self, zeros=zeros)

    def at(self, part: Part) -> Flags:
        """Return an ``(origin,)`` mask of the origins whose forecasts are clipped at zero."""
        if part.schema.series is None:
            return np.full(len(part.origins), "" in self.series)
        blocks = Blocks.of(part.frame, part.schema.series)
        ends = np.array([self.others or name in self.series for name in blocks.names], dtype=bool)
        return np.asarray(ends[blocks.of_rows(part.origins)])

    def applied(self, predictions: Predictions, part: Part) -> Predictions:
        """Return the predictions for ``part``, clipped at zero for the series to clip; ``base`` is unchanged.

        Quantiles whose level is below the share of zeros of a series are zero.
        """
        if not self.series or not (at := self.at(part)).any():
            return predictions
        least = np.where(at, 0.0, -np.inf)[:, None]

        def ended(values: Floats) -> Floats:
            return np.asarray(np.maximum(values, least))

        zeros = np.zeros((len(at), 1))
        for name, own, _, _ in _spans(part) if self.zeros else ():
            zeros[own] = self.zeros.get(name, 0.0) if name in self.series else 0.0
        quantiles = {
            level: np.asarray(np.where(level < zeros, 0.0, ended(values)))
            for level, values in predictions.quantiles.items()
        }
        return Predictions(ended(predictions.point), quantiles, base=predictions.base)

    def save(self, folder: Path) -> None:
        """Write the clipped series into the folder of a version; writes no file if there are none."""
        if self.series:
            facts = {"series": sorted(self.series), "others": self.others, "zeros": dict(self.zeros)}
            (folder / FILE).write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Floors:
        """Return the floors that ``save`` wrote; without a file, no series is clipped."""
        if not (folder / FILE).exists():
            return cls()
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(frozenset(facts["series"]), bool(facts["others"]), facts["zeros"])


def _spans(part: Part) -> Iterator[tuple[str, Indices, int, int]]:
    """Yield each series with its origins' indices, its first row and the row after its last one."""
    if part.schema.series is None:
        yield "", np.arange(len(part.origins), dtype=np.int64), 0, part.frame.height
        return
    blocks = Blocks.of(part.frame, part.schema.series)
    owners = blocks.of_rows(part.origins)
    order = np.argsort(owners, kind="stable").astype(np.int64)
    ends = np.searchsorted(owners[order], np.arange(len(blocks) + 1))
    for place, name in enumerate(blocks.names):
        yield name, order[ends[place] : ends[place + 1]], int(blocks.first[place]), int(blocks.stop[place])


def origins_by_series(part: Part) -> Iterator[tuple[str, Indices]]:
    """Yield the name of each series and the indices of its origins; a single series has the name ``""``."""
    for name, at, _, _ in _spans(part):
        yield name, at


def is_counted(values: Floats) -> bool:
    """Return whether ``values`` are counts or intermittent demand; NaN values are ignored.

    Example:
        >>> is_counted(np.array([3.0, 0.0, 7.0])), is_counted(np.array([0.0, 0.0, 1.5])), is_counted(np.array([2.5, 4]))
        (True, True, False)
    """
    known = values[np.isfinite(values)]
    if not known.size or known.min() < 0:
        return False
    return bool(np.array_equal(known, np.rint(known)) or np.mean(known == 0) >= INTERMITTENT_SHARE)
