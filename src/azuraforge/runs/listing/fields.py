"""Names of the fields of a project's runs, for completion, and groups of runs by a config field."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from azuraforge.database.fast_reads import Plan
from azuraforge.errors import InvalidInput
from azuraforge.runs.filters import store as filter_store
from azuraforge.runs.filters.fields import FIELDS, OPERATORS, PREFIXES, UNSORTED, Field
from azuraforge.runs.filters.store import Selection
from azuraforge.runs.listing import store as listing_store
from azuraforge.runs.listing.schemas import FieldOut, FieldsOut, GroupColumn, RunGroup, RunGroups

#: Maximum number of metrics and config fields in a response, of runs whose configs are read, and of keys in a path.
MOST_NAMES, _CONFIGS, _DEPTH = 100, 300, 4
#: Maximum number of grouped runs, and of groups.
MOST_GROUPED, _GROUPS = 20_000, 200
_AT_ONCE = 500
_PLAIN = re.compile(r"[^\s.()=!<>~,\"'\\]+")


def names(search: str) -> Plan[FieldsOut]:
    """Plan the read of field names that contain ``search``."""
    configs = listing_store.NEWEST_CONFIGS.given({"limit": _CONFIGS})
    series = listing_store.series_names(search).given({"limit": MOST_NAMES + 1})
    results = listing_store.NEWEST_SUMMARIES.given({"limit": _CONFIGS})
    yield [configs, series, results]
    counted: Counter[str] = Counter()
    for row in configs.rows:
        counted.update(_paths(row.config))
    wanted = search.lower()
    config = sorted(name for name, _ in counted.most_common() if wanted in name.lower())[:MOST_NAMES]
    scores = {name for row in results.rows for name in scores_in(row.summary) if wanted in name.lower()}
    metrics = [_written((name,)) for name in sorted({row.series for row in series.rows} | scores)]
    return FieldsOut(
        fields=_fields(), config=config, metrics=metrics[:MOST_NAMES], more_metrics=len(metrics) > MOST_NAMES
    )


def groups(dialect: str, selection: Selection, by: Field, columns: Sequence[Field]) -> Plan[RunGroups]:
    """Plan the grouping of the newest runs of a list by a config field, with mean and spread of metrics.

    Raises InvalidInput if ``by`` is not a config field or a column is not a metric.
    """
    if by.kind != "config":
        raise InvalidInput(
            "runs are grouped by a config field, not by {field}",
            where="by",
            next_step="choose a field that begins with config.",
            field=by.name,
        )
    if wrong := next((column for column in columns if column.kind != "metric"), None):
        raise InvalidInput(
            "groups show metrics, not {field}",
            where="columns",
            next_step="choose columns that begin with metrics.",
            field=wrong.name,
        )
    found = filter_store.config_values(dialect, selection, by).given({"limit": MOST_GROUPED + 1})
    yield [found]
    members: dict[str | float | None, list[str]] = defaultdict(list)
    for row in found.rows[:MOST_GROUPED]:
        members[row.text if row.number is None else row.number].append(row.id)
    largest = sorted(members.items(), key=lambda item: -len(item[1]))[:_GROUPS]
    values: dict[tuple[str, str], listing_store.ValueRow] = {}
    series = sorted({column.path[0] for column in columns})
    ids = [run_id for _, of in largest for run_id in of]
    for start in range(0, len(ids) if series else 0, _AT_ONCE):
        stated = listing_store.values(ids[start : start + _AT_ONCE], series).given({})
        yield [stated]
        values |= {(row.run_id, row.series): row for row in stated.rows}
        results = listing_store.summaries(ids[start : start + _AT_ONCE]).given({})
        yield [results]
        for result in results.rows:
            found_scores = scores_in(result.summary)
            for name in series:
                if (result.id, name) not in values and (score := found_scores.get(name)) is not None:
                    values[result.id, name] = listing_store.ValueRow(result.id, name, score, score, score)
    shown = [
        RunGroup(
            value=value,
            filter=_selects(by, value),
            runs=len(of),
            columns=[_group_column(column, of, values) for column in columns],
        )
        for value, of in largest
    ]
    more = len(found.rows) > MOST_GROUPED or len(members) > _GROUPS
    return RunGroups(by=by.name, groups=shown, runs=min(len(found.rows), MOST_GROUPED), more=more)


def scores_in(summary: Mapping[str, Any] | None) -> dict[str, float]:
    """Return the numbers that a run's result states by name: scores on held-out rows, or reported values."""
    found: dict[str, float] = {}
    for place in ("values", "metrics"):
        stated = (summary or {}).get(place)
        for name, value in stated.items() if isinstance(stated, Mapping) else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                found[str(name)] = float(value)
    return found


def _group_column(
    column: Field, run_ids: Iterable[str], values: Mapping[tuple[str, str], listing_store.ValueRow]
) -> GroupColumn:
    numbers: list[float] = []
    for run_id in run_ids:
        if (row := values.get((run_id, column.path[0]))) is not None:
            value = {"last": row.last, "min": row.lowest, "max": row.highest}[column.statistic]
            if value is not None and math.isfinite(value):
                numbers.append(value)
    return GroupColumn(
        name=column.name,
        runs=len(numbers),
        mean=statistics.fmean(numbers) if numbers else None,
        spread=statistics.stdev(numbers) if len(numbers) > 1 else None,
        lowest=min(numbers, default=None),
        highest=max(numbers, default=None),
    )


def _selects(by: Field, value: str | float | None) -> str:
    if value is None:
        return f"{by.name} = none"
    return f"{by.name} = {value if isinstance(value, float) else json.dumps(value, ensure_ascii=False)}"


def _fields() -> list[FieldOut]:
    found = [
        FieldOut(
            name=field.name,
            kind=field.kind,
            operators=list(OPERATORS[field.kind]),
            values=list(field.choices) or (["true", "false"] if field.kind == "flag" else []),
            sortable=field.name not in UNSORTED,
        )
        for field in FIELDS.values()
    ]
    return found + [
        FieldOut(name=f"{prefix}.", kind=kind, operators=list(OPERATORS[kind]), sortable=kind != "curve")
        for prefix, kind in PREFIXES.items()
    ]


def _paths(config: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterable[str]:
    for key, value in config.items():
        if any(character in '"\\' for character in key):
            continue  # no filter can name it
        if isinstance(value, Mapping) and len(before) < _DEPTH:
            yield from _paths(value, (*before, key))
        else:
            yield _written((*before, key))


def _written(parts: Sequence[str]) -> str:
    """Return names as a filter writes them, in quotes where necessary.

    Example:
        >>> _written(("learning rate",)), _written(("val.min",))
        ('"learning rate"', '"val.min"')
    """
    return ".".join(part if _PLAIN.fullmatch(part) else json.dumps(part, ensure_ascii=False) for part in parts)
