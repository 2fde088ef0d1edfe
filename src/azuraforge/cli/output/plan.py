"""Output of ``runs start --dry-run``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client.starting import RunPlan


#: Option of ``runs start``.
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show how many rows and windows each part would have.")]


def show_plan(terminal: Terminal, plan: RunPlan, json: bool) -> None:
    """Print the parts that a run would use, as a table or as JSON."""
    if json:
        terminal.json(plan.raw)
        return
    text = terminal.text
    columns = [text("plan_part"), text("plan_rows"), text("plan_windows"), text("plan_from"), text("plan_to")]
    names = {"train": text("plan_train"), "validation": text("plan_validation"), "test": text("plan_test")}
    rows = [
        [
            names.get(part.name, part.name),
            text.number(part.rows, 0),
            "–" if part.windows is None else text.number(part.windows, 0),
            _moment(part.start),
            _moment(part.end),
        ]
        for part in plan.parts
    ]
    terminal.table(columns, rows)
    terminal.note(text("plan_not_started"))


def _moment(at: str | None) -> str:
    """Return the time of a row; only the date at midnight UTC."""
    return "–" if at is None else at.removesuffix("T00:00:00Z")
