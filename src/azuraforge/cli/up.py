"""``azuraforge up``: runs the platform in this terminal until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from azuraforge.cli.connecting import settings_of
from azuraforge.cli.failures import CommandError, report
from azuraforge.cli.output.demo_run import run_demo
from azuraforge.cli.terminal import Terminal, terminal_of

if TYPE_CHECKING:
    from azuraforge.platform.up import News, Running


def up(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on. Default: 8787; 0 selects a free port.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1, which only this machine can reach.")
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            help="URL that browsers use, such as https://ml.example.org. Required if other machines can connect."
        ),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Run the demo first, then keep the platform running.")] = False,
) -> None:
    """Start the platform: API, dashboard and workers. Ctrl-C stops it."""
    terminal = terminal_of(context)
    if terminal.named_url:
        raise CommandError(terminal.text("remote_only", command="azuraforge up", url=terminal.named_url))
    serve(terminal, port=port, host=host, public_url=public_url, demo=demo)


def serve(
    terminal: Terminal,
    *,
    port: int | None = None,
    host: str | None = None,
    public_url: str | None = None,
    demo: bool = False,
) -> None:
    """Run the platform in this process until Ctrl-C or SIGTERM; with ``demo``, run the demo as soon as it is ready."""
    from azuraforge.platform import up as platform

    settings = settings_of(terminal, port=port, host=host, public_url=public_url)
    note_promises(terminal)
    # SIGTERM outside the HTTP server's own signal handling acts like Ctrl-C, so that everything is closed.
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        platform.serve(
            settings,
            on_ready=lambda running: _ready(terminal, running, demo),
            on_kernels=lambda news: _kernels(terminal, news),
        )
    # An interrupted demo may still draw on the old console, and has hidden the cursor.
    was_terminal, terminal.errors.quiet = terminal.errors.is_terminal, True
    terminal.errors = Console(stderr=True, highlight=False)
    if was_terminal:
        terminal.errors.show_cursor(True)
    terminal.note(terminal.text("up_stopped"))


def note_promises(terminal: Terminal) -> None:
    """Print the reliability guarantees that the platform cannot give on this system."""
    from azuraforge.platform.promises import not_kept

    missing = not_kept()
    for name in missing:
        terminal.note(terminal.text(f"promise.{name}"))
    if missing:
        terminal.note(terminal.text("promise_guide"))


def _ready(terminal: Terminal, running: Running, demo: bool) -> None:
    """Print the platform's URL, ship waiting journals and run the demo if requested, in a thread of its own."""
    from azuraforge.platform.up import has_pages

    try:
        text, pages = terminal.text, has_pages()
        terminal.say(text("up_ready", url=running.url))
        if not pages:
            terminal.note(text("up_no_pages", url=running.url))
        elif not demo:  # the demo prints a link to its own run
            terminal.say(text("up_link", url=running.sign_in_url))
        with terminal.client() as client:
            for shipped in client.ship_journals():
                if shipped.problem is None:
                    terminal.note(text("shipped", name=shipped.name, run=shipped.run_id))
            if demo:
                run_demo(client, terminal, pages=pages)
        terminal.note(text("up_stop"))
    except Exception as error:  # an error of the output must not stop the platform
        report(error, terminal)


def _kernels(terminal: Terminal, news: News) -> None:
    """Print that the engine's kernels are being compiled, are ready or are unavailable; runs in a thread of its own."""
    seconds = terminal.text.number(news.seconds, 1) if news.seconds is not None else ""
    terminal.note(terminal.text(f"kernels.{news.state}", detail=news.detail, seconds=seconds))


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
