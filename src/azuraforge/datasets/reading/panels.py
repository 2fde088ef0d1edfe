"""Panels: each of several series in one table is cleaned and inspected separately, and all must share one rhythm.

Series that need no cleaning, usually most of them, are processed together, and all other series one by one.
Runs only in child processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from azuraforge.datasets.reading.delimited import ROW, RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.frequency import Rhythm, find_rhythm
from azuraforge.datasets.reading.inspection import FEWEST_ROWS, FEWEST_ROWS_OF_ONE, ignore_useless
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput
from azuraforge.messages import LANGUAGES, Message, keyed
from azuraforge.plugins.contract.arrays import Flags
from azuraforge.plugins.forecasting.panels import SHORT_PANEL, Blocks, consecutive

#: Maximum number of series; a column with more names probably contains ids. docs/benchmarks.md has measurements of a
#: run over this many series.
MOST_SERIES = 20_000
#: Error codes that exclude a series without refusing the whole panel.
_LEFT_OUT = ("no_target", "no_features")
_NAMED = 10


@dataclass(frozen=True)
class Settled:
    """One series after cleaning: rows in order of time, its features, its rhythm, and whether it has no gaps left."""

    frame: pl.DataFrame
    features: list[str]
    rhythm: Rhythm
    regular: bool


@dataclass(frozen=True)
class SettledPanel:
    """All series after cleaning.

    Attributes:
        frame: the rows of all series, concatenated; a column names each row's series.
        names: names of the series, sorted.
        features: features that all series have.
        rhythm: the rhythm of all series.
        regular: whether no series has gaps left.
    """

    frame: pl.DataFrame
    names: list[str]
    features: list[str]
    rhythm: Rhythm
    regular: bool


#: Cleans the rows of one series, given the requested features and, for a short series, the rhythm of the others.
Settle = Callable[[pl.DataFrame, list[str], list[Finding], Rhythm | None], Settled]


@dataclass(frozen=True)
class Columns:
    """The columns of a panel, with the requested time zone and frequency."""

    series: str
    time: str
    target: str
    zone: str
    frequency: str | None


def names_of(table: RawTable, column: str) -> pl.Series:
    """Return the series name of each row.

    Raises InvalidInput if the column or a name is missing, or if there are too many series.
    """
    table.require(column, "series")
    names = table.frame[column].cast(pl.String).str.strip_chars()
    empty = (names.is_null() | (names == "")).fill_null(True).arg_true()
    if len(empty):
        raise InvalidInput(
            "{count:,} [row has|rows have] no series name",
            where="{place}",
            next_step="fill in the series or delete the row",
            code="missing_series",
            details={"count": len(empty)},
            count=len(empty),
            place=table.place(int(empty[0]), column),
        )
    if (count := names.n_unique()) > MOST_SERIES:
        raise InvalidInput(
            "{column!r} contains {count:,} series names; at most {most:,} series can be trained together",
            where="option series",
            next_step="choose the column that names the series, or split the file",
            code="too_many_series",
            details={"count": count},
            column=column,
            count=count,
            most=MOST_SERIES,
        )
    return names


def rhythm_of(times: pl.Series, columns: Columns, usual: Rhythm | None) -> Rhythm:
    """Return the rhythm of a series; if ``usual`` is given, the series must follow that rhythm.

    Raises InvalidInput if a row does not fit the frequency of ``usual`` or of ``columns``.
    """
    if usual is None:
        return find_rhythm(times, columns.zone, columns.frequency)
    if usual.kind == "regular" and times.len() > 1:
        return find_rhythm(times, columns.zone, usual.frequency)
    return replace(usual, missing=0, longest=0, gap_after=None)


def settle_panel(
    frame: pl.DataFrame, columns: Columns, features: list[str], settle: Settle, findings: list[Finding]
) -> SettledPanel:
    """Clean each series and keep the features that all series have. Useless series are excluded and reported.

    Raises InvalidInput if a series cannot be cleaned, if rhythms differ, or if no series is left.
    """
    ordered = frame.sort(columns.series, maintain_order=True)
    blocks = Blocks.of(ordered, columns.series)
    longest = int(blocks.sizes.max(initial=0))
    short = blocks.sizes < (FEWEST_ROWS if longest >= FEWEST_ROWS else FEWEST_ROWS_OF_ONE)
    common, found_in = features, dict[str, list[Finding]]()
    tidy = _Tidy(ordered, blocks, columns, features)
    for _ in range(len(features) + 1):
        found_in, gone = {}, dict[str, InvalidInput]()
        shared = tidy.settled(~short, None)
        alone = _each(ordered, blocks, ~short & ~shared.flags, common, settle, None, found_in, gone, columns)
        kept = [each for each in common if all(each in one.features for one in alone.values())]
        if kept == common:
            break
        common = kept
    if not shared.flags.any() and not alone:
        if gone:
            raise next(iter(gone.values()))
        raise _too_short(blocks)
    rhythm, regular = _one_rhythm(
        [*shared.rhythms.items(), *((name, one.rhythm) for name, one in alone.items())], alone
    )
    few = tidy.settled(short, rhythm)
    alone |= _each(ordered, blocks, short & ~few.flags, common, settle, rhythm, found_in, gone, columns)
    regular = regular and all(one.regular for one in alone.values())
    together = shared.flags | few.flags
    wanted = [columns.series, columns.time, columns.target, *common]
    rows = consecutive(blocks.first[together], blocks.sizes[together])
    frames = [ordered[rows].select(wanted)] if together.any() else []
    frames += [one.frame.with_columns(pl.lit(name).alias(columns.series)).select(wanted) for name, one in alone.items()]
    whole = pl.concat(frames).sort(columns.series, columns.time)
    count = int(together.sum()) + len(alone)
    if gone:
        findings.append(_left_out_finding(gone))
    findings.append(finding("several_series", count=count, column=columns.series))
    _report_unlearned(whole, columns, findings)
    findings.extend(_merged(found_in, count))
    return SettledPanel(whole, Blocks.of(whole, columns.series).names, common, rhythm, regular)


@dataclass(frozen=True)
class _Shared:
    """Series that need no cleaning, as flags over all series, and the rhythm of each."""

    flags: Flags
    rhythms: dict[str, Rhythm]


class _Tidy:
    """Finder of series that cleaning would not change: rows in order, every value known, no row missing."""

    def __init__(self, ordered: pl.DataFrame, blocks: Blocks, columns: Columns, features: Sequence[str]) -> None:
        self._times, self._blocks, self._columns = ordered[columns.time], blocks, columns
        self._moments = self._times.cast(pl.Int64).to_numpy()
        owners = np.repeat(np.arange(len(blocks)), blocks.sizes)
        untidy = np.zeros(len(owners), dtype=bool)
        untidy[1:] = (np.diff(self._moments) <= 0) & (owners[1:] == owners[:-1])
        for name in (columns.target, *features):
            untidy |= ~np.isfinite(ordered[name].cast(pl.Float64).to_numpy())
        self._tidy = np.bincount(owners, untidy, len(blocks)) == 0
        self._found: dict[tuple[bytes, bool], Rhythm | None] = {}

    def settled(self, asked: Flags, usual: Rhythm | None) -> _Shared:
        """Return the series that are flagged in ``asked``, need no cleaning and have no gaps."""
        flags, rhythms = np.zeros(len(self._blocks), dtype=bool), dict[str, Rhythm]()
        for number in np.flatnonzero(self._tidy & asked).tolist():
            rhythm = self._rhythm(int(self._blocks.first[number]), int(self._blocks.stop[number]), usual)
            if rhythm is not None and not rhythm.missing:
                flags[number] = True
                rhythms[self._blocks.names[number]] = rhythm
        return _Shared(flags, rhythms)

    def _rhythm(self, first: int, stop: int, usual: Rhythm | None) -> Rhythm | None:
        """Return the rhythm of rows, cached by their times; None if the rows do not follow the required rhythm."""
        key = self._moments[first:stop].tobytes(), usual is None
        if key not in self._found:
            try:
                self._found[key] = rhythm_of(self._times.slice(first, stop - first), self._columns, usual)
            except InvalidInput:  # raised again, with the series' name, when it is settled alone
                self._found[key] = None
        return self._found[key]


def _each(
    ordered: pl.DataFrame,
    blocks: Blocks,
    asked: Flags,
    features: list[str],
    settle: Settle,
    usual: Rhythm | None,
    found_in: dict[str, list[Finding]],
    gone: dict[str, InvalidInput],
    columns: Columns,
) -> dict[str, Settled]:
    """Clean the series flagged in ``asked`` one by one; ``found_in`` receives findings, ``gone`` the useless series."""
    settled: dict[str, Settled] = {}
    for number in np.flatnonzero(asked).tolist():
        name, first = blocks.names[number], int(blocks.first[number])
        rows = ordered.slice(first, int(blocks.sizes[number])).select(ROW, columns.time, columns.target, *features)
        mine: list[Finding] = []
        try:
            with _named(name):
                one = settle(rows, features, mine, usual)
                if usual is not None and one.features != features:
                    raise InvalidInput(  # always caught below; findings.series_left_out reports it
                        "a column of the series has no values",
                        next_step="fill in the column, or leave it out with the option exclude",
                        code="no_features",
                        details={"rows": rows.height},
                    )
        except InvalidInput as error:
            if error.error_code not in _LEFT_OUT:
                raise
            gone[name] = error
        else:
            settled[name], found_in[name] = one, mine
    return settled


def _left_out_finding(gone: dict[str, InvalidInput]) -> Finding:
    shown = ", ".join(list(gone)[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
    first = next(iter(gone.values()))
    rows = int(str(first.details.get("rows", 0)))
    key = f"findings.left_out.{first.error_code}"
    reason = {code: keyed(key, code, rows=rows) for code in LANGUAGES}
    return finding("series_left_out", count=len(gone), series=shown, reason=reason)


def _too_short(blocks: Blocks) -> InvalidInput:
    longest = int(blocks.sizes.max(initial=0))
    return InvalidInput(
        "the longest of {count:,} series has {longest} [row|rows]; at least one must have {fewest}",
        where="option series",
        next_step="add longer series, or choose the column that names the series",
        code="too_short",
        details={"rows": longest},
        count=len(blocks),
        longest=longest,
        fewest=FEWEST_ROWS_OF_ONE,
    )


def _report_unlearned(whole: pl.DataFrame, columns: Columns, findings: list[Finding]) -> None:
    """Report short series, and series with a constant target. Raises InvalidInput if no other series is left."""
    facts = whole.group_by(columns.series, maintain_order=True).agg(
        pl.len().alias("rows"),
        (pl.col(columns.target).max() == pl.col(columns.target).min()).fill_null(True).alias("still"),
    )
    # Runs make their sets smaller for the short series of a short panel.
    fewest = FEWEST_ROWS_OF_ONE if whole[columns.time].n_unique() <= SHORT_PANEL else FEWEST_ROWS
    short, still = facts["rows"] < fewest, facts["still"]
    if bool((short | still).all()):
        raise InvalidInput(
            "the target {target!r} is constant in every series of at least {fewest} rows: there is nothing to learn",
            where="column {target!r}",
            next_step="choose another target; a constant needs no forecast",
            code="constant_target",
            target=columns.target,
            fewest=fewest,
        )
    for code, chosen in (("series_short", short), ("series_still", still & ~short)):
        if chosen.any():
            names = facts[columns.series].filter(chosen)
            shown = ", ".join(names.head(_NAMED).to_list()) + (" …" if len(names) > _NAMED else "")
            findings.append(finding(code, count=len(names), series=shown, fewest=fewest))


def _one_rhythm(found: list[tuple[str, Rhythm]], alone: dict[str, Settled]) -> tuple[Rhythm, bool]:
    """Return the rhythm of all series, and whether none has gaps left. Raises InvalidInput if rhythms differ."""
    kinds = {name: (rhythm.kind, rhythm.frequency) for name, rhythm in found}
    usual = Counter(kinds.values()).most_common(1)[0][0]
    for name, kind in kinds.items():
        if kind != usual:
            mine, theirs = (_rhythm_name(*each) for each in (kind, usual))
            raise InvalidInput(
                "series {series!r} has {mine}, but most other series have {theirs}",
                where="series {series!r}",
                next_step="exclude the series or resample it: series that are trained together must have the same "
                "frequency",
                code="mixed_rhythms",
                series=name,
                mine=mine,
                theirs=theirs,
            )
    season = Counter(rhythm.season for _, rhythm in found).most_common(1)[0][0]
    first = next(rhythm for _, rhythm in found if rhythm.season == season)
    return first, all(one.regular for one in alone.values())


def _rhythm_name(kind: str, frequency: str | None) -> Message:
    if frequency is not None:
        return Message("one row every {frequency}", {"frequency": frequency})
    if kind == "irregular":
        return Message("rows without a fixed interval")
    return Message("one row per trading day") if kind == "trading_days" else Message("rows of daily sessions")


def revealing(frame: pl.DataFrame, columns: Columns, features: list[str], findings: list[Finding]) -> list[str]:
    """Return the features that are useful in at least one series; report the others."""
    found: set[str] = set()
    blocks = Blocks.of(frame, columns.series)
    first = frame.slice(0, int(blocks.stop[0]))
    for begin, size in zip(blocks.first.tolist(), blocks.sizes.tolist(), strict=True):
        if len(found) == len(features):
            break
        rest = [name for name in features if name not in found]
        found |= set(ignore_useless(frame.slice(begin, size), columns.time, columns.target, rest, [])[1])
    ignore_useless(first, columns.time, columns.target, [name for name in features if name not in found], findings)
    return [name for name in features if name in found]


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Add the series' name to errors raised in the block."""
    try:
        yield
    except InvalidInput as error:
        place = error.parts()[1]
        error.at("series {series!r}, {inside}" if place.template else "series {series!r}", series=name, inside=place)
        raise


def _merged(found_in: dict[str, list[Finding]], count: int) -> list[Finding]:
    """Merge findings with the same code: sum their counts, and state the number of series and the first place."""
    groups: dict[str, list[tuple[str, Finding]]] = {}
    for name, findings in found_in.items():
        for each in findings:
            groups.setdefault(each.code, []).append((name, each))
    merged = []
    for found in groups.values():
        name, first = found[0]
        series = len({name for name, _ in found})
        if series == count and all(each.text == first.text for _, each in found):
            merged.append(first)
            continue
        values = {"series": series, "count": count, "name": name}
        text = {code: keyed("findings.in_series", code, **values, text=first.text[code]) for code in LANGUAGES}
        times, where = sum(each.count for _, each in found), ", ".join(filter(None, (f"series {name!r}", first.where)))
        merged.append(first.model_copy(update={"count": times, "where": where, "text": text}))
    return merged
