"""The report of a run as a Markdown document, written from the run's stored data."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from azuraforge.models.gate.record import VerdictRecord
from azuraforge.plugins.contract.evaluation import (
    RANGE_LEVEL,
    Evaluation,
    Hierarchical,
    IncumbentScores,
    IntervalCoverage,
    SeriesTable,
)
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import text_of
from azuraforge.plugins.kinds.forecast.facts import COVERAGE, MASE, METRICS, RMSE, SKILL
from azuraforge.plugins.kinds.forecast.figures import ErrorSlices, ForecastFigure, Importance, Shapley
from azuraforge.reports.conclusion import conclusion
from azuraforge.reports.markdown import escape, quoted, table
from azuraforge.reports.material import Figures, Material
from azuraforge.reports.members import members
from azuraforge.reports.words import NOTHING, Words
from azuraforge.row_time import row_time
from azuraforge.runs.schemas import RunDetail

_SERIES_SHOWN = 20
_MOST_INPUTS = 12
_MOST_FIELDS = 200


def markdown(material: Material, words: Words, images: Mapping[str, str]) -> str:
    """Return the document. ``images`` maps figure names to URLs, which become references at the end."""
    run, evaluation = material.run, material.evaluation
    lines = [f"# {escape(run.name)}", "", *_lead(run, words)]
    lines += _failure(material, words)
    if evaluation is not None:
        if material.verdict is not None:
            lines += _verdict(material.verdict, evaluation, words)
        lines += _scores(evaluation, words)
        if said := conclusion(words, run.seed, evaluation, material.figures):
            lines += [f"## {words('conclusion')}", "", *(f"- {sentence}" for sentence in said), ""]
    else:
        lines += _settings(words("result"), run.summary or {}, words)
    lines += _figures(material.figures, words, images)
    if run.follow_ups:
        lines += [f"*{words('explaining')}*", ""]
    lines += _data(material, words)
    lines += _settings(words("config"), run.config, words)
    lines += _environment(run, words)
    lines += _attempts(run, words)
    if run.notes:
        lines += [f"## {words('notes')}", ""]
        for note in run.notes:
            lines += quoted(note)
    lines += [f"[{name}]: {address}" for name, address in images.items()]
    return "\n".join(lines).rstrip() + "\n"


def _lead(run: RunDetail, words: Words) -> list[str]:
    kind = words.or_else(f"kind.{run.kind}", escape(run.kind))
    said = [words("lead", kind=kind, id=escape(run.id), state=f"**{words(f'state.{run.state}')}**")]
    if run.state in ("queued", "running"):
        said.append(words("not_ended"))
    facts = [
        (words("plugin"), run.plugin),
        (words("dataset"), f"{run.dataset_name} v{run.dataset_version}" if run.dataset_name else None),
        (words("model"), run.model),
        (words("created"), words.moment(run.created_at)),
        (words("finished"), words.moment(run.finished_at)),
    ]
    return [" ".join(said), "", *(f"- {name}: {escape(value)}" for name, value in facts if value), ""]


def _failure(material: Material, words: Words) -> list[str]:
    run = material.run
    if run.state not in ("failed", "cancelled", "quarantined"):
        return []
    lines = [f"## {words('failure')}", ""]
    if (error := run.error) is not None:
        lines += [escape(error.message), ""]
        if error.where:
            lines += [words("failure.where", where=escape(error.where)), ""]
        if error.next_step:
            lines += [words("failure.next", next_step=escape(error.next_step)), ""]
    progress = run.progress
    if progress.phase:
        counted = {"done": words.number(progress.done), "total": words.number(progress.total)}
        share = words.percent(progress.share)
        lines += [words("failure.stopped", phase=escape(progress.phase), share=share, **counted), ""]
    else:
        lines += [words("failure.never"), ""]
    last = [(each.series, each.steps[-1], each.values[-1]) for each in material.curves if each.steps]
    last = [each for each in last if not each[0].startswith("system/")]
    if last:
        rows = [[escape(series), words.number(step), words.number(value)] for series, step, value in last]
        lines += [words("failure.last"), "", *table([words("series"), words("step"), words("value")], rows, (1, 2))]
    logs = [escape(each.name) for each in run.artifacts if each.kind == "log"]
    return [*lines, words("failure.log", names=", ".join(logs)), ""] if logs else lines


def _verdict(verdict: VerdictRecord, evaluation: Evaluation, words: Words) -> list[str]:
    names = {"champion": verdict.champion, "approved": verdict.approved, "candidate": evaluation.candidate.name}
    shown = {name: escape(value or NOTHING) for name, value in names.items()}
    said = words(f"decision.{verdict.headline}", **shown)
    if verdict.headline in ("approved", "awaits_approval", "withheld") and verdict.champion:
        said = f"{said} {words('decision.until_then', **shown)}"
    reasons = [f"- {escape(each.text.tr if words.code == 'tr' else each.text.en)}" for each in verdict.reasons]
    return [f"## {words('verdict')}", "", said, "", *reasons, ""]


def _scores(evaluation: Evaluation, words: Words) -> list[str]:
    metrics = _metrics(evaluation)
    heads = [words("contender")]
    for metric in metrics:
        title, unit = escape(text_of(metric.title, words.code)), metric.unit_of(evaluation.unit)
        heads.append(f"{title} ({escape(unit)})" if unit else title)
    rows = []
    for each in sorted(evaluation.contenders, key=lambda each: each.rank):
        title = escape(each.name)
        title = f"**{title}**" if each.name == evaluation.winner else title
        cells = [words.measured(metric, each.metrics.get(metric.name)) for metric in metrics]
        rows.append([f"{title} ({words(f'role.{each.role}')})", *cells])
    lines = [f"## {words('scores')}", "", words("scores.note"), ""]
    lines += table(heads, rows, range(1, len(heads)))
    lines += _intervals(evaluation, words)
    if evaluation.series is not None:
        lines += _series(evaluation.series, evaluation.best_baseline, words)
    if evaluation.hierarchy is not None:
        lines += _levels(evaluation.hierarchy, evaluation.best_baseline, words)
    if evaluation.incumbent is not None:
        lines += _incumbent(evaluation.incumbent, words)
    if evaluation.composition is not None:
        lines += members(evaluation.composition, evaluation, words)
    if evaluation.findings:
        lines += [*(f"- {escape(text_of(each.text, words.code))}" for each in evaluation.findings), ""]
    if failed := evaluation.failed:
        lines += [f"{words('scores.failed')}:", ""]
        lines += [*(f"- {escape(each.name)}: {escape(text_of(each.reason, words.code))}" for each in failed), ""]
    return lines


def _intervals(evaluation: Evaluation, words: Words) -> list[str]:
    """Return the coverage of the intervals: of all contenders overall, and of the candidate also by horizon."""
    able = [each for each in sorted(evaluation.contenders, key=lambda each: each.rank) if each.intervals]
    if not able:
        return []
    shares = list(dict.fromkeys(own.share for each in able for own in each.intervals))
    rows = []
    for each in able:
        held = {own.share: own for own in each.intervals}
        rows.append([escape(each.name), *(_held(held.get(share), words) for share in shares)])
    heads = [words("contender"), *(words("intervals.of", share=words.percent(share)) for share in shares)]
    lines = [
        f"### {words('intervals')}",
        "",
        words("intervals.note", level=words.percent(RANGE_LEVEL)),
        "",
        *table(heads, rows, range(1, len(heads))),
    ]
    candidate = evaluation.candidate
    steps = evaluation.shown_horizons
    if candidate.intervals and len(steps) > 1:
        own = [
            [words.percent(each.share), *(words.percent(at.coverage) for at in each.horizons)]
            for each in candidate.intervals
        ]
        heads = [words("intervals.promised"), *(f"+{step}" for step in steps)]
        lines += [words("intervals.by_horizon", name=escape(candidate.name)), "", *table(heads, own, range(len(heads)))]
    return lines


def _held(interval: IntervalCoverage | None, words: Words) -> str:
    if interval is None:
        return NOTHING
    return f"{words.percent(interval.coverage)} ({words.percent(interval.low)} – {words.percent(interval.high)})"


def _series(series: SeriesTable, best_baseline: str, words: Words) -> list[str]:
    """Return the scores of the worst series next to those of the best baseline, and the names of omitted series."""
    baseline = escape(best_baseline)
    mase, rmse = words.title(MASE), words.title(RMSE)
    heads = [escape(series.column), mase, f"{mase}, {baseline}", rmse, f"{rmse}, {baseline}", words.title(SKILL)]
    shown = series.rows[:_SERIES_SHOWN]
    rows = [
        [
            escape(row.series),
            *(words.measured(MASE, value) for value in (row.mase, row.baseline_mase)),
            *(words.measured(RMSE, value) for value in (row.rmse, row.baseline_rmse)),
            words.measured(SKILL, row.skill),
        ]
        for row in shown
    ]
    counts = {"shown": len(shown), "count": series.count, "better": series.better, "baseline": baseline}
    lines = [f"### {words('several_series')}", "", words("several_series.note", **counts), ""]
    lines += table(heads, rows, range(1, len(heads)))
    if gone := series.left_out:
        named = ", ".join(escape(each.series) for each in gone[:_SERIES_SHOWN])
        lines += [words("several_series.left_out", count=len(gone), series=named), ""]
    return [*lines, words("several_series.not_explained"), ""]


def _levels(hierarchy: Hierarchical, best_baseline: str, words: Words) -> list[str]:
    """Return the errors by level, next to those of the best baseline, unreconciled forecasts and sums of series."""
    baseline = escape(best_baseline)
    rmse = words.title(RMSE)
    heads = [words("levels.level"), words("levels.count"), rmse, f"{rmse}, {baseline}", words.title(SKILL)]
    heads += [words("levels.base"), words("levels.bottom_up"), words.title(COVERAGE)]
    rows = []
    for each in hierarchy.levels:
        numbers = map(words.number, (each.rmse, each.baseline_rmse))
        other = map(words.number, (each.base_rmse, each.bottom_up_rmse))
        counted = words.number(each.series)
        rows.append([escape(each.level), counted, *numbers, words.measured(SKILL, each.skill), *other])
        rows[-1].append(words.percent(each.coverage))
    lines = [f"### {words('levels')}", "", words("levels.note", baseline=baseline), ""]
    return [*lines, *table(heads, rows, range(1, len(heads)))]


def _incumbent(incumbent: IncumbentScores, words: Words) -> list[str]:
    """Return the scores of the incumbent forecast, the candidate and the best baseline on the same targets."""
    shown = [each for each in METRICS if each.name in ("rmse", "mae", "mase")]
    rows = [
        [escape(name), *(words.number(scores.get(each.name)) for each in shown)]
        for name, scores in {words("incumbent"): incumbent.metrics, **incumbent.alongside}.items()
    ]
    counted = {"targets": words.number(incumbent.targets), "of": words.number(incumbent.of)}
    heads = [words("contender"), *(text_of(each.title, words.code) for each in shown)]
    lines = [f"### {words('incumbent')}", "", words("incumbent.note", column=escape(incumbent.column), **counted), ""]
    return [*lines, *table(heads, rows, range(1, len(heads)))]


def _metrics(evaluation: Evaluation) -> list[MetricFacts]:
    """Return the visible metrics for which at least one contender has a value."""
    return [
        metric
        for metric in evaluation.metrics
        if metric.detail != "hidden"
        and any(each.metrics.get(metric.name) is not None for each in evaluation.contenders)
    ]


def _figures(figures: Figures, words: Words, images: Mapping[str, str]) -> list[str]:
    if not images:
        return []
    lines = [f"## {words('figures')}", ""]
    for name in images:
        title = words.or_else(f"figure.{name}", escape(name))
        lines += [f"### {title}", "", f"![{title}][{name}]", ""]
        lines += _below(getattr(figures, name, None), words)
    return lines


def _below(figure: object, words: Words) -> list[str]:
    """Return the table or the note below a figure; empty for figures without one."""
    match figure:
        case ForecastFigure():
            return [words("forecast.refitted"), ""] if figure.refitted else []
        case ErrorSlices():
            rows = [
                [
                    f"{words.or_else('by.' + each.by, escape(each.by))} {escape(row.value)}",
                    *map(words.number, (row.errors, row.rmse, row.baseline_rmse)),
                    words.measured(SKILL, row.skill),
                ]
                for each in figure.slices
                for row in each.rows
            ]
            baseline = f"{words('alongside')}: {escape(figure.baseline)}"
            heads = [words("slice"), words("errors"), words.title(RMSE), baseline, words.title(SKILL)]
            return table(heads, rows, range(1, 5))
        case Importance():
            counted = {name: words.number(getattr(figure, name)) for name in ("origins", "repeats", "rows_back")}
            measured = [(each.name, each.increase, each.spread) for each in figure.inputs]
            return [words("importance.note", **counted), "", *_inputs(words, measured, "increase", "spread")]
        case Shapley():
            counted = {name: words.number(getattr(figure, name)) for name in ("origins", "orders")}
            measured = [(each.name, each.mean_absolute, each.order_spread) for each in figure.inputs]
            return [words("shapley.note", **counted), "", *_inputs(words, measured, "contribution", "order_spread")]
        case _:
            return []


def _inputs(words: Words, measured: list[tuple[str, float, float]], *heads: str) -> list[str]:
    rows = [[escape(words.input(name)), *map(words.number, values)] for name, *values in measured[:_MOST_INPUTS]]
    return table([words("input"), *(words(head) for head in heads)], rows, (1, 2))


def _data(material: Material, words: Words) -> list[str]:
    run, evaluation = material.run, material.evaluation
    if not run.dataset_name:
        return []
    lines = [f"## {words('data')}", ""]
    lines += [f"- {words('dataset')}: {escape(run.dataset_name)} v{run.dataset_version}"]
    lines += [f"- {words('fingerprint')}: {escape(run.dataset_fingerprint or NOTHING)}", ""]
    if evaluation is not None:
        rhythm = {"frequency": evaluation.frequency, "timezone": evaluation.timezone}
        rows = [
            [
                words.or_else(f"part.{name}", escape(name)),
                words.number(part.rows),
                escape(row_time(part.start, rhythm)),
                escape(row_time(part.end, rhythm)),
            ]
            for name, part in evaluation.parts.items()
        ]
        lines += table([words("part"), words("rows"), words("from"), words("to")], rows, (1,))
    return lines


def _settings(title: str, settings: Mapping[str, JsonValue], words: Words) -> list[str]:
    if not settings:
        return []
    rows = [[escape(name), escape(_plain(words, value))] for name, value in list(settings.items())[:_MOST_FIELDS]]
    return [f"## {title}", "", *table([words("name"), words("value")], rows)]


def _environment(run: RunDetail, words: Words) -> list[str]:
    said: dict[str, JsonValue] = {
        words("code"): run.code_version,
        words("plugin"): " ".join(each for each in (run.plugin, run.plugin_version) if each),
        words("seed"): run.seed,
        words("threads"): run.threads,
        words("bits"): _bits(run, words),
        **(run.environment or {}),
    }
    known = {name: value for name, value in said.items() if value not in (None, "")}
    return _settings(words("environment"), known, words)


def _bits(run: RunDetail, words: Words) -> str:
    if run.bit_reproducible is None:
        waits = run.kind != "external" and run.state in ("queued", "running")
        return words("bits.unknown" if waits else "bits.never")
    return words("yes" if run.bit_reproducible else "no")


def _attempts(run: RunDetail, words: Words) -> list[str]:
    if len(run.attempts) < 2:
        return []
    rows = [
        [
            str(each.attempt),
            escape(words.moment(each.started_at)),
            escape(words.moment(each.ended_at)),
            escape(each.ended_as or NOTHING),
            escape(each.reason or NOTHING),
        ]
        for each in run.attempts
    ]
    heads = ["", words("from"), words("to"), words("ended_as"), words("reason")]
    return [f"## {words('attempts')}", "", *table(heads, rows)]


def _plain(words: Words, value: JsonValue) -> str:
    """Return a setting as text, without rounding."""
    if isinstance(value, bool):
        return words("yes" if value else "no")
    return NOTHING if value is None else str(value)
