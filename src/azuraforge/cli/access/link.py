"""``azuraforge link``: a one-time sign-in link."""

from __future__ import annotations

from typing import Annotated

import typer

from azuraforge.cli.connecting import find_running
from azuraforge.cli.failures import CommandError
from azuraforge.cli.terminal import terminal_of


def link(
    context: typer.Context,
    next_path: Annotated[
        str | None, typer.Option("--next", help="Page to open after signing in, such as /p/default/runs.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print a link that signs a browser in. The link works only once, within ten minutes."""
    terminal = terminal_of(context)
    client = find_running(terminal)
    if client is None:
        raise CommandError(
            terminal.text("link_needs_platform"), next_step="azuraforge up", where=str(terminal.named_home)
        )
    with client:
        made = client.sessions.link(next_path)
    if json:
        terminal.json(made.raw)
    else:
        terminal.say(made.url)
        terminal.note(terminal.text("link_until", time=terminal.text.moment(made.expires_at)))
