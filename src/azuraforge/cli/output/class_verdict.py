"""Table of scores of a classification run: all contenders on the same held-out images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from rich.table import Table
from rich.text import Text

from azuraforge.cli.language import Language
from azuraforge.cli.output.metrics import explained, facts_of, metric_title, metric_value
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.evaluation import ContenderScores, MetricFacts, Scores

    Cell: TypeAlias = Callable[[ContenderScores], str]


def class_table(terminal: Terminal, evaluation: Scores) -> Table:
    """Return a table of the contenders by rank, with intervals of the metrics that have them.

    Columns that do not fit into the terminal are dropped from the right.
    """
    text = terminal.text
    contenders = evaluation.by_rank
    names = [_name(terminal, each, evaluation) for each in contenders]
    columns = _columns(terminal, evaluation)
    heads = [head for head, _ in columns]
    cells = [[cell(each) for _, cell in columns] for each in contenders]
    left, kept = terminal.console.width - max(len(name) for name in names), []
    for index, head in enumerate(heads):
        width = max(len(head), *(len(row[index]) for row in cells)) + 2
        if width > left:
            break
        left -= width
        kept.append(index)
    test, train = (evaluation.parts[name].rows for name in ("test", "train"))
    table = Table(
        title=text("class_title", test=text.number(test, 0), train=text.number(train, 0)),
        caption=explained(text, evaluation.metrics, "skill")
        + text("class_caption", metric=metric_title(text, facts_of(evaluation.metrics, evaluation.ranked_by))),
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


def _columns(terminal: Terminal, evaluation: Scores) -> list[tuple[str, Cell]]:
    """Return the heading of each column and the function that formats its cells."""
    text = terminal.text
    facts = {each.name: each for each in evaluation.metrics}
    columns: list[tuple[str, Cell]] = []
    for metric in evaluation.metrics:
        if metric.detail not in ("main", "more"):
            continue
        columns.append((metric_title(text, metric), partial(_value, text, metric)))
        low, high = facts.get(f"{metric.name}_low"), facts.get(f"{metric.name}_high")
        if low is not None and high is not None:
            columns.append((text("interval_95"), partial(_interval, text, low, high)))
    columns.append((text("seconds"), lambda contender: text.duration(contender.seconds)))
    return columns


def _value(text: Language, metric: MetricFacts, contender: ContenderScores) -> str:
    return metric_value(text, metric, contender.metrics.get(metric.name))


def _interval(text: Language, low: MetricFacts, high: MetricFacts, contender: ContenderScores) -> str:
    return f"{_value(text, low, contender)} – {_value(text, high, contender)}"


def _name(terminal: Terminal, contender: ContenderScores, evaluation: Scores) -> str:
    mark = "★ " if contender.name == evaluation.winner else "  "
    role = "" if contender.role == "baseline" else f" ({terminal.text('role.' + contender.role)})"
    return f"{mark}{contender.name}{role}"
