"""``forecasting.auto``: members learned within a time budget, combined by their errors on the validation part."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from azuraforge.apps.forecasting.auto.attempts import Attempt, attempts
from azuraforge.apps.forecasting.auto.candidates import (
    MEMBERS,
    Candidates,
    candidates,
    import_libraries,
    is_forked,
)
from azuraforge.apps.forecasting.auto.config import AutoConfig
from azuraforge.apps.forecasting.auto.spread import ENOUGH_ORIGINS, spread_of
from azuraforge.apps.forecasting.auto.weights import Combination, combine, is_thin
from azuraforge.apps.forecasting.baseline import Learned
from azuraforge.apps.forecasting.naive import Naive, SeasonalNaive
from azuraforge.engine.io import load_safetensors, save_safetensors
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.contract.parts import Part, Predictions, Split, Table
from azuraforge.plugins.contract.pipeline import Checkpoint, Pipeline, RunContext
from azuraforge.plugins.forecasting.adaptive import adaptive_offsets, past_part, past_truth, score_table
from azuraforge.plugins.forecasting.config import QUANTILE_LEVELS, ForecastConfig, chronological_split
from azuraforge.plugins.forecasting.intervals import in_order
from azuraforge.plugins.forecasting.panels import each, known_series

#: A further group of members is tried where the one before lowered the error on the validation part by this share.
PAYS = 0.01
_DONE, _ONE = "finished.json", ""


@dataclass
class Ensemble:
    """Learned members and how they are combined.

    Attributes:
        members: what each member learned, by its name.
        combination: of their forecasts.
        spreads: ``(level, horizon)`` by series; of a single series by the empty name.
        tables: of adaptive intervals, by series.
    """

    members: dict[str, Learned]
    combination: Combination
    spreads: dict[str, Floats] = field(default_factory=dict)
    tables: dict[str, Floats] = field(default_factory=dict)


@dataclass
class _Progress:
    """What an attempt has finished; a checkpoint holds it."""

    members: dict[str, Learned] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        _save_members(self.members, folder)
        text = json.dumps({"left_out": self.left_out, "seconds": self.seconds, "members": sorted(self.members)})
        (folder / _DONE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, checkpoint: Checkpoint | None) -> _Progress:
        if checkpoint is None:
            return cls()
        stored = json.loads((checkpoint.folder / _DONE).read_text(encoding="utf-8"))
        members = {name: MEMBERS[name]().load(checkpoint.folder / name) for name in stored["members"]}
        return cls(members, stored["left_out"], stored["seconds"])


@dataclass(frozen=True)
class _MemberRun:
    """The run of a member: its figures and checkpoints are those of the ensemble."""

    config: ForecastConfig
    seed: int
    threads: int
    outputs: Path

    def log(self, step: int, **metrics: float) -> None:
        """Log nothing."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Report nothing."""

    def checkpoint(self, step: int, save: Callable[[Path], None]) -> None:
        """Keep nothing; the ensemble keeps finished members."""

    def resume(self) -> Checkpoint | None:
        """Return None."""
        return None

    def figure(self, name: str, data: Mapping[str, object]) -> None:
        """Draw nothing."""

    def note(self, markdown: str) -> None:
        """Note nothing."""


