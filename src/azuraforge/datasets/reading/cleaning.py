"""Cleaning of rows; each change is reported as a finding. Runs only in child processes.

Gaps are filled from past values only: a value carried forward was known at its time, an interpolated value was not.
Only features are filled. A missing target stays empty: pipelines carry the last known target forward as an input, but
never train on a row without a target or use it as an outcome.
"""

from __future__ import annotations

import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.frequency import Rhythm, whole_grid
from azuraforge.datasets.reading.limits import Budget, ReadingLimits
from azuraforge.datasets.schemas import CleaningOptions, Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message

#: A feature with a larger share of missing values, or of missing leading rows, is ignored. If more than the third
#: share of a series' rows is missing, ``gaps=auto`` refuses to add them.
_MOST_MISSING = 0.5
_MOST_LEADING = 0.05
_MOST_FILLED = 0.05


def take_as_missing(
    frame: pl.DataFrame, missing_values: dict[str, list[float]], findings: list[Finding]
) -> pl.DataFrame:
    """Replace the values that the user declared as missing with null.

    Raises InvalidInput if ``missing_values`` names a column that ``frame`` lacks.
    """
    for column, values in sorted(missing_values.items()):
        if column not in frame.columns:
            raise InvalidInput(
                "missing_values contains {column!r}, which is neither the target nor a numeric feature",
                where="option missing_values",
                next_step="choose the target or a numeric feature",
                code="no_such_column",
                column=column,
            )
        hit = frame[column].is_in(values).fill_null(False)
        shown = ", ".join(f"{value:g}" for value in values)
        findings.append(finding("values_replaced", count=int(hit.sum()), column=column, values=shown))
        frame = frame.with_columns(pl.when(~hit).then(pl.col(column)).alias(column))
    return frame


def sort_rows(frame: pl.DataFrame, time: str, table: RawTable, findings: list[Finding]) -> pl.DataFrame:
    """Sort rows by time, rows of equal time in the order of the file."""
    backwards = (frame[time].diff().cast(pl.Int64) < 0).arg_true()
    if len(backwards):
        row = int(frame[ROW][int(backwards[0])])
        findings.append(finding("rows_sorted", count=len(backwards), where=table.place(row)))
    return frame.sort(time, ROW)


def reduce_duplicates(
    frame: pl.DataFrame, time: str, policy: str, table: RawTable, findings: list[Finding]
) -> pl.DataFrame:
    """Keep one row per time. Exact repetitions are removed; ``policy`` decides between rows with different values.

    Raises InvalidInput if rows of one time have different values and the policy is ``error``.
    """
    values = [column for column in frame.columns if column != ROW]
    once = frame.unique(values, keep="first", maintain_order=True)
    if once.height < frame.height:
        repeated = frame.filter(~frame[ROW].is_in(once[ROW].implode()))
        findings.append(finding("duplicate_rows", count=repeated.height, where=_place(table, repeated, 0, time)))
    conflicts = once.filter(once[time].is_duplicated())
    if conflicts.is_empty():
        return once
    first = conflicts.filter(conflicts[time] == conflicts[time][0])
    one, other = (table.row_place(int(row)) for row in first[ROW][:2])
    where = Message("{file}, {one} and {other}", {"file": table.name, "one": one, "other": other})
    times = conflicts[time].n_unique()
    if policy == "error":
        raise InvalidInput(
            "{count:,} [time has|times have] several rows with different values, the first at {time}",
            where="{place}",
            next_step="correct the file, or choose duplicates=first, last or mean",
            code="duplicate_times",
            details={"count": times},
            count=times,
            time=first[time][0].isoformat(),
            place=where,
        )
    findings.append(finding("duplicate_times", count=times, where=where, policy=policy))
    if policy == "mean":
        numbers = [column for column in values if column != time]
        return once.group_by(time, maintain_order=True).agg(
            pl.col(ROW).min(), *(pl.col(name).mean() for name in numbers)
        )
    return once.unique(time, keep="first" if policy == "first" else "last", maintain_order=True)


def settle_target(
    frame: pl.DataFrame, time: str, target: str, options: CleaningOptions, table: RawTable, findings: list[Finding]
) -> pl.DataFrame:
    """Remove rows whose target is missing, NaN or infinite, according to ``options.missing``.

    ``forward_fill`` removes such rows only at the start and the end; between known targets, they stay with an empty
    target. Raises InvalidInput if there are such rows and the policy is ``error``, or if no row has a target.
    """
    bad = ~frame[target].is_finite().fill_null(False)
    rows = bad.arg_true()
    if not len(rows):
        return frame
    where = _place(table, frame, int(rows[0]), time, target)
    if len(rows) == frame.height:
        raise InvalidInput(
            "the target {target!r} has no values",
            where="{place}",
            next_step="choose another target",
            code="missing_target",
            target=target,
            place=table.name,
        )
    if options.missing == "error":
        value = frame[target][int(rows[0])]
        raise InvalidInput(
            "the target {target!r} is missing in {count:,} [row|rows], the first at {time}"
            if value is None
            else "the target {target!r} is not a number (NaN) in {count:,} [row|rows], the first at {time}"
            if value != value
            else "the target {target!r} is infinite in {count:,} [row|rows], the first at {time}",
            where="{place}",
            next_step="correct the file, or choose missing=forward_fill or drop",
            code="missing_target",
            details={"count": len(rows)},
            target=target,
            count=len(rows),
            time=frame[time][int(rows[0])].isoformat(),
            place=where,
        )
    if options.missing == "drop":
        findings.append(finding("target_rows_dropped", count=len(rows), where=where, column=target))
        return frame.filter(~bad)
    known = (~bad).arg_true()
    kept = frame.slice(int(known[0]), int(known[-1]) - int(known[0]) + 1)
    inside = int((~kept[target].is_finite().fill_null(False)).sum())
    if kept.height < frame.height:
        findings.append(finding("edge_rows_dropped", count=frame.height - kept.height, where=where, column=target))
    if inside:
        findings.append(finding("target_filled", count=inside, where=where, column=target))
    return kept.with_columns(pl.when(pl.col(target).is_finite()).then(pl.col(target)).alias(target))


