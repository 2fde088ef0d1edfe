"""What a child finds imported when it begins."""

from __future__ import annotations

import sys

BEGAN_WITH = {"scipy.stats", "pandas", "statsmodels.api", "polars"} & set(sys.modules)


def look(child):
    return {"found": sorted(BEGAN_WITH)}


def recognise(child):
    import polars as pl
    from statsmodels.tools.data import _POLARS_TYPES

    values = [pl.Series([1.0]), pl.DataFrame({"a": [1.0]}), [1.0]]
    return {"found": [isinstance(value, _POLARS_TYPES) for value in values]}
