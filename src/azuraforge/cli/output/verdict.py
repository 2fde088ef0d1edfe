"""Terminal output of an evaluation: scores of all contenders, the gate's decision, and the next values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from azuraforge.cli.language import Language
from azuraforge.cli.output.class_verdict import class_table
from azuraforge.cli.output.members import show_members
from azuraforge.cli.output.metrics import explained, facts_of, metric_title, metric_value
from azuraforge.cli.terminal import Terminal
from azuraforge.row_time import row_time

if TYPE_CHECKING:
    from azuraforge.client import Prediction
    from azuraforge.client.datasets import DatasetSchema
    from azuraforge.client.evaluation import (
        ContenderScores,
        Hierarchical,
        IncumbentScores,
        MetricFacts,
        Scores,
        SeriesTable,
        Verdict,
    )
    from azuraforge.client.scenarios import WhatIf

_SHOWN_VALUES = 24
_SHOWN_SERIES = 12


def show_evaluation(terminal: Terminal, evaluation: Scores, verdict: Verdict) -> None:
    """Print the scores, findings and failed contenders of an evaluation, then the verdict with its reasons."""
    terminal.console.print()
    table = class_table if evaluation.classes else evaluation_table
    terminal.console.print(table(terminal, evaluation))
    text = terminal.text
    if evaluation.candidate is not None and evaluation.candidate.intervals:
        show_intervals(terminal, evaluation.candidate)
    if evaluation.series is not None:
        show_series(terminal, evaluation.series, evaluation)
    if evaluation.hierarchy is not None:
        show_levels(terminal, evaluation.hierarchy, evaluation)
    if evaluation.incumbent is not None:
        show_incumbent(terminal, evaluation.incumbent, evaluation)
    for finding in evaluation.findings:
        terminal.console.print(Text(text.of(finding.text) or finding.code, style="yellow"), soft_wrap=True)
    for each in evaluation.failed:
        said = text("contender_failed", name=each.name, reason=text.of(each.reason))
        terminal.console.print(Text(said, style="yellow"), soft_wrap=True)
    judged, horizon = evaluation.judged_horizon, evaluation.horizon
    if judged is not None and horizon is not None and judged < horizon:
        said = text("judged_horizon", judged=text.number(judged, 0), horizon=text.number(horizon, 0))
        terminal.console.print(Text(said, style="yellow"), soft_wrap=True)
    if (guarded := evaluation.guarded).tried:
        said = text("guarded", tried=text.number(guarded.tried, 0), of=text.number(guarded.of, 0))
        terminal.console.print(Text(said, style="dim"), soft_wrap=True)
    if evaluation.composition is not None:
        show_members(terminal, evaluation.composition, evaluation)
    terminal.console.print()
    show_verdict(terminal, verdict, evaluation.candidate.name if evaluation.candidate is not None else None)


def show_intervals(terminal: Terminal, contender: ContenderScores) -> None:
    """Print the coverage of each interval of a contender, overall and at selected horizons."""
    text = terminal.text
    # Rich would fold a table title to the width of the table.
    terminal.console.print(Text(text("intervals_title", name=contender.name), style="italic"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    steps = [each.horizon for each in contender.intervals[0].horizons]
    for head in (text("intervals_promised"), text("intervals_held"), text("intervals_likely")):
        table.add_column(head, justify="right", no_wrap=True)
    for step in steps if len(steps) > 1 else []:
        table.add_column(f"+{step}", justify="right", no_wrap=True)
    for each in contender.intervals:
        likely = f"{text.percent(each.low, 0)} – {text.percent(each.high, 0)}"
        held = [text.percent(at.coverage, 0) for at in each.horizons] if len(steps) > 1 else []
        table.add_row(text.percent(each.share, 0), text.percent(each.coverage), likely, *held)
    terminal.console.print(table)


def show_series(terminal: Terminal, series: SeriesTable, evaluation: Scores) -> None:
    """Print the scores of the worst series next to the best baseline, and the omitted series with reasons."""
    text = terminal.text
    rows = series.rows[:_SHOWN_SERIES]
    title = text("series_title", shown=len(rows), count=series.count)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column(series.column, no_wrap=True)
    mase, rmse, skill = (facts_of(evaluation.metrics, name) for name in ("mase", "rmse", "skill"))
    title_mase = metric_title(text, mase)
    of_baseline = text("metric_of", metric=title_mase, name=evaluation.best_baseline)
    for head in (title_mase, of_baseline, metric_title(text, rmse), metric_title(text, skill)):
        table.add_column(head, justify="right")
    for row in rows:
        errors = (metric_value(text, mase, value) for value in (row.mase, row.baseline_mase))
        table.add_row(row.series, *errors, metric_value(text, rmse, row.rmse), metric_value(text, skill, row.skill))
    terminal.console.print(table)
    for each in series.left_out[:_SHOWN_SERIES]:
        key = f"series_left_out.{each.why}"
        facts = {**each.raw, "part": text(f"learned_part.{each.part}")}
        said = text(key if text.has(key) else "series_left_out", **facts)
        terminal.console.print(Text(said, style="yellow"), soft_wrap=True)


def show_levels(terminal: Terminal, hierarchy: Hierarchical, evaluation: Scores) -> None:
    """Print the errors by level next to the best baseline, the unreconciled forecasts and the sums of series."""
    text = terminal.text
    title = text("levels_title")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column(text("level"), no_wrap=True)
    rmse, skill, coverage = (facts_of(evaluation.metrics, name) for name in ("rmse", "skill", "coverage"))
    of_baseline = text("metric_of", metric=metric_title(text, rmse), name=evaluation.best_baseline)
    heads = [text("levels_count"), metric_title(text, rmse), of_baseline, metric_title(text, skill)]
    for head in (*heads, text("levels_base"), text("levels_bottom_up"), metric_title(text, coverage)):
        table.add_column(head, justify="right")
    for row in hierarchy.levels:
        own, baseline, *other = (
            metric_value(text, rmse, value)
            for value in (row.rmse, row.baseline_rmse, row.base_rmse, row.bottom_up_rmse)
        )
        gained, covered = metric_value(text, skill, row.skill), metric_value(text, coverage, row.coverage)
        table.add_row(row.level, text.number(row.series, 0), own, baseline, gained, *other, covered)
    terminal.console.print(table)


def show_incumbent(terminal: Terminal, incumbent: IncumbentScores, evaluation: Scores) -> None:
    """Print the incumbent forecast's scores next to the candidate and the best baseline, on the same targets."""
    text = terminal.text
    counted = {"targets": text.number(incumbent.targets, 0), "of": text.number(incumbent.of, 0)}
    said = text("incumbent_title", column=incumbent.column, **counted)
    terminal.console.print(Text(said, style="italic"), soft_wrap=True)
    names = ("rmse", "mae", "mase")
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text("contender"), no_wrap=True)
    for name in names:
        table.add_column(metric_title(text, facts_of(evaluation.metrics, name)), justify="right")
    for contender, scores in {text("incumbent"): incumbent.metrics, **incumbent.alongside}.items():
        table.add_row(contender, *(text.number(scores.get(name)) for name in names))
    terminal.console.print(table)


