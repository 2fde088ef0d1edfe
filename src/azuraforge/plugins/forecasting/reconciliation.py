"""Reconciliation: the smallest changes, given their errors, that make forecasts of series and totals add up.

MinT (Wickramasuriya, Athanasopoulos and Hyndman, "Optimal forecast reconciliation for hierarchical and grouped time
series through trace minimization", 2019) replaces base forecasts ``y`` by ``y - W C' (C W C')⁻¹ C y``. The constraint
``C y = 0`` means that totals are sums, and ``W`` is the covariance of the base forecasts' errors one row ahead. Its
sample estimate is shrunk towards its diagonal as proposed by Schäfer and Strimmer ("A shrinkage approach to large-scale
covariance matrix estimation", 2005). ``W`` has one row for each series and total. It is never computed, only its
product with ``C'``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats
from azuraforge.plugins.contract.groups import TOTAL, Groups, total_name, total_names

Method = Literal["none", "bottom_up", "mint_shrink"]

#: Lower limit of errors, as a share of the median error, so that no forecast counts as exact.
_LEAST_SIZE = 1e-6
#: Minimum number of moments with errors at which correlations are estimated.
_FEWEST_MOMENTS = 4
_LEAST_SHRINKAGE = 1e-3


@dataclass(frozen=True)
class Hierarchy:
    """Series of a panel and their totals.

    Attributes:
        totals: name of each total → names of the series that it sums.
        series: names of the series, in the order of forecasts.
    """

    totals: Mapping[str, tuple[str, ...]]
    series: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of totals and series, totals first, in the order of all arrays in this module."""
        return (*self.totals, *self.series)

    @cached_property
    def sums(self) -> Floats:
        """Matrix ``(total, series)`` with 1 if the total includes the series, else 0."""
        place = {name: number for number, name in enumerate(self.series)}
        found = np.zeros((len(self.totals), len(self.series)))
        for row, members in enumerate(self.totals.values()):
            found[row, [place[name] for name in members if name in place]] = 1.0
        return found


