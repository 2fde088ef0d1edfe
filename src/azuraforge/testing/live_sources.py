"""Contract suite for live sources."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from azuraforge.plugins.contract.live.source import LiveSource, Polled, framed
from azuraforge.testing.contract import ContractBroken, accepted, check_shape, must_be_json, require


def check_live_source(
    plugin: type[LiveSource], options: BaseModel | Mapping[str, Any], *, most_polls: int = 100
) -> list[Polled]:
    """Check a live source's contract by polling it until it closes, or ``most_polls`` times; return the polls.

    A second instance then continues from the first cursor and must return the same rows, as after a restart.

    Raises ContractBroken if a rule is broken, and InvalidInput if ``options`` are not valid. Errors of ``poll``
    propagate.
    """
    check_shape("source", plugin)
    name = plugin.__name__
    require(isinstance(getattr(plugin, "name", None), str) and bool(plugin.name), f"{name} has no name")
    parsed = accepted("source", plugin, options)
    first = _polls(plugin(), parsed, None, most_polls, name)
    require(any(framed(each.rows).height for each in first), f"{name} returned no rows in {len(first)} polls")
    if len(first) > 1 and first[-1].closed:
        again = _polls(plugin(), parsed, dict(first[0].cursor), most_polls, name)
        rows = [row for each in first[1:] for row in _rows(each)]
        require(
            [row for each in again for row in _rows(each)] == rows,
            f"{name} returned other rows when it continued from its first cursor",
        )
    return first


def _polls(source: LiveSource, options: BaseModel, cursor: dict[str, Any] | None, most: int, name: str) -> list[Polled]:
    found: list[Polled] = []
    try:
        while len(found) < most and not (found and found[-1].closed):
            polled = source.poll(options, cursor)
            if not isinstance(polled, Polled):
                raise ContractBroken(f"{name}.poll must return Polled, got {type(polled).__name__}")
            must_be_json(dict(polled.cursor), f"the cursor of {name}")
            _check_rows(polled, name)
            cursor = dict(polled.cursor)
            found.append(polled)
    finally:
        source.close()
    return found


def _check_rows(polled: Polled, name: str) -> None:
    frame = framed(polled.rows)
    if frame.height:
        require("at" in frame.columns, f"{name} returned rows without the column at")
        times = frame["at"].to_list()
        require(all(isinstance(at, datetime) for at in times), f"{name} returned times that are no datetime")
    for row in _rows(polled):
        for column, value in row.items():
            usual = value is None or isinstance(value, str | datetime | int | float)
            require(usual, f"{name} returned {type(value).__name__} in the column {column!r}")
            finite = not isinstance(value, float) or math.isfinite(value)
            require(finite, f"{name} returned {value} in the column {column!r}; return None for a missing value")


def _rows(polled: Polled) -> list[dict[str, Any]]:
    return framed(polled.rows).to_dicts()