def show_verdict(terminal: Terminal, verdict: Verdict, candidate: str | None) -> None:
    """Print the gate's decision and its reasons. ``candidate`` is the candidate's name; None if there is none."""
    names = {"champion": verdict.champion, "approved": verdict.approved, "candidate": candidate}
    headline = verdict.headline or verdict.decision
    key = f"decision.{headline}"
    said = terminal.text(key, **names) if terminal.text.has(key) else headline
    if headline in ("approved", "awaits_approval", "withheld") and verdict.champion:
        said = f"{said} {terminal.text('decision.until_then', **names)}"
    style = "bold green" if headline == "promoted" else "bold yellow"
    terminal.console.print(Text(said, style=style), soft_wrap=True)
    for reason in verdict.reasons:
        terminal.console.print(Text(f"  · {terminal.text.of(reason.text) or reason.code}"), soft_wrap=True)


def evaluation_table(terminal: Terminal, evaluation: Scores) -> Table:
    """Return a table of the contenders by rank, with the ranking metric at selected horizons and all metrics overall.

    Columns that do not fit into the terminal are dropped.
    """
    text = terminal.text
    contenders, horizons, ranked_by = evaluation.by_rank, evaluation.shown_horizons, evaluation.ranked_by
    facts = {each.name: each for each in evaluation.metrics}
    columns: list[tuple[str, int | None]]
    columns = [(ranked_by, horizon) for horizon in horizons] if len(horizons) > 1 else []
    # Omit metrics that no contender has.
    known = {name for each in contenders for name, value in each.metrics.items() if value is not None}
    shown_facts = [ranked_by, *(name for name in facts if name != ranked_by and name in known)]
    columns += [(name, None) for name in shown_facts if facts[name].detail in ("main", "more")]
    columns.append(("seconds", None))
    cells = [[_cell(terminal, each, facts.get(name), horizon) for name, horizon in columns] for each in contenders]
    heads = [_head(terminal, facts.get(name), horizon) for name, horizon in columns]
    names = [_name(terminal, each, evaluation) for each in contenders]
    kept = _that_fit(
        terminal.console.width, [len(name) for name in names], heads, cells, columns.index((ranked_by, None))
    )
    shown = {columns[index][0] for index in kept}
    captions = [_caption(text, evaluation)] if horizons else []
    captions += [text("evaluation_caption_crps")] if "crps" in shown else []
    test = evaluation.parts["test"]
    clock = {"frequency": evaluation.frequency, "timezone": evaluation.timezone}
    table = Table(
        title=text(
            _title_of(evaluation),
            target=evaluation.target,
            series=None if evaluation.series is None else text.number(evaluation.series.count, 0),
            train=text.number(evaluation.parts["train"].rows if "train" in evaluation.parts else None, 0),
            origins=text.number(test.rows if test.origins is None else test.origins, 0),
            start=row_time(test.start, clock),
            end=row_time(test.end, clock),
        ),
        caption=" ".join(captions),
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    table.add_column(text("contender"), no_wrap=True)
    for index in kept:
        table.add_column(heads[index], justify="right", no_wrap=True)
    for name, row, contender in zip(names, cells, contenders, strict=True):
        style = "green" if contender.name == evaluation.winner else ""
        table.add_row(Text(name), *(row[index] for index in kept), style=style)
    return table


def _caption(text: Language, evaluation: Scores) -> str:
    """Return the caption of the table, which explains the skill and the columns by horizon."""
    ranked_by = facts_of(evaluation.metrics, evaluation.ranked_by)
    unit = f" ({evaluation.unit})" if evaluation.unit and ranked_by.unit == "target" else ""
    caption = text("evaluation_caption", metric=metric_title(text, ranked_by), unit=unit)
    return explained(text, evaluation.metrics, "skill") + caption


def show_forecast(terminal: Terminal, forecast: Mapping[str, Any], name: str, series: int | None = None) -> None:
    """Print the next values of a run's forecast figure. ``series`` is the number of series of a panel, else None."""
    points = [
        (row_time(each["at"], forecast), each["value"], each.get("low"), each.get("high")) for each in forecast["next"]
    ]
    unit, interval, named = forecast.get("unit") or "", forecast.get("interval"), forecast.get("series")
    _show_values(terminal, forecast["target"], unit, name, interval, points, named)
    if forecast.get("refitted"):
        terminal.say(terminal.text("next_values_refitted"))
    if series is not None and series > 1:
        terminal.say(terminal.text("next_values_more", count=terminal.text.number(series - 1, 0)))


def show_prediction(terminal: Terminal, prediction: Prediction, schema: DatasetSchema | None) -> None:
    """Print a prediction and the run that trained its version.

    ``schema`` describes the version's training data; None if the version was deleted.
    """
    points = [(row_time(each.at, schema), each.value, each.low, each.high) for each in prediction.predictions]
    by = terminal.text(
        "prediction_by",
        model=prediction.model,
        version=prediction.version,
        plugin=prediction.plugin,
        run=prediction.run_id or "–",
    )
    _show_values(terminal, prediction.target, prediction.unit, by, prediction.interval, points, prediction.series)
    if prediction.new_series:
        terminal.say(terminal.text("new_series"))
    if missing := prediction.missing_series:
        shown = ", ".join(missing[:_SHOWN_SERIES]) + (" …" if len(missing) > _SHOWN_SERIES else "")
        terminal.say(terminal.text("missing_series", count=len(missing), series=shown))
    show_start(terminal, prediction, row_time(prediction.origin, schema))


def show_start(terminal: Terminal, forecast: Prediction | WhatIf, origin: str) -> None:
    """Print the dataset version and the row after which a forecast begins; nothing if the request contained rows."""
    text, version, learned = terminal.text, forecast.dataset_version, forecast.trained_on
    if version is None:
        return
    said = [text("forecast_start", version=version, origin=origin)]
    if learned is not None and learned != version:
        said.append(text("forecast_start_moved", version=learned))
    if (newer := forecast.raw.get("newer_version")) is not None:
        said.append(text("forecast_start_newer", version=newer))
    terminal.say(" ".join(said))


def _show_values(
    terminal: Terminal,
    target: str,
    unit: str,
    name: str,
    interval: float | None,
    points: Sequence[tuple[str, float, float | None, float | None]],
    series: str | None = None,
) -> None:
    text = terminal.text
    terminal.console.print()
    said = "next_values" if series is None else "next_values_of"
    terminal.say(text(said, target=target, unit=f" ({unit})" if unit else "", name=name, series=series))
    digits = _shared_digits([value for _, *values in points for value in values if value is not None])
    columns = [text("at"), text("value")]
    if interval is not None:
        columns.append(text("interval", level=text.percent(interval, 0)))
    rows = []
    for at, value, low, high in points[:_SHOWN_VALUES]:
        row = [at, text.number(value, digits)]
        if interval is not None:
            known = low is not None and high is not None
            row.append(f"{text.number(low, digits)} … {text.number(high, digits)}" if known else "–")
        rows.append(row)
    terminal.table(columns, rows, right=(1, 2))
    if len(points) > _SHOWN_VALUES:
        terminal.say(text("more_rows", count=len(points) - _SHOWN_VALUES))
    if interval is not None and all(low == high == value for _, value, low, high in points):
        terminal.say(text("no_width"))


def _cell(terminal: Terminal, contender: ContenderScores, metric: MetricFacts | None, horizon: int | None) -> str:
    """Return one formatted cell: a metric, overall or at a horizon, or the training time if ``metric`` is None."""
    text = terminal.text
    if metric is None:
        return text.duration(contender.seconds)
    if horizon is not None:
        at_horizons = {each.horizon: each.metrics.get(metric.name) for each in contender.horizons}
        return text.number(at_horizons.get(horizon))
    return metric_value(text, metric, contender.metrics.get(metric.name))


def _head(terminal: Terminal, metric: MetricFacts | None, horizon: int | None) -> str:
    if metric is None:
        return terminal.text("seconds")
    title = metric_title(terminal.text, metric)
    return title if horizon is None else f"{title} +{horizon}"


def _title_of(evaluation: Scores) -> str:
    """Return the catalogue key of the table's title, which differs for examples without times and for panels."""
    if evaluation.parts["test"].start is None:
        return "evaluation_title_examples"
    return "evaluation_title" if evaluation.series is None else "evaluation_title_panel"


def _name(terminal: Terminal, contender: ContenderScores, evaluation: Scores) -> str:
    mark = "★ " if contender.name == evaluation.winner else "  "
    name = contender.name
    if terminal.console.width < 100:
        name = name.removeprefix("forecasting.")
    role = "" if contender.role == "baseline" else f" ({terminal.text('role.' + contender.role)})"
    return mark + name + role


def _that_fit(
    width: int, names: Sequence[int], heads: Sequence[str], cells: Sequence[Sequence[str]], whole: int
) -> list[int]:
    """Return the indices of the columns that fit into ``width``, in ascending order.

    The overall ranking metric (column ``whole``) and the column after it take precedence over all others.
    """
    widths = [max(len(head), *(len(row[index]) for row in cells)) + 2 for index, head in enumerate(heads)]
    order = [whole, whole + 1, *range(whole), *range(whole + 2, len(heads))]
    left, kept = width - max(names), []
    for index in order:
        if widths[index] <= left:
            kept.append(index)
            left -= widths[index]
    return sorted(kept)


def _shared_digits(values: Sequence[float]) -> int:
    """Return the number of decimals for a column, from its largest absolute value."""
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if largest >= 1e5 else 2 if largest >= 10 else 4
