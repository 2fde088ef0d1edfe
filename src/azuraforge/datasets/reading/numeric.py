"""Conversion of strings to numbers: missing markers, decimal comma or point, thousands separators.

Runs only in child processes.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from azuraforge.datasets.reading.limits import Text
from azuraforge.errors import InvalidInput

Decimal = Literal[".", ","]

#: Values that mean "missing", compared in lower case.
MISSING = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "(null)")

_COMMA_DECIMAL = r"^[+-]?(\d*,(\d{1,2}|\d{4,})|\d{4,},\d{3}|0,\d+|\d{1,3}(\.\d{3})+,\d+)$"
_POINT_DECIMAL = r"^[+-]?(\d*\.(\d{1,2}|\d{4,})|\d{4,}\.\d{3}|0\.\d+|\d{1,3}(,\d{3})+\.\d+)$"
_EITHER = r"^[+-]?\d{1,3}(,\d{3})+$"
_EVIDENCE_ROWS = 20_000


def find_decimal(frame: pl.DataFrame, columns: list[str], target: str, place: Text) -> Decimal:
    """Return the decimal sign of the file, from unambiguous numbers; the target's numbers take precedence.

    The default is the point. Raises InvalidInput if the target has an ambiguous number (``1,234``) and neither the
    target nor the other columns decide.
    """
    comma, point, either = _evidence(frame, [target])
    if comma and point:
        return "."  # the numbers with a comma are then reported as text, with their rows
    if comma or point:
        return "," if comma else "."
    others_comma, others_point, _ = _evidence(frame, columns)
    if others_comma != others_point:
        return "," if others_comma else "."
    if either:
        raise InvalidInput(
            "the numbers of {column!r} can be read in two ways, such as {example!r}",
            where="{place}",
            next_step=(
                "specify the decimal mark with the option decimal: ',' (1,234 is a little over one) or '.' (over a "
                "thousand)"
            ),
            code="ambiguous_decimal",
            column=target,
            example=either,
            place=place,
        )
    return "."


def without_missing(series: pl.Series) -> pl.Series:
    """Replace missing markers (``MISSING``, in any case) in a column of strings with null."""
    return series.set(series.str.to_lowercase().is_in(MISSING), None)


def to_numbers(series: pl.Series, decimal: Decimal) -> pl.Series:
    """Convert strings to float64; text that is not a number becomes null. Missing markers must be null already.

    Example:
        >>> to_numbers(pl.Series(["1.234,5", "-2", "x"]), ",").to_list()
        [1234.5, -2.0, None]
    """
    if decimal == ",":
        grouped = series.str.contains(r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$")
        plain = series.str.contains(r"^[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?$")
        infinite = series.str.contains(r"(?i)^[+-]?inf(inity)?$")
        text = series.set(~(grouped | plain | infinite).fill_null(False), None)
        return text.str.replace_all(".", "", literal=True).str.replace(",", ".").cast(pl.Float64, strict=False)
    grouped = series.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$").fill_null(False)
    if grouped.any():
        series = series.zip_with(~grouped, series.str.replace_all(",", "", literal=True))
    return series.cast(pl.Float64, strict=False)


def _evidence(frame: pl.DataFrame, columns: list[str]) -> tuple[bool, bool, str | None]:
    comma = point = False
    either = None
    for column in columns:
        if frame.schema[column] != pl.String:
            continue
        values = frame[column].head(_EVIDENCE_ROWS)
        comma = comma or bool(values.str.contains(_COMMA_DECIMAL).any())
        point = point or bool(values.str.contains(_POINT_DECIMAL).any())
        if either is None:
            ambiguous = values.filter(values.str.contains(_EITHER).fill_null(False))
            either = ambiguous[0] if len(ambiguous) else None
    return comma, point, either
