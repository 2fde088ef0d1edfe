"""Judgement of forecasts: scores, verdicts and findings over the pairs of a file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from azuraforge.datasets.reading.delimited import RawTable
from azuraforge.errors import InvalidInput
from azuraforge.judgements.baselines import Made, make_baselines
from azuraforge.judgements.columns import actual_column, actual_time_column, of_series, only_series
from azuraforge.judgements.drawing import lead_chart, sample_chart
from azuraforge.judgements.evidence import Layout, compared, coverage_interval, decision_of
from azuraforge.judgements.files import numbers, read_table, times
from azuraforge.judgements.incumbent import INCUMBENT, with_incumbent
from azuraforge.judgements.native import native
from azuraforge.judgements.options import Options
from azuraforge.judgements.pairs import Model, Pairs, ReadPredictions, pair, read_predictions
from azuraforge.judgements.remarks import (
    few_for_news,
    headline,
    left_out,
    model_findings,
    own_findings,
    title_of,
    verdict_text,
)
from azuraforge.judgements.shapes import HorizonScore, Judgement, Scores, Verdict
from azuraforge.judgements.suspicion import copy_of, pairs_for_news, suspicion_of
from azuraforge.judgements.truth import Source, Truth, build_truth
from azuraforge.models.gate.evidence import tightened_level
from azuraforge.plugins.contract.arrays import Floats
from azuraforge.plugins.kinds.forecast.metrics import seasonal_scale, skill

#: Confidence level of the gate before it is tightened for the number of models tried.
LEVEL = 0.95
#: Default level of interval columns if neither an option nor the file states it.
COVERAGE = 0.9
_MOST_MODELS = 50


def judge_forecasts(table: RawTable, actual: Path | None, history: Path | None, options: Options) -> Judgement:
    """Judge a file of forecasts, as described in ``judging.judge``."""
    options = replace(options, series=options.series or only_series(table))
    table = of_series(table, options.series)
    if (own := native(table, options)) is not None:
        if own.table.frame.is_empty():
            raise InvalidInput(
                "the version was trained on the actual values of all rows of {table}",
                where="{table}",
                next_step="predict rows after the version's training data",
                table=table.name,
            )
        coverage, target = options.coverage or own.level, options.target or own.target
        options = replace(options, coverage=coverage, target=target, timezone=options.timezone or own.zone)
    read = (
        read_predictions(table, options)
        if own is None
        else read_predictions(own.table, replace(options, time=None), own.names)
    )
    if len(read.models) > _MOST_MODELS:
        raise InvalidInput(
            "{table} has {count} columns of predictions; at most {most} can be judged together",
            where="{table}",
            next_step="choose fewer columns with --model",
            table=table.name,
            count=len(read.models),
            most=_MOST_MODELS,
        )
    truth = _truth_of(read, actual, history, options)
    found = with_incumbent(pair(read, truth, options), read, truth, options)
    made = make_baselines(truth, found, options.coverage or COVERAGE)
    return _judged(read, truth, found, made, options, 0 if own is None else own.learned)


def _truth_of(read: ReadPredictions, actual: Path | None, history: Path | None, options: Options) -> Truth:
    sources: list[Source] = []
    if read.columns.actual is not None:
        sources.append(Source(read.table, read.all_at, numbers(read.table, read.columns.actual, options)))
    asked = ((actual, options.actual_sheet, "--actual-sheet"), (history, options.history_sheet, "--history-sheet"))
    for path, sheet, option in asked:
        if path is not None:
            table = of_series(read_table(path, sheet, option), options.series)
            time = actual_time_column(table, options, stated=path is actual)
            column = actual_column(table, options, time)
            sources.append(Source(table, times(table, time, options), numbers(table, column, options)))
    if read.columns.actual is None and actual is None:
        raise InvalidInput(
            "{table} has no column of actual values",
            where="{table}",
            next_step=(
                "rename the column to 'actual', specify it with --target, or give a file of actual values with --actual"
            ),
            code="no_such_column",
            table=read.table.name,
        )
    return build_truth(sources, read.at, options)


def _judged(read: ReadPredictions, truth: Truth, found: Pairs, made: Made, options: Options, learned: int) -> Judgement:
    pairs, season = made.pairs, truth.schema.season
    coverage = options.coverage or COVERAGE
    rivals = dict(made.models)
    if pairs.incumbent is not None:
        rivals[INCUMBENT] = pairs.incumbent
    layout = Layout.of(pairs, season)
    tried = max(options.tried, len(pairs.models))
    level = tightened_level(LEVEL, trials=tried)
    known = truth.values[: int(pairs.origin[0]) + 1] if pairs.origin[0] >= 0 else truth.values[:0]
    scale = seasonal_scale(known, season) if np.isfinite(known).sum() > 1 else None
    losses = {each.name: np.square(each.point - pairs.actual) for each in (*pairs.models, *rivals.values())}
    best = min(rivals, key=lambda name: float(losses[name].mean()))
    best_rmse = math.sqrt(float(losses[best].mean()))
    suspicions = {each.name: suspicion_of(each, pairs, truth, made.models) for each in pairs.models}
    copies = {each.name: copy_of(each, pairs, truth, made.models) for each in pairs.models}
    compare = partial(_verdict, losses=losses, layout=layout, level=level)
    verdicts = [compare(each.name, best, suspected=suspicions[each.name] is not None) for each in pairs.models]
    incumbents = [
        compare(each.name, INCUMBENT, suspected=suspicions[each.name] is not None)
        for each in pairs.models
        if INCUMBENT in rivals
    ]
    models = [_scores(each, "model", pairs, layout, scale, best_rmse) for each in pairs.models]
    baselines = [_scores(each, "baseline", pairs, layout, scale, best_rmse) for each in rivals.values()]
    ranking = tuple(sorted((*models, *baselines), key=lambda each: each.metrics["rmse"] or 0.0))
    order = [each.name for each in ranking if each.role == "model"]
    for some in (verdicts, incumbents):
        some.sort(key=lambda each: order.index(each.model))
    findings = [
        finding
        for each in verdicts
        for finding in model_findings(
            each.model,
            suspicions[each.model],
            copies[each.model],
            next(score for score in models if score.name == each.model),
            coverage,
        )
    ]
    if pairs.incumbent is not None and (doubt := suspicion_of(pairs.incumbent, pairs, truth, made.models)) is not None:
        findings += model_findings(INCUMBENT, doubt, None, baselines[-1], coverage)
    findings += own_findings(read, truth, found, made, layout, tried, level, learned)
    usable, needed = pairs_for_news(pairs, truth, made.models)
    if usable < needed:
        findings.append(few_for_news(usable, needed))
    return Judgement(
        kind="forecast",
        file=str(read.table.name),
        headline=headline(verdicts[0]),
        verdicts=tuple(verdicts),
        incumbent=tuple(incumbents),
        ranking=ranking,
        findings=tuple(findings),
        left_out=tuple(left_out(each) for each in made.missing),
        predictions=len(pairs),
        start=truth.written(int(pairs.target.min())),
        end=truth.written(int(pairs.target.max())),
        horizons=tuple(np.unique(pairs.ahead).tolist()),
        frequency=truth.schema.frequency,
        season=season,
        coverage_level=coverage,
        level=level,
        tried=tried,
        sample=sample_chart(pairs, truth, order, rivals[best]),
        lead=lead_chart({name: losses[name] for name in order}, losses[best], layout, pairs, truth),
    )


def _verdict(
    model: str, rival: str, *, losses: Mapping[str, Floats], layout: Layout, level: float, suspected: bool
) -> Verdict:
    """Compare a model with the best baseline or with the incumbent, by their squared errors on the same pairs."""
    result, more = compared(_apart(model), losses[model], rival, losses[rival], layout, level)
    # Rounding errors of equal sums must not count as a difference.
    low, high = (None if end is None else (0.0 if abs(end) < 1e-12 else end) for end in (result.low, result.high))
    verdict = Verdict(
        model=model,
        baseline=rival,
        metric="rmse",
        decision=decision_of(low, high),
        difference=result.relative_difference or 0.0,
        low=low,
        high=high,
        unknown=result.unknown,
        level=level,
        origins=layout.origins,
        pieces=min(result.pieces, float(layout.origins)),
        needed=layout.needed,
        more=more,
        suspected=suspected,
        text={},
    )
    return verdict.model_copy(update={"text": verdict_text(verdict)})


def _apart(name: str) -> str:
    """Return a model's name for the comparison, distinct from the names of baselines."""
    return f"model {name}"


