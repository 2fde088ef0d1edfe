"""The judge: metrics of every contender on the same origins, the gate's verdict, and the forecast to draw.

Runs in a child, on numbers alone: no app code is loaded here.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from azuraforge.models.gate.comparability import incomparable, unseen_origins
from azuraforge.models.gate.contenders import Champion, Contender
from azuraforge.models.gate.policy import GatePolicy, Measured
from azuraforge.models.gate.reasons import Reason
from azuraforge.models.gate.verdict import Verdict, decide
from azuraforge.pipelines.forecast.changes import change_r2, last_values
from azuraforge.pipelines.forecast.metrics import (
    Metrics,
    measure,
    seasonal_scale,
    shown_horizons,
    skill,
    squared_errors,
)
from azuraforge.pipelines.forecast.panel_judging import Panel, origins_of, series_scales, series_table
from azuraforge.pipelines.forecast.parts import fresh_folder, future_times, load_part, times_of
from azuraforge.pipelines.forecast.predictions import interval_of, load_predictions
from azuraforge.pipelines.forecast.probabilistic import score
from azuraforge.pipelines.forecast.slices import series_slices
from azuraforge.plugins.contract.parts import Floats, Part, Predictions, Table
from azuraforge.plugins.forecasting.panels import each as each_series

HISTORY_ROWS = 500
#: Of a panel so many series are drawn, each with so many rows.
DRAWN_SERIES = 24
DRAWN_ROWS_OF_SERIES = 200
_NAMED = 8


@dataclass(frozen=True)
class Case:
    """The judge's payload.

    Attributes:
        candidate: ``{"name", "predictions": folder, "seconds", "guarded"}``; ``guarded`` counts the origins at which
            the guard against looking ahead tried it.
        baselines: the same for each baseline that predicted.
        failed: ``{"name", "reason"}`` of those that did not.
        champion: None, or ``{"name", "predictions", "seconds", "learned_from": [[start, end]], "obstacle"}``,
            where ``obstacle`` is None or ``{"code", "params"}`` (see ``incomparable``). ``unknown`` names the
            series of a panel that it did not learn: it is compared on the others, and stands in no table beside
            contenders that were measured on all.
        truth, test, future, train: folders.
        split: the result of the split step.
        trials, earlier_uses: tighten the gate's level.
        policy: the model's terms (``GatePolicy``); empty: the platform's own.
        measured: the candidate's ``latency_ms`` and ``bytes``, held against the policy's limits.
    """

    candidate: dict[str, Any]
    baselines: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    champion: dict[str, Any] | None
    truth: str
    test: str
    future: str
    train: str
    split: dict[str, Any]
    seed: int = 0
    trials: int = 1
    earlier_uses: int = 0
    policy: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Judged:
    name: str
    role: str
    seconds: float | None
    predictions: Predictions
    folder: Path
    metrics: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Metrics] = field(default_factory=dict)
    horizons: list[Any] = field(default_factory=list)
    pinball: dict[str, float] = field(default_factory=dict)


def save_truth(folder: Path, table: Table, test: Part, truth: Floats) -> None:
    """Write what the judge alone may read: true values, and the times of each origin's first and last target."""
    fresh_folder(folder)
    np.save(folder / "truth.npy", truth, allow_pickle=False)
    times = times_of(test.frame, test.schema)
    ends = [[times[origin + 1], times[origin + test.horizon]] for origin in test.origins.tolist()]
    (folder / "targets.json").write_bytes(orjson.dumps({"timed": table.schema.time is not None, "at": ends}))


