"""Errors of hierarchical forecasts by level: single series, totals of each group column, and the grand total."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.evaluation import Hierarchical, LevelScores
from azuraforge.plugins.contract.groups import TOTAL, total_name
from azuraforge.plugins.contract.parts import Part, Predictions
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.forecasting.reconciliation import ErrorCovariance, Reconciliation, hierarchy_of
from azuraforge.plugins.kinds.forecast.metrics import skill
from azuraforge.plugins.kinds.forecast.predictions import interval_of


def level_scores(test: Part, truth: Floats, candidate: Predictions, baseline: Predictions) -> Hierarchical | None:
    """Return the errors of each level on the whole test set; None if no groups are declared.

    Args:
        test: test set with the origins of series and totals.
        truth: ``(origin, horizon)`` true values, NaN where missing.
        candidate: reconciled forecasts of the candidate; ``base`` contains the forecasts before
            reconciliation.
        baseline: forecasts of the best baseline, reconciled in the same way.
    """
    if test.schema.series is None or not test.schema.groups:
        return None
    blocks = Blocks.of(test.frame, test.schema.series)
    hierarchy = hierarchy_of(test.schema.groups, blocks.names)
    places = _places(test, blocks, hierarchy.names)
    base = candidate.point if candidate.base is None else candidate.base
    sums = _added_up(base, test, places, Reconciliation("bottom_up", hierarchy, _ANY))
    owners = blocks.of_rows(test.origins)
    levels = []
    for level, names in _levels(test.schema.groups, hierarchy.series, test.schema.series).items():
        own = np.isin(owners, [number for number, name in enumerate(blocks.names) if name in names])
        if not own.any():
            continue
        rmse, baseline_rmse = _rmse(truth, candidate.point, own), _rmse(truth, baseline.point, own)
        interval = interval_of(candidate)
        levels.append(
            LevelScores(
                level=level,
                series=len(np.unique(owners[own])),
                rmse=rmse,
                baseline_rmse=baseline_rmse,
                skill=skill(rmse, baseline_rmse),
                base_rmse=_rmse(truth, base, own),
                bottom_up_rmse=_rmse(truth, sums, own),
                coverage=None if interval is None else _inside(truth, interval[1], interval[2], own),
            )
        )
    return Hierarchical(levels=tuple(levels), gap=_gap(candidate.point, test, places, hierarchy.sums))


_ANY = ErrorCovariance(np.zeros(0), np.zeros((0, 0)), 1.0)


def _levels(
    groups: Mapping[str, Mapping[str, tuple[str, ...]]], series: tuple[str, ...], column: str
) -> dict[str, frozenset[str]]:
    totals = {name: frozenset(total_name(name, group) for group in found) for name, found in groups.items()}
    return {TOTAL: frozenset({TOTAL}), **totals, column: frozenset(series)}


def _places(test: Part, blocks: Blocks, names: tuple[str, ...]) -> Indices:
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[name] for name in blocks.names], dtype=np.int64)[blocks.of_rows(test.origins)]


def _packed(values: Floats, test: Part, places: Indices, count: int) -> tuple[Floats, Indices]:
    """Return values as ``(moment, horizon, name)``, NaN where there is no origin, and ``(origin,)`` moment indices."""
    moments, rows = np.unique(moments_of(test.frame, test.schema)[test.origins], return_inverse=True)
    packed = np.full((len(moments), values.shape[1], count), np.nan)
    packed[rows, :, places] = values
    return packed, rows


def _added_up(point: Floats, test: Part, places: Indices, method: Reconciliation) -> Floats:
    packed, rows = _packed(point, test, places, len(method.hierarchy.names))
    found = method.reconciled(packed.reshape(-1, packed.shape[2])).reshape(packed.shape)
    return np.asarray(found[rows, :, places])


def _gap(point: Floats, test: Part, places: Indices, sums: Floats) -> float:
    """Return the largest distance of a total from the sum of its series, relative to the sum of their sizes."""
    packed, _ = _packed(point, test, places, sum(sums.shape))
    totals, series = packed[:, :, : len(sums)], packed[:, :, len(sums) :]
    added = np.where(np.isfinite(series), series, 0.0) @ sums.T
    size = np.maximum(np.where(np.isfinite(series), np.abs(series), 0.0) @ sums.T, 1e-300)
    distance = np.abs(totals - added) / size
    return float(np.nanmax(distance, initial=0.0)) if np.isfinite(distance).any() else 0.0


def _rmse(truth: Floats, point: Floats, own: Flags) -> float | None:
    errors = (point - truth)[own]
    known = errors[np.isfinite(errors)]
    return math.sqrt(float(np.square(known).mean())) if known.size else None


def _inside(truth: Floats, low: Floats, high: Floats, own: Flags) -> float | None:
    known = np.isfinite(truth[own])
    return float(((low <= truth) & (truth <= high))[own][known].mean()) if known.any() else None
