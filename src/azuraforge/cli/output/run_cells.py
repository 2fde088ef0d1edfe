"""Cells of lists of runs: scores and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.cli.output.sparkline import sparkline
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Run


def score_of(terminal: Terminal, run: Run) -> str:
    """Return a run's first score, with the baseline's value if there is one."""
    if not run.scores or run.scores[0].value is None:
        return ""
    score, text = run.scores[0], terminal.text
    shown = f"{score.name} {text.number(score.value)}"
    return shown if score.baseline is None else f"{shown} ({text('baseline')} {text.number(score.baseline)})"


def cells(terminal: Terminal, columns: dict[str, object]) -> list[str]:
    """Return the values of a run's columns as texts; curves are drawn."""
    return [_cell(terminal, value) for value in columns.values()]


def _cell(terminal: Terminal, value: object) -> str:
    match value:
        case [list(), [*values]]:
            return sparkline([value if isinstance(value, (int, float)) else None for value in values])
        case float():
            return terminal.text.number(value)
        case None:
            return ""
    return plain(terminal, value)