def judge(case: Case, outputs: Path) -> dict[str, Any]:
    """Result: ``{"evaluation", "verdict", "forecast", "forecast_of"}``; outputs: ``errors.npz``."""
    truth = np.load(Path(case.truth) / "truth.npy", allow_pickle=False)
    test, train = load_part(case.test), load_part(case.train)
    season = case.split["season"]
    panel = Panel.of(test, series_scales(train, season)) if test.schema.series is not None else None
    scale = None if panel else seasonal_scale(_target(train)[train.start :], season)
    last = last_values(test)
    contenders = [_judged(case.candidate, "candidate")]
    contenders += [_judged(fields, "baseline") for fields in case.baselines]
    aside: list[_Judged] = []
    if case.champion is not None and case.champion["obstacle"] is None:
        (aside if case.champion.get("unknown") else contenders).append(_judged(case.champion, "champion"))
    for contender in contenders:
        if panel is None:
            overall, contender.horizons = measure(truth, contender.predictions, scale)
        else:
            overall, contender.horizons, contender.series = panel.measure(truth, contender.predictions)
        contender.metrics = dict(overall)
        _add_scores(contender, truth, last)
    verdict = _decide(case, truth, test, [*contenders, *aside], panel)
    beside = next(each for each in contenders if each.name == verdict.best_baseline)
    told = panel and series_table(panel, contenders[0].series, beside.series, case.split.get("left_out", []))
    _rank(contenders, verdict.best_baseline)
    _save_errors(outputs / "errors.npz", truth, contenders, panel)
    shown = next((each for each in contenders if each.name == verdict.champion), contenders[0])
    schema = test.schema
    evaluation = {
        "kind": "forecast",
        "target": schema.target,
        "unit": schema.unit,
        "frequency": schema.frequency,
        "timezone": schema.rhythm_timezone or schema.timezone,
        "season": case.split["season"],
        "horizon": test.horizon,
        "parts": {**case.split["parts"], "test": {**case.split["parts"]["test"], "origins": len(test.origins)}},
        "contenders": [_row(contender, rank) for rank, contender in enumerate(contenders, 1)],
        "failed": case.failed,
        "best_baseline": verdict.best_baseline,
        "winner": contenders[0].name,
        "comparisons": [comparison.to_dict() for comparison in verdict.comparisons],
        "guarded": {"tried": case.candidate.get("guarded", 0), "of": len(test.origins)},
        "shown_horizons": shown_horizons(test.horizon),
        **({"series": {"column": schema.series, "candidate": case.candidate["name"], **told}} if told else {}),
    }
    ahead, future = load_predictions(shown.folder / "future.npz"), load_part(case.future)
    return {
        "evaluation": evaluation,
        "verdict": verdict.record(candidate_first=contenders[0].role == "candidate").model_dump(mode="json"),
        "forecast": (
            _forecast(shown.name, future, ahead, test, shown.predictions, truth)
            if panel is None
            else _forecasts(shown, future, ahead, test, truth)
        ),
    }


def _judged(fields: dict[str, Any], role: str) -> _Judged:
    folder = Path(fields["predictions"])
    return _Judged(fields["name"], role, fields.get("seconds"), load_predictions(folder / "test.npz"), folder)


def _add_scores(contender: _Judged, truth: Floats, last: Floats) -> None:
    """R² of changes, CRPS and the interval's width beside the other metrics, overall and per horizon; pinball losses by
    level."""
    overall, horizons = score(truth, contender.predictions)
    point = contender.predictions.point
    contender.metrics |= {
        "r2_change": change_r2(truth, point, last),
        "crps": overall["crps"],
        "width": overall["width"],
    }
    contender.pinball = overall["pinball"]
    for step, (row, scores) in enumerate(zip(contender.horizons, horizons, strict=True)):
        at_step = slice(step, step + 1)
        row |= {
            "r2_change": change_r2(truth[:, at_step], point[:, at_step], last),
            "crps": scores["crps"],
            "width": scores["width"],
        }


def _decide(case: Case, truth: Floats, test: Part, contenders: list[_Judged], panel: Panel | None) -> Verdict:
    policy = GatePolicy.model_validate(case.policy)
    metric = policy.metric_of("forecast")
    losses = {each.name: squared_errors(truth, each.predictions.point) for each in contenders}
    answered, limit = None, None
    if panel is not None and case.champion is not None and (unknown := case.champion.get("unknown")):
        answered = panel.by_moment(np.isfinite(contenders[-1].predictions.point), False)
        named = ", ".join(unknown[:_NAMED]) + (" …" if len(unknown) > _NAMED else "")
        of = len(panel.members)
        limit = Reason("series_not_compared", {"count": len(unknown), "of": of, "series": named})
    if metric == "mae":
        losses = {name: np.sqrt(squared) for name, squared in losses.items()}
    slices, unseen = series_slices(policy, test), _unseen(case, len(truth))
    if panel is not None:  # a row of losses is a moment with all of its series
        losses = {name: panel.by_moment(values, np.nan) for name, values in losses.items()}
        slices = [replace(part, mask=panel.by_moment(part.mask, False)) for part in slices]
        unseen = panel.all_at_moment(unseen)
    candidate, *others = contenders
    champion = None
    if case.champion is not None:
        obstacle = case.champion["obstacle"]
        champion = Champion(
            case.champion["name"],
            losses.get(case.champion["name"], np.empty((0, 0))),
            unseen,
            incomparable(obstacle["code"], **obstacle["params"]) if obstacle else None,
            answered,
            limit,
            metric=metric,
        )
    return decide(
        Contender(candidate.name, losses[candidate.name], metric=metric),
        [Contender(each.name, losses[each.name], metric=metric) for each in others if each.role == "baseline"],
        champion,
        horizon=truth.shape[1],
        season=case.split["season"],
        trials=case.trials,
        earlier_uses=case.earlier_uses,
        seed=case.seed,
        slices=slices,
        policy=policy,
        measured=Measured(**case.measured),
    )


