"""Creation of the next version of a dataset from arriving rows. Runs only in child processes."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from azuraforge.datasets.growing import joining, revisions
from azuraforge.datasets.growing.building import Built, extended, merged, rebuilt
from azuraforge.datasets.growing.following import following
from azuraforge.datasets.growing.forecast_rows import carried_on
from azuraforge.datasets.growing.messages import Grown, Stored
from azuraforge.datasets.loading import read_columns, read_since, read_tail
from azuraforge.datasets.messages import ReadResult
from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.limits import Budget, ReadingLimits
from azuraforge.datasets.reading.reader import refuse_warnings
from azuraforge.datasets.schemas import FileOptions, Finding, Json
from azuraforge.datasets.segments import Growth
from azuraforge.errors import InvalidInput
from azuraforge.messages import Message
from azuraforge.plugins.contract.dataset_schema import DatasetSchema


def grown(
    stored: Stored,
    table: RawTable,
    options: FileOptions,
    folder: Path,
    limits: ReadingLimits,
    findings: list[Finding],
    provenance: Json | None = None,
) -> Grown:
    """Return the version that follows ``stored`` when the rows of ``table`` are added.

    New segments are written into ``folder``, and ``provenance`` is added to that of ``stored``. Rows equal to stored
    ones are counted and skipped. Raises InvalidInput if rows cannot be read or cleaned, have other columns or another
    frequency, lie in the future, exceed the limits, change stored rows although revisions are refused, or give warnings
    although ``options.strict`` is set.
    """
    meaning = stored.meaning
    found = joining.arrived(table, stored, options)
    findings.extend(found.findings)
    limits.check_table(
        stored.rows + found.fresh.height,
        len(meaning.numbers) + 2,
        Message("dataset {dataset}", {"dataset": stored.name}),
    )
    if meaning.series is None:
        past, fresh = _one(stored, table, options, found, limits, findings)
    else:
        past, fresh, meaning = _panel(stored, table, options, found, limits, findings)
    if past.repeated:
        findings.append(finding("rows_repeated", count=past.repeated))
    if options.strict:
        refuse_warnings(findings, table.name)
    if not past.revised and not fresh.height:
        return unchanged(stored, past.repeated, findings)
    if past.revised or meaning.series is not None:
        added = pl.concat([past.inserted, fresh]) if past.inserted.height else fresh
        built = rebuilt(stored, meaning, past.changed, added.select(fresh.columns), folder)
    else:
        built = extended(stored, fresh, folder)
    built = merged(built, meaning, folder)
    read = _result(stored, meaning, built, findings, provenance)
    growth = Growth(
        previous_version=stored.version,
        rows_added=built.rows - stored.rows - past.inserted.height,
        rows_revised=past.revised,
        rows_repeated=past.repeated,
        changes=past.changes,
        revised_from=past.first_at(str(meaning.time)),
        revised_until=past.last_at(str(meaning.time)),
        carried_findings=len(read.findings) - len(findings),
    )
    return Grown(read=read, growth=growth, own=tuple(findings))


def unchanged(stored: Stored, repeated: int, findings: list[Finding], cursor: Json | None = None) -> Grown:
    """Return a result that describes the stored version, since no new rows arrived.

    ``repeated`` is the number of received rows that were already stored.
    """
    built = Built(list(stored.segments), {}, stored.blocks, stored.fingerprint, stored.rows)
    growth = Growth(previous_version=stored.version, rows_added=0, rows_revised=0, rows_repeated=repeated)
    read = _result(stored, stored.meaning, built, findings, None)
    return Grown(read=read, growth=growth, cursor=cursor, own=tuple(findings))


def _one(
    stored: Stored,
    table: RawTable,
    options: FileOptions,
    found: joining.Arrived,
    limits: ReadingLimits,
    findings: list[Finding],
) -> tuple[revisions.Past, pl.DataFrame]:
    past = joining.canonical(found.past, stored, found.incumbent)
    time = str(stored.meaning.time)
    old = past.clear()
    if past.height:
        since = past[time][0]
        paths = [
            path
            for path, segment in zip(stored.paths, stored.segments, strict=True)
            if segment.end_at is None or segment.end_at >= since
        ]
        old = read_since(paths, stored.meaning, since)
    compared = revisions.compare(past, old, stored, table, findings)
    if not found.fresh.height:
        return compared, past.clear()
    last = read_tail(stored.paths[-1:], 1)
    fresh = following(found.fresh, last, stored.rows, table, stored, options, findings, Budget(limits))
    return compared, joining.canonical(fresh, stored, found.incumbent)


def _panel(
    stored: Stored,
    table: RawTable,
    options: FileOptions,
    found: joining.Arrived,
    limits: ReadingLimits,
    findings: list[Finding],
) -> tuple[revisions.Past, pl.DataFrame, DatasetSchema]:
    meaning = stored.meaning
    series, time = str(meaning.series), str(meaning.time)
    old = read_columns(stored.paths, meaning, [series, time, meaning.target, *meaning.numbers])
    last = old.group_by(series, maintain_order=True).last()
    counts = dict(old.group_by(series).len().iter_rows())
    found = joining.parted(found, last.select(series, pl.col(time).alias("end")), time, series)
    compared = revisions.compare(joining.canonical(found.past, stored, found.incumbent), old, stored, table, findings)
    budget, parts = Budget(limits), list[pl.DataFrame]()
    for rows in found.fresh.partition_by(series, maintain_order=True):
        name = rows[series][0]
        before = last.filter(pl.col(series) == name)
        try:
            more = following(rows, before, counts.get(name, 0), table, stored, options, findings, budget)
        except InvalidInput as error:
            raise InvalidInput(
                "series {series!r}: {reason}",
                where="{place}",
                next_step="{step}",
                code=error.error_code,
                series=name,
                reason=error,
                place=error.parts()[1],
                step=error.parts()[2],
            ) from None
        parts.append(more.with_columns(pl.lit(name).alias(series)))
    fresh = joining.canonical(pl.concat(parts), stored, found.incumbent) if parts else old.clear()
    known = set(meaning.series_names or ())
    if new := sorted(set(fresh[series].unique()) - known):
        shown = ", ".join(new[:10]) + (" …" if len(new) > 10 else "")
        findings.append(finding("series_added", count=len(new), names=shown))
        meaning = meaning.model_copy(update={"series_names": tuple(sorted(known | set(new)))})
    return compared, fresh.select(old.columns), meaning


def _result(
    stored: Stored, meaning: DatasetSchema, built: Built, findings: list[Finding], provenance: Json | None
) -> ReadResult:
    ends = [each.end_at for each in built.segments if each.end_at is not None]
    end_at = max(ends)
    carried = carried_on(stored, meaning, built.paths, end_at) if built.paths else stored.carried
    return ReadResult(
        segments=tuple(built.segments),
        incumbent=stored.incumbent,
        made=built.made,
        blocks=built.blocks,
        fingerprint=built.fingerprint,
        file_sha256=None,
        columns=meaning,
        options=stored.options,
        rows=built.rows,
        start_at=stored.start_at,
        end_at=end_at,
        provenance={**stored.provenance, **(provenance or {})},
        findings=(*carried, *findings),
    )
