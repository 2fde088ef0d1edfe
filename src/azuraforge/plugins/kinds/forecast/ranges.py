"""The ranges of columns known ahead that a predictor learned from, kept next to its weights."""

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
    """Write the smallest and largest value of each column known ahead, of each series of a panel, up to the part's end.

    A predictor without such columns gets no file.
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
    """Return column → smallest and largest learned value; empty if the version does not record them.

    A file that holds something else, as an imported version may, counts as no record.
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
