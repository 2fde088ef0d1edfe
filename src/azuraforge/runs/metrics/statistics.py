"""The statistics of a curve that comparisons read."""

from __future__ import annotations

from typing import NamedTuple


class SeriesStatistics(NamedTuple):
    """Statistics of one curve: the value at its highest step, and the extremes; None if all its values are NaN."""

    run_id: str
    series: str
    last: float | None
    lowest: float | None
    highest: float | None
