"""Estimation of exponential smoothing: all forms at once, from start values that are not fitted to the season.

Weights are estimated, and without a season the first level and trend, too; with a season, level, trend and season start
at a classical decomposition of the first cycles. A start value for each row of a season, estimated like a weight, fits
the training part better and later rows worse (decision 0016).
The sum of squared errors of every form is lowered side by side by Levenberg–Marquardt steps, with one pass over the
values for all forms and their derivatives.

Equations: Hyndman, Koehler, Ord and Snyder, *Forecasting with Exponential Smoothing*, 2008, chapters 2, 5 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate
from azuraforge.apps.forecasting.smoothing import Smoothing
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Rows of the first line through level and trend.
_FIRST_ROWS = 10
#: Cycles that the first season is averaged over.
_FIRST_CYCLES = 5
#: Bounds of the weights, and of the damping.
_LEAST, _LOWEST_PHI, _HIGHEST_PHI = 1e-4, 0.8, 0.98
#: Unknowns of a form: alpha, beta / alpha, gamma / (1 − alpha), phi, level and trend before the first row.
_UNKNOWNS = 6
#: Weights to begin the search with, as ``(alpha, beta / alpha, gamma / (1 − alpha))``: slow, fast, with a fast season,
#: and with a fast trend.
_BEGINNINGS = ((0.1, 0.1, 0.05), (0.5, 0.1, 0.3), (0.1, 0.1, 0.9), (0.8, 0.9, 0.1))
_MOST_STEPS = 30
_STEP = 1e-4
_SMALLEST_GAIN = 1e-7
#: No state is nearer to zero than this share of the largest value where something divides by it.
_TINY = 1e-8


@dataclass(frozen=True)
class Form:
    """A form of exponential smoothing.

    Attributes:
        multiplicative_error: the error is a share of what was expected.
        trend, damped: a trend, and whether it fades.
        season: ``"N"``, ``"A"`` or ``"M"``.
    """

    multiplicative_error: bool
    trend: bool
    damped: bool
    season: str

    @property
    def letters(self) -> str:
        """The usual letters, such as ``"MAdM"``."""
        trend = ("Ad" if self.damped else "A") if self.trend else "N"
        return ("M" if self.multiplicative_error else "A") + trend + self.season


@dataclass(frozen=True)
class Fitted:
    """An estimated form with the state before the first value.

    Attributes:
        parameters: how many were estimated, the variance of the errors included.
        likelihood: −2 times its logarithm, without constants.
    """

    form: Form
    estimate: Estimate[Smoothing]
    parameters: int
    likelihood: float


def forms(pattern: str, damped: bool | None, period: int, *, positive: bool) -> list[Form]:
    """Return the forms that ``pattern`` (``"ZZZ"`` leaves all open) allows.

    An additive error with a multiplicative season is unstable, and what multiplies needs positive values.
    """
    errors = [pattern[0] == "M"] if pattern[0] != "Z" else [False, True]
    trends = [pattern[1] == "A"] if pattern[1] != "Z" else [False, True]
    seasons = list(pattern[2]) if pattern[2] != "Z" else ["N", "A", "M"]
    return [
        Form(error, trend, damping, season)
        for error in errors
        for trend in trends
        for damping in ([False, True] if damped is None else [damped and pattern[1] != "N"])
        for season in (seasons if period > 1 else ["N"])
        if (trend or not damping) and (positive or not (error or season == "M")) and (error or season != "M")
    ]


def fit_forms(values: Floats, period: int, candidates: list[Form]) -> list[Fitted]:
    """Estimate every form of ``candidates`` on ``(row,)`` values; those that diverge are left out."""
    search = _Search(values, period, [form for form in candidates for _ in _BEGINNINGS])
    weights = np.array([(*weights, 0.95) for _ in candidates for weights in _BEGINNINGS])
    unknowns = np.zeros((len(weights), _UNKNOWNS))
    unknowns[:, :3] = np.log(weights[:, :3] / (1 - weights[:, :3]))
    share = (weights[:, 3] - _LOWEST_PHI) / (_HIGHEST_PHI - _LOWEST_PHI)
    unknowns[:, 3] = np.log(share / (1 - share))
    squares, unknowns = search.lowered(unknowns)
    found = []
    for place, form in enumerate(candidates):
        first = place * len(_BEGINNINGS)
        best = first + int(np.argmin(squares[first : first + len(_BEGINNINGS)]))
        if np.isfinite(squares[best]):
            parameters = 1 + int(search.free[best].sum())
            likelihood = len(values) * float(np.log(max(squares[best], 1e-300)))
            found.append(Fitted(form, search.estimate(best, unknowns[best]), parameters, likelihood))
    return found


class _Search:
    """Lanes that are lowered side by side: a form, and a beginning of its search, each."""

    def __init__(self, values: Floats, period: int, lanes: list[Form]) -> None:
        self.values, self.period, self.forms = values, period, lanes
        largest = float(np.abs(values).max())
        self.tiny = _TINY * largest if largest else 1.0
        self.scale = float(np.std(np.diff(values))) or float(np.std(values)) or 1.0
        self.relative = np.array([form.multiplicative_error for form in lanes])
        starts = {(form.trend, form.season): _start(values, period, form) for form in lanes}
        self.starts = [starts[form.trend, form.season] for form in lanes]
        self.free = np.array(
            [
                [True, form.trend, seasonal, form.damped, not seasonal, form.trend and not seasonal]
                for form, seasonal in ((form, form.season != "N") for form in lanes)
            ],
            dtype=bool,
        )

    def lowered(self, unknowns: Floats) -> tuple[Floats, Floats]:
        """Return the least sums of squares found ``(lane,)``, and where: ``(lane, unknown)``."""
        count = len(unknowns)
        best, squares = unknowns.copy(), np.full(count, np.inf)
        caution, active = np.full(count, 1e-2), np.arange(count)
        gradients = np.zeros((count, _UNKNOWNS))
        curvatures = np.zeros((count, _UNKNOWNS, _UNKNOWNS))
        tried = best.copy()
        for _ in range(_MOST_STEPS):
            errors, slopes = self._errors(active, tried[active])
            found = np.einsum("rl,rl->l", errors, errors)
            found[~np.isfinite(found)] = np.inf
            going = np.ones(len(active), dtype=bool)
            for place, lane in enumerate(active.tolist()):
                if found[place] < squares[lane]:
                    gain = squares[lane] - found[place]
                    going[place] = not gain < _SMALLEST_GAIN * squares[lane]
                    squares[lane], best[lane] = found[place], tried[lane]
                    caution[lane] = max(caution[lane] / 5, 1e-8)
                    slope = np.nan_to_num(slopes[:, place], posinf=0.0, neginf=0.0)
                    gradients[lane], curvatures[lane] = slope.T @ errors[:, place], slope.T @ slope
                else:
                    caution[lane] *= 6
                    going[place] = caution[lane] < 1e6 and bool(np.isfinite(squares[lane]))
            active = active[going]
            if not len(active):
                break
            diagonal = np.einsum("lii->li", curvatures[active])
            damped = curvatures[active].copy()
            add = caution[active, None] * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
            damped[:, np.arange(_UNKNOWNS), np.arange(_UNKNOWNS)] += add
            step = -np.linalg.solve(damped, gradients[active][:, :, None])[:, :, 0]
            tried[active] = best[active] + np.where(self.free[active], np.clip(step, -2.0, 2.0), 0.0)
            tried[:, :4] = np.clip(tried[:, :4], -9.0, 9.0)
        return squares, best

    def estimate(self, lane: int, unknowns: Floats) -> Estimate[Smoothing]:
        """Return the model of a lane and its state before the first value."""
        form = self.forms[lane]
        alpha, beta, gamma, phi, level, trend = (
            float(value[0]) for value in self._natural(np.array([lane]), unknowns[None])
        )
        seasonal = form.season != "N"
        model = Smoothing(
            form=form.letters,
            alpha=alpha,
            beta=beta,
            phi=phi,
            multiplicative=form.season == "M",
            periods=np.array([self.period] if seasonal else [], dtype=np.int64),
            gammas=np.array([gamma] if seasonal else []),
        )
        season = self.starts[lane][2] if seasonal else np.zeros(0)
        return Estimate(model, np.concatenate([[level, trend], season]))

    def _natural(self, lanes: Indices, unknowns: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        free = self.free[lanes]
        shares = _LEAST + (1 - 2 * _LEAST) / (1 + np.exp(-unknowns[:, :4]))
        alpha = shares[:, 0]
        level, trend = (np.array([self.starts[lane][which] for lane in lanes.tolist()]) for which in (0, 1))
        return (
            alpha,
            np.where(free[:, 1], alpha * shares[:, 1], 0.0),
            np.where(free[:, 2], (1 - alpha) * shares[:, 2], 0.0),
            np.where(free[:, 3], _LOWEST_PHI + (_HIGHEST_PHI - _LOWEST_PHI) * shares[:, 3], 1.0),
            level + self.scale * unknowns[:, 4],
            np.where(free[:, 5], trend + self.scale / np.sqrt(_FIRST_ROWS) * unknowns[:, 5], 0.0),
        )

    def _errors(self, lanes: Indices, unknowns: Floats) -> tuple[Floats, Floats]:
        """Return ``(row, lane)`` errors, and their slopes ``(row, lane, unknown)``.

        A relative error is multiplied by the geometric mean of what was expected, so that the sum of squares orders
        both kinds of error as the likelihood does.
        """
        count = len(lanes)
        moved = np.repeat(unknowns[:, None], _UNKNOWNS + 1, axis=1)
        moved[:, np.arange(1, _UNKNOWNS + 1), np.arange(_UNKNOWNS)] += _STEP
        wide = np.repeat(lanes, _UNKNOWNS + 1)
        made, expected = self._walk(wide, moved.reshape(-1, _UNKNOWNS))
        relative = self.relative[wide]
        if relative.any():
            seen = expected[:, relative]
            size = np.maximum(np.abs(seen), self.tiny)
            made[:, relative] *= np.exp(np.log(size).mean(axis=0)) / size
        made = made.reshape(len(made), count, _UNKNOWNS + 1)
        slopes = (made[:, :, 1:] - made[:, :, :1]) / _STEP
        return made[:, :, 0], slopes * self.free[lanes]

    def _walk(self, lanes: Indices, unknowns: Floats) -> tuple[Floats, Floats]:
        """Return ``(row, lane)`` errors and expectations: the recursion of ``Smoothing``, on vectors."""
        alpha, beta, gamma, phi, level, trend = self._natural(lanes, unknowns)
        added = np.array([self.forms[lane].season == "A" for lane in lanes.tolist()])
        times = np.array([self.forms[lane].season == "M" for lane in lanes.tolist()])
        seasons = np.stack([self.starts[lane][2] for lane in lanes.tolist()], axis=1)
        period = len(seasons)
        sums, factors = np.where(added, seasons, 0.0), np.where(times, seasons, 1.0)
        to_sum, to_factor = np.where(added, gamma, 0.0), np.where(times, gamma, 0.0)
        errors, expected = np.empty((2, len(self.values), len(lanes)))
        tiny, multiplies = self.tiny, bool(times.any())
        for row, value in enumerate(self.values.tolist()):
            place = row % period
            trend = trend * phi
            base = level + trend
            if multiplies:
                factor = factors[place]
                expected[row] = base * factor + sums[place]
                error = value - expected[row]
                share = error / np.where(np.abs(base) > tiny, base, tiny)
                factors[place] = np.maximum(factor + to_factor * share, 1e-3)
                errors[row] = error
                sums[place] += to_sum * error
                error = error / factor
            else:
                error = value - base - sums[place]
                expected[row] = base + sums[place]
                errors[row] = error
                sums[place] += to_sum * error
            level = base + alpha * error
            trend = trend + beta * error
        return errors, expected


def _start(values: Floats, period: int, form: Form) -> tuple[float, float, Floats]:
    """Return level, trend and season before the first row, by a classical decomposition of the first cycles."""
    smooth, rows = values, np.arange(1.0, len(values) + 1)
    season = np.ones(period)
    if form.season != "N":
        season, smooth, first = _first_season(values, period, form.season == "M")
        rows = rows[first : first + len(smooth)]
    count = min(_FIRST_ROWS, len(smooth))
    if not form.trend or count < 2:
        return float(smooth[:count].mean()), 0.0, season
    slope, level = np.polyfit(rows[:count], smooth[:count], 1)
    return float(level), float(slope), season


def _first_season(values: Floats, period: int, multiplicative: bool) -> tuple[Floats, Floats, int]:
    """Return a season, the moving average that it was taken from, and the average's first row."""
    cycles = min(len(values) // period, max(_FIRST_CYCLES, -(-(_FIRST_ROWS + period) // period)))
    part = values[: cycles * period]
    weights = np.ones(period) if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]])
    smooth = np.convolve(part, weights / period, "valid")
    first = len(weights) // 2
    seen = part[first : first + len(smooth)]
    found = seen / smooth if multiplicative else seen - smooth
    places = (first + np.arange(len(smooth))) % period
    season = np.bincount(places, found, period) / np.maximum(np.bincount(places, minlength=period), 1)
    return (np.maximum(season / season.mean(), 1e-2) if multiplicative else season - season.mean()), smooth, first
