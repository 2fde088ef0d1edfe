"""The verdict: every contender on the same held-out rows, what the gate decided and why, and the next values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from azuraforge.cli.output.class_verdict import class_table
from azuraforge.cli.terminal import Terminal
from azuraforge.row_time import row_time

if TYPE_CHECKING:
    from azuraforge.client import Prediction

#: Columns of the whole table, dropped from the right of this list while the terminal is too narrow.
_METRICS = ("rmse", "skill", "coverage", "mase", "r2", "r2_change", "mae", "crps", "smape", "seconds")
_SHOWN_VALUES = 24
_SHOWN_SERIES = 12


def show_evaluation(terminal: Terminal, evaluation: Mapping[str, Any], verdict: Mapping[str, Any]) -> None:
    """Print the table, the contenders that failed, the decision and its reasons."""
    terminal.console.print()
    table = class_table if evaluation.get("kind") == "classify" else evaluation_table
    terminal.console.print(table(terminal, evaluation))
    text = terminal.text
    if evaluation.get("series"):
        show_series(terminal, evaluation)
    for each in evaluation.get("failed") or ():
        terminal.console.print(
            Text(text("contender_failed", name=each["name"], reason=each["reason"]), style="yellow"), soft_wrap=True
        )
    if (guarded := evaluation.get("guarded") or {}).get("tried"):
        counted = {name: text.number(guarded[name], 0) for name in ("tried", "of")}
        terminal.console.print(Text(text(f"guarded.{evaluation['kind']}", **counted), style="dim"), soft_wrap=True)
    terminal.console.print()
    show_verdict(terminal, verdict, evaluation)


def show_series(terminal: Terminal, evaluation: Mapping[str, Any]) -> None:
    """Print the worst of several series beside the best baseline, and which were left out and why."""
    text, told = terminal.text, evaluation["series"]
    rows = told["rows"][:_SHOWN_SERIES]
    title = text("series_title", shown=len(rows), count=told["count"])
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    table.add_column(told["column"], no_wrap=True)
    for head in ("MASE", text("series_baseline_mase", name=evaluation["best_baseline"]), "RMSE", text("skill")):
        table.add_column(head, justify="right")
    for row in rows:
        mase, beside, rmse = (text.number(row[name]) for name in ("mase", "baseline_mase", "rmse"))
        table.add_row(row["series"], mase, beside, rmse, text.percent(row["skill"]))
    terminal.console.print(table)
    for each in told["left_out"][:_SHOWN_SERIES]:
        key = f"series_left_out.{each['why']}"
        told_of = {**each, "part": text(f"learned_part.{each['part']}")}
        said = text(key if text.has(key) else "series_left_out", **told_of)
        terminal.console.print(Text(said, style="yellow"), soft_wrap=True)


def show_verdict(terminal: Terminal, verdict: Mapping[str, Any], evaluation: Mapping[str, Any]) -> None:
    """Print the gate's decision and its reasons."""
    names = {name: verdict.get(name) for name in ("champion", "approved")}
    names["candidate"] = next((each["name"] for each in evaluation["contenders"] if each["role"] == "candidate"), None)
    headline = str(verdict.get("headline") or verdict["decision"])
    key = f"decision.{headline}"
    said = terminal.text(key, **names) if terminal.text.has(key) else headline
    if headline == "approved" and names["champion"]:
        said = f"{said} {terminal.text('decision.until_then', **names)}"
    style = "bold green" if verdict["decision"] == "promoted" else "bold yellow"
    terminal.console.print(Text(said, style=style), soft_wrap=True)
    for reason in verdict.get("reasons") or ():
        terminal.console.print(Text(f"  · {terminal.text.of(reason.get('text')) or reason['code']}"), soft_wrap=True)


