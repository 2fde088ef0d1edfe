"""Skill of a linear reference forecast with and without the other columns, to detect columns that are too good.

The examination of single columns misses leaks that only several columns show together, such as two columns whose
difference is the next target. Here, a linear forecaster is fitted twice on the first rows: on the target's lags, season
and calendar, and on these plus the present and past values of all other columns. Both fits forecast the later rows.
Columns that drive or lead a target remove some of the error; columns computed from future values remove almost all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.forecasting.foreknowledge.linear import carried
from azuraforge.plugins.forecasting.foreknowledge.pieces import (
    Piece,
    calendar,
    lagged,
    pieces_of,
    scaled,
    span_of,
    varies,
)

#: Number of present and past values of each other column in the reference.
_COLUMN_LAGS = (0, 1, 2)
#: Maximum number of compared rows ahead.
_MOST_STEPS = 14
_FITTED = 0.7
_LEAST_JUDGED = 40
#: Maximum number of columns, the first ones, that are left out one by one.
_MOST_DROPPED = 24
_PENALTY = 1e-6


@dataclass(frozen=True)
class Gain:
    """Reduction of a linear forecaster's error by other columns in addition to the target's own past.

    Attributes:
        step: number of rows ahead with the largest reduction.
        share: share of the squared error that all columns together remove at that step.
        dropped: column → share of the squared error of a fit on all other columns that the column removes; empty if
            columns were not left out one by one.
        rows: number of rows that were forecast.
    """

    step: int
    share: float
    dropped: Mapping[str, float]
    rows: int


def gain_of(
    target: Floats,
    columns: Mapping[str, Floats],
    series: Sequence[Piece],
    *,
    horizon: int,
    season: int,
    given: Mapping[str, Floats] | None = None,
    drop_from: float = 0.0,
) -> Gain | None:
    """Return the reduction of the error of a forecast of ``target`` by ``columns``.

    Returns None if there are too few rows or no columns, or if all changes of the target to be forecast are equal.

    Args:
        target: ``(row,)``, NaN if unknown.
        columns: other columns by name, each ``(row,)``, without known-ahead columns.
        series: rows of each series in chronological order.
        horizon: number of rows ahead that will be predicted.
        season: length of the season in rows; 1 without a season.
        given: columns that both fits use, because their time of availability is declared.
        drop_from: minimum ``share`` at which columns are left out one by one.
    """
    pieces = pieces_of(series)
    if not pieces or not columns:
        return None
    span = span_of(max(len(piece.rows) for piece in pieces), horizon, season)
    steps = range(1, min(horizon, span.leads, _MOST_STEPS) + 1)
    first = max(span.lags)
    pieces = [piece for piece in pieces if len(piece.rows) > first + len(steps) + 2]
    fitted, parts = [], []
    own_values, given = carried(target), given or {}
    others = [carried(values) for values in (*given.values(), *columns.values())]
    for piece in pieces:
        rows = slice(first, len(piece.rows) - len(steps))
        own = scaled(own_values[piece.rows])
        blocks = [lagged(own, (0, *span.lags), rows), calendar(piece, season)[rows]]
        blocks += [lagged(scaled(values[piece.rows]), _COLUMN_LAGS, rows) for values in others]
        changes = lagged(own, [-step for step in steps], rows) - own[rows][:, None]
        parts.append((np.concatenate(blocks, axis=1), changes))
        count = len(changes)
        fitted.append(np.arange(count) < _FITTED * count - len(steps))
        fitted[-1][int(_FITTED * count) - len(steps) : int(_FITTED * count)] = False
    if not parts:
        return None
    inputs, changes = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    learn, width = np.concatenate(fitted), inputs.shape[1]
    judged = ~learn
    if judged.sum() < _LEAST_JUDGED or learn.sum() < 2 * width:
        return None
    moves = np.array([varies(own) for own in changes[judged].T])
    if not moves.any():
        return None  # errors on a constant target say nothing about the columns
    case = _Case(inputs, changes, learn, judged)
    base = width - len(_COLUMN_LAGS) * len(columns)
    alone, all_of_them = case.errors(np.arange(base)), case.errors(np.arange(width))
    share = np.where(moves, 1 - all_of_them / np.maximum(alone, 1e-12), 0.0)
    step = int(share.argmax())
    found = float(share[step])
    dropped: dict[str, float] = {}
    if found >= drop_from:
        places = {name: base + len(_COLUMN_LAGS) * place for place, name in enumerate(columns)}
        for name in list(places)[:_MOST_DROPPED]:
            kept = np.setdiff1d(np.arange(width), np.arange(places[name], places[name] + len(_COLUMN_LAGS)))
            without = case.errors(kept)[step]
            dropped[name] = float(1 - all_of_them[step] / max(without, 1e-12))
    return Gain(step + 1, found, dropped, int(judged.sum()))


@dataclass(frozen=True)
class _Case:
    inputs: Floats
    changes: Floats
    learn: np.ndarray[tuple[int], np.dtype[np.bool_]]
    judged: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def errors(self, chosen: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Return the mean squared error, ``(step,)``, on the evaluated rows of a fit with the chosen inputs."""
        inputs, targets = self.inputs[self.learn][:, chosen], self.changes[self.learn]
        mean, centre = inputs.mean(axis=0), targets.mean(axis=0)
        inputs = inputs - mean
        gram = inputs.T @ inputs
        gram[np.diag_indices_from(gram)] += _PENALTY * max(float(np.trace(gram)) / len(gram), 1e-12)
        weights = np.linalg.solve(gram, inputs.T @ (targets - centre))
        made = (self.inputs[self.judged][:, chosen] - mean) @ weights + centre
        return np.asarray(np.square(made - self.changes[self.judged]).mean(axis=0))
