"""Clipping at zero of forecasts of counts and of intermittent demand.

A series is clipped if no value in the training rows is negative, and all are whole numbers or at least 30 % are zeros.
Its forecasts and the ends of their intervals are then clipped at zero both in evaluation and in serving, so that the
evaluated intervals are the served ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.kinds.forecast.metrics import INTERMITTENT_SHARE

FILE = "floors.json"


@dataclass(frozen=True)
class Floors:
    """The series whose forecasts are clipped at zero.

    Attributes:
        series: names of the clipped series of a panel; a single series has the name ``""``.
        others: whether series that were not learned are clipped too, which holds if all learned ones are.
    """

    series: frozenset[str] = frozenset()
    others: bool = False

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

    def at(self, part: Part) -> Flags:
        """Return an ``(origin,)`` mask of the origins whose forecasts are clipped at zero."""
        if part.schema.series is None:
            return np.full(len(part.origins), "" in self.series)
        blocks = Blocks.of(part.frame, part.schema.series)
        ends = np.array([self.others or name in self.series for name in blocks.names], dtype=bool)
        return np.asarray(ends[blocks.of_rows(part.origins)])

    def applied(self, predictions: Predictions, part: Part) -> Predictions:
        """Return the predictions for ``part``, clipped at zero for the series to clip; ``base`` is unchanged."""
        if not self.series or not (at := self.at(part)).any():
            return predictions
        least = np.where(at, 0.0, -np.inf)[:, None]

        def ended(values: Floats) -> Floats:
            return np.asarray(np.maximum(values, least))

        quantiles = {level: ended(values) for level, values in predictions.quantiles.items()}
        return Predictions(ended(predictions.point), quantiles, base=predictions.base)

    def save(self, folder: Path) -> None:
        """Write the clipped series into the folder of a version; writes no file if there are none."""
        if self.series:
            facts = {"series": sorted(self.series), "others": self.others}
            (folder / FILE).write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Floors:
        """Return the floors that ``save`` wrote; without a file, no series is clipped."""
        if not (folder / FILE).exists():
            return cls()
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(frozenset(facts["series"]), bool(facts["others"]))


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
