"""The verdict's table of classifiers: every contender on the same held-out pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.evaluation import ContenderScores, Scores

#: Dropped from the right while the terminal is too narrow.
_COLUMNS = ("accuracy", "accuracy_interval", "skill", "log_loss", "ece", "macro_f1", "seconds")


def class_table(terminal: Terminal, evaluation: Scores) -> Table:
    """Contenders by their accuracy with its 95 % interval; as wide as the terminal allows."""
    text = terminal.text
    contenders = evaluation.by_rank
    names = [_name(terminal, each, evaluation) for each in contenders]
    cells = [[_cell(terminal, each, column) for column in _COLUMNS] for each in contenders]
    heads = [text(column) for column in _COLUMNS]
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
        caption=text("class_caption"),
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


def _cell(terminal: Terminal, contender: ContenderScores, column: str) -> str:
    text, metrics = terminal.text, contender.metrics
    match column:
        case "accuracy" | "macro_f1":
            return text.percent(metrics.get(column), 2)
        case "accuracy_interval":
            return f"{text.percent(metrics.get('accuracy_low'), 2)} – {text.percent(metrics.get('accuracy_high'), 2)}"
        case "skill":
            return text.percent(metrics.get("skill"), signed=True)
        case "seconds":
            return text.duration(contender.seconds)
        case _:
            return text.number(metrics.get(column), 4)


def _name(terminal: Terminal, contender: ContenderScores, evaluation: Scores) -> str:
    mark = "★ " if contender.name == evaluation.winner else "  "
    role = "" if contender.role == "baseline" else f" ({terminal.text('role.' + contender.role)})"
    return f"{mark}{contender.name}{role}"
