"""Lists of runs: selection, order and columns, planned as a few queries.

A plan first reads the sort keys of a page, then the rows of these runs and the values of the requested columns.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import JsonValue

from azuraforge.bounds import Moment
from azuraforge.database.fast_reads import Asked, Plan
from azuraforge.database.keyset import parameters
from azuraforge.errors import InvalidInput
from azuraforge.paging import PAGE, Order
from azuraforge.processes.frames import spell, unspell
from azuraforge.runs import lookup_store, shapes
from azuraforge.runs.filters import store as filter_store
from azuraforge.runs.filters.fields import FIELDS, Field
from azuraforge.runs.filters.parsing import SortKey
from azuraforge.runs.filters.store import KeyRow, Selection
from azuraforge.runs.listing import store as listing_store
from azuraforge.runs.listing.fields import scores_in
from azuraforge.runs.listing.store import PointRow, SealedRow, ValueRow
from azuraforge.runs.metrics import curves as metrics
from azuraforge.runs.schemas import RunOut, RunPage, RunScore

_NEWEST: Order[tuple[datetime, str]] = Order("runs", tuple[Moment, str])
#: Maximum number of scores shown with a run, and of runs on a page with curves.
_SCORES, _RUNS_WITH_CURVES = 3, 100
_BY_TIME = (SortKey(FIELDS["created_at"], descending=True),)


#: The runs that a list contains by default.
EVERYTHING = Selection()


@dataclass(frozen=True)
class Listing:
    """Request for a page of runs.

    Attributes:
        after: cursor from ``next`` of the previous page.
        total: whether to count the runs of all pages.
    """

    selection: Selection = EVERYTHING
    sort: Sequence[SortKey] = ()
    columns: Sequence[Field] = ()
    limit: int = PAGE
    after: str | None = None
    total: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the list has no filter and is sorted by time, so that one prebuilt query returns its rows."""
        return self.selection.tree is None and not self.sort


#: Request for the newest runs that are not in the trash.
EVERY_RUN = Listing()


@dataclass
class _Values:
    """Rows that the columns of a page need, by run."""

    configs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: dict[tuple[str, str], ValueRow] = field(default_factory=dict)
    curves: dict[tuple[str, str], list[JsonValue]] = field(default_factory=dict)
    first: dict[str, list[RunScore]] = field(default_factory=lambda: defaultdict(list))


def page(dialect: str, listing: Listing) -> Plan[RunPage]:
    """Plan the read of a page of runs. Raises InvalidInput if ``after`` is not a cursor of the list."""
    limit = listing.limit
    if any(column.kind == "curve" for column in listing.columns):
        limit = min(limit, _RUNS_WITH_CURVES)
    counted = filter_store.count(dialect, listing.selection).given({}) if listing.total else None
    counts = [] if counted is None else [counted]
    if listing.is_plain:
        asked = _plain(listing, limit)
        yield [asked, *counts]
        shown, cursor = _NEWEST.cut(asked.rows, limit, lambda row: (row.created_at, row.id))
        runs = list(shown)
    else:
        order, kinds = _order(listing.sort)
        after = order.read(listing.after)
        key = None if after is None else [_from_json(kind, value) for kind, value in zip(kinds, after[0], strict=True)]
        keys = filter_store.keys_page(dialect, listing.selection, listing.sort or _BY_TIME, key)
        found = keys.given({"limit": limit + 1})
        yield [found, *counts]
        chosen, cursor = order.cut(found.rows, limit, lambda row: (_key(row, len(kinds)),))
        ids = [row.id for row in chosen]
        runs = []
        if ids:
            rows = lookup_store.rows(ids).given({})
            yield [rows]
            by_id = {row.id: row for row in rows.rows}
            runs = [by_id[each] for each in ids if each in by_id]
    values = yield from _values(runs, listing.columns)
    total = counted.rows[0].number if counted is not None else None
    return RunPage(items=[_shown(row, listing.columns, values) for row in runs], next=cursor, total=total)


def _plain(listing: Listing, limit: int) -> Asked[lookup_store.RunRow]:
    selection = listing.selection
    given: dict[str, object] = {"limit": limit + 1}
    key = _NEWEST.read(listing.after)
    given |= parameters(key or ())
    chosen = (("state", selection.state), ("kind", selection.kind))
    given |= {name: value for name, value in chosen if value is not None}
    question = lookup_store.page(
        state=selection.state is not None,
        kind=selection.kind is not None,
        after=key is not None,
        trash=selection.trash,
        trials=selection.trials,
    )
    return question.given(given)


def _order(sort: Sequence[SortKey]) -> tuple[Order[tuple[list[Any]]], list[str]]:
    """Return the order of a list for its cursors, and the kinds of the columns of its key."""
    keys = sort or _BY_TIME
    name = ", ".join(("-" if each.descending else "") + each.field.name for each in keys)
    return Order(f"runs by {name}", tuple[list[Any]]), filter_store.key_kinds(keys)


