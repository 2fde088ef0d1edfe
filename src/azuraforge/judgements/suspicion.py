"""Detection of predictions that seem to use the outcome, and of predictions that only repeat a baseline.

Four kinds of evidence, each measured on the judged pairs:

- the predictions equal the actual values;
- they follow the actual values of rows after their origin other than their targets;
- as a column, they depend on later values like a function of these values (``plugins/forecasting/foreknowledge``);
- they explain nearly all of the news, the part of the actual values that the past and the baselines do not explain; or
  they are the actual values with added noise: their errors are unrelated to the actual values, which is impossible for
  an honest forecast.

Information from outside the series that was known in time can also explain the last two kinds. The text says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from azuraforge.judgements.pairs import Model, Pairs
from azuraforge.judgements.truth import Truth
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.forecasting.channels import filled
from azuraforge.plugins.forecasting.foreknowledge.columns import NOISY_REST, Foreknowledge, examine
from azuraforge.plugins.forecasting.foreknowledge.patterns import EXACT
from azuraforge.plugins.forecasting.foreknowledge.pieces import Piece, varies

Kind: TypeAlias = Literal["equal", "shifted", "later_values", "news", "noisy"]

#: Share and number of exact predictions of a varied target that cannot be due to chance.
_EXACT_SHARE, _FEWEST_EXACT = 0.05, 5
_EXACT = 1e-9
#: Maximum root mean squared distance to the values of other rows, relative to their natural distance, and relative
#: to the distance to the targets' own values.
_SHIFTED, _AGAINST_OWN = 0.25, 0.5
_FARTHEST = 48
#: Share of the news (what the past and the baselines do not explain) above which a forecast is suspicious.
_NEWS = 0.95
_NEWS_PAIRS = 5000
#: Minimum number of pairs per input of the regression on the past; with fewer, chance explains too much.
_PAIRS_PER_INPUT = 3
#: Conditions for actual values with added noise: at least this share of the news, a slope this close to 1, and
#: predictions that vary more than their share of the news allows. The last condition is stricter for few pairs, where
#: an honest forecast varies more by chance; for many pairs, it leaves no gap to ``_NEWS``.
_NOISY_NEWS, _SLOPE, _OVERSTATED = 0.5, 0.1, 0.93
_MANY, _OVERSTATED_IN_MANY = 300, 0.95
#: Minimum share of the variance that the past must leave unexplained.
_NO_NEWS = 1e-6
_COPY, _LIKE_LAST, _NO_CHANGE = 0.15, 0.35, 0.05
_LAGS = 14
_FEWEST = 30


@dataclass(frozen=True)
class Suspicion:
    """Evidence that a model uses the outcome.

    Attributes:
        share: share of equal predictions, of the explained news, or of the variance that the other rows explain.
        count: number of predictions or rows examined.
        shift: for ``shifted``, number of rows from the target to the row that is followed; negative if it is earlier.
        ahead: horizon of the examined predictions, in rows; 0 for ``equal``.
        column: for ``later_values``, the result of the examination as a column.
    """

    model: str
    kind: Kind
    share: float
    count: int
    shift: int = 0
    ahead: int = 0
    column: Foreknowledge | None = None


@dataclass(frozen=True)
class Copy:
    """A model that repeats the baseline ``baseline``, or the last known value if that is ``last``.

    ``share`` is the model's distance to the baseline, relative to the baseline's error. ``exact`` is False if the model
    only stays close to the last value without improving on it.
    """

    model: str
    baseline: str
    share: float
    exact: bool


def suspicion_of(model: Model, pairs: Pairs, truth: Truth, baselines: Mapping[str, Model]) -> Suspicion | None:
    """Return evidence that ``model`` uses the outcome, of the first kind that applies; None if there is none.

    Only predictions with the most common horizon are examined. The result is also None if these are fewer than 30, or
    if an honest forecast of them can be exact.
    """
    ahead = _usual_ahead(pairs)
    chosen = np.flatnonzero(pairs.ahead == ahead)
    if len(chosen) < _FEWEST:
        return None
    one, mine = pairs.at(chosen), model.at(chosen)
    if not varies(one.actual) or _past_is_enough(one, truth):
        return None  # an honest forecast can be exact
    news = _news_of(mine, one, truth, [each.at(chosen) for each in baselines.values()])
    return (
        _equal(mine, one, truth)
        or _shifted(mine, one, truth, ahead)
        or _later_values(mine, one, truth, ahead)
        or _knows_news(mine, news, ahead)
    )


def pairs_for_news(pairs: Pairs, truth: Truth, baselines: Mapping[str, Model]) -> tuple[int, int]:
    """Return the number of pairs usable to measure the news, and the minimum number that the measurement needs.

    With fewer pairs, actual values with added noise are not detected.
    """
    chosen = np.flatnonzero(pairs.ahead == _usual_ahead(pairs))
    past = _past(pairs.at(chosen), truth, [each.at(chosen) for each in baselines.values()])
    return int(np.isfinite(past).all(axis=1).sum()), _news_needs(past)


def copy_of(model: Model, pairs: Pairs, truth: Truth, baselines: Mapping[str, Model]) -> Copy | None:
    """Return the copy if the model mostly repeats a baseline or the last value; None otherwise."""
    closest: Copy | None = None
    for name, baseline in baselines.items():
        error = _distance(baseline.point, pairs.actual)
        apart = _distance(model.point, baseline.point)
        if error > 0 and apart <= _COPY * error and (closest is None or apart / error < closest.share):
            closest = Copy(model.name, name, apart / error, exact=True)
    if closest is not None:
        return closest
    last = last_values(truth, pairs.origin)
    known = np.isfinite(last)
    if known.sum() < _FEWEST:
        return None
    change = _distance(pairs.actual[known], last[known])
    apart = _distance(model.point[known], last[known])
    explained = 1 - (_distance(model.point[known], pairs.actual[known]) / change) ** 2 if change > 0 else 1.0
    if change > 0 and apart <= _LIKE_LAST * change and explained <= _NO_CHANGE:
        return Copy(model.name, "last", apart / change, exact=False)
    return None


def last_values(truth: Truth, origins: Indices) -> Floats:
    """Return the last known value at each origin, ``(pair,)``; NaN if none is known."""
    values = filled(truth.values, float("nan"))
    return np.where(origins >= 0, values[np.maximum(origins, 0)], np.nan)


def _usual_ahead(pairs: Pairs) -> int:
    """Return the most common horizon; if several are equally common, the shortest."""
    values, counts = np.unique(pairs.ahead, return_counts=True)
    return int(values[counts.argmax()])


def _equal(model: Model, pairs: Pairs, truth: Truth) -> Suspicion | None:
    last, actual = last_values(truth, pairs.origin), pairs.actual
    if len(np.unique(actual)) <= len(actual) / 2:
        return None  # counts and rounded values can be exact by chance
    moved = actual != last
    same = np.abs(model.point - actual) <= _EXACT * np.maximum(np.abs(actual), 1e-300)
    exact = int((same & moved).sum())
    if exact < max(_FEWEST_EXACT, _EXACT_SHARE * moved.sum()):
        return None
    return Suspicion(model.name, "equal", exact / int(moved.sum()), int(moved.sum()))


def _shifted(model: Model, pairs: Pairs, truth: Truth, ahead: int) -> Suspicion | None:
    """Return evidence that the predictions are the values of other rows after their origin; None if there is none."""
    own = _distance(model.point, pairs.actual)
    last = last_values(truth, pairs.origin)
    best: tuple[float, int, int] | None = None
    for shift in range(1 - min(ahead, _FARTHEST), _FARTHEST + 1):
        rows = pairs.target + shift
        if shift == 0:
            continue
        there = rows < len(truth.values)
        values = truth.values[np.minimum(rows, len(truth.values) - 1)]
        known = there & np.isfinite(values) & np.isfinite(last)
        if known.sum() < max(_FEWEST, len(pairs) // 2):
            continue
        apart = _distance(model.point[known], values[known])
        natural = min(_distance(values[known], last[known]), _distance(values[known], pairs.actual[known]))
        if natural > 0 and apart <= _SHIFTED * natural and apart <= _AGAINST_OWN * own:
            share = 1 - (apart / natural) ** 2
            if best is None or share > best[0]:
                best = (share, shift, int(known.sum()))
    return None if best is None else Suspicion(model.name, "shifted", best[0], best[2], shift=best[1], ahead=ahead)


def _later_values(model: Model, pairs: Pairs, truth: Truth, ahead: int) -> Suspicion | None:
    """Return evidence that the predictions depend on later values; None if there is none.

    The predictions are examined as a column that contains, at each origin, the prediction made there.
    """
    inside = pairs.origin >= 0
    first, last = int(pairs.origin[inside].min()), int(pairs.origin[inside].max())
    rows = np.arange(first, last + 1, dtype=np.int64)
    if inside.sum() < 0.8 * len(rows):
        return None  # most of the column would have to be filled in
    column = np.full(len(truth.values), np.nan)
    column[pairs.origin[inside]] = model.point[inside]
    seconds = truth.at[rows] / 1e6
    found = examine(
        truth.values, {model.name: column}, [Piece(rows, seconds)], horizon=ahead, season=truth.schema.season
    )
    if not found or not found[0].blocks:
        return None
    # Good information from outside the series causes the same dependence, but not beyond the horizon. An inexact
    # pattern is left to the measure of the news, which distinguishes the two.
    if found[0].share < EXACT and not (found[0].share >= NOISY_REST and found[0].rows_ahead > ahead):
        return None
    return Suspicion(model.name, "later_values", found[0].share, found[0].rows, ahead=ahead, column=found[0])


@dataclass(frozen=True)
class _News:
    """Residuals of actual values and predictions after regression on the past and the baselines.

    Attributes:
        share: share of the actual values' news that the predictions' news explains, adjusted for the regressors.
        slope: slope of the predictions' news on that of the actual values. An honest forecast knows a part of the news
            and predicts that part: its slope is about ``share``. Actual values with added noise have the slope 1.
        count: number of pairs.
    """

    share: float
    slope: float
    count: int


def _news_of(model: Model, pairs: Pairs, truth: Truth, baselines: Sequence[Model]) -> _News | None:
    """Regress actual values and predictions on the past and the baselines, and compare the residuals.

    Return None if there are too few pairs or no news.
    """
    past = _past(pairs, truth, baselines)
    known = np.isfinite(past).all(axis=1)
    chosen = np.flatnonzero(known)
    chosen = chosen[:: max(1, len(chosen) // _NEWS_PAIRS)]
    if len(chosen) < _news_needs(past):
        return None
    basis = _basis(past[chosen])
    truth_news = _rest(pairs.actual[chosen], basis)
    said_news = _rest(model.point[chosen], basis)
    spread = float(np.square(pairs.actual[chosen] - pairs.actual[chosen].mean()).sum())
    news, said = float(truth_news @ truth_news), float(said_news @ said_news)
    if news <= _NO_NEWS * spread or said <= 0:
        return None
    product = float(truth_news @ said_news)
    free = len(chosen) - basis.shape[1] - 1
    share = 1 - (1 - product**2 / (news * said)) * (free + 1) / free
    return _News(share if product > 0 else 0.0, product / news, len(chosen))


def _news_needs(past: Floats) -> int:
    return max(_FEWEST, _PAIRS_PER_INPUT * int(past.shape[1]))


def _knows_news(model: Model, news: _News | None, ahead: int) -> Suspicion | None:
    if news is None:
        return None
    overstated = _OVERSTATED if news.count < _MANY else _OVERSTATED_IN_MANY
    noisy = news.share >= _NOISY_NEWS and abs(news.slope - 1) <= _SLOPE and news.share <= overstated * news.slope
    if news.share >= _NEWS or noisy:
        kind: Kind = "news" if news.share >= _NEWS else "noisy"
        return Suspicion(model.name, kind, news.share, news.count, ahead=ahead)
    return None


def _past_is_enough(pairs: Pairs, truth: Truth) -> bool:
    """Return whether the past alone determines the next values exactly, as for a line or a wave without noise."""
    past = _past(pairs, truth, [])
    known = np.flatnonzero(np.isfinite(past).all(axis=1))[:_NEWS_PAIRS]
    if len(known) < 4 * past.shape[1]:
        return False
    actual = pairs.actual[known]
    rest = _rest(actual, _basis(past[known]))
    return float(rest @ rest) <= 1e-12 * float(np.square(actual - actual.mean()).sum())


def _past(pairs: Pairs, truth: Truth, baselines: Sequence[Model]) -> Floats:
    """Return the inputs of the regression ``(pair, input)``: last values, values one season before, and baselines."""
    season = truth.schema.season
    rows = [pairs.origin - lag for lag in range(_LAGS)]
    if season > 1:
        back = pairs.target - season * -(-pairs.ahead // season)
        rows += [back + step for step in (-1, 0, 1)]
    values = filled(truth.values, float("nan"))
    # Rows after the origin are replaced by the origin, so that no input lies in the future.
    lags = [
        np.where(row >= 0, values[np.clip(np.minimum(row, pairs.origin), 0, len(values) - 1)], np.nan) for row in rows
    ]
    return np.stack([*lags, *(each.point for each in baselines)], axis=1)


def _basis(columns: Floats) -> Floats:
    columns = columns - columns.mean(axis=0)
    sizes = np.sqrt(np.square(columns).sum(axis=0))
    columns = np.concatenate([np.ones((len(columns), 1)), columns[:, sizes > 0] / sizes[sizes > 0]], axis=1)
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(left[:, sizes > 1e-9 * sizes[0]])


def _rest(values: Floats, basis: Floats) -> Floats:
    return np.asarray(values - basis @ (basis.T @ values))


def _distance(one: Floats, other: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(one - other))))
