"""Forecasts of counts and of intermittent demand, which are never negative.

The training rows alone decide: a series none of whose known values is negative, and whose values are whole numbers or
at least 30 % zeros. Forecasts and the ends of their intervals end at zero then, wherever they are made, so that the
evaluated and the served intervals are the same.
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
        series: of a panel, by name; a single series is called ``""``.
        others: whether a series of the panel that was not learned ends there, too: every learned one does.
    """

    series: frozenset[str] = frozenset()
    others: bool = False

    @classmethod
    def of(cls, rows: Part) -> Floors:
        """Learn from the rows of a part, all of which are training rows."""
        values = column_values(rows.frame, rows.schema.target)
        if rows.schema.series is None:
            return cls(frozenset([""]) if is_counted(values) else frozenset())
        blocks = Blocks.of(rows.frame, rows.schema.series)
        spans = zip(blocks.names, blocks.first.tolist(), blocks.stop.tolist(), strict=True)
        found = frozenset(name for name, first, stop in spans if is_counted(values[first:stop]))
        return cls(found, len(found) == len(blocks))

    def at(self, part: Part) -> Flags:
        """Return ``(origin,)``: whether forecasts from each origin are clipped at zero."""
        if part.schema.series is None:
            return np.full(len(part.origins), "" in self.series)
        blocks = Blocks.of(part.frame, part.schema.series)
        ends = np.array([self.others or name in self.series for name in blocks.names], dtype=bool)
        return np.asarray(ends[blocks.of_rows(part.origins)])

    def applied(self, predictions: Predictions, part: Part) -> Predictions:
        """Return the predictions for ``part``, clipped at zero for these series."""
        if not self.series or not (at := self.at(part)).any():
            return predictions
        least = np.where(at, 0.0, -np.inf)[:, None]

        def ended(values: Floats) -> Floats:
            return np.asarray(np.maximum(values, least))

        quantiles = {level: ended(values) for level, values in predictions.quantiles.items()}
        return Predictions(ended(predictions.point), quantiles, base=predictions.base)

    def save(self, folder: Path) -> None:
        """Write a file into the folder of a version; none if no series is clipped."""
        if self.series:
            facts = {"series": sorted(self.series), "others": self.others}
            (folder / FILE).write_text(json.dumps(facts, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Floors:
        """Read what ``save`` wrote."""
        if not (folder / FILE).exists():
            return cls()
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(frozenset(facts["series"]), bool(facts["others"]))


def is_counted(values: Floats) -> bool:
    """Return whether values (NaN: unknown) are counts or intermittent demand.

    Example:
        >>> is_counted(np.array([3.0, 0.0, 7.0])), is_counted(np.array([0.0, 0.0, 1.5])), is_counted(np.array([2.5, 4]))
        (True, True, False)
    """
    known = values[np.isfinite(values)]
    if not known.size or known.min() < 0:
        return False
    return bool(np.array_equal(known, np.rint(known)) or np.mean(known == 0) >= INTERMITTENT_SHARE)
