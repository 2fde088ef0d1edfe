"""Estimation of the parameters of exponential smoothing, for all forms in one search.

The smoothing weights are estimated. Without a season, the initial level and trend are estimated too. With a season, the
initial level, trend and season come from a classical decomposition of the first cycles, because estimating an initial
value for each row of a season fits the training set better but later rows worse (decision 0016).

Levenberg–Marquardt steps minimize the sums of squared errors of all forms at the same time: one pass over the values
computes the errors and derivatives of every form.

Equations: Hyndman, Koehler, Ord and Snyder, *Forecasting with Exponential Smoothing*, 2008, chapters 2, 5 and 10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.plugins.contract.arrays import Floats, Indices

#: Number of first rows from which the initial level and trend are computed.
_FIRST_ROWS = 10
#: Number of first cycles over which the initial season is averaged; more if ``_FIRST_ROWS`` requires them.
_FIRST_CYCLES = 5
#: Distance of the weights from 0 and 1, and bounds of the damping factor phi.
_LEAST, _LOWEST_PHI, _HIGHEST_PHI = 1e-4, 0.8, 0.98
#: Number of unknowns of a form: alpha, beta / alpha, gamma / (1 − alpha), phi, initial level and initial trend.
_UNKNOWNS = 6
#: Initial weights of a search, as ``(alpha, beta / alpha, gamma / (1 − alpha))``: slow, fast, with a fast season, and
#: with a fast trend.
_BEGINNINGS = ((0.1, 0.1, 0.05), (0.5, 0.1, 0.3), (0.1, 0.1, 0.9), (0.8, 0.9, 0.1))
#: Maximum number of steps of a search, for one series and for many series at once.
_MOST_STEPS = 30
_FEWER_STEPS = 10
_STEP = 1e-4
_SMALLEST_GAIN = 1e-7
#: Levels nearer to zero than this share of the largest absolute value are replaced by it as divisors.
_TINY = 1e-8


@dataclass(frozen=True)
class Form:
    """Form of exponential smoothing.

    Attributes:
        multiplicative_error: whether errors are relative to the expected value.
        trend: whether the form has a trend.
        damped: whether the trend is damped.
        season: ``"N"`` (none), ``"A"`` (additive) or ``"M"`` (multiplicative).
    """

    multiplicative_error: bool
    trend: bool
    damped: bool
    season: str

    @property
    def letters(self) -> str:
        """Standard abbreviation of the form, such as ``"MAdM"``."""
        trend = ("Ad" if self.damped else "A") if self.trend else "N"
        return ("M" if self.multiplicative_error else "A") + trend + self.season


@dataclass(frozen=True)
class Fitted:
    """Estimated form of exponential smoothing.

    Attributes:
        form: the form.
        estimate: the model and its state before the first value.
        parameters: number of estimated parameters, including the error variance.
        likelihood: −2 times the log-likelihood, up to a constant.
    """

    form: Form
    estimate: Estimate[Smoothing]
    parameters: int
    likelihood: float


def forms(pattern: str, damped: bool | None, period: int, *, positive: bool) -> list[Form]:
    """Return the forms that ``pattern`` allows.

    Multiplicative errors and seasons require positive values. Forms with an additive error and a multiplicative season
    are excluded because they are unstable.

    Args:
        pattern: letters of error, trend and season, such as ``"AAN"``; Z allows every letter at its position.
        damped: whether the trend is damped; None allows both.
        period: length of the season in rows; 1 excludes seasonal forms.
        positive: whether all values are positive.
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
    """Estimate each candidate form on ``values``, ``(row,)``; forms that diverge are omitted."""
    descents = [form for form in candidates for _ in _BEGINNINGS]
    search = _Search(values[:, None], period, descents, np.zeros(len(descents), dtype=np.int64))
    squares, unknowns = search.lowered(_beginnings(len(candidates)), _MOST_STEPS)
    first = np.arange(len(candidates)) * len(_BEGINNINGS)
    best = first + np.argmin(squares.reshape(len(candidates), -1), axis=1)
    return search.fitted(best, squares, unknowns)


