"""Importance of the inputs of a forecaster: permutation importance and Shapley values, for any pipeline.

An input is a block of rows of one column up to the origin: the target 0, 1, 2 to 3, 4 to 7 and so on rows before the
origin, or another column as a whole, including later rows if the column is known in advance. The examined origins are
so far apart that their blocks do not overlap. The block of an origin is replaced by the block of another origin, and
the pipeline predicts again; only its ``predict`` is called. Rows more than ``rows_back`` before the origin, and the
times of rows, are unchanged, so the calendar is not an input.

Importance is computed on the test set after the verdict, and nothing depends on the result.

Sources: Fisher, Rudin, Dominici, "All Models are Wrong, but Many are Useful" (2019), for permutation importance;
Štrumbelj and Kononenko, "Explaining prediction models and individual predictions with feature contributions" (2014),
for sampled Shapley values; Mitchell et al., "Sampling Permutations for Shapley Value Estimation" (2022), for walking
each order in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.figure import Figure
from azuraforge.plugins.contract.judging import ExplainCase
from azuraforge.plugins.contract.parts import Part
from azuraforge.plugins.forecasting.covariates import ahead_of
from azuraforge.plugins.kinds.forecast.figures import (
    Importance,
    InputContribution,
    InputFigure,
    InputImportance,
    Shapley,
    ShapleyExample,
)
from azuraforge.plugins.kinds.forecast.parts import load_part, times_of
from azuraforge.plugins.kinds.forecast.predictions import predict_checked

if TYPE_CHECKING:
    import polars as pl

REPEATS = 5
#: Number of orders of inputs over which Shapley values are averaged; each is used forwards and backwards.
ORDERS = 5
FEWEST_REPEATS = 2
#: Maximum number of lattices (sets of equally spaced origins, shifted against each other), and of origins in total.
MOST_LATTICES = 3
MOST_ORIGINS = 192
FEWEST_ORIGINS = 4
#: Maximum number of examined columns; the figure lists the others.
MOST_COLUMNS = 24
#: Number of values that all repeats together may read; it limits repeats beyond the minimum. It is a count instead of a
#: time limit, so that a run has the same figures on every machine.
MOST_VALUES = 50_000_000
_SHORTEST_REACH, _LONGEST_REACH = 8, 256

Predict = Callable[[Part], Floats]


@dataclass(frozen=True)
class Input:
    """A block of rows of one column.

    Attributes:
        column: name of the column.
        first, last: range of the rows, counted back from the origin, both included; negative for later rows.
        whole: whether the block represents the whole column.

    Example:
        >>> Input("value", 2, 3).name, Input("value", 0, 0).name, Input("rain", -4, 31, whole=True).name
        ('value, 2–3 back', 'value, 0 back', 'rain')
    """

    column: str
    first: int
    last: int
    whole: bool = False

    @property
    def name(self) -> str:
        """Display name: the column, with the number of rows back unless the block is a whole column."""
        if self.whole:
            return self.column
        back = str(self.first) if self.first == self.last else f"{self.first}–{self.last}"
        return f"{self.column}, {back} back"

    @property
    def lags(self) -> tuple[int, int] | None:
        """First and last lag in rows; None for a whole column."""
        return None if self.whole else (self.first, self.last)


def input_figures(case: ExplainCase, season: int) -> dict[str, Figure]:
    """Return the figures ``importance`` and ``shapley`` of the candidate; empty if the test set is too short.

    Raises InvalidInput if its predictions are invalid.
    """
    assert case.answer is not None
    answer, name = case.answer, case.candidate.name
    test = load_part(case.test)
    truth = np.load(case.truth / "truth.npy", allow_pickle=False)

    def predict(part: Part) -> Floats:
        return predict_checked(name, answer, part).point

    found = importance_figures(name, predict, test, truth, season, case.seed, case.progress)
    return {} if found is None else {"importance": found[0], "shapley": found[1]}


def importance_figures(
    contender: str,
    predict: Predict,
    test: Part,
    truth: Floats,
    season: int,
    seed: int,
    progress: Callable[[int, int, str], None] = lambda done, total, note: None,
) -> tuple[Importance, Shapley] | None:
    """Return permutation importance and Shapley values; None if the test set has too few separate origins.

    Args:
        contender: name of the forecaster.
        predict: function that returns the ``(origin, horizon)`` point forecasts of a part.
        test: test set.
        truth: ``(origin, horizon)`` true values, NaN where missing.
        season: number of rows in one season.
        seed: seed of the random exchanges.
        progress: callback ``progress(done, total, note)``.
    """
    rows_back = rows_back_of(test, season)
    lattices = list(lattices_of(test, truth, rows_back))
    if not lattices:
        return None
    inputs, left_out = inputs_of(test, rows_back)
    about = InputFigure(
        contender=contender,
        target=test.schema.target,
        unit=test.schema.unit,
        part="test",
        rows_back=rows_back,
        left_out=tuple(left_out),
        origins=sum(len(chosen) for chosen in lattices),
    )
    progress(0, 2, "importance")
    importance = permutation_importance(about, predict, test, truth, lattices, inputs, seed)
    progress(1, 2, "shapley")
    shapley = shapley_values(about, predict, test, lattices[0], inputs, seed)
    progress(2, 2, "")
    return importance, shapley


def rows_back_of(test: Part, season: int) -> int:
    """Return the number of rows up to the origin that inputs cover.

    It is two seasons, but at least 32 and at most 256 rows. It is shorter, but at least 8 rows, if the test set would
    otherwise have fewer than eight separate origins.
    """
    wanted = min(max(32, 2 * season), _LONGEST_REACH)
    rows = test.frame.height - test.start
    return max(_SHORTEST_REACH, min(wanted, rows // 8 - test.horizon))


def lattices_of(test: Part, truth: Floats, rows_back: int) -> Iterator[NDArray[np.int64]]:
    """Yield lattices of origins, as indices into ``test.origins``.

    Within a lattice, the blocks of the origins (``rows_back`` rows and the horizon) do not overlap. Only origins whose
    true values are all known are used.
    """
    apart, known = rows_back + test.horizon, np.isfinite(truth).all(axis=1)
    usable = np.flatnonzero(known & (test.origins >= rows_back))
    if not usable.size:
        return
    total = 0
    for number in range(MOST_LATTICES):
        chosen, last = [], -apart
        begin = test.origins[usable[0]] + number * apart // MOST_LATTICES
        for index in usable.tolist():
            if test.origins[index] >= begin and test.origins[index] - last >= apart:
                chosen.append(index)
                last = int(test.origins[index])
        if len(chosen) > MOST_ORIGINS:
            chosen = [chosen[place] for place in np.linspace(0, len(chosen) - 1, MOST_ORIGINS).round().astype(int)]
        if len(chosen) < FEWEST_ORIGINS or (number and total + len(chosen) > MOST_ORIGINS):
            return
        total += len(chosen)
        yield np.array(chosen, dtype=np.int64)


def inputs_of(test: Part, rows_back: int) -> tuple[list[Input], list[str]]:
    """Return the inputs, and the names of the columns beyond ``MOST_COLUMNS``.

    Example:
        >>> import polars as pl
        >>> from azuraforge.plugins.contract.parts import Schema
        >>> frame = pl.DataFrame({"y": [0.0] * 20, "x": [0.0] * 20})
        >>> part = Part(frame, Schema(None, "y", ("x",)), 10, 1, np.array([12]))
        >>> [each.name for each in inputs_of(part, 8)[0]]
        ['y, 0 back', 'y, 1 back', 'y, 2–3 back', 'y, 4–7 back', 'x']
    """
    blocks, first, width = [Input(test.schema.target, 0, 0)], 1, 1
    while first < rows_back:
        last = min(first + width, rows_back) - 1
        blocks.append(Input(test.schema.target, first, last))
        first, width = last + 1, 2 * width
    columns = [column for column in test.schema.features if column in test.frame.columns]
    blocks += [Input(column, -test.horizon, rows_back - 1, whole=True) for column in columns[:MOST_COLUMNS]]
    return blocks, columns[MOST_COLUMNS:]


def permutation_importance(
    about: InputFigure,
    predict: Predict,
    test: Part,
    truth: Floats,
    lattices: list[NDArray[np.int64]],
    inputs: list[Input],
    seed: int,
) -> Importance:
    """Return the increase of the RMSE when an input is replaced by the same input of another origin.

    The increase of an input that the pipeline does not use is exactly 0.

    Args:
        about: fields that both figures share.
        predict: function that returns the ``(origin, horizon)`` point forecasts of a part.
        test: test set.
        truth: ``(origin, horizon)`` true values, NaN where missing.
        lattices: lattices of origins, from ``lattices_of``.
        inputs: inputs to examine.
        seed: seed of the exchanges.
    """
    rng = np.random.default_rng([seed, 1])
    parts = [_at(test, test.frame, chosen) for chosen in lattices]
    base = _rmse(predict(part) - truth[chosen] for part, chosen in zip(parts, lattices, strict=True))
    grown: list[list[float]] = [[] for _ in inputs]
    repeats = affordable(test, len(inputs) * len(lattices), REPEATS)
    for _ in range(repeats):
        partners = [_others(len(chosen), rng) for chosen in lattices]
        for number, block in enumerate(inputs):
            wrong = (
                predict(_at(test, exchanged(test, chosen, others, [block]), chosen)) - truth[chosen]
                for chosen, others in zip(lattices, partners, strict=True)
            )
            grown[number].append(_rmse(wrong) - base)
    increases = [float(np.mean(each)) for each in grown]
    found = [
        InputImportance(
            name=block.name,
            column=block.column,
            lags=block.lags,
            increase=increase,
            spread=float(np.std(each, ddof=1)),
            share=increase / base if base else None,
        )
        for block, each, increase in zip(inputs, grown, increases, strict=True)
    ]
    ranked = tuple(sorted(found, key=lambda each: -each.increase))
    return Importance(**dict(about), rmse=base, repeats=repeats, inputs=ranked)


def affordable(test: Part, passes: int, most: int) -> int:
    """Return the number of repeats of ``passes`` predictions: at most ``most``, fewer for a large frame, at least 2."""
    values = test.frame.height * test.frame.width * max(1, passes)
    return max(FEWEST_REPEATS, min(most, MOST_VALUES // max(1, values)))


def shapley_values(
    about: InputFigure,
    predict: Predict,
    test: Part,
    chosen: NDArray[np.int64],
    inputs: list[Input],
    seed: int,
) -> Shapley:
    """Return the contribution of each input to each forecast one row ahead, in the unit of the target.

    The contributions of an origin add up to its forecast minus the mean forecast with inputs of other origins. If the
    pipeline is additive in its inputs, all orders of the inputs have the same result, and ``order_spread`` is zero.

    Args:
        about: fields that both figures share.
        predict: function that returns the ``(origin, horizon)`` point forecasts of a part.
        test: test set.
        chosen: ``(example,)`` indices into ``test.origins``.
        inputs: inputs to examine.
        seed: seed of the exchanges and orders.
    """
    rng = np.random.default_rng([seed, 2])
    forecast = predict(_at(test, test.frame, chosen))[:, 0]
    sums = np.zeros((len(chosen), len(inputs)))
    background = np.zeros(len(chosen))
    apart: list[Floats] = []
    orders = affordable(test, 2 * len(inputs), ORDERS)
    for _ in range(orders):
        others, order = _others(len(chosen), rng), rng.permutation(len(inputs))
        there = _walk(predict, test, chosen, others, inputs, order)
        back = _walk(predict, test, chosen, others, inputs, order[::-1])
        apart.append(np.abs(there[0] - back[0]).mean(axis=0))
        sums += (there[0] + back[0]) / 2
        background += there[1]
    values, background = sums / orders, background / orders
    ranked = np.argsort(-np.abs(values).mean(axis=0), kind="stable")
    times = times_of(test.frame, test.schema)
    return Shapley(
        **dict(about) | {"origins": len(chosen)},
        horizon=1,
        orders=orders,
        inputs=tuple(
            InputContribution(
                name=inputs[number].name,
                column=inputs[number].column,
                lags=inputs[number].lags,
                mean_absolute=float(np.abs(values[:, number]).mean()),
                order_spread=float(np.mean([each[number] for each in apart])),
            )
            for number in ranked.tolist()
        ),
        examples=tuple(
            ShapleyExample(
                at=times[test.origins[chosen[row]] + 1],
                forecast=float(forecast[row]),
                background=float(background[row]),
                contributions=tuple(values[row, ranked].tolist()),
            )
            for row in np.unique(np.linspace(0, len(chosen) - 1, 12).round().astype(int)).tolist()
        ),
    )


def exchanged(test: Part, chosen: NDArray[np.int64], others: NDArray[np.int64], blocks: list[Input]) -> pl.DataFrame:
    """Return the frame with the rows of ``blocks`` at each origin replaced by the rows at its partner.

    Args:
        test: test set.
        chosen: ``(example,)`` indices into ``test.origins``.
        others: ``(example,)`` indices into ``chosen`` of the partners.
        blocks: inputs to replace.
    """
    origins = test.origins[chosen]
    columns = []
    takes: dict[str, NDArray[np.int64]] = {}
    for block in blocks:
        take = takes.setdefault(block.column, np.arange(test.frame.height))
        back = np.arange(block.first, block.last + 1)
        rows, from_rows = origins[:, None] - back, origins[others][:, None] - back
        inside = (rows >= 0) & (rows < test.frame.height) & (from_rows >= 0) & (from_rows < test.frame.height)
        take[rows[inside]] = from_rows[inside]
    for column, take in takes.items():
        columns.append(test.frame.get_column(column).gather(take))
    return test.frame.with_columns(columns)


def _walk(
    predict: Predict,
    test: Part,
    chosen: NDArray[np.int64],
    others: NDArray[np.int64],
    inputs: list[Input],
    order: NDArray[np.int64],
) -> tuple[Floats, Floats]:
    """Return the change of each forecast when its own inputs are restored one by one, and the first forecast.

    The first forecast uses the inputs of the partners only; inputs are restored in ``order``. Changes have the shape
    ``(example, input)``, forecasts ``(example,)``.
    """
    foreign = list(range(len(inputs)))
    frame = exchanged(test, chosen, others, inputs)
    began = before = predict(_at(test, frame, chosen))[:, 0]
    changes = np.zeros((len(chosen), len(inputs)))
    for number in order.tolist():
        foreign.remove(number)
        frame = exchanged(test, chosen, others, [inputs[each] for each in foreign])
        now = predict(_at(test, frame, chosen))[:, 0]
        changes[:, number] = now - before
        before = now
    return changes, began


def _others(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the index of a partner for each of ``count`` examples: its neighbour in a shuffled circle."""
    circle = rng.permutation(count)
    partner = np.empty(count, dtype=np.int64)
    partner[circle] = np.roll(circle, 1)
    return partner


def _at(test: Part, frame: pl.DataFrame, chosen: NDArray[np.int64]) -> Part:
    origins: Indices = test.origins[chosen]
    # Values known in advance are inputs of the evaluated forecast too. They are read from the exchanged frame.
    ahead = ahead_of(frame, tuple(test.ahead), origins, test.horizon)
    return Part(frame, test.schema, test.start, test.horizon, origins, ahead=ahead)


def _rmse(errors: Iterator[Floats]) -> float:
    return float(np.sqrt(np.concatenate([np.square(each).ravel() for each in errors]).mean()))
