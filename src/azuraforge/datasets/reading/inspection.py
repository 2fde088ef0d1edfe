"""Inspection of columns: selection of usable features, and refusal of series that no model can be fitted to.

Runs only in child processes.
"""

from __future__ import annotations

import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import Text
from azuraforge.datasets.reading.numeric import Decimal, find_decimal, to_numbers, without_missing
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: Minimum number of rows of a series in a long panel: fewer cannot be split like the longer series.
FEWEST_ROWS = 20
#: Minimum number of rows of a single series, and in a short panel: yearly data are short, and some forecasters need no
#: more.
FEWEST_ROWS_OF_ONE = 8
#: Maximum size of a value: sums of squares of larger ones are infinite.
_LARGEST = 1e100
_ZEROS_AT_MOST = 0.2
_ZEROS_DISTANCE = 10.0  # interquartile ranges between zero and the median


def numbers(
    table: RawTable,
    time: str,
    target: str,
    features: list[str] | None,
    exclude: list[str],
    decimal: Decimal | None,
    findings: list[Finding],
) -> tuple[pl.DataFrame, list[str]]:
    """Return ``ROW``, and the target and features as float64; and the features' names.

    If ``features`` is None, all columns of numbers except ``exclude`` are features, and others are reported as ignored.
    Raises InvalidInput if a named column does not exist, if the target, or a feature that was requested by name,
    contains text that is not a number, or if the decimal sign is ambiguous.
    """
    candidates = _candidates(table, time, target, features, exclude)
    cleaned = table.frame.with_columns(
        without_missing(table.frame[name]) for name in [target, *candidates] if table.frame.schema[name] == pl.String
    )
    if decimal is None:
        decimal = find_decimal(
            cleaned, candidates, target, Message("{file}, column {column!r}", {"file": table.name, "column": target})
        )
    if decimal == ",":
        findings.append(finding("decimal_comma"))
    columns = {ROW: cleaned[ROW], target: _required(table, cleaned, target, decimal, "target")}
    ignored: list[str] = []
    for name in candidates:
        if features is not None:
            columns[name] = _required(table, cleaned, name, decimal, "feature")
        elif (values := _values(cleaned[name], decimal)) is None or _not_numbers(cleaned[name], values).any():
            ignored.append(name)
        else:
            columns[name] = values
    if ignored:
        findings.append(finding("columns_ignored_text", count=len(ignored), columns=", ".join(ignored)))
    for name, values in columns.items():
        _refuse_huge(table, values, name)
    return pl.DataFrame(columns), [name for name in candidates if name in columns]


def ignore_useless(
    frame: pl.DataFrame, time: str, target: str, features: list[str], findings: list[Finding]
) -> tuple[pl.DataFrame, list[str]]:
    """Drop useless features: constants, counters of rows or time, and copies of the target.

    Return the frame and the names of the kept features. The dropped features are reported as findings.
    """
    rows = pl.Series(range(frame.height), dtype=pl.Float64)
    clock = frame[time].cast(pl.Int64).cast(pl.Float64)
    reasons: dict[str, list[str]] = {}
    for name in features:
        values = frame[name]
        if values.n_unique() == 1:
            reasons.setdefault("columns_ignored_constant", []).append(name)
        elif _proportional(values, rows) or _proportional(values, clock):
            reasons.setdefault("columns_ignored_clock", []).append(name)
        elif (values == frame[target]).all():
            reasons.setdefault("columns_ignored_copy", []).append(name)
    for code, names in reasons.items():
        findings.append(finding(code, count=len(names), columns=", ".join(names)))
    gone = {name for names in reasons.values() for name in names}
    return frame.drop(gone), [name for name in features if name not in gone]


def report_suspicious_zeros(frame: pl.DataFrame, time: str, columns: list[str], findings: list[Finding]) -> None:
    """Report zeros far below all other values, which usually mean "no measurement", such as a pressure of 0 hPa."""
    for name in columns:
        values = frame[name]
        zeros = values == 0
        count = int(zeros.sum())
        if not 0 < count < _ZEROS_AT_MOST * frame.height:
            continue
        rest = values.filter(~zeros)
        low, middle, high = (float(rest.quantile(level) or 0.0) for level in (0.25, 0.5, 0.75))
        if (rest > 0).all() and middle > _ZEROS_DISTANCE * (high - low) > 0:
            first = frame[time][int(zeros.arg_true()[0])].isoformat()
            findings.append(finding("suspicious_zeros", count=count, where=first, column=name))


