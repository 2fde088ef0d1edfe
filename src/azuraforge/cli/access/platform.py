"""``azuraforge platform``: projects with their sizes, quotas and settings, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from azuraforge.cli.connecting import connect
from azuraforge.cli.output.listing import SHOWN, Limit, say_more
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.client.access.platform import ProjectSize

app = typer.Typer(help="All projects with their sizes, quotas and settings, for administrators.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_MB = 1_000_000


@app.command("projects")
def list_projects(context: typer.Context, limit: Limit = SHOWN, json: AsJson = False) -> None:
    """List all projects with their sizes and quotas. A quota is shown after the slash."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.platform.projects(limit=limit + 1)
    shown = found[:limit]
    if json:
        terminal.json([each.raw for each in shown])
        return
    _print(terminal, shown)
    say_more(terminal, found, limit)


@app.command()
def quota(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project in URLs and commands.")],
    stored_mb: Annotated[int | None, typer.Option(min=0, help="Files of datasets, runs and models, in MB.")] = None,
    runs: Annotated[int | None, typer.Option(min=0, help="Queued and running runs.")] = None,
    datasets: Annotated[int | None, typer.Option(min=0, help="Datasets outside the trash.")] = None,
    members: Annotated[int | None, typer.Option(min=0, help="Members, service accounts included.")] = None,
    json: AsJson = False,
) -> None:
    """Set all limits of a project. Limits without an option are removed."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        made = connected.client.platform.set_quota(
            slug,
            stored_bytes=None if stored_mb is None else stored_mb * _MB,
            runs=runs,
            datasets=datasets,
            members=members,
        )
    if json:
        terminal.json(made.raw)
    else:
        _print(terminal, [made])


@app.command()
def settings(context: typer.Context, json: AsJson = False) -> None:
    """List the settings in effect, without secrets. A changed setting takes effect at the next start."""
    terminal = terminal_of(context)
    with connect(terminal) as connected:
        found = connected.client.platform.settings()
    if json:
        terminal.json([each.raw for each in found])
        return
    text = terminal.text
    terminal.table(
        [text("setting"), text("value"), text("is_default")],
        [
            [
                each.variable,
                text("hidden_value") if each.hidden else each.value or "–",
                text("yes" if each.default else "no"),
            ]
            for each in found
        ],
    )


def _print(terminal: Terminal, projects: list[ProjectSize]) -> None:
    text = terminal.text
    terminal.table(
        [
            text("project"),
            text("state"),
            text("quota.members"),
            text("quota.datasets"),
            text("rows"),
            text("quota.stored_bytes"),
            text("quota.all_runs"),
            text("quota.runs"),
        ],
        [
            [
                each.slug,
                text(f"project.{each.state}"),
                of_limit(terminal, each.members, each.quota.members),
                of_limit(terminal, each.datasets, each.quota.datasets),
                text.number(each.rows, 0),
                of_limit(terminal, each.stored_bytes, each.quota.stored_bytes, in_bytes=True),
                text.number(each.runs, 0),
                of_limit(terminal, each.active_runs, each.quota.runs),
            ]
            for each in projects
        ],
    )


def of_limit(terminal: Terminal, used: int, limit: int | None, *, in_bytes: bool = False) -> str:
    """Return the used amount and, after a slash, its limit if there is one."""
    text = terminal.text
    used_text, limit_text = (text.bytes(each) if in_bytes else text.number(each, 0) for each in (used, limit or 0))
    return used_text if limit is None else f"{used_text} / {limit_text}"
