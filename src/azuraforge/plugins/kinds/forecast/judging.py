"""The judge of forecasters: metrics of every contender on the same origins, and the losses that the gate compares.

The judge runs in a child process and reads stored predictions; it does not load any pipeline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from azuraforge.plugins.contract.arrays import Flags, Floats, Indices
from azuraforge.plugins.contract.evaluation import (
    ContenderScores,
    Evaluation,
    GuardedRows,
    HorizonMetrics,
    IncumbentScores,
    IntervalCoverage,
    Role,
    SeriesTable,
    SuspiciousColumn,
)
from azuraforge.plugins.contract.judging import Contest, Judge, JudgeCase, Judged, Predicted, Remark
from azuraforge.plugins.contract.metric import Metric, MetricFacts
from azuraforge.plugins.contract.part_folders import fresh_folder
from azuraforge.plugins.contract.parts import Part, Predictions, Table
from azuraforge.plugins.forecasting.channels import column_values
from azuraforge.plugins.forecasting.foreknowledge.frames import examine_frame, examine_skill
from azuraforge.plugins.forecasting.foreknowledge.sentences import evidence
from azuraforge.plugins.forecasting.totals import own_origins
from azuraforge.plugins.kinds.forecast.changes import change_r2, last_values
from azuraforge.plugins.kinds.forecast.coverage import coverages
from azuraforge.plugins.kinds.forecast.drawing import forecast_figure, forecast_figures, redrawn
from azuraforge.plugins.kinds.forecast.facts import IMPORTANCE, METRICS, RESIDUALS, RMSE, RMSSE, SCALED_PINBALL
from azuraforge.plugins.kinds.forecast.findings import evaluation_findings
from azuraforge.plugins.kinds.forecast.hierarchy.levels import level_scores
from azuraforge.plugins.kinds.forecast.incumbent import Incumbent
from azuraforge.plugins.kinds.forecast.metrics import (
    Metrics,
    measure,
    seasonal_scale,
    shown_horizons,
    skill,
    squared_errors,
)
from azuraforge.plugins.kinds.forecast.panel_judging import (
    MOST_SERIES,
    Panel,
    origins_of,
    series_scales,
    series_table,
)
from azuraforge.plugins.kinds.forecast.parts import load_part, times_of
from azuraforge.plugins.kinds.forecast.predictions import load_predictions
from azuraforge.plugins.kinds.forecast.probabilistic import score
from azuraforge.plugins.kinds.forecast.scaled import Scales
from azuraforge.plugins.kinds.forecast.slices import series_slices
from azuraforge.plugins.kinds.forecast.split import ForecastSplit

_NAMED = 8


@dataclass
class _Measured:
    """A contender with its predictions and metrics."""

    name: str
    role: Role
    seconds: float | None
    predictions: Predictions
    folder: Path
    metrics: dict[str, float | None] = field(default_factory=dict)
    series: dict[str, Metrics] = field(default_factory=dict)
    horizons: list[dict[str, float | None]] = field(default_factory=list)
    pinball: dict[str, float] = field(default_factory=dict)
    intervals: tuple[IntervalCoverage, ...] = ()


def save_truth(folder: Path, table: Table, test: Part, truth: Floats) -> None:
    """Write the true values, and the times of each origin's first and last target, into ``folder`` for the judge."""
    fresh_folder(folder)
    np.save(folder / "truth.npy", truth, allow_pickle=False)
    times = times_of(test.frame, test.schema)
    ends = [[times[origin + 1], times[min(origin + test.horizon, len(times) - 1)]] for origin in test.origins.tolist()]
    (folder / "targets.json").write_bytes(orjson.dumps({"timed": table.schema.time is not None, "at": ends}))


