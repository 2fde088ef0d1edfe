"""The learned value ranges of columns that are known in advance, stored in the folder of a predictor."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.panels import Blocks

FILE = "learned_ranges.json"
Ranges = dict[str, tuple[float, float]]


def keep_ranges(part: Part, predictor: Path) -> None:
    """Write the minimum and maximum of each known-ahead column into ``predictor``; for a panel, of each series.

    They are computed over all rows of the part's frame. No file is written if there are no such columns.
    """
    if not part.ahead:
        return
    rows = [("", 0, part.frame.height)]
    if part.schema.series is not None:
        blocks = Blocks.of(part.frame, part.schema.series)
        rows = list(zip(blocks.names, blocks.first.tolist(), blocks.stop.tolist(), strict=True))
    values = {column: column_values(part.frame, column) for column in part.ahead}
    found = {
        name: {column: ends for column, each in values.items() if (ends := _ends(each[first:stop])) is not None}
        for name, first, stop in rows
    }
    (predictor / FILE).write_text(json.dumps({"series": found}, sort_keys=True), encoding="utf-8")


def learned_ranges(predictor: Path, series: str | None) -> Ranges:
    """Return column → minimum and maximum that a predictor learned; empty if there is no valid file.

    ``series`` is the name of a panel's series; None for a single series. An invalid file, which an imported version may
    contain, is ignored.
    """
    path = predictor / FILE
    if not path.exists():
        return {}
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["series"].get(series or "", {})
        return {column: (float(low), float(high)) for column, (low, high) in stored.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _ends(values: Floats) -> tuple[float, float] | None:
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else None