def fit_forms_of_each(values: Floats, period: int, candidates: list[Form]) -> list[list[Fitted]]:
    """Estimate each candidate form on many series, ``(row, series)``, in one search; return one list for each series.

    The search for a form starts only from the initial weights with the smallest error, and takes fewer steps. Each
    series then takes a millisecond or two, and its sum of squares is hardly larger than after a full search.
    """
    count, forms_each = values.shape[1], len(candidates)
    wide = [form for form in candidates for _ in _BEGINNINGS]
    first = _Search(values, period, wide * count, np.repeat(np.arange(count), len(wide)))
    beginnings = _beginnings(count * forms_each)
    best = np.argmin(first.squares(beginnings).reshape(count * forms_each, -1), axis=1)
    chosen = beginnings.reshape(count * forms_each, len(_BEGINNINGS), -1)[np.arange(len(best)), best]
    search = _Search(values, period, candidates * count, np.repeat(np.arange(count), forms_each))
    squares, unknowns = search.lowered(chosen, _FEWER_STEPS)
    descents = np.arange(len(best)).reshape(count, forms_each)
    return [search.fitted(own, squares, unknowns) for own in descents]


def _beginnings(count: int) -> Floats:
    """Return the unknowns at each of ``_BEGINNINGS``, repeated ``count`` times, ``(descent, unknown)``."""
    weights = np.array([(*weights, 0.95) for weights in _BEGINNINGS])
    unknowns = np.zeros((len(weights), _UNKNOWNS))
    unknowns[:, :3] = np.log(weights[:, :3] / (1 - weights[:, :3]))
    share = (weights[:, 3] - _LOWEST_PHI) / (_HIGHEST_PHI - _LOWEST_PHI)
    unknowns[:, 3] = np.log(share / (1 - share))
    return np.tile(unknowns, (count, 1))