def _scores(model: Model, role: str, pairs: Pairs, layout: Layout, scale: float | None, best_rmse: float) -> Scores:
    error = model.point - pairs.actual
    rmse, mae = math.sqrt(float(np.square(error).mean())), float(np.abs(error).mean())
    metrics: dict[str, float | None] = {
        "rmse": rmse,
        "mae": mae,
        "mase": mae / scale if scale else None,
        "skill": skill(rmse, best_rmse),
        "coverage": None,
    }
    low = high = None
    if model.low is not None and model.high is not None:
        inside = ((model.low <= pairs.actual) & (pairs.actual <= model.high)).astype(np.float64)
        metrics["coverage"], low, high = coverage_interval(inside, layout)
    return Scores(
        name=model.name,
        title=title_of(model.name) if role == "baseline" else {"en": model.name, "tr": model.name},
        role="baseline" if role == "baseline" else "model",
        metrics=metrics,
        coverage_low=low,
        coverage_high=high,
        horizons=_by_horizon(error, pairs),
    )


def _by_horizon(error: Floats, pairs: Pairs) -> tuple[HorizonScore, ...]:
    ahead, place = np.unique(pairs.ahead, return_inverse=True)
    if len(ahead) < 2:
        return ()
    counts = np.bincount(place)
    squares, sizes = (np.bincount(place, weights=each) / counts for each in (np.square(error), np.abs(error)))
    return tuple(
        HorizonScore(horizon=int(step), predictions=int(count), rmse=math.sqrt(square), mae=float(size))
        for step, count, square, size in zip(
            ahead.tolist(), counts.tolist(), squares.tolist(), sizes.tolist(), strict=True
        )
    )
