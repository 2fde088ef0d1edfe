"""Folds of a rolling-origin backtest: row ranges before the test set of the run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.judging import Backtest, Fold
from azuraforge.plugins.contract.parts import Rows, Split, Table
from azuraforge.plugins.kinds.forecast.parts import without_short_series

#: Minimum length of the first fold's training set, as a multiple of the length of its test set.
_TRAIN_SHARE = 1.0

Ranges = Mapping[str, Sequence[int]]


def folds_of(ranges: Ranges, count: int, *, horizon: int, gap: int, until: int | None = None) -> list[Fold]:
    """Return ``count`` folds before the run's test set, oldest first; each training set begins at the first row.

    The test sets of the folds are adjacent. Each is as long as the run's test set, or shorter if ``count`` of them
    would take up more than about half of the rows.

    Args:
        ranges: part name → row range of the run's split.
        count: number of folds, at least 1.
        horizon, gap: numbers of rows; the larger one is left out between two parts.
        until: end of the last test set; None for the end of the run's validation set.

    Raises:
        InvalidInput: if the first fold would have too few rows to learn from, or a validation or test set would be
            shorter than the horizon.

    Example:
        >>> ranges = {"train": [0, 70], "validation": [70, 85], "test": [85, 100]}
        >>> [(fold.train[1], fold.validation, fold.test) for fold in folds_of(ranges, 2, horizon=2, gap=0)]
        [(39, (41, 55), (57, 71)), (53, (55, 69), (71, 85))]
    """
    begin, rows = int(ranges["train"][0]), int(ranges["validation"][1] if until is None else until)
    purge = max(horizon, gap)
    length = min(ranges["test"][1] - ranges["test"][0], (rows - begin) // (2 * (count + 1)))
    checked = min(ranges["validation"][1] - ranges["validation"][0], length)
    folds: list[Fold] = []
    for index in range(count):
        test = rows - (count - index) * length
        validation = test - purge - checked
        folds.append(
            Fold(
                train=(begin, validation - purge),
                validation=(validation, validation + checked),
                test=(test, test + length),
            )
        )
    first = folds[0].train[1] - begin
    if min(length, checked) < horizon or first < max(_TRAIN_SHARE * length, 2 * horizon):
        raise InvalidInput(
            "{count} backtest folds do not fit into {rows:,} rows: the first would learn from {first:,} rows and "
            "be evaluated on {length:,}",
            where="config.backtest_folds",
            next_step="choose fewer folds or a shorter horizon, or add a longer series",
            count=count,
            rows=rows - begin,
            first=max(first, 0),
            length=length,
        )
    return folds


def backtest_of(
    table: Table,
    ranges: Ranges,
    needs: Mapping[str, int],
    *,
    count: int,
    horizon: int,
    gap: int,
    chosen_by: Sequence[int] | None,
) -> Backtest:
    """Return the folds, after checking that each leaves at least one series that can be learned and evaluated.

    Args:
        table: dataset version, for a panel without the series that ended before the test set.
        ranges: part name → row range of the run's split.
        needs: part name → minimum number of rows of a series in this part.
        count: number of folds.
        horizon, gap: numbers of rows; the larger one is left out between two parts.
        chosen_by: range of the rows whose scores selected the config in a study; None if no study selected it. If
            possible, the folds end before these rows, because the config is biased towards them.

    Raises InvalidInput if a fold is too short or leaves no usable series.
    """

    def checked(until: int | None) -> tuple[Fold, ...]:
        folds = folds_of(ranges, count, horizon=horizon, gap=gap, until=until)
        for number, fold in enumerate(folds, 1):
            try:
                without_short_series(table, split_of(fold, needs), horizon)
            except InvalidInput as error:
                raise InvalidInput(
                    "backtest fold {fold} of {count} is not possible: {problem}",
                    where="config.backtest_folds",
                    next_step="choose fewer folds or a shorter horizon, or add longer series",
                    fold=number,
                    count=count,
                    problem=error,
                ) from error
        return tuple(folds)

    folds, purge = checked(None), max(horizon, gap)
    if chosen_by is None:
        return Backtest(folds=folds, purge_rows=purge)
    with contextlib.suppress(InvalidInput):
        return Backtest(folds=checked(int(chosen_by[0])), purge_rows=purge, choice="before")
    return Backtest(folds=folds, purge_rows=purge, choice="inside")


def split_of(fold: Fold, needs: Mapping[str, int]) -> Split:
    """Return the row ranges of ``fold`` as a split; ``needs`` becomes ``Split.needs``."""
    return Split(Rows(*fold.train), Rows(*fold.validation), Rows(*fold.test), needs)