class Auto(Pipeline[AutoConfig, Ensemble]):
    """Naive, statistical, linear and tree forecasters, weighed where there is evidence and else in their median."""

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
        """Cut in order of time."""
        return chronological_split(table, config)

    def fit(self, run: RunContext[AutoConfig], train: Part, validation: Part) -> Ensemble:
        """Learn members, cheapest first, until the budget ends or another group does not pay; then combine them."""
        if validation.targets is None:
            raise ValueError("the validation part has no targets")
        chosen = candidates(run.config, train)
        progress = _Progress.load(run.resume())
        began = time.monotonic() - sum(progress.seconds.values())
        scale = _scale(train, validation)
        free = SeasonalNaive.name if run.config.season_of(train.schema) > 1 else Naive.name
        groups = [chosen.free, chosen.core, *chosen.further]
        combination: Combination | None = None
        error = np.inf
        for place, group in enumerate(groups):
            left = run.config.budget_seconds - (time.monotonic() - began)
            self._learn(run, train, validation, group, progress, left, len(chosen))
            points = self._points(progress, validation)
            combination = combine(points, validation.targets, scale, chosen.core, free)
            before, error = error, _error(combination.of(points), validation.targets, scale)
            # Evidence that is too thin to weigh members cannot show that more of them pay either.
            if (place > 1 and error > (1 - PAYS) * before) or (place == 1 and is_thin(validation.targets)):
                break
        assert combination is not None  # there are free members
        members = {name: progress.members[name] for name in combination.weights}
        ensemble = Ensemble(members, combination)
        self._calibrate(ensemble, run.config, train, validation)
        _report(run, chosen, progress, combination)
        run.progress(len(chosen), len(chosen))
        return ensemble

    def trials(self, predictor: Ensemble) -> int:
        """Return how many members were compared."""
        return max(1, len(predictor.combination.scores))

    def predict(self, predictor: Ensemble, part: Part) -> Predictions:
        """Combine the members' forecasts; the intervals come from the combination's own errors."""
        point = self._forecast(predictor, part)
        offsets = np.zeros((len(QUANTILE_LEVELS), *point.shape))
        for name, one, at in _series(part):
            table = known_series(predictor.tables, name) if predictor.tables else None
            past = None if table is None else past_part(one, 0)
            if table is None or past is None:
                offsets[:, at] = known_series(predictor.spreads, name)[:, None, :]
                continue
            errors = past_truth(one, past) - self._forecast(_alone(predictor, name), past)
            levels = len(QUANTILE_LEVELS)
            offsets[:, at] = adaptive_offsets(
                [table] * levels, [errors] * levels, past.origins, one.origins, QUANTILE_LEVELS
            )
        return Predictions(point, dict(zip(QUANTILE_LEVELS, in_order(point + offsets), strict=True)))

    def save(self, predictor: Ensemble, folder: Path) -> None:
        """Write each member into a folder of its own, and weights and spreads next to them."""
        _save_members(predictor.members, folder)
        names = sorted(predictor.spreads)
        arrays = {f"spread.{place}": predictor.spreads[name] for place, name in enumerate(names)}
        arrays |= {f"table.{names.index(name)}": table for name, table in predictor.tables.items()}
        save_safetensors(folder / "weights.safetensors", arrays)
        found = predictor.combination
        settings = {
            "rule": found.rule,
            "weights": dict(found.weights),
            "scores": dict(found.scores),
            "series": names,
        }
        text = json.dumps(settings, sort_keys=True, allow_nan=False)
        (folder / "preprocessing.json").write_text(text, encoding="utf-8")

    def load(self, folder: Path) -> Ensemble:
        """Read what ``save`` wrote."""
        arrays, _ = load_safetensors(folder / "weights.safetensors", refuse_nan=True)
        settings = json.loads((folder / "preprocessing.json").read_text(encoding="utf-8"))
        members = {name: MEMBERS[name]().load(folder / name) for name in settings["weights"]}
        names = settings["series"]
        return Ensemble(
            members,
            Combination(settings["rule"], settings["weights"], settings["scores"]),
            {name: arrays[f"spread.{place}"] for place, name in enumerate(names)},
            {name: arrays[f"table.{place}"] for place, name in enumerate(names) if f"table.{place}" in arrays},
        )

    def _learn(
        self,
        run: RunContext[AutoConfig],
        train: Part,
        validation: Part,
        names: tuple[str, ...],
        progress: _Progress,
        seconds: float,
        total: int,
    ) -> None:
        """Learn the members of a group that no earlier attempt has finished."""
        open_ = [name for name in names if name not in progress.members and name not in progress.left_out]
        config = _own(run.config)
        with tempfile.TemporaryDirectory(prefix="members-") as home:

            def learn(name: str) -> Learned:
                folder = Path(home) / name
                folder.mkdir()
                random.seed(run.seed)
                np.random.seed(run.seed % 2**32)
                member = MEMBERS[name]()
                settings = member.Config.model_validate(config)
                learned = member.fit(_MemberRun(settings, run.seed, run.threads, folder), train, validation)
                member.save(learned, folder)
                return learned

            def ended(attempt: Attempt) -> None:
                name = attempt.name
                progress.seconds[name] = round(attempt.seconds, 3)
                if attempt.failed is None:
                    progress.members[name] = MEMBERS[name]().load(Path(home) / name)
                else:
                    progress.left_out[name] = attempt.failed
                done = len(progress.members) + len(progress.left_out)
                run.progress(min(done, total), total, name)

            forked = {name: partial(_forget, learn, name) for name in open_ if is_forked(name)}
            if forked:
                began = time.monotonic()
                if seconds > 0:
                    import_libraries(list(forked))
                for attempt in attempts(forked, max(1, run.threads), seconds - (time.monotonic() - began)):
                    ended(attempt)
                    run.checkpoint(len(progress.members) + len(progress.left_out), progress.save)
            for name in (each for each in open_ if each not in forked):
                ended(_here(learn, name, seconds if names[0] != Naive.name else np.inf))
        if open_:
            run.checkpoint(len(progress.members) + len(progress.left_out), progress.save)

    def _points(self, progress: _Progress, part: Part) -> dict[str, Floats]:
        """Return the forecasts of each member; one that cannot answer with numbers is left out."""
        points = {}
        for name in sorted(progress.members):
            try:
                point = MEMBERS[name]().predict(progress.members[name], part).point
                reason = None if np.isfinite(point).all() else "its forecasts are not finite"
            except Exception as error:
                reason = " ".join(str(error).split())
            if reason is None:
                points[name] = point
            else:
                del progress.members[name]
                progress.left_out[name] = reason
        return points

    def _forecast(self, ensemble: Ensemble, part: Part) -> Floats:
        points = {name: MEMBERS[name]().predict(own, part).point for name, own in ensemble.members.items()}
        return ensemble.combination.of(points)

    def _calibrate(self, ensemble: Ensemble, config: AutoConfig, train: Part, validation: Part) -> None:
        """Measure the errors of the combination, for each series."""
        assert validation.targets is not None
        assert train.targets is not None
        errors = validation.targets - self._forecast(ensemble, validation)
        few = any(len(at) < ENOUGH_ORIGINS for _, _, at in _series(validation))
        inside = train.targets - self._forecast(ensemble, train) if few else np.zeros((0, train.horizon))
        places = {name: at for name, _, at in _series(train)} if few else {}
        for name, _, at in _series(validation):
            own = inside[places[name]] if name in places else np.zeros((0, train.horizon))
            ensemble.spreads[name] = spread_of(errors[at], own)
            if config.intervals == "adaptive":
                ensemble.tables[name] = score_table(errors[at])


