"""``azuraforge api``, ``worker`` and ``scheduler``: processes of a scaled platform, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from azuraforge.cli.connecting import settings_of
from azuraforge.cli.failures import CommandError
from azuraforge.cli.terminal import Terminal, terminal_of
from azuraforge.cli.up import note_promises

if TYPE_CHECKING:
    from azuraforge.platform.up import Running


def api(
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
) -> None:
    """Serve the API; workers execute the runs. One platform may have several API processes."""
    from azuraforge.platform import scaled

    terminal = _own_process(context, "azuraforge api")
    # SIGTERM that arrives before the HTTP server handles signals acts like Ctrl-C, so that everything is closed.
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.suppress(KeyboardInterrupt):
        settings = settings_of(terminal, port=port, host=host, public_url=public_url)
        scaled.serve_api(settings, lambda running: _api_ready(terminal, running))
    terminal.note(terminal.text("up_stopped"))


def worker(
    context: typer.Context,
    queues: Annotated[str, typer.Option(help="Queues to take runs from: cpu, gpu, io.")] = "cpu,gpu,io",
    concurrency: Annotated[
        int | None,
        typer.Option(min=1, help="Maximum number of concurrent runs. Default: AZURAFORGE_RUNS__CONCURRENCY."),
    ] = None,
    standing: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Maximum number of concurrent runs without end, such as learners. Default: AZURAFORGE_RUNS__STANDING.",
        ),
    ] = None,
) -> None:
    """Execute runs. Ctrl-C or SIGTERM requeues them immediately; they resume from their last checkpoint."""
    from azuraforge.platform import scaled
    from azuraforge.settings import QUEUES

    terminal = _own_process(context, "azuraforge worker")
    wanted = [each.strip() for each in queues.split(",") if each.strip()]
    if unknown := [each for each in wanted if each not in QUEUES] or ([] if wanted else [queues]):
        raise CommandError(
            terminal.text("unknown_queue", queue=unknown[0]), where="--queues", next_step=f"--queues {','.join(QUEUES)}"
        )
    settings = settings_of(terminal)
    slots = concurrency or settings.runs.concurrency
    mine = [each for each in QUEUES if each in wanted]

    def ready(name: str) -> None:
        terminal.say(terminal.text("worker_ready", name=name, slots=slots, queues=", ".join(mine)))

    note_promises(terminal)
    endless = settings.runs.standing if standing is None else standing
    scaled.serve_worker(settings, mine, slots, endless, ready)
    terminal.note(terminal.text("worker_stopped"))


def scheduler(context: typer.Context) -> None:
    """Fire schedules and requeue the runs of lost workers. Run two schedulers so that one can fail."""
    from azuraforge.platform import scaled

    terminal = _own_process(context, "azuraforge scheduler")
    scaled.serve_scheduler(settings_of(terminal), lambda: terminal.say(terminal.text("scheduler_ready")))
    terminal.note(terminal.text("up_stopped"))


def _own_process(context: typer.Context, command: str) -> Terminal:
    terminal = terminal_of(context)
    if terminal.named_url:
        raise CommandError(terminal.text("remote_only", command=command, url=terminal.named_url))
    return terminal


def _api_ready(terminal: Terminal, running: Running) -> None:
    terminal.say(terminal.text("up_ready", url=running.url))
    terminal.say(terminal.text("up_link", url=running.sign_in_url))


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