def _key(row: KeyRow, columns: int) -> list[Any]:
    return [_to_json(each) for each in row[1 : columns + 1]]


def _to_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return spell(value) if isinstance(value, float) else value


def _from_json(kind: str, value: Any) -> object:
    try:
        if value is None:
            return None
        if kind == "date":
            return datetime.fromisoformat(value).astimezone(UTC)
        return float(unspell(value)) if kind == "number" else str(value)
    except (TypeError, ValueError):
        raise InvalidInput(
            "the cursor does not belong to this list",
            where="after",
            next_step="send the `next` of the previous page unchanged, or omit `after` to start with the first page",
            code="invalid_cursor",
        ) from None


def _values(runs: Sequence[lookup_store.RunRow], columns: Sequence[Field]) -> Plan[_Values]:
    """Plan the read of the values of columns, and of the last metrics of runs without scores in their summaries."""
    values = _Values()
    ids = [row.id for row in runs]
    bare = [row.id for row in runs if row.summary is None or not _scores(row.summary)]
    series = sorted({column.path[0] for column in columns if column.kind == "metric"})
    drawn = sorted({column.path[0] for column in columns if column.kind == "curve"})
    with_config = any(column.kind == "config" for column in columns)
    configs = listing_store.configs(ids).given({}) if ids and with_config else None
    stated = listing_store.values(ids, series).given({}) if ids and series else None
    first = listing_store.first_values(bare, _SCORES).given({}) if bare else None
    sealed = listing_store.sealed(ids, drawn).given({}) if ids and drawn else None
    tails = listing_store.tails(ids, drawn).given({}) if ids and drawn else None
    asked: list[Asked[Any]] = [each for each in (configs, stated, first, sealed, tails) if each is not None]
    if asked:
        yield asked
    if configs is not None:
        values.configs = {row.id: row.config for row in configs.rows}
    if stated is not None:
        values.metrics = {(row.run_id, row.series): row for row in stated.rows}
    for row in first.rows if first is not None else ():
        if len(scores := values.first[row.run_id]) < _SCORES:
            scores.append(RunScore(name=row.series, value=_finite(row.last)))
    if sealed is not None and tails is not None:
        values.curves = _sparks(sealed.rows, tails.rows)
    return values


def _sparks(sealed: Sequence[SealedRow], tails: Sequence[PointRow]) -> dict[tuple[str, str], list[JsonValue]]:
    chunks: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    points: dict[tuple[str, str], list[tuple[int, float | None, int | None]]] = defaultdict(list)
    for row in sealed:
        chunks[row.run_id, row.series].append(row.data)
    for point in tails:
        points[point.run_id, point.series].append((point.step, point.value, point.at_ms))
    found: dict[tuple[str, str], list[JsonValue]] = {}
    for key in chunks.keys() | points.keys():
        curve = metrics.downsample(metrics.whole(chunks[key], points[key]), listing_store.SPARK_POINTS)
        found[key] = [curve.steps.tolist(), [_finite(value) for value in curve.values.tolist()]]
    return found


def _shown(row: lookup_store.RunRow, columns: Sequence[Field], values: _Values) -> RunOut:
    scores = _scores(row.summary) if row.summary is not None else []
    shown = {column.name: _cell(row, column, values) for column in columns}
    return RunOut(**shapes.run_fields(row), scores=scores or values.first.get(row.id, []), columns=shown)


def _cell(run: lookup_store.RunRow, column: Field, values: _Values) -> JsonValue:
    run_id = run.id
    if column.kind == "config":
        found: Any = values.configs.get(run_id)
        for key in column.path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return _readable(found)
    if column.kind == "curve":
        return values.curves.get((run_id, column.path[0]))
    row = values.metrics.get((run_id, column.path[0]))
    if row is None:
        return _finite(scores_in(run.summary).get(column.path[0]))
    return _finite({"last": row.last, "min": row.lowest, "max": row.highest}[column.statistic])


def _readable(value: Any) -> JsonValue:
    """Return a config value, as text if it is a list or an object."""
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


def _scores(summary: Mapping[str, Any]) -> list[RunScore]:
    """Return the scores in a summary: the metric that ranks contenders with its baseline, or the first numbers."""
    found, beside = summary.get("metrics"), summary.get("baseline_metrics")
    if isinstance(found, Mapping):
        baselines = beside if isinstance(beside, Mapping) else {}
        ranked = summary.get("ranked_by")
        names = [str(ranked)] if ranked in found else list(found)[:1]
        return [
            RunScore(name=each, value=_finite(found[each]), baseline=_finite(baselines.get(each))) for each in names
        ]
    reported = summary.get("values")
    numbers = reported.items() if isinstance(reported, Mapping) else ()
    scores = [RunScore(name=name, value=_finite(value)) for name, value in numbers if _is_number(value)]
    return scores[:_SCORES]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> float | None:
    return float(value) if _is_number(value) and math.isfinite(value) else None