@dataclass(frozen=True)
class ErrorCovariance:
    """Covariance of the errors of base forecasts: ``E'E / T``, shrunk towards its diagonal.

    Attributes:
        sizes: ``(name,)``, root mean square errors.
        errors: ``(moment, name)``, errors; 0 if unknown.
        shrinkage: share of the diagonal, from 0 to 1.
    """

    sizes: Floats
    errors: Floats
    shrinkage: float

    @classmethod
    def of(cls, errors: Floats) -> ErrorCovariance:
        """Estimate the covariance from errors ``(moment, name)`` one row ahead, NaN if unknown.

        Example:
            >>> found = ErrorCovariance.of(np.random.default_rng(1).normal(size=(400, 3)) * [1.0, 2.0, 3.0])
            >>> found.sizes.round(1).tolist(), found.shrinkage > 0.5
            ([1.0, 2.0, 3.0], True)
        """
        known = np.isfinite(errors)
        counts = known.sum(axis=0)
        squares = np.where(known, errors, 0.0)
        largest = np.abs(squares).max(axis=0, initial=0.0)
        scaled = squares / np.where(largest > 0, largest, 1.0)
        sizes = largest * np.sqrt(np.square(scaled).sum(axis=0) / np.maximum(counts, 1))
        usual = float(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 1.0
        sizes = np.where(counts > 0, sizes, usual)
        sizes = np.maximum(sizes, _LEAST_SIZE * usual)
        return cls(sizes, squares, _shrinkage(squares / sizes))

    def times(self, chosen: Flags, constraints: Floats) -> Floats:
        """Return the covariance of the ``chosen`` names times the transposed ``constraints``, ``(name, total)``."""
        sizes, errors = self.sizes[chosen], self.errors[:, chosen]
        rest, moments = 1.0 - self.shrinkage, max(1, len(errors))
        own = np.square(sizes) - rest * np.square(errors).sum(axis=0) / moments
        together = errors.T @ (errors @ constraints.T) / moments
        return np.asarray(own[:, None] * constraints.T + rest * together)


def _shrinkage(standardized: Floats) -> float:
    """Return the share of the diagonal that minimizes the expected squared error of the correlations.

    The sums over pairs of names follow from a ``(moment, moment)`` matrix.
    """
    moments = len(standardized)
    if moments < _FEWEST_MOMENTS or standardized.shape[1] < 2:
        return 1.0
    own = np.square(standardized).mean(axis=0)
    products = np.square(standardized @ standardized.T / moments).sum() - np.square(own).sum()
    each = np.square(np.square(standardized).sum(axis=1)).sum() - (standardized**4).sum()
    if products <= 0:
        return 1.0
    share = (each - moments * products) / (moments * (moments - 1.0) * products)
    return float(np.clip(share, _LEAST_SHRINKAGE, 1.0))


@dataclass(frozen=True)
class Reconciliation:
    """Reconciliation of the forecasts of a hierarchy, so that totals equal the sums of their series.

    Attributes:
        method: ``none`` changes nothing, ``bottom_up`` sums the forecasts of the series, ``mint_shrink`` is MinT.
        hierarchy: series and totals of the forecasts.
        covariance: covariance of the errors of the forecasts.
    """

    method: Method
    hierarchy: Hierarchy
    covariance: ErrorCovariance

    def reconciled(self, forecasts: Floats) -> Floats:
        """Return forecasts ``(row, name)`` that add up; unchanged if ``method`` is ``none``.

        NaN means that a series or total has no forecast. Such a series is not part of any sum, and a total without any
        series keeps its forecast.
        """
        if self.method == "none":
            return forecasts
        result = forecasts.copy()
        patterns, which = np.unique(np.isfinite(forecasts), axis=0, return_inverse=True)
        for number, present in enumerate(patterns):
            rows = np.flatnonzero(which.ravel() == number)
            changed = self._of_present(forecasts[np.ix_(rows, np.flatnonzero(present))], present)
            result[np.ix_(rows, np.flatnonzero(present))] = changed
        return result

    def _of_present(self, forecasts: Floats, present: Flags) -> Floats:
        """Return the reconciled forecasts ``(row, name)`` of the names that are ``present``."""
        count = len(self.hierarchy.totals)
        sums = self.hierarchy.sums[:, present[count:]]
        bound = present[:count] & (sums.sum(axis=1) > 0)
        chosen = np.concatenate([bound, present[count:]])
        within = chosen[present]
        if not bound.any():
            return forecasts
        sums = sums[bound]
        series = forecasts[:, within][:, len(sums) :]
        if self.method == "mint_shrink":
            constraints = np.concatenate([np.eye(len(sums)), -sums], axis=1)
            spread = self.covariance.times(chosen, constraints)
            gaps = forecasts[:, within] @ constraints.T
            shares = np.linalg.solve(constraints @ spread, gaps.T)
            series = series - (spread[len(sums) :] @ shares).T
        result = forecasts.copy()
        result[:, within] = np.concatenate([series @ sums.T, series], axis=1)  # totals equal sums exactly
        return result


def hierarchy_of(groups: Groups, kept: Sequence[str]) -> Hierarchy:
    """Return the hierarchy of the series that a run learns, from the groups of a dataset; empty totals are omitted.

    Example:
        >>> found = hierarchy_of({"region": {"north": ("a", "b"), "south": ("c", "d")}}, ["a", "b", "c"])
        >>> found.names, found.sums.tolist()[0], found.totals["region=south"]
        (('total', 'region=north', 'region=south', 'a', 'b', 'c'), [1.0, 1.0, 1.0], ('c',))
    """
    totals_of_all = frozenset(total_names(groups))
    series = tuple(name for name in kept if name not in totals_of_all)
    here = frozenset(series)
    totals = {TOTAL: series} if groups and series else {}
    for column, found in groups.items():
        for group, members in found.items():
            if kept_members := tuple(name for name in members if name in here):
                totals[total_name(column, group)] = kept_members
    return Hierarchy(totals, series)
