"""The verdict's table of classifiers: every contender on the same held-out pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from azuraforge.cli.terminal import Terminal

#: Dropped from the right while the terminal is too narrow.
_COLUMNS = ("accuracy", "accuracy_interval", "skill", "log_loss", "ece", "macro_f1", "seconds")


def class_table(terminal: Terminal, evaluation: Mapping[str, Any]) -> Table:
    """Contenders by their accuracy with its 95 % interval; as wide as the terminal allows."""
    text = terminal.text
    contenders = sorted(evaluation["contenders"], key=lambda each: each["rank"])
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
    parts = evaluation["parts"]
    table = Table(
        title=text(
            "class_title", test=text.number(parts["test"]["rows"], 0), train=text.number(parts["train"]["rows"], 0)
        ),
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
        style = "green" if contender["name"] == evaluation.get("winner") else ""
        table.add_row(Text(name), *(row[index] for index in kept), style=style)
    return table


def _cell(terminal: Terminal, contender: Mapping[str, Any], column: str) -> str:
    text, metrics = terminal.text, contender["metrics"]
    match column:
        case "accuracy" | "macro_f1":
            return text.percent(metrics[column], 2)
        case "accuracy_interval":
            return f"{text.percent(metrics['accuracy_low'], 2)} – {text.percent(metrics['accuracy_high'], 2)}"
        case "skill":
            return text.percent(metrics.get("skill"), signed=True)
        case "seconds":
            return text.duration(contender.get("seconds"))
        case _:
            return text.number(metrics[column], 4)


def _name(terminal: Terminal, contender: Mapping[str, Any], evaluation: Mapping[str, Any]) -> str:
    mark = "★ " if contender["name"] == evaluation.get("winner") else "  "
    role = "" if contender["role"] == "baseline" else f" ({terminal.text('role.' + contender['role'])})"
    return f"{mark}{contender['name']}{role}"