class _Search:
    """Search for the parameters of several forms and series at once.

    Each *descent* minimizes the squared error of one form on one series from one set of initial weights.

    Args:
        values: ``(row, series)``.
        period: length of the season in rows.
        descents: form of each descent.
        owners: ``(descent,)``, index of each descent's series.
    """

    def __init__(self, values: Floats, period: int, descents: list[Form], owners: Indices) -> None:
        self.values, self.period, self.forms, self.owners = values, period, descents, owners
        largest = np.abs(values).max(axis=0)
        self.tiny = np.where(largest > 0, _TINY * largest, 1.0)[owners]
        steps, spread = np.std(np.diff(values, axis=0), axis=0), np.std(values, axis=0)
        self.scale = np.where(steps > 0, steps, np.where(spread > 0, spread, 1.0))[owners]
        self.relative = np.array([form.multiplicative_error for form in descents])
        self.added = np.array([form.season == "A" for form in descents])
        self.times = np.array([form.season == "M" for form in descents])
        starts: dict[tuple[int, bool, str], tuple[float, float, Floats]] = {}
        own = []
        for owner, form in zip(owners.tolist(), descents, strict=True):
            key = owner, form.trend, form.season
            if key not in starts:
                starts[key] = _start(values[:, owner], period, form)
            own.append(starts[key])
        self.level, self.trend = (np.array([start[which] for start in own]) for which in (0, 1))
        self.seasons = np.stack([start[2] for start in own], axis=1)
        self.free = np.array(
            [
                [True, form.trend, seasonal, form.damped, not seasonal, form.trend and not seasonal]
                for form, seasonal in ((form, form.season != "N") for form in descents)
            ],
            dtype=bool,
        )

    def fitted(self, descents: Indices, squares: Floats, unknowns: Floats) -> list[Fitted]:
        """Return the estimated forms of ``descents``; descents that diverged are omitted."""
        found = []
        for descent in descents[np.isfinite(squares[descents])].tolist():
            parameters = 1 + int(self.free[descent].sum())
            likelihood = len(self.values) * float(np.log(max(squares[descent], 1e-300)))
            found.append(Fitted(self.forms[descent], self.estimate(descent, unknowns[descent]), parameters, likelihood))
        return found

    def squares(self, unknowns: Floats) -> Floats:
        """Return the sum of squared errors of each descent: ``(descent, unknown)`` → ``(descent,)``.

        A sum that is not finite is returned as infinity.
        """
        descents = np.arange(len(unknowns))
        errors, expected = self._walk(descents, unknowns)
        self._level_out(errors, expected, descents)
        found = np.einsum("rl,rl->l", errors, errors)
        return np.where(np.isfinite(found), found, np.inf)

    def lowered(self, unknowns: Floats, most_steps: int) -> tuple[Floats, Floats]:
        """Minimize the sums of squared errors in at most ``most_steps`` steps.

        Return the smallest sums found, ``(descent,)``, and the unknowns at which they occur, ``(descent, unknown)``.
        """
        count = len(unknowns)
        best, squares = unknowns.copy(), np.full(count, np.inf)
        caution, active = np.full(count, 1e-2), np.arange(count)
        gradients = np.zeros((count, _UNKNOWNS))
        curvatures = np.zeros((count, _UNKNOWNS, _UNKNOWNS))
        tried = best.copy()
        for _ in range(most_steps):
            errors, slopes = self._errors(active, tried[active])
            found = np.einsum("rl,rl->l", errors, errors)
            found[~np.isfinite(found)] = np.inf
            before = squares[active]
            lower = found < before
            going = np.where(lower, ~(before - found < _SMALLEST_GAIN * before), np.isfinite(before))
            better, worse = active[lower], active[~lower]
            squares[better], best[better] = found[lower], tried[better]
            caution[better] = np.maximum(caution[better] / 5, 1e-8)
            caution[worse] *= 6
            going &= lower | (caution[active] < 1e6)
            slope = np.nan_to_num(np.moveaxis(slopes[:, lower], 1, 0), posinf=0.0, neginf=0.0)
            turned = slope.swapaxes(1, 2)
            gradients[better] = np.matmul(turned, errors[:, lower].T[:, :, None])[:, :, 0]
            curvatures[better] = np.matmul(turned, slope)
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

    def estimate(self, descent: int, unknowns: Floats) -> Estimate[Smoothing]:
        """Return the model of one descent and its state before the first value."""
        form = self.forms[descent]
        alpha, beta, gamma, phi, level, trend = (
            float(value[0]) for value in self._natural(np.array([descent]), unknowns[None])
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
        season = self.seasons[:, descent].copy() if seasonal else np.zeros(0)
        return Estimate(model, np.concatenate([[level, trend], season]))

    def _natural(self, descents: Indices, unknowns: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        free = self.free[descents]
        shares = _LEAST + (1 - 2 * _LEAST) / (1 + np.exp(-unknowns[:, :4]))
        alpha, level, trend, scale = shares[:, 0], self.level[descents], self.trend[descents], self.scale[descents]
        return (
            alpha,
            np.where(free[:, 1], alpha * shares[:, 1], 0.0),
            np.where(free[:, 2], (1 - alpha) * shares[:, 2], 0.0),
            np.where(free[:, 3], _LOWEST_PHI + (_HIGHEST_PHI - _LOWEST_PHI) * shares[:, 3], 1.0),
            level + scale * unknowns[:, 4],
            np.where(free[:, 5], trend + scale / np.sqrt(_FIRST_ROWS) * unknowns[:, 5], 0.0),
        )

    def _errors(self, descents: Indices, unknowns: Floats) -> tuple[Floats, Floats]:
        """Return the errors ``(row, descent)`` and their derivatives ``(row, descent, unknown)``."""
        count = len(descents)
        moved = np.repeat(unknowns[:, None], _UNKNOWNS + 1, axis=1)
        moved[:, np.arange(1, _UNKNOWNS + 1), np.arange(_UNKNOWNS)] += _STEP
        wide = np.repeat(descents, _UNKNOWNS + 1)
        made, expected = self._walk(wide, moved.reshape(-1, _UNKNOWNS))
        self._level_out(made, expected, wide)
        made = made.reshape(len(made), count, _UNKNOWNS + 1)
        slopes = (made[:, :, 1:] - made[:, :, :1]) / _STEP
        return made[:, :, 0], slopes * self.free[descents]

    def _level_out(self, errors: Floats, expected: Floats, descents: Indices) -> None:
        """Rescale the errors ``(row, descent)`` of forms with multiplicative errors, in place.

        Each error is divided by its expected value and multiplied by the geometric mean of the expected values. The
        sums of squares then rank forms with either kind of error as their likelihoods do.
        """
        relative = self.relative[descents]
        if relative.any():
            size = np.maximum(np.abs(expected[:, relative]), self.tiny[descents][relative])
            errors[:, relative] *= np.exp(np.log(size).mean(axis=0)) / size

    def _walk(self, descents: Indices, unknowns: Floats) -> tuple[Floats, Floats]:
        """Run the recursion of ``Smoothing`` for all descents at once.

        Return the errors and the expected values, both ``(row, descent)``.
        """
        alpha, beta, gamma, phi, level, trend = self._natural(descents, unknowns)
        added, times, seasons = self.added[descents], self.times[descents], self.seasons[:, descents]
        period = len(seasons)
        sums, factors = np.where(added, seasons, 0.0), np.where(times, seasons, 1.0)
        to_sum, to_factor = np.where(added, gamma, 0.0), np.where(times, gamma, 0.0)
        errors, expected = np.empty((2, len(self.values), len(descents)))
        tiny, multiplies, owners = self.tiny[descents], bool(times.any()), self.owners[descents]
        for row, value in enumerate(self.values[:, owners]):
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
    """Return the initial level, trend and season, from a classical decomposition of the first cycles."""
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
    """Return the initial season, the moving average from which it was derived, and the first row of that average."""
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