def _unseen(case: Case, origins: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Origins whose targets the champion has not learned from. Without times nobody can tell: none; nor where the
    champion does not say what it learned from (``obstacle``)."""
    if case.champion is None:
        return np.zeros(origins, dtype=bool)
    targets = orjson.loads((Path(case.truth) / "targets.json").read_bytes())
    if not targets["timed"] or not case.champion["learned_from"]:
        return np.zeros(origins, dtype=bool)
    ends = np.array(targets["at"], dtype="U19").astype("datetime64[s]").reshape(-1, 2)
    learned = [(np.datetime64(start[:19]), np.datetime64(end[:19])) for start, end in case.champion["learned_from"]]
    return unseen_origins(ends[:, 0], ends[:, 1], learned)


def _rank(contenders: list[_Judged], best_baseline: str) -> None:
    """Sort by RMSE and add the skill against the best baseline."""
    best = next(each.metrics["rmse"] for each in contenders if each.name == best_baseline)
    for each in contenders:
        each.metrics["skill"] = skill(each.metrics["rmse"], best)
    contenders.sort(key=lambda each: math.inf if each.metrics["rmse"] is None else each.metrics["rmse"])


def _row(contender: _Judged, rank: int) -> dict[str, Any]:
    return {
        "name": contender.name,
        "role": contender.role,
        "rank": rank,
        "metrics": contender.metrics,
        "horizons": contender.horizons,
        "pinball": contender.pinball,
        "seconds": contender.seconds,
    }


def _save_errors(path: Path, truth: Floats, contenders: list[_Judged], panel: Panel | None) -> None:
    """Signed errors per origin and horizon: their squares and absolute values are the losses per example.

    Of a panel ``(moment, series * horizon)``, as the gate compares them.
    """
    errors = {each.name: (each.predictions.point - truth).astype(np.float32) for each in contenders}
    if panel is not None:
        errors = {name: panel.by_moment(values, np.nan) for name, values in errors.items()}
    np.savez(path, **errors)  # type: ignore[arg-type]  # numpy's stub takes the names for allow_pickle


def _forecasts(contender: _Judged, future: Part, ahead: Predictions, test: Part, truth: Floats) -> dict[str, Any]:
    """As ``_forecast`` of the first series, with those of the next ones in ``more``."""
    futures = {name: (one, at) for name, one, at in each_series(future)}
    drawn = []
    for name, one, at in itertools.islice(each_series(test), DRAWN_SERIES):
        later, place = futures[name]
        told = origins_of(ahead, place), one, origins_of(contender.predictions, at), truth[at]
        drawn.append({"series": name, **_forecast(contender.name, later, *told, rows=DRAWN_ROWS_OF_SERIES)})
    return {**drawn[0], "more": drawn[1:]}


def _forecast(
    name: str, future: Part, ahead: Predictions, test: Part, made: Predictions, truth: Floats, rows: int = HISTORY_ROWS
) -> dict[str, Any]:
    """History, the next values, and the test part one step ahead, as the chart draws them: the last ``rows``."""
    interval, inside = interval_of(ahead), interval_of(made)
    history = future.frame.tail(rows)
    values = _target(Part(history, future.schema, 0, 0, future.origins))
    times, at = times_of(history, future.schema), times_of(test.frame, test.schema)
    drawn = slice(-rows, None)
    next_at = future_times(future.frame, future.schema, future.horizon)
    return {
        "target": future.schema.target,
        "unit": future.schema.unit,
        "frequency": future.schema.frequency,
        "timezone": future.schema.rhythm_timezone or future.schema.timezone,
        "contender": name,
        "history": [[moment, _number(value)] for moment, value in zip(times, values, strict=True)],
        "next": [
            {
                "at": moment,
                "value": float(ahead.point[0, step]),
                "low": None if interval is None else float(interval[1][0, step]),
                "high": None if interval is None else float(interval[2][0, step]),
            }
            for step, moment in enumerate(next_at)
        ],
        "interval": None if interval is None else interval[0],
        "test": {
            "horizon": 1,
            "at": [at[origin + 1] for origin in test.origins[drawn].tolist()],
            "actual": [_number(value) for value in truth[drawn, 0]],
            "predicted": made.point[drawn, 0].tolist(),
            "low": None if inside is None else inside[1][drawn, 0].tolist(),
            "high": None if inside is None else inside[2][drawn, 0].tolist(),
        },
    }


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _target(part: Part) -> Floats:
    import polars as pl

    column = part.frame.get_column(part.schema.target).cast(pl.Float64).fill_null(float("nan"))
    return np.asarray(column.to_numpy(), dtype=np.float64)