def _forget(learn: Callable[[str], Learned], name: str) -> None:
    learn(name)


def _here(learn: Callable[[str], Learned], name: str, seconds: float) -> Attempt:
    """Learn a member in this process."""
    if seconds <= 0:
        return Attempt(name, 0.0, "not started within the budget")
    began = time.monotonic()
    try:
        learn(name)
    except Exception as error:  # a member that fails is left out
        return Attempt(name, time.monotonic() - began, " ".join(str(error).split()) or type(error).__name__)
    return Attempt(name, time.monotonic() - began)


def _own(config: AutoConfig) -> dict[str, object]:
    """Return the settings that every forecaster has, without intervals: those are the combination's."""
    own: dict[str, object] = {name: getattr(config, name) for name in ForecastConfig.model_fields}
    return own | {"intervals": "fixed"}


def _series(part: Part) -> list[tuple[str, Part, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]]:
    if part.schema.series is None:
        return [(_ONE, part, np.arange(len(part.origins), dtype=np.int64))]
    return list(each(part))


def _alone(ensemble: Ensemble, series: str) -> Ensemble:
    """Return the ensemble for one series, as a part without the others is given to it."""
    if series == _ONE:
        return ensemble
    members = {name: known_series(own.series, series) for name, own in ensemble.members.items() if own.series}
    return Ensemble({**ensemble.members, **members}, ensemble.combination)


def _scale(train: Part, validation: Part) -> Floats:
    """Return ``(origin, 1)``: the mean absolute distance of neighbouring targets of the origin's series."""
    scale = np.ones((len(validation.origins), 1))
    if train.schema.series is None or train.targets is None:
        return scale
    sizes = {}
    for name, one, _ in each(train):
        assert one.targets is not None
        steps = np.abs(np.diff(one.targets[:, 0]))
        found = float(np.nanmean(steps)) if np.isfinite(steps).any() else 1.0
        sizes[name] = found if found > 0 else 1.0
    for name, _, at in each(validation):
        scale[at] = sizes.get(name, 1.0)
    return scale


def _error(point: Floats, truth: Floats, scale: Floats) -> float:
    errors = np.abs((truth - point) / scale)
    return float(np.nanmean(errors)) if np.isfinite(errors).any() else np.inf


def _save_members(members: Mapping[str, Learned], folder: Path) -> None:
    for name, learned in members.items():
        own = folder / name
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        MEMBERS[name]().save(learned, own)


def _report(run: RunContext[AutoConfig], chosen: Candidates, progress: _Progress, found: Combination) -> None:
    """Draw each member's weight and score, and name those that were left out."""
    names = sorted(progress.members, key=lambda name: (-found.weights.get(name, 0.0), name))
    rows = [
        {
            "name": name,
            "weight": found.weights.get(name, 0.0),
            "score": found.scores.get(name),
            "seconds": progress.seconds.get(name),
        }
        for name in names
    ]
    left_out = [{"name": name, "reason": reason} for name, reason in sorted(progress.left_out.items())]
    skipped = [
        name for group in chosen.further for name in group if name not in {*progress.members, *progress.left_out}
    ]
    run.figure("members", {"rule": found.rule, "members": rows, "left_out": left_out, "not_tried": skipped})
    for each_out in left_out:
        run.note(f"{each_out['name']} was left out: {each_out['reason']}")
