"""The incumbent: the forecast in use today, such as a planner's spreadsheet, for the rows of the judged predictions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from azuraforge.datasets.reading.delimited import ROW
from azuraforge.errors import InvalidInput
from azuraforge.judgements.columns import incumbent_time_column, of_series
from azuraforge.judgements.files import columns_of, read_table
from azuraforge.judgements.native import native
from azuraforge.judgements.options import MOST_AHEAD, Options
from azuraforge.judgements.pairs import Model, Pairs, ReadPredictions, read_predictions, spread_over
from azuraforge.judgements.truth import Truth

#: Name of the incumbent, also in the gate and the ledger.
INCUMBENT = "incumbent"
#: Origin of forecasts without a stated time: before any other origin.
_ANY_ORIGIN = -2 * MOST_AHEAD


def with_incumbent(pairs: Pairs, read: ReadPredictions, truth: Truth, options: Options) -> Pairs:
    """Return the pairs that have an incumbent forecast, with this forecast; all pairs if no incumbent is given.

    From a separate file, a pair gets the newest forecast made at its origin or earlier; if the file does not state when
    its forecasts were made, they count as known at every origin.

    Raises InvalidInput if ``options.incumbent`` is neither a column nor a usable file, if it is a column and a sheet or
    a column of times is stated for it, or if no pair is left.
    """
    if options.incumbent is None:
        return pairs
    if read.columns.incumbent is not None and (options.incumbent_sheet or options.incumbent_time):
        raise InvalidInput(
            "{incumbent!r} is a column of {table}, so this option does not apply to it",
            where="option --incumbent-sheet" if options.incumbent_sheet else "option --incumbent-time",
            next_step="omit the option, or write the path of a file as ./NAME",
            incumbent=options.incumbent,
            table=read.table.name,
        )
    if read.columns.incumbent is None:
        pairs = replace(pairs, incumbent=_from_file(pairs, read, truth, options))
    if pairs.incumbent is None:
        return pairs
    known = np.isfinite(pairs.incumbent.point)
    if not known.any():
        raise InvalidInput(
            "the incumbent has no forecast for any judged row",
            where="option --incumbent",
            next_step="compare the times of the incumbent with those of the predictions: time zone, origin and first "
            "day must agree",
            code="no_common_rows",
        )
    left = replace(pairs.at(known), without_incumbent=int((~known).sum()))
    return left if left.incumbent is None else replace(left, incumbent=replace(left.incumbent, name=INCUMBENT))


def _from_file(pairs: Pairs, read: ReadPredictions, truth: Truth, options: Options) -> Model:
    path = Path(options.incumbent or "")
    if not path.is_file():
        shown = ", ".join(map(repr, columns_of(read.table)[:20]))
        raise InvalidInput(
            "{incumbent!r} is neither a column of {table} nor a file; the columns are {columns}",
            where="option --incumbent",
            next_step="specify the column or the file of the forecast in use today",
            code="no_such_column",
            incumbent=options.incumbent,
            table=read.table.name,
            columns=shown,
        )
    table = of_series(read_table(path, options.incumbent_sheet, "--incumbent-sheet"), options.series)
    own = native(table, options)
    time = None if own is not None else incumbent_time_column(table, options)
    stated = replace(options, models=(), incumbent=None, time=time, horizon=None)
    found = read_predictions(table if own is None else own.table, stated)
    if len(found.models) > 1:
        raise InvalidInput(
            "{table} has several columns of predictions: {models}",
            where="{table}",
            next_step="keep only the column of the forecast in use today, or rename it to 'prediction'",
            table=table.name,
            models=", ".join(each.name for each in found.models[:20]),
        )
    inside = np.isin(found.at, truth.at)
    target = truth.row_of(found.at[inside])
    if found.origins is not None:
        moment = found.origins[inside]
        origin = np.searchsorted(truth.at, moment, side="right") - 1
    elif found.ahead is not None:
        moment = -found.ahead[inside]
        origin = target + moment
    else:
        moment = origin = np.full(len(target), _ANY_ORIGIN)
    # One sort key for target and origin: the forecasts of a target are in the order in which they were made.
    step = len(truth.at) - 2 * _ANY_ORIGIN
    made = target * step + origin - _ANY_ORIGIN
    order = np.lexsort((moment, made))
    if len(twice := np.flatnonzero((np.diff(made[order]) == 0) & (np.diff(moment[order]) == 0))):
        row = int(found.rows[np.flatnonzero(inside)[order[int(twice[0]) + 1]]])
        raise InvalidInput(
            "the incumbent has two forecasts for the same time and origin"
            if found.origins is not None
            else "the incumbent has two forecasts for the same time",
            where="{place}",
            next_step="delete one of the rows, or add a column 'origin' or 'horizon'",
            code="duplicate_times",
            place=found.table.place(int(found.table.frame[ROW][row]), found.columns.time),
        )
    asked = pairs.target * step + pairs.origin - _ANY_ORIGIN
    place = np.searchsorted(made[order], asked, side="right") - 1
    there = np.flatnonzero(place >= 0)
    chosen = order[place[there]]
    same = target[chosen] == pairs.target[there]
    return spread_over(found.models[0].at(np.flatnonzero(inside)[chosen[same]]), there[same], len(pairs))