class ForecastJudge(Judge):
    """The judge of the forecasters of one run.

    A champion that did not learn every series of a panel is compared by the gate on the series that it learned, but is
    not in the tables, because the other contenders are measured on all series.
    """

    def __init__(self, case: JudgeCase, split: ForecastSplit, added: Sequence[Metric[Floats, Predictions]]) -> None:
        self._case, self._split, self._added = case, split, added
        self._truth: Floats = np.load(case.truth / "truth.npy", allow_pickle=False)
        self._whole_test, train = load_part(case.test), load_part(case.train)
        self._whole_truth = self._truth
        # Totals are measured separately (``levels``), because they would dominate the errors of the series.
        own = own_origins(self._whole_test)
        self._own: Indices | None = None if own is None else np.flatnonzero(own).astype(np.int64)
        self._test = self._whole_test
        if self._own is not None:
            ahead = {name: values[self._own] for name, values in self._test.ahead.items()}
            self._test = replace(self._test, origins=self._test.origins[self._own], ahead=ahead)
            self._truth = self._truth[self._own]
        self._panel, self._scale = panel_and_scale(self._test, train, split.season or 1)
        self._scaled = Scales.of(train, self._test)
        self._contenders = [_loaded(case.candidate, "candidate")]
        self._contenders += [_loaded(each, "baseline") for each in case.baselines]
        self._aside: list[_Measured] = []
        champion = case.champion
        if champion is not None and champion.obstacle is None and champion.predictions is not None:
            loaded = _loaded(Predicted(name=champion.name, predictions=champion.predictions), "champion")
            (self._aside if champion.unknown else self._contenders).append(loaded)
        self._whole = {each.name: each.predictions for each in self._contenders}
        for each in (*self._contenders, *self._aside):
            if self._own is not None:
                each.predictions = origins_of(each.predictions, self._own)
        last = last_values(self._test)
        self._incumbent = Incumbent.load(case.truth, self._own)
        self._suspicious = suspicious_columns(self._test, split.season)
        if self._incumbent is not None and (found := self._incumbent.suspicion(self._truth, last)) is not None:
            self._suspicious += (found,)
        for each in self._contenders:
            self._measure(each, last)

    def metric(self) -> str | None:
        return RMSSE.name if self._scaled.intermittent else None

    def contest(self, metric: MetricFacts, slices: Sequence[str]) -> Contest:
        """Return the losses for the gate: ``(origin, horizon)``, or ``(moment, series * horizon)`` for a panel."""
        truth, panel, case = self._truth, self._panel, self._case
        losses = {each.name: self._losses(metric, each) for each in (*self._contenders, *self._aside)}
        masks, unseen = series_slices(slices, self._test), self._unseen()
        answered: Flags | None = None
        limit: Remark | None = None
        if panel is not None and case.champion is not None and (unknown := case.champion.unknown):
            if self._aside:
                answered = panel.by_moment(np.isfinite(self._aside[-1].predictions.point), False)
            named = ", ".join(unknown[:_NAMED]) + (" …" if len(unknown) > _NAMED else "")
            params = {"count": len(unknown), "of": len(panel.members), "series": named}
            limit = Remark.model_validate({"code": "series_not_compared", "params": params})
        if panel is not None:
            losses = {name: panel.by_moment(values, np.nan) for name, values in losses.items()}
            masks = [replace(part, mask=panel.by_moment(part.mask, False)) for part in masks]
            unseen = panel.all_at_moment(unseen)
        return Contest(
            losses=losses,
            slices=tuple(masks),
            unseen=unseen,
            horizon=truth.shape[1],
            season=self._split.season or 1,
            obstacle=None if case.champion is None else case.champion.obstacle,
            answered=answered,
            limit=limit,
            suspicious=self._suspicious,
            incumbent=self._incumbent_losses(metric),
        )

    def evaluate(self, metric: MetricFacts, best_baseline: str, champion: str, outputs: Path) -> Judged:
        """Rank the contenders, write ``errors.npz``, and return the evaluation with its figure.

        The contenders are ranked by RMSE, or by RMSSE if many values are zero.
        """
        test, case, split, contenders = self._test, self._case, self._split, self._contenders
        best = next(each for each in contenders if each.name == best_baseline)
        series = self._series(best)
        for each in contenders:
            each.metrics["skill"] = skill(each.metrics["rmse"], best.metrics["rmse"])
        ranked_by = self.metric() or RMSE.name
        ranked = sorted(contenders, key=lambda each: math.inf if (score := each.metrics[ranked_by]) is None else score)
        self._save_errors(outputs / "errors.npz", ranked)
        shown = next((each for each in ranked if each.name == champion), ranked[0])
        future, ahead = load_part(case.future), load_predictions(shown.folder / "future.npz")
        draw, schema = forecast_figure if self._panel is None else forecast_figures, test.schema
        origins = len(test.origins) if self._panel is None else int(self._panel.moment.max(initial=-1)) + 1
        tested = split.parts["test"].model_copy(update={"origins": origins})
        hierarchy = level_scores(
            self._whole_test, self._whole_truth, self._whole[self._contenders[0].name], self._whole[best.name]
        )
        evaluation = Evaluation(
            kind="forecast",
            target=schema.target,
            unit=schema.unit,
            metrics=(*METRICS, *(each.facts for each in self._added)),
            ranked_by=ranked_by,
            gate_metric=metric.name,
            parts={**split.parts, "test": tested},
            contenders=tuple(_scores(each, rank) for rank, each in enumerate(ranked, 1)),
            best_baseline=best_baseline,
            winner=ranked[0].name,
            guarded=GuardedRows(tried=case.candidate.guarded, of=len(self._whole[case.candidate.name].point)),
            frequency=schema.frequency,
            timezone=schema.rhythm_timezone or schema.timezone,
            season=split.season,
            horizon=test.horizon,
            judged_horizon=int(np.flatnonzero(np.isfinite(self._truth).any(axis=0)).max(initial=-1)) + 1,
            shown_horizons=tuple(shown_horizons(test.horizon)),
            series=series,
            hierarchy=hierarchy,
            incumbent=self._incumbent_scores(best),
            suspicious=self._suspicious,
            findings=evaluation_findings(contenders, case.candidate.name, shown.name, hierarchy, schema.series),
        )
        forecast = draw(shown.name, future, ahead, self._whole_test, self._whole[shown.name], self._whole_truth)
        if shown.role == "champion" and case.champion is not None and case.champion.refitted:
            forecast = redrawn(forecast, future, ahead)
        # Residuals and importance are computed for single series only.
        explained = () if self._panel is not None else (RESIDUALS.name, IMPORTANCE.name)
        return Judged(evaluation, {"forecast": forecast}, explained)

    def members(self) -> dict[str, dict[str, float | None]]:
        """Return member name → RMSSE, ``r2_change`` and the metrics of ``measure`` for the member's forecasts."""
        found = {}
        for name, folder in self._case.candidate.members.items():
            point = load_predictions(Path(folder) / "test.npz")
            point = point if self._own is None else origins_of(point, self._own)
            found[name] = {
                **self._overall(self._truth, point),
                RMSSE.name: self._scaled.score(RMSSE, self._truth, point, self._owners),
                "r2_change": change_r2(self._truth, point.point, last_values(self._test)),
            }
        return found

    def _measure(self, contender: _Measured, last: Floats) -> None:
        """Set the contender's metrics, overall and per horizon and series, its pinball losses and its coverage."""
        truth, predictions = self._truth, contender.predictions
        if self._panel is None:
            overall, at_steps = measure(truth, predictions, self._scale)
        else:
            overall, at_steps, contender.series = self._panel.measure(truth, predictions)
        scores, scores_at = score(truth, predictions)
        contender.pinball = scores["pinball"]
        packed = None if self._panel is None else partial(self._panel.by_moment, missing=np.nan)
        contender.intervals = coverages(truth, predictions, shown_horizons(truth.shape[1]), packed)
        contender.metrics = {
            **overall,
            "r2_change": change_r2(truth, predictions.point, last),
            "crps": scores["crps"],
            "width": scores["width"],
            **self._scaled.measure(truth, predictions, self._owners),
        }
        contender.metrics |= {each.name: each.facts.score(each.losses(truth, predictions)) for each in self._added}
        for step, (row, at) in enumerate(zip(at_steps, scores_at, strict=True)):
            column = slice(step, step + 1)
            change = change_r2(truth[:, column], predictions.point[:, column], last)
            quantiles = {level: values[:, column] for level, values in predictions.quantiles.items()}
            own = Predictions(predictions.point[:, column], quantiles)
            row |= {"r2_change": change, "crps": at["crps"], "width": at["width"]}
            row |= self._scaled.measure(truth[:, column], own, self._owners)
            contender.horizons.append({name: value for name, value in row.items() if name != "horizon"})

    def _incumbent_losses(self, metric: MetricFacts) -> Floats | None:
        """Return the incumbent's losses, as in ``Contest.losses``; None if unknown or if ``metric`` needs quantiles."""
        if self._incumbent is None or metric.name == SCALED_PINBALL.name:  # the incumbent has no quantiles
            return None
        one = self._contenders[0]
        losses = self._incumbent.losses(self._truth, lambda own: self._losses(metric, replace(one, predictions=own)))
        return losses if losses is None or self._panel is None else self._panel.by_moment(losses, np.nan)

    def _incumbent_scores(self, best: _Measured) -> IncumbentScores | None:
        if self._incumbent is None:
            return None
        compared_with = {each.name: each.predictions for each in (self._contenders[0], best)}
        return self._incumbent.scores(self._truth, compared_with, self._overall)

    def _overall(self, truth: Floats, predictions: Predictions) -> Metrics:
        if self._panel is None:
            return measure(truth, predictions, self._scale)[0]
        return self._panel.measure(truth, predictions)[0]

    @property
    def _owners(self) -> Indices | None:
        return None if self._panel is None else self._panel.owners

    def _losses(self, metric: MetricFacts, contender: _Measured) -> Floats:
        if metric.name in (RMSSE.name, SCALED_PINBALL.name):
            return self._scaled.losses(metric.name, self._truth, contender.predictions)
        for each in self._added:
            if each.name == metric.name:
                return each.losses(self._truth, contender.predictions)
        squared = squared_errors(self._truth, contender.predictions.point)
        return np.sqrt(squared) if metric.name == "mae" else squared

    def _series(self, best: _Measured) -> SeriesTable | None:
        if self._panel is None:
            return None
        candidate = self._contenders[0]
        rows = series_table(self._panel, candidate.series, best.series)
        worst = rows[0].series if rows and rows[0].mase is not None else None
        return SeriesTable(
            column=str(self._test.schema.series),
            candidate=candidate.name,
            count=len(self._panel.members),
            worst=worst,
            better=sum(row.skill is not None and row.skill > 0 for row in rows),
            rows=tuple(rows[:MOST_SERIES]),
            left_out=self._split.left_out,
        )

    def _unseen(self) -> Flags:
        """Return an ``(origin,)`` mask of origins whose targets the champion did not learn; all False if unknown."""
        origins, champion = len(self._truth), self._case.champion
        targets = orjson.loads((self._case.truth / "targets.json").read_bytes())
        if champion is None or not targets["timed"] or not champion.learned_from:
            return np.zeros(origins, dtype=bool)
        ends = np.array(targets["at"], dtype="U19").astype("datetime64[s]").reshape(-1, 2)
        ends = ends if self._own is None else ends[self._own]
        learned = [(np.datetime64(start[:19]), np.datetime64(end[:19])) for start, end in champion.learned_from]
        return unseen_origins(ends[:, 0], ends[:, 1], learned)

    def _save_errors(self, path: Path, contenders: Sequence[_Measured]) -> None:
        """Write the errors of each contender, ``(origin, horizon)``, under its name, for later comparisons of runs.

        For a panel, the errors have the shape ``(moment, series * horizon)``.
        """
        errors = {each.name: (each.predictions.point - self._truth).astype(np.float32) for each in contenders}
        if self._panel is not None:
            errors = {name: self._panel.by_moment(values, np.nan) for name, values in errors.items()}
        np.savez(path, **errors)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle


def unseen_origins(
    first_target_at: NDArray[np.datetime64],
    last_target_at: NDArray[np.datetime64],
    learned_from: Sequence[tuple[np.datetime64, np.datetime64]],
) -> NDArray[np.bool_]:
    """Return an ``(origin,)`` mask of the origins without a target in the learned time ranges.

    Args:
        first_target_at: ``(origin,)`` time of each origin's first target.
        last_target_at: ``(origin,)`` time of each origin's last target.
        learned_from: time ranges of the champion's training and validation sets, both ends included.

    Example:
        >>> days = np.arange("2026-01-01", "2026-01-06", dtype="datetime64[D]")
        >>> learned = [(np.datetime64("2025-01-01"), np.datetime64("2026-01-02"))]
        >>> unseen_origins(days, days + 1, learned).tolist()
        [False, False, True, True, True]
    """
    unseen = np.ones(len(first_target_at), dtype=bool)
    for start, end in learned_from:
        unseen &= (last_target_at < start) | (first_target_at > end)
    return unseen


def suspicious_columns(test: Part, season: int | None) -> tuple[SuspiciousColumn, ...]:
    """Return the columns that seem to contain later values of the target in the test set and all earlier rows."""
    ahead = tuple(test.ahead)
    found = examine_frame(test.frame, test.schema, horizon=test.horizon, season=season, known_ahead=ahead)
    if not any(each.blocks for each in found):  # a column that is already suspicious would explain the skill
        found += examine_skill(test.frame, test.schema, horizon=test.horizon, season=season, known_ahead=ahead)
    return tuple(
        SuspiciousColumn(
            column=each.column,
            kind=each.kind,
            rows_ahead=each.rows_ahead,
            share=each.share,
            rows=each.rows,
            blocks=each.blocks,
            text=evidence(each),
        )
        for each in found
    )


def panel_and_scale(test: Part, train: Part, season: int) -> tuple[Panel | None, float | None]:
    """Return the panel of a test set and None; for a single series, None and the denominator of its MASE."""
    if test.schema.series is not None:
        return Panel.of(test, series_scales(train, season)), None
    values = column_values(train.frame, train.schema.target)
    return None, seasonal_scale(values[train.start :], season)


def _loaded(said: Predicted, role: Role) -> _Measured:
    folder = Path(said.predictions)
    return _Measured(said.name, role, said.seconds, load_predictions(folder / "test.npz"), folder)


def _scores(contender: _Measured, rank: int) -> ContenderScores:
    return ContenderScores(
        name=contender.name,
        role=contender.role,
        rank=rank,
        metrics=contender.metrics,
        seconds=contender.seconds,
        horizons=tuple(HorizonMetrics(horizon=step, metrics=row) for step, row in enumerate(contender.horizons, 1)),
        pinball=contender.pinball,
        intervals=contender.intervals,
    )
