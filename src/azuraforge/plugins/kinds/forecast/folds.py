"""Folds of a rolling-origin backtest: row ranges inside the rows before the test set."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from azuraforge.errors import InvalidInput
from azuraforge.plugins.contract.judging import Backtest, Fold
from azuraforge.plugins.contract.parts import Rows, Split, Table
from azuraforge.plugins.kinds.forecast.parts import without_short_series

#: At least so many rows of a first fold's training part per row of its test part.
_TRAIN_SHARE = 1.0

Ranges = Mapping[str, Sequence[int]]


def folds_of(ranges: Ranges, count: int, *, horizon: int, gap: int, until: int | None = None) -> list[Fold]:
    """Return ``count`` folds before the test set, oldest first; training begins at the first row in each.

    Test parts follow one another without overlap, and the last ends where the run's validation part ends. Each is as
    long as the run's test set, or shorter where ``count`` of them would take more than half of the rows.

    Args:
        ranges: of the run's own split.
        horizon, gap: rows; the purge gap is the longer of the two.
        until: where the last test part ends; None: where the run's validation part does.

    Raises:
        InvalidInput: where the first fold would have too few rows to learn from.

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
    """Return the folds, once every one of them carries the series (of a panel: at least one).

    Args:
        table: with every series that goes on into the test set.
        needs: rows that a series must have in a part.
        chosen_by: of a study's winner, the rows by whose scores its config was chosen. Where they fit, the folds end
            before these, for a config is always good on the rows that chose it.

    Raises InvalidInput where a fold cannot be carried.
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
    """Return a fold as a split."""
    return Split(Rows(*fold.train), Rows(*fold.validation), Rows(*fold.test), needs)
