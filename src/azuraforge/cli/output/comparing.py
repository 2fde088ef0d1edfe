"""Terminal output of run comparisons: metrics, differing settings, and the paired comparison of two runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.cli.output.summaries import plain
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.comparisons import MetricRow, Pair, RunComparison

_BEST, _WORST = "▲", "▼"


def show_comparison(terminal: Terminal, comparison: RunComparison, pair: Pair | None) -> None:
    """Print the metrics, the differing settings and, if ``pair`` is given, the statistical result."""
    text = terminal.text
    heads = [each.run.id for each in comparison.runs]
    terminal.table(["", *heads], [[text("name"), *(each.run.name for each in comparison.runs)]])
    terminal.console.print()
    if comparison.metrics:
        rows = [
            [row.metric, *(_cell(terminal, row, place, each.unit) for place, each in enumerate(comparison.runs))]
            for row in comparison.metrics
        ]
        terminal.table([text("metric"), *heads], rows, right=range(1, len(heads) + 1))
        terminal.say(text("compare_marks" if comparison.same_rows else "compare_no_marks"))
        for said in comparison.why_not:
            terminal.say(f"  · {text.of(said.text)}")
        terminal.console.print()
    if comparison.logged:
        last = [[row.series, *map(terminal.text.number, row.last)] for row in comparison.logged]
        terminal.table([text("metric_logged"), *heads], last, right=range(1, len(heads) + 1))
        if comparison.logged_left_out:
            terminal.say(text("compare_left_out", count=comparison.logged_left_out))
        terminal.console.print()
    if comparison.config:
        settings = [[row.name, *(plain(terminal, value) for value in row.values)] for row in comparison.config]
        terminal.table([text("setting"), *heads], settings)
    else:
        terminal.say(text("compare_same_config"))
    if pair is not None:
        terminal.console.print()
        show_pair(terminal, pair)


def show_pair(terminal: Terminal, pair: Pair) -> None:
    """Print whether one of two runs is better by more than noise, or why they cannot be compared."""
    text = terminal.text
    if not pair.comparable:
        for said in pair.why_not:
            terminal.say(text.of(said.text))
        return
    shown_values = pair.shown.get(text.code) or {}
    shown = {
        "a": pair.a,
        "b": pair.b,
        "metric": shown_values.get("measure") or _metric(terminal, pair.metric or ""),
        "difference": shown_values.get("change") or text.percent(pair.relative_difference, signed=True),
        "low": shown_values.get("low") or text.percent(pair.low, signed=True),
        "high": shown_values.get("high") or text.percent(pair.high, signed=True),
        "level": text.percent(pair.level, 0),
        "origins": text.number(pair.origins, 0),
    }
    terminal.say(text(f"pair.{pair.verdict}", **shown))


def _metric(terminal: Terminal, name: str) -> str:
    return terminal.text(name) if terminal.text.has(name) else name.upper()


def _cell(terminal: Terminal, row: MetricRow, place: int, unit: str | None) -> str:
    """Return the value with its mark and the best baseline's value; also the unit if the runs' units differ."""
    value, baseline = row.values[place], row.alongside[place]
    mark = _BEST if place in row.best else _WORST if place in row.worst else ""
    unit_shown = unit if row.unit is None and value is not None else ""
    shown = " ".join(part for part in (mark, terminal.text.number(value), unit_shown) if part)
    return shown if baseline is None or value is None else f"{shown} ({terminal.text.number(baseline)})"