def refuse_unlearnable(frame: pl.DataFrame, target: str, name: Text) -> None:
    """Raise InvalidInput if the series is too short or its target is constant."""
    if frame.height < FEWEST_ROWS_OF_ONE:
        raise InvalidInput(
            "the series has {rows:,} [row|rows]; at least {fewest} are needed",
            where="{place}",
            next_step="add a longer series",
            code="too_short",
            details={"rows": frame.height},
            rows=frame.height,
            fewest=FEWEST_ROWS_OF_ONE,
            place=name,
        )
    known = frame[target].drop_nulls()
    if known.n_unique() == 1:
        raise InvalidInput(
            "the target {target!r} is {value:g} in every row: there is nothing to learn",
            where="{name}, column {target!r}",
            next_step="choose another target; a constant needs no forecast",
            code="constant_target",
            target=target,
            value=known[0],
            name=name,
        )


def _candidates(table: RawTable, time: str, target: str, features: list[str] | None, exclude: list[str]) -> list[str]:
    table.require(time, "time")
    table.require(target, "target")
    if time == target:
        raise InvalidInput(
            "{column!r} cannot be both the time and the target",
            where="option target",
            next_step="choose another target",
            column=time,
        )
    for name in exclude:
        table.require(name, "exclude")
    if features is None:
        return [name for name in table.frame.columns if name not in (ROW, time, target, *exclude)]
    for name in features:
        table.require(name, "features")
        if name in (time, target):
            raise InvalidInput(
                "{column!r} is the time and cannot be a feature"
                if name == time
                else "{column!r} is the target and cannot be a feature",
                where="option features",
                next_step="remove the column from the option features; the past of the target is always an input",
                column=name,
            )
    return [name for name in dict.fromkeys(features) if name not in exclude]


def _values(series: pl.Series, decimal: Decimal) -> pl.Series | None:
    if series.dtype == pl.String:
        return to_numbers(series, decimal)
    if series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.Float64)
    return None


def _not_numbers(series: pl.Series, values: pl.Series) -> pl.Series:
    return series.is_not_null() & values.is_null()


def _required(table: RawTable, frame: pl.DataFrame, name: str, decimal: Decimal, role: str) -> pl.Series:
    series = frame[name]
    values = _values(series, decimal)
    if values is None:
        raise InvalidInput(
            "the target {column!r} must be numeric, but its type is {kind}"
            if role == "target"
            else "the feature {column!r} must be numeric, but its type is {kind}",
            where="{table}, column {column!r}",
            next_step="choose another column",
            code=f"text_in_{role}",
            column=name,
            kind=series.dtype,
            table=table.name,
        )
    rows = _not_numbers(series, values).arg_true()
    if len(rows):
        row = int(rows[0])
        raise InvalidInput(
            "the target {column!r} must be numeric, but {count:,} [row is|rows are] not; the first such value is "
            "{value!r}"
            if role == "target"
            else "the feature {column!r} must be numeric, but {count:,} [row is|rows are] not; the first such value "
            "is {value!r}",
            where="{place}",
            next_step="delete the row, which looks like a second header line"
            if row == 0 and len(rows) == 1
            else "correct the value, or choose another column",
            code=f"text_in_{role}",
            details={"count": len(rows)},
            count=len(rows),
            column=name,
            value=str(series[row])[:60],
            place=table.place(int(frame[ROW][row]), name),
        )
    return values


def _refuse_huge(table: RawTable, values: pl.Series, name: str) -> None:
    huge = (values.is_finite() & (values.abs() > _LARGEST)).fill_null(False).arg_true()
    if len(huge):
        row = int(huge[0])
        raise InvalidInput(
            "column {column!r} contains {value:.3g}; squares of values above {largest:g} cannot be computed",
            where="{place}",
            next_step="correct the value, divide the column by a constant, take its logarithm, or exclude the column",
            code="value_too_large",
            details={"count": len(huge)},
            column=name,
            value=float(values[row]),
            largest=_LARGEST,
            place=table.place(int(table.frame[ROW][row]), name),
        )


def _proportional(values: pl.Series, clock: pl.Series) -> bool:
    """Return whether ``values`` is a linear function of ``clock``, up to rounding."""
    span = float(clock[-1]) - float(clock[0])
    rise = float(values[-1]) - float(values[0])
    if span == 0 or rise == 0:
        return False
    expected = (clock - float(clock[0])) * (rise / span) + float(values[0])
    return bool(((values - expected).abs() <= 1e-6 * abs(rise) / len(values)).all())
