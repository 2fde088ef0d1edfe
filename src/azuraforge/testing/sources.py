"""Contract suite for sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from azuraforge.plugins.contract.source import Source, SourceRead
from azuraforge.testing.contract import ContractBroken, accepted, check_shape, must_be_json, require


def check_source(plugin: type[Source], options: BaseModel | Mapping[str, Any]) -> SourceRead:
    """Check a source's contract by reading it twice; return the first result.

    Raises ContractBroken if a rule is broken, and InvalidInput if ``options`` are not valid. Errors of ``read``
    propagate.
    """
    import polars as pl

    check_shape("source", plugin)
    name = plugin.__name__
    require(isinstance(getattr(plugin, "name", None), str) and bool(plugin.name), f"{name} has no name")
    parsed = accepted("source", plugin, options)
    read = plugin().read(parsed)
    if not isinstance(read, SourceRead):
        raise ContractBroken(f"{name}.read must return SourceRead, got {type(read).__name__}")
    require(isinstance(read.frame, pl.DataFrame) and read.frame.height > 0, f"{name} read no rows")
    named = [read.time, read.series]
    wanted = [read.target, *(read.features or ()), *(each for each in named if each is not None)]
    missing = [column for column in wanted if column not in read.frame.columns]
    require(not missing, f"{name} names columns that its frame lacks: {', '.join(missing)}")
    require(len(set(wanted)) == len(wanted), f"{name} names a column twice: {', '.join(wanted)}")
    if read.time is not None:
        kind = read.frame.schema[read.time]
        require(kind.is_temporal() or kind == pl.String, f"{name}: the time column {read.time!r} holds {kind}")
    must_be_json(dict(read.provenance), f"the provenance of {name}")
    again = plugin().read(parsed)
    require(isinstance(again, SourceRead), f"{name} reads something else the second time")
    require(again.frame.schema == read.frame.schema, f"{name} reads other columns the second time")
    return read
