"""``azuraforge demo``: trains on a bundled series and prints the verdict, or shows the learning loop."""

from __future__ import annotations

from typing import Annotated

import typer

from azuraforge.cli.connecting import connect, find_running
from azuraforge.cli.output.demo_run import run_demo
from azuraforge.cli.terminal import Terminal, terminal_of
from azuraforge.cli.up import serve


def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Exit after the verdict. The exit code is not 0 if a step failed.")
    ] = False,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop", help="Show a model that keeps learning while rows arrive. Takes two minutes, then exits."
        ),
    ] = False,
) -> None:
    """Forecast the departures from New York's airports and print the verdict. Works offline."""
    terminal = terminal_of(context)
    if loop:
        raise typer.Exit(_show_loop(terminal))
    if not once and find_running(terminal) is None:
        serve(terminal, demo=True)
        return
    with connect(terminal) as connected:
        code = run_demo(connected.client, terminal, pages=_has_pages(terminal), ends_soon=connected.is_temporary)
    raise typer.Exit(code)


def _show_loop(terminal: Terminal) -> int:
    """Run the loop demo and return its exit code. A temporary platform may call a webhook on this machine."""
    from azuraforge.cli.loop_demo import run_loop_demo  # imported late: it loads the client, which --help does not need
    from azuraforge.demo.hook import Hook

    hook = Hook()
    try:
        with connect(terminal, send_to=hook.address) as connected:
            receiver = hook if connected.is_temporary else None
            pages = _has_pages(terminal)
            return run_loop_demo(connected.client, terminal, receiver, pages=pages, ends_soon=connected.is_temporary)
    finally:
        hook.close()


def _has_pages(terminal: Terminal) -> bool:
    """Return whether the platform of this command serves the dashboard; a remote platform is assumed to."""
    from azuraforge.platform.up import has_pages

    return bool(terminal.named_url) or has_pages()
