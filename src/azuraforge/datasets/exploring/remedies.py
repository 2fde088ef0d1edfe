"""Options of an upload that correct a problem or change the result of a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from azuraforge.datasets.exploring.schemas import Remedy

#: Code of an error or finding → option and its values; without values, the option takes any value.
_REMEDIES: Mapping[str, tuple[tuple[str, tuple[JsonValue, ...]], ...]] = {
    "duplicate_times": (("duplicates", ("first", "last", "mean")), ("series", ())),
    "missing_target": (("missing", ("forward_fill", "drop")), ("target", ())),
    "target_filled": (("missing", ("drop",)),),
    "gaps": (("gaps", ("forward_fill", "keep")), ("frequency", ())),
    "gaps_filled": (("gaps", ("keep",)),),
    "gaps_kept": (("gaps", ("forward_fill",)),),
    "ambiguous_decimal": (("decimal", (".", ",")),),
    "ambiguous_date": (("time_format", ("%d/%m/%Y", "%m/%d/%Y")),),
    "bad_time": (("time", ()), ("time_format", ()), ("timezone", ())),
    "missing_time": (("time", ()),),
    "wrong_frequency": (("frequency", (None,)),),
    "irregular": (("frequency", ()),),
    "timezone_assumed": (("timezone", ()),),
    "no_such_timezone": (("timezone", ()),),
    "text_in_target": (("target", ()),),
    "constant_target": (("target", ()),),
    "no_such_column": (("time", ()), ("target", ()), ("series", ())),
    "missing_series": (("series", ()),),
    "too_many_series": (("series", (None,)),),
    "suspicious_zeros": (("missing_values", ()),),
    "column_knows_future": (("exclude", ()), ("available_after", ())),
    "column_repeats_target": (("exclude", ()),),
    "no_separator": (("separator", (",", ";", "\t", "|")),),
    "wrong_separator": (("separator", (None,)),),
    "images_unreadable": (("unreadable", ("skip",)),),
}


def remedies(codes: Iterable[str]) -> list[Remedy]:
    """Return the options that correct the problems with these codes, without repetition.

    Example:
        >>> [(each.option, each.values) for each in remedies(["missing_target"])]
        [('missing', ['forward_fill', 'drop']), ('target', [])]
    """
    found: dict[str, Remedy] = {}
    for code in codes:
        for option, values in _REMEDIES.get(code, ()):
            found.setdefault(option, Remedy(code=code, option=option, values=list(values)))
    return list(found.values())
