"""Several series in one table: each is cleaned and inspected by itself, and all must follow one rhythm.

Runs in children only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.datasets.reading.findings import finding
from azuraforge.datasets.reading.frequency import Rhythm
from azuraforge.datasets.schemas import Finding
from azuraforge.errors import InvalidInput
from azuraforge.wording import fill

#: More series than this are no panel but a column of ids.
MOST_SERIES = 1000
#: What makes a series useless without making the others so.
_LEFT_OUT = {
    "too_short": {"en": "it has {rows} [row|rows], too few to learn from", "tr": "{rows} satırı var, öğrenmek için az"},
    "constant_target": {"en": "its target never changes", "tr": "hedefi hiç değişmiyor"},
    "no_target": {"en": "its target has no values", "tr": "hedefinin hiç değeri yok"},
}
_NAMED = 10


@dataclass(frozen=True)
class Settled:
    """One series after cleaning: rows in order of time, the features that it has, and how its rows follow."""

    frame: pl.DataFrame
    features: list[str]
    rhythm: Rhythm
    regular: bool


Settle = Callable[[pl.DataFrame, list[str], list[Finding]], Settled]


def names_of(table: RawTable, column: str) -> pl.Series:
    """``(row,)`` the name of each row's series. Raises InvalidInput for a row without one, or for too many."""
    table.require(column, "series")
    names = table.frame[column].cast(pl.String).str.strip_chars()
    empty = (names.is_null() | (names == "")).fill_null(True).arg_true()
    if len(empty):
        raise InvalidInput(
            f"{len(empty)} rows name no series" if len(empty) > 1 else "one row names no series",
            where=table.place(int(empty[0]), column),
            next_step="fill in the series or delete the row",
            code="missing_series",
            count=len(empty),
        )
    if (count := names.n_unique()) > MOST_SERIES:
        raise InvalidInput(
            f"{column!r} names {count} series; at most {MOST_SERIES} are learned at once",
            where="option series",
            next_step="choose the column that names the series, or split the file",
            code="too_many_series",
            count=count,
        )
    return names


def settle_each(
    frame: pl.DataFrame, column: str, features: list[str], settle: Settle, findings: list[Finding]
) -> dict[str, Settled]:
    """Each series by itself, with the features that all of them have; useless series are left out and told.

    Raises InvalidInput naming the series where one cannot be settled, or where all are useless.
    """
    parts = {str(key[0]): part.drop(column) for key, part in frame.partition_by(column, as_dict=True).items()}
    common, settled, gone = features, dict[str, Settled](), dict[str, InvalidInput]()
    told: dict[str, list[Finding]] = {}
    for _ in range(len(features) + 1):
        settled, gone, told = {}, {}, {}
        for name in sorted(parts):
            mine: list[Finding] = []
            try:
                with _named(name):
                    settled[name] = settle(parts[name].select(pl.exclude(set(features) - set(common))), common, mine)
            except InvalidInput as error:
                if error.error_code not in _LEFT_OUT:
                    raise
                gone[name] = error
            else:
                told[name] = mine
        kept = [each for each in common if all(each in one.features for one in settled.values())]
        if kept == common or not settled:
            break
        common = kept
    if not settled:
        raise next(iter(gone.values()))
    if gone:
        shown = ", ".join(list(gone)[:_NAMED]) + (" …" if len(gone) > _NAMED else "")
        first = next(iter(gone.values()))
        rows = int(str(first.details.get("rows", 0)))
        reason = {language: fill(text, rows=rows) for language, text in _LEFT_OUT[first.error_code].items()}
        findings.append(finding("series_left_out", count=len(gone), series=shown, reason=reason))
    findings.append(finding("several_series", count=len(settled), column=column))
    findings.extend(_merged(told))
    return settled


def one_rhythm(settled: dict[str, Settled]) -> tuple[Rhythm, bool]:
    """The rhythm that all series follow, and whether none has holes left. Raises InvalidInput for another one."""
    kinds = {name: (one.rhythm.kind, one.rhythm.frequency) for name, one in settled.items()}
    usual = Counter(kinds.values()).most_common(1)[0][0]
    for name, kind in kinds.items():
        if kind != usual:
            mine, theirs = (frequency or word.replace("_", " ") for word, frequency in (kind, usual))
            raise InvalidInput(
                f"the rows of series {name!r} follow {mine}, those of most others {theirs}",
                where=f"series {name!r}",
                next_step="leave it out or resample it: series that are learned together have one rhythm",
                code="mixed_rhythms",
            )
    rhythms = [one.rhythm for one in settled.values()]
    season = Counter(rhythm.season for rhythm in rhythms).most_common(1)[0][0]
    first = next(one.rhythm for one in settled.values() if one.rhythm.season == season)
    return first, all(one.regular for one in settled.values())


def stacked(settled: dict[str, Settled], column: str) -> pl.DataFrame:
    """All series below one another, ``column`` naming each row's."""
    wanted = list(next(iter(settled.values())).frame.columns)
    frames = [
        one.frame.select(wanted).with_columns(pl.lit(name, pl.String).alias(column)) for name, one in settled.items()
    ]
    return pl.concat(frames)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors of one series say which."""
    try:
        yield
    except InvalidInput as error:
        error.where = ", ".join(filter(None, (f"series {name!r}", error.where)))
        raise


def _merged(told: dict[str, list[Finding]]) -> list[Finding]:
    """What was found in several series is told once: how often in all, in how many of them, and where first."""
    groups: dict[str, list[tuple[str, Finding]]] = {}
    for name, findings in told.items():
        for each in findings:
            groups.setdefault(each.code, []).append((name, each))
    merged = []
    for found in groups.values():
        name, first = found[0]
        series = len({name for name, _ in found})
        if series == len(told) and all(each.text == first.text for _, each in found):
            merged.append(first)
            continue
        text = {
            "en": f"In {series} of {len(told)} series. {name}: {first.text['en']}",
            "tr": f"{len(told)} seriden {series} tanesinde. {name}: {first.text['tr']}",
        }
        count, where = sum(each.count for _, each in found), ", ".join(filter(None, (f"series {name!r}", first.where)))
        merged.append(first.model_copy(update={"count": count, "where": where, "text": text}))
    return merged
