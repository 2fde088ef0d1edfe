"""Several forms of exponential smoothing of one series, whose median is the forecast.

Source for combining forms: Kolassa, "Combining exponential smoothing forecasts using Akaike weights", 2011.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from azuraforge.apps.forecasting.carried import Estimate, StateModel, Walk
from azuraforge.apps.forecasting.smoothing.recursion import Smoothing
from azuraforge.plugins.contract.arrays import Floats, Indices

_SEPARATOR = " "


@dataclass(frozen=True)
class SmoothingMedian(StateModel):
    """Parameters of every form. A state is that of each form (see ``Smoothing``), one after another.

    Attributes:
        form: the letters of each form, separated by spaces.
        alphas, betas, phis: ``(form,)``.
        multiplicative: ``(form,)`` 1 where the only season multiplies, else 0.
        counts: ``(form,)`` how many seasons each has.
        periods, gammas: ``(season,)`` those of the first form, then those of the next.
    """

    form: str
    alphas: Floats
    betas: Floats
    phis: Floats
    multiplicative: Indices
    counts: Indices
    periods: Indices
    gammas: Floats

    @cached_property
    def forms(self) -> tuple[Smoothing, ...]:
        """The recursion of each form."""
        borders = np.cumsum([0, *self.counts])
        return tuple(
            Smoothing(
                form=letters,
                alpha=float(self.alphas[place]),
                beta=float(self.betas[place]),
                phi=float(self.phis[place]),
                multiplicative=bool(self.multiplicative[place]),
                periods=self.periods[first:stop],
                gammas=self.gammas[first:stop],
            )
            for place, (letters, (first, stop)) in enumerate(
                zip(self.form.split(_SEPARATOR), itertools.pairwise(borders), strict=True)
            )
        )

    @property
    def season(self) -> int:
        """The longest season."""
        return int(self.periods.max(initial=1))

    def walk(self, begin: Floats, values: Floats, at: Indices) -> Walk:
        """Carry the state of each form over the values."""
        walks = [form.walk(begin[own], values, at) for form, own in self.states()]
        return Walk(
            np.concatenate([each.states for each in walks], axis=1), np.concatenate([each.after for each in walks])
        )

    def ahead(self, states: Floats, horizon: int) -> Floats:
        """Return the median of the forms' forecasts; one that has left the range of numbers counts as very high."""
        made = np.stack([form.ahead(states[:, own], horizon) for form, own in self.states()])
        return np.asarray(np.median(np.where(np.isfinite(made), made, np.inf), axis=0))

    def restart(self, before: Floats, after: Floats, values: Floats, gap: int) -> Floats:
        """Restart each form."""
        return np.concatenate([form.restart(before[own], after[own], values, gap) for form, own in self.states()])

    def states(self) -> Iterator[tuple[Smoothing, slice]]:
        """Yield each form with the place of its state in the whole state."""
        first = 0
        for form in self.forms:
            stop = first + 2 + int(form.periods.sum())
            yield form, slice(first, stop)
            first = stop


def median_of(estimates: Sequence[Estimate[Smoothing]]) -> Estimate[SmoothingMedian]:
    """Return the median of one or more estimates of the same values, which all have a state after them, or none."""
    models = [each.model for each in estimates]
    model = SmoothingMedian(
        form=_SEPARATOR.join(each.form for each in models),
        alphas=np.array([each.alpha for each in models]),
        betas=np.array([each.beta for each in models]),
        phis=np.array([each.phi for each in models]),
        multiplicative=np.array([each.multiplicative for each in models], dtype=np.int64),
        counts=np.array([len(each.periods) for each in models], dtype=np.int64),
        periods=np.concatenate([each.periods for each in models]).astype(np.int64),
        gammas=np.concatenate([each.gammas for each in models]).astype(np.float64),
    )
    ends = [each.after for each in estimates if each.after is not None]
    return Estimate(model, np.concatenate([each.before for each in estimates]), np.concatenate(ends) if ends else None)