def settle_features(
    frame: pl.DataFrame, time: str, target: str, features: list[str], table: RawTable, findings: list[Finding]
) -> tuple[pl.DataFrame, list[str]]:
    """Fill missing feature values from the past; ignore features that are mostly missing.

    Leading rows are removed until every feature and the target have a value. Return the rows and the kept features.
    """
    kept: list[str] = []
    ignored: list[str] = []
    starts: dict[str, int] = {}
    for column in features:
        known = frame[column].is_finite().fill_null(False)
        positions = known.arg_true()
        start = int(positions[0]) if len(positions) else frame.height
        hopeless = len(positions) < (1 - _MOST_MISSING) * frame.height or start > _MOST_LEADING * frame.height
        (ignored if hopeless else kept).append(column)
        if hopeless:
            continue
        starts[column] = start
        holes = frame.height - start - len(positions)
        if holes:
            first = int((~known.slice(start)).arg_true()[0]) + start
            findings.append(
                finding("feature_filled", count=holes, where=_place(table, frame, first, time, column), column=column)
            )
    if ignored:
        findings.append(finding("columns_ignored_missing", count=len(ignored), columns=", ".join(ignored)))
    lead = max(starts.values(), default=0)
    if lead:
        unknown = int(frame[target].slice(lead).is_not_null().arg_max() or 0)
        lead += unknown
        late = ", ".join([*(column for column, start in starts.items() if start), *([target] if unknown else [])])
        findings.append(finding("leading_rows_dropped", count=lead, where=_place(table, frame, 0, time), columns=late))
    filled = _carry_forward(frame.drop(ignored), kept)
    return filled.slice(lead), kept


def carry_features(
    frame: pl.DataFrame, time: str, features: list[str], table: RawTable, findings: list[Finding]
) -> pl.DataFrame:
    """Carry known feature values forward over missing ones, in rows that follow stored rows of the same series."""
    for column in features:
        holes = (~frame[column].is_finite().fill_null(False)).arg_true()
        if len(holes):
            where = _place(table, frame, int(holes[0]), time, column)
            findings.append(finding("feature_filled", count=len(holes), where=where, column=column))
    return _carry_forward(frame, features)


def settle_gaps(
    frame: pl.DataFrame,
    time: str,
    target: str,
    rhythm: Rhythm,
    policy: str,
    findings: list[Finding],
    budget: Budget | None = None,
    rows_before: int = 0,
) -> tuple[pl.DataFrame, bool]:
    """Add the missing rows of a regular series with an empty target and features from the past, or keep the gaps.

    ``rows_before`` is the number of earlier rows of the series outside ``frame``; they count in the share of missing
    rows.

    Return the frame, and whether no gaps were kept, which is also True for rows without a fixed interval. Raises
    InvalidInput if ``policy`` refuses the gaps, or if the whole series would exceed ``budget``; the number of rows is
    known from the rhythm before they are created.
    """
    if rhythm.kind != "regular" or not rhythm.missing or rhythm.gap_after is None:
        return frame, True
    after = frame[time][rhythm.gap_after].isoformat()
    total = rows_before + frame.height + rhythm.missing
    facts = {"frequency": rhythm.frequency, "longest": rhythm.longest}
    small = rhythm.missing <= _MOST_FILLED * total and rhythm.longest <= max(rhythm.season, 3)
    if policy == "error" or (policy == "auto" and not small):
        raise InvalidInput(
            "{missing:,} of {total:,} rows are missing at a frequency of {frequency}; the longest gap has "
            "{longest:,} [row|rows], the first gap follows {after}",
            where="after {after}",
            next_step="choose gaps=forward_fill (adds the rows with an empty target) or gaps=keep",
            code="gaps",
            details={"count": rhythm.missing, "longest": rhythm.longest},
            missing=rhythm.missing,
            total=total,
            frequency=rhythm.frequency,
            longest=rhythm.longest,
            after=after,
        )
    if policy == "keep":
        findings.append(finding("gaps_kept", count=rhythm.missing, where=f"after {after}", **facts))
        return frame, False
    (budget or Budget(ReadingLimits())).take(
        rows_before + frame.height,
        rhythm.missing,
        frame.width,
        rhythm.frequency,
        Message("after {after}", {"after": after}),
    )
    findings.append(finding("gaps_filled", count=rhythm.missing, where=f"after {after}", **facts))
    grid = whole_grid(frame[time], rhythm).to_frame()
    whole = grid.join(frame, on=time, how="left", maintain_order="left")
    return whole.with_columns(pl.all().exclude(target).forward_fill()), True


def _carry_forward(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    finite = [pl.when(pl.col(name).is_finite()).then(pl.col(name)).forward_fill().alias(name) for name in columns]
    return frame.with_columns(finite)


def _place(table: RawTable, frame: pl.DataFrame, index: int, time: str, column: str | None = None) -> Message:
    place = table.place(int(frame[ROW][index]), column)
    return Message("{place} ({time})", {"place": place, "time": frame[time][index].isoformat()})
