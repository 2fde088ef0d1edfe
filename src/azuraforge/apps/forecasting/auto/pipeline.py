"""``forecasting.auto``: members fitted within a time budget, combined by their errors on the validation set."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from azuraforge.apps.forecasting.auto.candidates import MEMBERS, candidates
from azuraforge.apps.forecasting.auto.composing import RAISED, TOO_FEW, TOO_SLOW, composed
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.learning import Progress, learn_members, save_members
from azuraforge.apps.forecasting.auto.limits import within
from azuraforge.apps.forecasting.auto.weights import Combination, combine, is_thin
from azuraforge.apps.forecasting.baseline import pooled_spreads, step_size
from azuraforge.apps.forecasting.floors import at_least_own_steps
from azuraforge.apps.forecasting.naive import Naive, RandomWalkDrift, SeasonalNaive
from azuraforge.apps.forecasting.spread import MOST_INSIDE, Errors, Spread, is_enough, spread_of
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins.contract.arrays import Floats, Indices
from azuraforge.plugins.contract.composition import Composition, LeftOutMember
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import AnyPipeline, Pipeline, RunContext
from azuraforge.plugins.contract.sentences import in_each_language
from azuraforge.plugins.forecasting.adaptive import Start, last_origin, past_part, starts_from, starts_to_arrays
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, ForecastConfig, chronological_split
from azuraforge.plugins.forecasting.intervals import in_order
from azuraforge.plugins.forecasting.panels import each, known_series, stack

#: If a group of members increases the validation error by more than this share, no further group is tried. A smaller
#: increase is tolerated because trees often help even if ridge does not, see docs/decisions/0047.
HARMS = 0.02
#: Minimum seconds that a member may take to forecast a part, and the cheapest members to learn, if the budget is
#: smaller.
LEAST_ANSWER = 5.0
#: Number of first origins of the training set whose errors are ignored, at most half of the origins: Theta's estimation
#: skips the first three rows, where its level may be thousands of times the values.
_UNSETTLED = 3
_ONE = ""


@dataclass
class Ensemble:
    """Fitted members and their combination.

    Attributes:
        members: fitted state of each member, by name.
        combination: weights and scores of the members.
        spreads: spread of the quantiles around a forecast, by series; a single series has the empty name.
        starts: starting point of the levels of adaptive intervals, by series.
        report: composition of the ensemble after a fit; None for a loaded ensemble, because it is not saved.
    """

    members: dict[str, Any]
    combination: Combination
    spreads: dict[str, Spread] = field(default_factory=dict)
    starts: dict[str, Start] = field(default_factory=dict)
    report: Composition | None = None


class Auto(Pipeline[AutoConfig, Ensemble]):
    """Forecaster that combines naive, statistical, linear and tree forecasters.

    Members are weighted by their validation errors; with too little evidence, a robust mean is used.
    """

    name: ClassVar[str] = "forecasting.auto"
    kind = "forecast"
    uses_engine = False
    several_series = True
    Config: ClassVar[type[AutoConfig]] = AutoConfig
    title: ClassVar[dict[str, str]] = {"en": "Automatic", "tr": "Otomatik"}
    summary: ClassVar[dict[str, str]] = {
        "en": "Fits several forecasters within a time budget and combines them by their validation errors.",
        "tr": "Bir süre bütçesi içinde birkaç tahminciyi eğitir ve doğrulama hatalarına göre birleştirir.",
    }

    def split(self, table: Table, config: AutoConfig) -> Split:
        """Split the rows in chronological order; in a short series, horizons may reach past their part.

        Raises the errors of ``chronological_split``.
        """
        return chronological_split(table, config, window=1, least_window=1, partial=True)

    def fit(self, run: RunContext[AutoConfig], train: Part, validation: Part) -> Ensemble:
        """Fit members, cheapest first, until the budget is spent or a group increases the error; combine them.

        Raises InvalidInput if the config names an unknown member, and ValueError if ``validation`` has no targets.
        """
        if validation.targets is None:
            raise ValueError("the validation part has no targets")
        chosen, budget = candidates(run.config, train), run.config.budget_seconds
        progress = Progress.load(run.resume())
        scale = _scale(train, validation)
        free = SeasonalNaive.name if run.config.season_of(train.schema) > 1 else Naive.name

        def learn(name: str, member: AnyPipeline, own: RunContext[ForecastConfig]) -> Any:
            return member.fit(own, train, validation)

        thin = is_thin(validation.targets)
        groups = [chosen.free, chosen.core, *chosen.further]
        combination: Combination | None = None
        points = dict[str, Floats]()
        error, why = np.inf, RAISED
        for place, group in enumerate(groups):
            # Naive members need almost no time, and the cheapest others get some time however short the budget is.
            first = () if place != 1 else (*(() if thin else chosen.early), *chosen.cheapest)
            for names, least in ((first, LEAST_ANSWER), (group, 0.0 if place else np.inf)):
                left = max(least, budget - progress.spent)  # slow checkpoints may have spent it
                learn_members(run, names, learn, progress, left, len(chosen))
            # A resumed run may already have members of later groups, so only groups up to this one are combined.
            tried = {name for each in groups[: place + 1] for name in each}
            points |= self._points(progress, validation, tried - set(points), run.config.budget_seconds)
            seen = {name: points[name] for name in sorted(tried & set(points))}
            combination = combine(
                seen,
                validation.targets,
                scale,
                chosen.core,
                free,
                chosen.twice,
                chosen.twice_if_weighed,
                squared=chosen.intermittent,
            )
            point = combination.of(seen)
            before, error = error, _error(point, validation.targets, scale, squared=chosen.intermittent)
            # Evidence that is too weak to weight members cannot show either that more members help.
            if place == 1 and thin:
                why = TOO_FEW
                break
            if place > 1 and error > (1 + HARMS) * before:
                why = RAISED
                break
        assert combination is not None  # there are free members
        members = {name: progress.members[name] for name in combination.weights}
        ensemble = Ensemble(members, combination)
        self._calibrate(ensemble, run.config, train, validation, point)
        run.progress(len(chosen), len(chosen))
        not_tried = [
            LeftOutMember.of(name, "not_tried", in_each_language(why)) for group in chosen.further for name in group
        ]
        not_tried += [LeftOutMember.of(name, "not_tried", in_each_language(TOO_SLOW)) for name in chosen.too_slow]
        not_tried += [LeftOutMember.of(name, "not_tried", reason) for name, reason in chosen.unsuited.items()]
        return replace(ensemble, report=composed(combination, progress, run.config, not_tried))

    def refit(self, run: RunContext[AutoConfig], evaluated: Ensemble, rows: Part) -> Ensemble:
        """Fit the members again to all rows, with unchanged weights.

        Intervals that came from few validation errors are measured again, with the errors within all rows. A member
        that fails or does not finish within the budget keeps its evaluated state, and the composition lists it as left
        out.
        """

        def learn(name: str, member: AnyPipeline, own: RunContext[ForecastConfig]) -> Any:
            return member.refit(own, evaluated.members[name], rows)

        progress, names = Progress.load(run.resume()), sorted(evaluated.members)
        left = run.config.budget_seconds - progress.spent
        learn_members(run, names, learn, progress, left, len(names))
        self._points(progress, _newest(rows), names, run.config.budget_seconds)
        starts = dict(evaluated.starts)
        for name, one, _ in _series(rows) if starts else ():
            starts[name] = Start.after_levels(one, self._levels(evaluated, name, last_origin(one)))
        report = composed(evaluated.combination, progress, run.config)
        members = {**evaluated.members, **progress.members}
        refitted = replace(evaluated, members=members, starts=starts, report=report)
        return replace(refitted, spreads=self._spreads_again(refitted, rows))

    def _spreads_again(self, refitted: Ensemble, rows: Part) -> dict[str, Spread]:
        """Return the spreads by series; those that came from few validation errors are measured again on all rows."""
        spreads = dict(refitted.spreads)
        wanted = {
            name: (one, at[min(_UNSETTLED, len(at) // 2) :][-MOST_INSIDE:])
            for name, one, at in _series(rows)
            if name in spreads and spreads[name].stretches
        }
        if rows.targets is None or not wanted:
            return spreads
        every = np.sort(np.concatenate([at for _, at in wanted.values()]))
        point = self._forecast(refitted, _origins(rows, every))
        for name, (one, at) in wanted.items():
            own = point[np.searchsorted(every, at)]
            spreads[name] = at_least_own_steps(spreads[name].refitted(Errors(rows.targets[at] - own, own)), one)
        return spreads

    def trials(self, predictor: Ensemble) -> int:
        """Return the number of members that were compared."""
        return max(1, len(predictor.combination.scores))

    def composition(self, predictor: Ensemble) -> Composition | None:
        """Return the members with their weights, scores and seconds, and the omitted members; None after ``load``."""
        return predictor.report

    def member_predictions(self, predictor: Ensemble, part: Part) -> dict[str, Predictions]:
        """Return the point forecasts of each member, without intervals."""
        return {name: Predictions(MEMBERS[name]().predict(own, part).point) for name, own in predictor.members.items()}

    def predict(self, predictor: Ensemble, part: Part) -> Predictions:
        """Return the combined forecasts of the members, with intervals from the errors of the combination.

        Raises InvalidInput if a series that was not learned has too few known values.
        """
        point = self._forecast(predictor, part)
        quantiles = np.zeros((len(QUANTILE_LEVELS), *point.shape))
        for name, one, at in _series(part):
            if name != _ONE and name not in predictor.spreads:
                quantiles[:, at] = self._by_analogy(predictor, stack([(name, one)], part.schema))
                continue
            quantiles[:, at] = known_series(predictor.spreads, name).around(
                point[at], self._levels(predictor, name, one)
            )
        return Predictions(point, dict(zip(QUANTILE_LEVELS, quantiles, strict=True)))

    def _by_analogy(self, predictor: Ensemble, part: Part) -> Floats:
        """Return the combined quantiles of the members, for a series without errors in the training data."""
        made = {name: MEMBERS[name]().predict(own, part).quantiles for name, own in predictor.members.items()}
        combination = predictor.combination
        levels = [combination.of({name: own[level] for name, own in made.items()}) for level in QUANTILE_LEVELS]
        return in_order(np.stack(levels))

    def knows_series(self, predictor: Ensemble, name: str) -> bool:
        """Return whether the predictor was fitted to the series; other series are forecast by analogy."""
        return name in predictor.spreads

    def _levels(self, predictor: Ensemble, name: str, part: Part) -> Floats | None:
        """Return the levels ``(level, origin, horizon)`` of adaptive intervals; None if fixed or without past rows."""
        spread = known_series(predictor.spreads, name)
        past = past_part(part, 0) if len(spread.table) else None
        if past is None:
            return None
        start, point = known_series(predictor.starts, name), self._forecast(_alone(predictor, name), past)
        errors = Errors(start.unlearned(part, past) - point, point)
        return spread.moved(errors, past.origins, part.origins, start.levels)

    def save(self, predictor: Ensemble, folder: Path) -> None:
        """Save each member in its own subfolder, and weights and spreads in ``folder`` itself."""
        save_members(predictor.members, folder)
        names = sorted(predictor.spreads)
        arrays = {
            f"{place}.{part}": values
            for place, name in enumerate(names)
            for part, values in predictor.spreads[name].arrays().items()
        }
        arrays |= starts_to_arrays(predictor.starts)
        save_safetensors(folder / "weights.safetensors", arrays)
        found = predictor.combination
        settings = {
            "rule": found.rule,
            "weights": dict(found.weights),
            "scores": dict(found.scores),
            "squared": found.squared,
            "series": names,
            "learned_until": {name: start.learned for name, start in predictor.starts.items()},
        }
        text = json.dumps(settings, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Ensemble:
        """Return the predictor that ``save`` wrote. Raises EngineError if the weights cannot be read."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        settings = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        members = {name: MEMBERS[name]().load(folder / name) for name in settings["weights"]}
        spreads = {}
        for place, name in enumerate(settings["series"]):
            mine = f"{place}."
            own = {key.removeprefix(mine): values for key, values in arrays.items() if key.startswith(mine)}
            spreads[name] = Spread.stored(own)
        combination = Combination(
            settings["rule"], settings["weights"], settings["scores"], settings.get("squared", False)
        )
        return Ensemble(members, combination, spreads, starts_from(settings["learned_until"], arrays.get("levels")))

    def _points(self, progress: Progress, part: Part, names: Collection[str], budget: float) -> dict[str, Floats]:
        """Return the point forecasts of the named members.

        A member that fails, takes too long or returns numbers that are not finite is moved to ``progress.left_out``.
        """
        points = {}
        for name in sorted(set(progress.members) & set(names)):
            found = list[Floats]()

            def ask(name: str = name, found: list[Floats] = found) -> None:
                found.append(MEMBERS[name]().predict(progress.members[name], part).point)

            try:
                finished = within(_answer_seconds(name, budget), ask)
                out = None if finished and np.isfinite(found[0]).all() else LeftOutMember.of(name, "not_finite")
                if not finished:
                    out = LeftOutMember.of(name, "stopped", seconds=progress.seconds.get(name))
            except Exception as error:
                out = LeftOutMember.of(name, "failed", " ".join(str(error).split()))
            if out is None:
                points[name] = found[0]
            else:
                del progress.members[name]
                progress.left_out[name] = out
        return points

    def _forecast(self, ensemble: Ensemble, part: Part) -> Floats:
        points = {name: MEMBERS[name]().predict(own, part).point for name, own in ensemble.members.items()}
        return ensemble.combination.of(points)

    def _calibrate(self, ensemble: Ensemble, config: AutoConfig, train: Part, validation: Part, point: Floats) -> None:
        """Set the spread of each series from the errors of ``point``, the combined forecasts of the validation set."""
        assert validation.targets is not None
        assert train.targets is not None
        errors, adaptive = validation.targets - point, config.intervals == "adaptive"
        parts = {name: (one, at) for name, one, at in _series(train)}
        pooled = dict[str, Floats]()
        if train.schema.series is not None:
            by_series = {name: errors[at] for name, _, at in _series(validation)}
            pooled = pooled_spreads(by_series, {name: step_size(parts[name][0]) for name in by_series})
        few = any(name not in pooled and not is_enough(errors[at]) for name, _, at in _series(validation))
        inside = self._forecast(ensemble, train) if few else np.zeros((0, train.horizon))
        for name, _, at in _series(validation):
            one, places = parts[name]
            if name in pooled and not adaptive:
                ensemble.spreads[name] = Spread(pooled[name])
                continue
            own = places[min(_UNSETTLED, len(places) // 2) :][-MOST_INSIDE:] if few else None
            within_train = None if own is None else Errors(train.targets[own] - inside[own], inside[own])
            found = spread_of(Errors(errors[at], point[at]), within_train, adaptive=adaptive)
            found = replace(found, offsets=pooled[name], power=0.0) if name in pooled else found
            ensemble.spreads[name] = at_least_own_steps(found, one)
        if adaptive:
            ensemble.starts |= {name: Start.after(one) for name, (one, _) in parts.items()}


def _series(part: Part) -> list[tuple[str, Part, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]]:
    if part.schema.series is None:
        return [(_ONE, part, np.arange(len(part.origins), dtype=np.int64))]
    return list(each(part))


def _alone(ensemble: Ensemble, series: str) -> Ensemble:
    """Return the ensemble reduced to one series, to forecast a part that contains only that series."""
    if series == _ONE:
        return ensemble
    members = {name: known_series(own.series, series) for name, own in ensemble.members.items() if own.series}
    return Ensemble({**ensemble.members, **members}, ensemble.combination)


def _scale(train: Part, validation: Part) -> Floats:
    """Return the mean absolute step in the training set of each origin's series, ``(origin, 1)``."""
    sizes = {name: step_size(one) for name, one, _ in _series(train)}
    scale = np.ones((len(validation.origins), 1))
    for name, _, at in _series(validation):
        scale[at] = sizes.get(name, 1.0)
    return scale


def _answer_seconds(name: str, budget: float) -> float:
    """Return the time limit in seconds for a member to forecast a part; infinite for the naive members."""
    return np.inf if issubclass(MEMBERS[name], Naive | SeasonalNaive | RandomWalkDrift) else max(budget, LEAST_ANSWER)


def _newest(rows: Part) -> Part:
    """Return the part with only the newest origin of each series, to check that refitted members can forecast."""
    return _origins(rows, np.sort([int(at[np.argmax(one.origins)]) for _, one, at in _series(rows)]))


def _origins(rows: Part, some: Indices) -> Part:
    """Return the part with only the origins at the indices ``some``, without targets."""
    ahead = {column: values[some] for column, values in rows.ahead.items()}
    return replace(rows, origins=rows.origins[some], targets=None, ahead=ahead)


def _error(point: Floats, truth: Floats, scale: Floats, *, squared: bool) -> float:
    """Return the scaled mean absolute error, or the root mean squared error; infinity if no error is known."""
    errors = np.abs((truth - point) / scale)
    if not np.isfinite(errors).any():
        return np.inf
    return float(np.sqrt(np.nanmean(errors**2)) if squared else np.nanmean(errors))
