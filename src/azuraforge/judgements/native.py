"""Conversion of forecast files written by the platform to files of predictions, without options.

Such files are written by ``models predict --to``, *Download forecast* and batch predictions; their columns have fixed
roles.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.judgements.options import Options
from azuraforge.messages import LANGUAGES
from azuraforge.models.predictions.forecast_headings import SHEET_HEADINGS, heading

AT, ORIGIN, AHEAD, LOW, HIGH, ACTUAL, SERIES = "at", "origin", "horizon", "lower", "upper", "actual", "series"
_FORECAST = {"time", "value", "low", "high", "origin", "horizon", "model", "version"}
_BATCH = {"origin_at", "step", "target_at", "value", "actual", "learned"}
_QUANTILE = re.compile(r"q(\d+(?:\.\d+)?)")
_ZONE = re.compile(r"[^(]+ \((.+)\)")


@dataclass(frozen=True)
class Native:
    """A file written by the platform, with its columns renamed to those of a file of predictions.

    Attributes:
        table: the file with renamed columns.
        level: level of its intervals; None if it has none.
        target: name of the predicted column; None if the file does not state it.
        zone: time zone of the series, for files of actual values without one; None if the file does not state it.
        learned: number of rows excluded because the version was trained on their actual values.
        names: original column names, by the new ones.
    """

    table: RawTable
    level: float | None = None
    target: str | None = None
    zone: str | None = None
    learned: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


def native(table: RawTable, options: Options) -> Native | None:
    """Return a file written by the platform as a file of predictions; None for any other file."""
    frame, headings = _from_sheet(table.frame)
    names = set(frame.columns)
    if names >= _FORECAST:
        return _forecast(replace(table, frame=frame), headings)
    return _batch(table, options) if names >= _BATCH else None


def _from_sheet(frame: pl.DataFrame) -> tuple[pl.DataFrame, Mapping[str, str]]:
    """Convert a sheet of the platform to the columns of its CSV file; return other frames unchanged.

    The offsets become part of the times. The second result maps the columns of the CSV file to the sheet's headings; it
    is empty for other frames.
    """
    for language in LANGUAGES:
        words = {heading(key, language): key for key in ("series", *SHEET_HEADINGS) if key != "time"}
        begins = heading("time", language).partition("{")[0]
        found = {words[name]: name for name in frame.columns if name in words}
        time = next((name for name in frame.columns if name.startswith(begins)), None)
        if time is None or not set(SHEET_HEADINGS) - {"time"} <= set(found):
            continue
        zone = _ZONE.fullmatch(time)
        at = pl.col("time")
        moment = at.dt.strftime("%Y-%m-%dT%H:%M:%S") if frame[time].dtype.is_temporal() else at
        headings = {"time": time, **found}
        renamed = frame.rename({name: key for key, name in headings.items()})
        stated = pl.lit(zone[1] if zone else None, pl.String).alias("time_zone")
        return renamed.with_columns((moment + pl.col("offset")).alias("time"), stated).drop("offset"), headings
    return frame, {}


def _forecast(table: RawTable, headings: Mapping[str, str]) -> Native:
    frame = table.frame
    versions = _known(frame["version"])
    # The versions in the name prevent a clash with another column.
    name = f"{' '.join(_known(frame['model'])[:1])} {', '.join(f'v{each}' for each in versions)}"
    meant = {"time": AT, "value": name, "origin": ORIGIN, "horizon": AHEAD}
    levels = [float(each) for each in _known(frame["interval"])] if "interval" in frame.columns else []
    if len(levels) == 1 and _known(frame["low"]):
        meant |= {"low": LOW, "high": HIGH}
    targets, zones = (_known(frame[each]) if each in frame.columns else [] for each in ("target", "time_zone"))
    return Native(
        _renamed(table, meant),
        level=levels[0] if LOW in meant.values() else None,
        target=targets[0] if len(targets) == 1 else None,
        zone=zones[0] if len(zones) == 1 else None,
        names={ours: headings.get(theirs, theirs) for theirs, ours in meant.items()},
    )


def _batch(table: RawTable, options: Options) -> Native:
    """Return the rows that the version was not trained on, with the interval of the requested or highest level."""
    frame = table.frame
    learned = frame["learned"].cast(pl.String).str.to_lowercase() == "true"
    kept = replace(table, frame=frame.filter(~learned.fill_null(False)))
    meant = {"target_at": AT, "value": "prediction", "origin_at": ORIGIN, "step": AHEAD, "actual": ACTUAL}
    shares = {float(found[1]) / 100: name for name in frame.columns if (found := _QUANTILE.fullmatch(name))}
    levels = {round(1 - 2 * share, 9): share for share in shares if share < 0.5 and _mirrored(share, shares)}
    wanted = max(levels, default=None) if options.coverage is None else options.coverage
    level = next((each for each in levels if wanted is not None and abs(each - wanted) < 1e-6), None)
    if level is not None:
        meant |= {shares[levels[level]]: LOW, shares[_mirrored(levels[level], shares) or 0.0]: HIGH}
    names = {ours: theirs for theirs, ours in meant.items()}
    return Native(_renamed(kept, meant), level=level, learned=frame.height - kept.frame.height, names=names)


def _mirrored(share: float, shares: Mapping[float, str]) -> float | None:
    return next((each for each in shares if abs(each + share - 1) < 1e-9), None)


def _renamed(table: RawTable, meant: Mapping[str, str]) -> RawTable:
    kept = [name for name in table.frame.columns if name.startswith("__") or name == SERIES or name in meant]
    return replace(table, frame=table.frame.select(kept).rename(dict(meant)))


def _known(series: pl.Series) -> list[str]:
    """Return the distinct values of a column as text, in their order; whole numbers have no decimal point."""
    if series.dtype.is_float() and (series.drop_nulls() == series.drop_nulls().round()).all():
        series = series.cast(pl.Int64)
    text = series.cast(pl.String).str.strip_chars()
    return [each for each in text.unique(maintain_order=True).to_list() if each]
