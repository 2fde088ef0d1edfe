"""A wrapper around forecasters that clips forecasts of counts at zero and reconciles forecasts of groups.

The platform wraps each pipeline that it loads, so that its forecasts of series add up to its forecasts of totals. The
pipeline itself receives totals as additional series. Without declared groups, only negative forecasts of counts and of
intermittent demand are changed (see ``floors.py``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.composition import Composition
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import AnyPipeline, Pipeline, RunContext
from azuraforge.plugins.contract.pretraining import Pretraining
from azuraforge.plugins.forecasting.calendar import moments_of
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.panels import Blocks
from azuraforge.plugins.forecasting.reconciliation import (
    ErrorCovariance,
    Hierarchy,
    Method,
    Reconciliation,
    hierarchy_of,
)
from azuraforge.plugins.kinds.forecast.floors import Floors, origins_by_series
from azuraforge.plugins.kinds.forecast.panel_judging import origins_of
from azuraforge.plugins.kinds.forecast.predictions import predict_checked

WEIGHTS, FACTS = "reconciliation.safetensors", "reconciliation.json"
#: Number of validation moments that suffices to estimate the errors' covariance without training errors, and the
#: maximum number of moments (the newest ones) that the estimate uses.
_ENOUGH_MOMENTS, _MOST_MOMENTS = 20, 200
#: Weight of the unchanged interval width, in moments: with few known errors the width changes little.
_PRIOR_MOMENTS = 5.0
_WIDEST = 10.0


@dataclass(frozen=True)
class Reconciler:
    """The reconciliation that a version learned, with the factors by which it scales intervals.

    Attributes:
        reconciliation: reconciliation of the learned hierarchy.
        widths: ``(name,)`` ratio of the root mean square error of reconciled forecasts to the error of base forecasts.
    """

    reconciliation: Reconciliation
    widths: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the totals and series, in the order of the arrays."""
        return self.reconciliation.hierarchy.names

    def save(self, folder: Path) -> None:
        """Write the reconciliation into two files in the folder of a version."""
        found = self.reconciliation
        covariance = found.covariance
        arrays = {"widths": self.widths, "sizes": covariance.sizes, "errors": covariance.errors}
        save_safetensors(folder / WEIGHTS, arrays)
        facts = {
            "method": found.method,
            "shrinkage": covariance.shrinkage,
            "series": list(found.hierarchy.series),
            "totals": {name: list(members) for name, members in found.hierarchy.totals.items()},
            "order": list(found.hierarchy.totals),
        }
        (folder / FACTS).write_text(json.dumps(facts, sort_keys=True, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Reconciler | None:
        """Return the reconciler that ``save`` wrote; None if the version has no totals."""
        if not (folder / FACTS).exists():
            return None
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        arrays, _ = load_safetensors(folder / WEIGHTS, refuse_nan=True)
        totals = {name: tuple(facts["totals"][name]) for name in facts["order"]}
        hierarchy = Hierarchy(totals, tuple(facts["series"]))
        covariance = ErrorCovariance(arrays["sizes"], arrays["errors"], float(facts["shrinkage"]))
        return cls(Reconciliation(facts["method"], hierarchy, covariance), arrays["widths"])


@dataclass(frozen=True)
class Wrapped:
    """The predictor of a wrapped pipeline, with the reconciler of its forecasts and the series clipped at zero.

    ``reconciler`` is None if the forecasts are not reconciled.
    """

    predictor: Any
    reconciler: Reconciler | None = None
    floors: Floors = field(default_factory=Floors)


class ReconciledPipeline(Pipeline[Any, Wrapped]):
    """A wrapper around a pipeline that clips forecasts of counts at zero and reconciles forecasts of groups."""

    def __init__(self, pipeline: AnyPipeline) -> None:
        self._pipeline = pipeline
        own = ("name", "kind", "Config", "uses_engine", "several_series", "reads_columns", "title", "summary")
        self.__dict__.update({name: getattr(pipeline, name) for name in own if hasattr(pipeline, name)})

    def split(self, table: Table, config: Any) -> Split:
        found: Split = self._pipeline.split(table, config)
        return found

    def check_pretrained(self, config: Any, folder_of: Callable[[str], Path]) -> None:
        self._pipeline.check_pretrained(config, folder_of)

    def window_counts(self, config: Any, train: Part, validation: Part) -> tuple[int, int]:
        return self._pipeline.window_counts(config, train, validation)

    def fit(self, run: RunContext[Any], train: Part, validation: Part) -> Wrapped:
        """Fit the pipeline, then estimate the covariance of its errors on the validation set if groups are declared.

        The newest moments of the training set are added if the validation set has too few.
        """
        predictor = self._pipeline.fit(run, train, validation)
        floors = self._measured(_floors(run.config, train), predictor, train, validation)
        if train.schema.series is None or not train.schema.groups:
            return Wrapped(predictor, floors=floors)
        hierarchy = hierarchy_of(train.schema.groups, Blocks.of(train.frame, train.schema.series).names)
        method: Method = run.config.reconcile if isinstance(run.config, ForecastConfig) else "mint_shrink"
        errors = self._errors(predictor, validation, hierarchy)
        ahead = errors[:, :, 0]
        if len(ahead) < _ENOUGH_MOMENTS:
            inside = self._errors(predictor, _newest(train, _ENOUGH_MOMENTS * 2), hierarchy)[:, :, 0]
            ahead = np.concatenate([inside, ahead])
        ahead = ahead[-_MOST_MOMENTS:]
        found = Reconciliation(method, hierarchy, ErrorCovariance.of(ahead))
        if method == "mint_shrink":
            run.note(
                f"Forecasts of {len(hierarchy.series):,} series and {len(hierarchy.totals):,} totals are reconciled"
                f" (MinT): errors one row ahead at {len(ahead):,} moments, shrinkage {found.covariance.shrinkage:.2f}."
            )
        return Wrapped(predictor, Reconciler(found, _widths(found, errors)), floors)

    def refit(self, run: RunContext[Any], evaluated: Wrapped, rows: Part) -> Wrapped | None:
        """Refit the pipeline but keep the evaluated reconciliation, because no held-out errors are left to learn it.

        Returns None if the pipeline does not refit.
        """
        predictor = self._pipeline.refit(run, evaluated.predictor, rows)
        if predictor is None:
            return None
        floors = _floors(run.config, rows)
        kept = {name: share for name, share in evaluated.floors.zeros.items() if name in floors.series}
        return replace(evaluated, predictor=predictor, floors=replace(floors, zeros=kept))

    def predict(self, predictor: Wrapped, part: Part) -> Predictions:
        """Return clipped and reconciled forecasts for the origins of ``part``.

        To reconcile, all series and totals in the part's frame are predicted at the moments of these origins.
        """
        floors = predictor.floors
        if predictor.reconciler is None or part.schema.series is None or not len(part.origins):
            if floors.series:
                return floors.applied(self._base(predictor.predictor, part), part)
            answer: Predictions = self._pipeline.predict(predictor.predictor, part)
            return answer
        whole, places = _every_series(part)
        base = floors.applied(self._base(predictor.predictor, whole), whole)
        columns = _places(whole, predictor.reconciler.names)
        known = np.flatnonzero(columns >= 0)  # series that were not learned are in no total and stay unchanged
        columns = columns[known]
        moments, rows = np.unique(moments_of(whole.frame, whole.schema)[whole.origins[known]], return_inverse=True)
        packed = np.full((len(moments), part.horizon, len(predictor.reconciler.names)), np.nan)
        packed[rows, :, columns] = base.point[known]
        flat = packed.reshape(-1, packed.shape[2])
        ends = np.zeros(packed.shape[2], dtype=bool)
        ends[columns] = floors.at(whole)[known]
        found = predictor.reconciler.reconciliation.reconciled(flat)
        found = _ended(found, predictor.reconciler.reconciliation, ends).reshape(packed.shape)
        point, width = base.point.copy(), np.ones((len(base.point), 1))
        point[known] = found[rows, :, columns]
        width[known, 0] = predictor.reconciler.widths[columns]
        quantiles = {level: point + width * (values - base.point) for level, values in base.quantiles.items()}
        made = floors.applied(Predictions(point, quantiles, base=base.point), whole)
        return origins_of(made, places)

    def save(self, predictor: Wrapped, folder: Path) -> None:
        self._pipeline.save(predictor.predictor, folder)
        predictor.floors.save(folder)
        if predictor.reconciler is not None:
            predictor.reconciler.save(folder)

    def load(self, folder: Path) -> Wrapped:
        return Wrapped(self._pipeline.load(folder), Reconciler.load(folder), Floors.load(folder))

    def knows_series(self, predictor: Wrapped, name: str) -> bool:
        """Return whether the pipeline learned the series or total ``name``."""
        return self._pipeline.knows_series(predictor.predictor, name)

    def trials(self, predictor: Wrapped) -> int:
        return self._pipeline.trials(predictor.predictor)

    def composition(self, predictor: Wrapped) -> Composition | None:
        return self._pipeline.composition(predictor.predictor)

    def member_predictions(self, predictor: Wrapped, part: Part) -> Mapping[str, Predictions]:
        found: Mapping[str, Predictions] = self._pipeline.member_predictions(predictor.predictor, part)
        return {name: predictor.floors.applied(made, part) for name, made in found.items()}

    def pretraining(self, predictor: Wrapped) -> Pretraining | None:
        return self._pipeline.pretraining(predictor.predictor)

    def _measured(self, floors: Floors, predictor: object, train: Part, validation: Part) -> Floors:
        """Return the floors with the shares of zeros on the newest moments of the validation set.

        The newest moments of the training set are added if the validation set has too few.
        """
        truth, points = list[Floats](), list[Floats]()
        places, known, moments = dict[str, list[Indices]](), 0, 0
        for part, least in ((validation, _MOST_MOMENTS), (train, _ENOUGH_MOMENTS * 2)):
            wanted = floors.with_zeros(part)
            if moments >= _ENOUGH_MOMENTS * 2 or part.targets is None or not wanted.any():
                continue
            some = _newest(_origins(part, wanted), least)
            moments = len(np.unique(moments_of(some.frame, some.schema)[some.origins]))
            assert some.targets is not None
            truth.append(some.targets)
            points.append(self._base(predictor, replace(some, targets=None)).point)
            for name, at in origins_by_series(some):
                if len(at):
                    places.setdefault(name, []).append(at + known)
            known += len(some.origins)
        if not points:
            return floors
        names = {name: np.concatenate(at) for name, at in places.items()}
        return floors.measured(np.concatenate(truth), np.concatenate(points), names)

    def _base(self, predictor: object, part: Part) -> Predictions:
        return predict_checked(self.name, partial(self._pipeline.predict, predictor), part)

    def _errors(self, predictor: object, part: Part, hierarchy: Hierarchy) -> Floats:
        """Return the errors (true value minus base forecast), ``(moment, name, horizon)``, NaN where unknown."""
        if part.targets is None:
            raise ValueError("a part to learn from has no targets")
        base = self._base(predictor, replace(part, targets=None))
        moments, rows = np.unique(moments_of(part.frame, part.schema)[part.origins], return_inverse=True)
        errors = np.full((len(moments), len(hierarchy.names), part.horizon), np.nan)
        errors[rows, _places(part, hierarchy.names)] = part.targets - base.point
        return errors


def hierarchy_learned(folder: Path) -> Hierarchy | None:
    """Return the series and totals that the version in ``folder`` learned; None if it has no totals."""
    found = Reconciler.load(folder)
    return None if found is None else found.reconciliation.hierarchy


def _floors(config: object, rows: Part) -> Floors:
    return Floors() if isinstance(config, ForecastConfig) and config.non_negative == "off" else Floors.of(rows)


def _ended(found: Floats, method: Reconciliation, ends: Flags) -> Floats:
    """Return reconciled forecasts, ``(row, name)``, clipped at zero for the series flagged in ``ends``.

    The totals are raised by the same amounts, so that they still add up.
    """
    totals = len(method.hierarchy.sums)
    series = np.where(ends[totals:] & (found[:, totals:] < 0), 0.0, found[:, totals:])
    if method.method == "none" or np.array_equal(series, found[:, totals:], equal_nan=True):
        return found
    rows = (series != found[:, totals:]) & np.isfinite(series)
    moved = (np.where(rows, series - found[:, totals:], 0.0)) @ method.hierarchy.sums.T
    return np.concatenate([found[:, :totals] + moved, series], axis=1)


def _newest(part: Part, moments: int) -> Part:
    """Return the part restricted to the origins of its newest moments, at most ``moments``."""
    at = moments_of(part.frame, part.schema)[part.origins]
    return _origins(part, at >= np.unique(at)[-moments:][0])


def _origins(part: Part, kept: Flags) -> Part:
    """Return the part restricted to the origins of the mask ``kept``, ``(origin,)``."""
    ahead = {column: values[kept] for column, values in part.ahead.items()}
    targets = None if part.targets is None else part.targets[kept]
    return replace(part, origins=part.origins[kept], targets=targets, ahead=ahead)


def _widths(found: Reconciliation, errors: Floats) -> Floats:
    """Return the ratios of the root mean square error with reconciliation to the error without it, ``(name,)``.

    Each half of the moments is reconciled with the covariance of the other half, so that no error is used twice. With
    few moments the ratios remain close to 1.
    """
    moments = len(errors)
    if moments < 2 or found.method == "none":
        return np.ones(len(found.hierarchy.names))
    halves = np.array_split(np.arange(moments), 2)
    after = np.empty_like(errors)
    for own, other in (halves, halves[::-1]):
        method = replace(found, covariance=ErrorCovariance.of(errors[other][:, :, 0]))
        rows = np.moveaxis(errors[own], 1, 2)
        after[own] = np.moveaxis(method.reconciled(rows.reshape(-1, rows.shape[2])).reshape(rows.shape), 2, 1)
    known = np.isfinite(errors)
    size = np.abs(np.where(known, errors, 0.0)).max(axis=(0, 2))
    scale = np.where(size > 0, size, 1.0)[None, :, None]
    squares = [np.square(np.where(known, each / scale, 0.0)).sum(axis=(0, 2)) for each in (errors, after)]
    count = np.maximum(known.sum(axis=(0, 2)), 1)
    before, later = (each / count for each in squares)
    rows_known = known.any(axis=2).sum(axis=0)
    ratio = (rows_known * later + _PRIOR_MOMENTS * before) / np.maximum((rows_known + _PRIOR_MOMENTS) * before, 1e-300)
    return np.asarray(np.clip(np.sqrt(np.where(before > 0, ratio, 1.0)), 1 / _WIDEST, _WIDEST))


def _every_series(part: Part) -> tuple[Part, Indices]:
    """Return ``part`` with all rows at the moments of its origins as origins, and the new indices of its origins.

    Columns that are known in advance are NaN at the added origins.
    """
    moments = moments_of(part.frame, part.schema)
    rows = np.flatnonzero(np.isin(moments, np.unique(moments[part.origins]))).astype(np.int64)
    places = np.searchsorted(rows, part.origins)
    ahead = {}
    for column, values in part.ahead.items():
        ahead[column] = np.full((len(rows), part.horizon), np.nan)
        ahead[column][places] = values
    return replace(part, origins=rows, targets=None, ahead=ahead), places


def _places(part: Part, names: tuple[str, ...]) -> Indices:
    """Return the index in ``names`` of each origin's series, ``(origin,)``; -1 if the series is not in ``names``."""
    blocks = Blocks.of(part.frame, str(part.schema.series))
    place = {name: number for number, name in enumerate(names)}
    known = np.array([place.get(name, -1) for name in blocks.names], dtype=np.int64)
    return np.asarray(known[blocks.of_rows(part.origins)])
