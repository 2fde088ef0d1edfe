"""Commands of ``azuraforge runs`` for several runs: change, fields and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.failures import FAILED
from azuraforge.cli.output.summaries import plain
from azuraforge.cli.runs import app as app
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.run import GroupColumn

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="CONDITION",
        help="Condition on fields, such as 'state = failed AND metrics.loss.min < 0.1'. "
        "azuraforge runs fields lists the fields.",
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="FIELDS",
        help="Fields to show, separated by commas, such as 'config.learning_rate, metrics.loss.min, curve.loss'.",
    ),
]


@app.command()
def change(
    context: typer.Context,
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN…", help="Ids of the runs.")],
    name: Annotated[str | None, typer.Option(help="New name.")] = None,
    note: Annotated[str | None, typer.Option(help="Note in Markdown. An empty text removes it.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="Tag to add. May be repeated.")] = None,
    untag: Annotated[list[str] | None, typer.Option("--untag", help="Tag to remove. May be repeated.")] = None,
    json: AsJson = False,
) -> None:
    """Change the names, notes or tags of runs."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        client = connected.client
        ids = [client.runs.get(each).id for each in run_ids]
        done = client.runs.each(ids, "change", name=name, note=note, add_tags=tags or (), remove_tags=untag or ())
    if json:
        terminal.json(done.raw)
    for item in done.items:
        if item.error is not None:
            terminal.error(item.error.message, where=item.error.where or "", next_step=item.error.next_step or "")
        elif not json:
            terminal.say(terminal.text("run_changed", id=item.id))
    if done.failed:
        raise typer.Exit(FAILED)


@app.command()
def fields(
    context: typer.Context,
    search: Annotated[str, typer.Argument(help="Text that the names contain.")] = "",
    json: AsJson = False,
) -> None:
    """List the fields that filters, sort orders and columns of runs can name."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.runs.fields(search)
    if json:
        terminal.json(found.raw)
        return
    rows = [[each.name, " ".join(each.operators), ", ".join(each.values)] for each in found.fields]
    rows += [[f"config.{name}", "", ""] for name in found.config]
    rows += [[f"metrics.{name}", "", ""] for name in found.metrics]
    text = terminal.text
    terminal.table([text("field"), text("operators"), text("values")], rows)
    if found.more_metrics:
        terminal.say(text("more_fields"))


@app.command()
def groups(
    context: typer.Context,
    by: Annotated[str, typer.Argument(metavar="FIELD", help="Config field, such as config.learning_rate.")],
    columns: Columns = None,
    filter: Filter = None,
    json: AsJson = False,
) -> None:
    """Group runs by a config field, with the mean and the standard deviation of metrics."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.runs.groups(by, columns=columns or "", filter=filter)
    if json:
        terminal.json(found.raw)
        return
    names = [column.name for column in found.groups[0].columns] if found.groups else []
    rows = [
        [plain(terminal, group.value), str(group.runs), *(_mean(terminal, column) for column in group.columns)]
        for group in found.groups
    ]
    terminal.table([by, terminal.text("runs"), *names], rows, right=range(1, len(names) + 2))


def _mean(terminal: Terminal, column: GroupColumn) -> str:
    if column.mean is None:
        return ""
    text = terminal.text
    return text.number(column.mean) + (f" ± {text.number(column.spread)}" if column.spread is not None else "")