def evaluation_table(terminal: Terminal, evaluation: Mapping[str, Any]) -> Table:
    """Contenders by their RMSE, at chosen horizons and over all of them; as wide as the terminal allows."""
    text = terminal.text
    contenders = sorted(evaluation["contenders"], key=lambda each: each.get("rank") or _rank(each))
    horizons = list(evaluation.get("shown_horizons") or ())
    columns = [("rmse_at", horizon) for horizon in horizons] if len(horizons) > 1 else []
    # An evaluation of an earlier release knows fewer metrics; a column of dashes would tell nothing.
    known = {"seconds"}.union(*(each.get("metrics") or {} for each in contenders))
    columns += [(metric, None) for metric in _METRICS if metric in known]
    cells = [[_cell(terminal, each, metric, horizon) for metric, horizon in columns] for each in contenders]
    heads = [text(metric, horizon=horizon) if horizon else text(_head(metric)) for metric, horizon in columns]
    names = [_name(terminal, each, evaluation) for each in contenders]
    kept = _that_fit(terminal.console.width, [len(name) for name in names], heads, cells, columns.index(("rmse", None)))
    shown = {columns[index][0] for index in kept}
    notes = ["evaluation_caption", *(["evaluation_caption_crps"] if "crps" in shown else [])]
    test = evaluation["parts"]["test"]
    unit = f" ({evaluation['unit']})" if evaluation.get("unit") else ""
    table = Table(
        title=text(
            "evaluation_title",
            target=evaluation["target"],
            origins=text.number(test.get("origins", test.get("rows")), 0),
            start=row_time(test.get("start"), evaluation),
            end=row_time(test.get("end"), evaluation),
        ),
        caption=" ".join(text(note, unit=unit) for note in notes),
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
        style = "green" if contender["name"] == evaluation.get("winner") else ""
        table.add_row(Text(name), *(row[index] for index in kept), style=style)
    return table


def show_forecast(terminal: Terminal, forecast: Mapping[str, Any], name: str) -> None:
    """Print the next values of a run's forecast figure."""
    points = [
        (row_time(each["at"], forecast), each["value"], each.get("low"), each.get("high")) for each in forecast["next"]
    ]
    _show_values(terminal, forecast["target"], forecast.get("unit") or "", name, forecast.get("interval"), points)


def show_prediction(terminal: Terminal, prediction: Prediction, schema: Mapping[str, Any]) -> None:
    """Print a prediction, with the run that its version learned in; ``schema`` is that of the version's data."""
    points = [(row_time(each.at, schema), each.value, each.low, each.high) for each in prediction.predictions]
    by = terminal.text(
        "prediction_by",
        model=prediction.model,
        version=prediction.version,
        plugin=prediction.plugin,
        run=prediction.run_id or "–",
    )
    _show_values(terminal, prediction.target, prediction.unit, by, prediction.interval, points)


def _show_values(
    terminal: Terminal,
    target: str,
    unit: str,
    name: str,
    interval: float | None,
    points: Sequence[tuple[str, float, float | None, float | None]],
) -> None:
    text = terminal.text
    terminal.console.print()
    terminal.say(text("next_values", target=target, unit=f" ({unit})" if unit else "", name=name))
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


def _cell(terminal: Terminal, contender: Mapping[str, Any], metric: str, horizon: int | None) -> str:
    text = terminal.text
    if metric == "seconds":
        return text.duration(contender.get("seconds"))
    if horizon is not None:
        rmses = {each["horizon"]: each["metrics"]["rmse"] for each in contender.get("horizons") or ()}
        return text.number(rmses.get(horizon))
    value = (contender.get("metrics") or {}).get(metric)
    if metric in ("skill", "coverage"):
        return text.percent(value, signed=metric == "skill")
    if metric == "smape":
        return text.percent(None if value is None else value / 100, 2)
    return text.number(value, {"r2": 3, "r2_change": 3, "mase": 3}.get(metric))


def _head(metric: str) -> str:
    return "rmse_all" if metric == "rmse" else metric


def _name(terminal: Terminal, contender: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    mark = "★ " if contender["name"] == evaluation.get("winner") else "  "
    name = str(contender["name"])
    if terminal.console.width < 100:
        name = name.removeprefix("forecasting.")
    role = "" if contender["role"] == "baseline" else f" ({terminal.text('role.' + contender['role'])})"
    return mark + name + role


def _that_fit(
    width: int, names: Sequence[int], heads: Sequence[str], cells: Sequence[Sequence[str]], whole: int
) -> list[int]:
    """Columns in their order, as many as the width takes; the overall RMSE (column ``whole``) and skill go before the
    horizons, which stand before them."""
    widths = [max(len(head), *(len(row[index]) for row in cells)) + 2 for index, head in enumerate(heads)]
    order = [whole, whole + 1, *range(whole), *range(whole + 2, len(heads))]
    left, kept = width - max(names), []
    for index in order:
        if widths[index] <= left:
            kept.append(index)
            left -= widths[index]
    return sorted(kept)


def _rank(contender: Mapping[str, Any]) -> float:
    rmse = (contender.get("metrics") or {}).get("rmse")
    return float("inf") if rmse is None else float(rmse)


def _shared_digits(values: Sequence[float]) -> int:
    """Digits behind the point that suit all the values of a column."""
    largest = max((abs(value) for value in values), default=0.0)
    return 0 if largest >= 1e5 else 2 if largest >= 10 else 4
