"""Baseline forecasts at the origins of external predictions, trained only on rows known at each origin.

Parameters are fitted on the rows up to the first judged origin, and fitted again at a later origin once the number of
known rows has grown by half. At every origin, the baseline predicts from the rows known there. If the files contain too
little history, the first predictions serve as history and are not judged: at most a third of them, or more if no actual
value is known before.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from azuraforge.errors import InvalidInput, one_line
from azuraforge.judgements.pairs import Model, Pairs
from azuraforge.judgements.truth import Truth
from azuraforge.models.gate.comparability import needed_origins
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.parts import Part, Rows, Table
from azuraforge.plugins.contract.pipeline import AnyPipeline
from azuraforge.plugins.contract.silent_run import SilentRun
from azuraforge.plugins.discovery.loading import load_plugin
from azuraforge.plugins.forecasting.config import ForecastConfig
from azuraforge.plugins.forecasting.intervals import residual_quantiles
from azuraforge.plugins.kinds.forecast.parts import cut_learning

NAIVE, SEASONAL, ETS, RIDGE = (
    "forecasting.naive", "forecasting.seasonal_naive", "forecasting.ets", "forecasting.ridge"
)  # fmt: skip
NAMES = (NAIVE, SEASONAL, ETS, RIDGE)
#: Baselines with parameters; the others repeat an earlier row.
LEARNERS = (ETS, RIDGE)
#: Maximum share of the predictions that may serve as history, unless no actual value is known before them.
MOST_WARM_UP = 1 / 3
#: Parameters are fitted again when the number of known rows has grown by this factor.
_GROWTH = 1.5
_VALIDATION_SHARE = 0.15
#: Minimum number of rows to fit ridge, in addition to the window of one example.
_RIDGE_EXAMPLES = 30
_ETS_ROWS = 16
_LEAST_LEARNED = 4
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Missing:
    """A baseline that is not available.

    Attributes:
        name: name of the baseline.
        why: reason, as the message key ``left_out.WHY``.
        needed: number of known rows that the baseline needs before an origin; 0 unless the history is too short.
        known: number of rows known at the first prediction's origin; 0 unless the history is too short.
        problem: message of the error if fitting failed, else empty.
    """

    name: str
    why: str
    needed: int = 0
    known: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Made:
    """Baselines for the judged pairs.

    Attributes:
        pairs: the pairs that remain after the warm-up.
        models: baselines by name, with intervals of the requested level.
        missing: baselines that are not available.
        warm_up: number of predictions that served as history.
        history: number of known rows at the first judged origin.
        times_learned: maximum number of planned fits of one baseline; 0 if no baseline has parameters.
    """

    pairs: Pairs
    models: Mapping[str, Model]
    missing: tuple[Missing, ...]
    warm_up: int
    history: int
    times_learned: int


@dataclass
class _Answers:
    point: Floats
    low: Floats
    high: Floats
    learned: bool = field(default=False)


def make_baselines(truth: Truth, pairs: Pairs, coverage: float) -> Made:
    """Predict every pair with each baseline for which enough history is known.

    Args:
        truth: all actual values.
        pairs: predictions with their actual values, ordered by origin.
        coverage: level of the baselines' intervals.

    Raises InvalidInput if no actual value is known before any origin.
    """
    known = np.concatenate([[0], np.cumsum(np.isfinite(truth.values))])
    known_at = known[np.clip(pairs.origin + 1, 0, len(truth.values))]
    horizon, season = int(pairs.ahead.max()), truth.schema.season
    needs = {name: _needed(name, horizon, season, truth) for name in NAMES}
    first, chosen, missing = 0, [], []
    for name in NAMES:
        needed = needs[name]
        if needed is None:
            missing.append(Missing(name, "no_season" if season <= 1 else "long_season"))
            continue
        at = int(np.searchsorted(known_at, needed))  # known_at is sorted, since pairs are ordered by origin
        if at > first and not _affordable(pairs, at, horizon, season, must=name == NAIVE):
            missing.append(Missing(name, "short_history", needed, int(known_at[0])))
            continue
        first = max(first, at)
        chosen.append(name)
    if NAIVE not in chosen:
        raise InvalidInput(
            "no actual value was known when the predictions were made, so no baseline can be computed",
            where="history",
            next_step="give a file of earlier actual values with --history",
            code="no_history",
        )
    warm_up, pairs = first, pairs.at(np.arange(first, len(pairs)))
    models: dict[str, Model] = {}
    for name in chosen:
        try:
            models[name] = _answers(name, truth, pairs, coverage, needs[name] or 1)
        except InvalidInput as error:
            missing.append(Missing(name, "failed", problem=one_line(error)))
    origins = np.unique(pairs.origin)
    learned = max((len(_learning_places(origins, needs[name] or 1)) for name in LEARNERS if name in models), default=0)
    return Made(pairs, models, tuple(missing), warm_up, int(known_at[first]), learned)


def _affordable(pairs: Pairs, first: int, horizon: int, season: int, *, must: bool) -> bool:
    """Return whether enough predictions remain to be judged if those before ``first`` serve as history."""
    if first >= len(pairs):
        return False
    if must:
        return True
    left = len(np.unique(pairs.origin[first:]))
    return first <= MOST_WARM_UP * len(pairs) and left >= needed_origins(horizon, season)


def _needed(name: str, horizon: int, season: int, truth: Truth) -> int | None:
    """Return the number of known rows that a baseline needs before an origin; None if it cannot use the season."""
    if name == NAIVE:
        return 1
    if name == SEASONAL:
        return season if season > 1 else None
    if name == ETS:
        return math.ceil(max(_ETS_ROWS, horizon + _LEAST_LEARNED) / (1 - _VALIDATION_SHARE)) + horizon
    pipeline = load_plugin("pipeline", name, None)()
    window = int(pipeline.window(_config(horizon, season), truth.schema))  # type: ignore[attr-defined]  # built in
    return math.ceil((window + horizon + _RIDGE_EXAMPLES) / (1 - _VALIDATION_SHARE)) + horizon


def _config(horizon: int, season: int) -> ForecastConfig:
    return ForecastConfig.model_validate({"horizon": horizon, "season": season})


def _answers(name: str, truth: Truth, pairs: Pairs, coverage: float, needed: int) -> Model:
    pipeline = load_plugin("pipeline", name, None)()
    horizon = int(pairs.ahead.max())
    config = pipeline.Config.model_validate(_config(horizon, truth.schema.season).model_dump())
    origins, place = np.unique(pairs.origin, return_inverse=True)
    starts = _learning_places(origins, needed)
    found = _Answers(np.empty(len(pairs)), np.empty(len(pairs)), np.empty(len(pairs)))
    with tempfile.TemporaryDirectory() as folder:
        run = SilentRun(config, seed=0, threads=1, outputs=Path(folder))
        predictor: object = None
        offsets = np.zeros((2, horizon))
        for start, stop in zip(starts, [*starts[1:], len(origins)], strict=True):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    predictor, offsets = _learn(pipeline, run, truth, int(origins[start]) + 1, horizon, coverage)
            except InvalidInput:
                if not found.learned:
                    raise
                # Continue with the earlier parameters, which also use known rows only.
            found.learned = True
            inside = np.flatnonzero((place >= start) & (place < stop))
            _fill(found, inside, pipeline, predictor, truth, pairs, origins, place, offsets)
    measured = bool(np.isfinite(found.low).all() and np.isfinite(found.high).all())
    return Model(name, found.point, found.low if measured else None, found.high if measured else None)


def _learning_places(origins: Indices, needed: int) -> list[int]:
    """Return the indices in ``origins`` at which parameters are fitted."""
    rows = origins + 1
    places, size = [0], max(int(rows[0]), needed)
    while (place := int(np.searchsorted(rows, _GROWTH * size))) < len(origins):
        places.append(place)
        size = int(rows[place])
    return places


def _learn(
    pipeline: AnyPipeline, run: SilentRun[BaseModel], truth: Truth, rows: int, horizon: int, coverage: float
) -> tuple[object, Floats]:
    """Fit on the first ``rows`` rows. Return the predictor and its interval offsets, ``(end, horizon)``.

    The ends are lower and upper. The offsets are NaN if too few rows are known to measure them.
    """
    table = Table(truth.frame(rows), truth.schema)
    first = int(np.isfinite(truth.values).argmax())
    validation = max(horizon, round((rows - first) * _VALIDATION_SHARE))
    border = rows - validation
    tail = (1 - coverage) / 2
    if border - first < _LEAST_LEARNED:  # only the naive baselines get here; they fit nothing
        part = Part(table.frame, table.schema, 0, horizon, np.zeros(0, np.int64), np.zeros((0, horizon)))
        return pipeline.fit(run, part, part), np.full((2, horizon), np.nan)
    partial = border - first <= horizon
    learn_from = cut_learning(table, Rows(first, border), horizon, partial=partial)
    checked = cut_learning(table, Rows(border, rows), horizon, partial=partial or validation <= horizon)
    predictor = pipeline.fit(run, learn_from, checked)
    errors = np.asarray(checked.targets) - pipeline.predict(predictor, checked).point
    everything = cut_learning(table, Rows(first, rows), horizon, partial=partial)
    again = pipeline.refit(run, predictor, everything)
    return (predictor if again is None else again), residual_quantiles(errors, (tail, 1 - tail))


def _fill(
    found: _Answers,
    inside: Indices,
    pipeline: AnyPipeline,
    predictor: object,
    truth: Truth,
    pairs: Pairs,
    origins: Indices,
    place: Indices,
    offsets: Floats,
) -> None:
    """Predict the pairs with the indices ``inside``, and write the predictions into ``found``.

    The pairs are predicted in chunks of origins to limit memory use.
    """
    horizon = int(pairs.ahead.max())
    size = max(1, _AT_ONCE // (horizon + 64))
    for low in range(int(place[inside[0]]), int(place[inside[-1]]) + 1, size):
        some = inside[(place[inside] >= low) & (place[inside] < low + size)]
        asked = origins[low : int(place[some[-1]]) + 1]
        # Omit rows after the last origin of the chunk, so that the baseline cannot see them.
        frame = truth.frame(int(asked[-1]) + 1)
        part = Part(frame, truth.schema, 0, horizon, asked)
        point = pipeline.predict(predictor, part).point[place[some] - low, pairs.ahead[some] - 1]
        found.point[some] = point
        found.low[some], found.high[some] = (point + offsets[end, pairs.ahead[some] - 1] for end in (0, 1))
