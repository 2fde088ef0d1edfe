"""``azuraforge demo --loop``: terminal output of the loop demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azuraforge.cli.output.results import page_url
from azuraforge.cli.terminal import Terminal
from azuraforge.demo.driving import Loop, Plan
from azuraforge.demo.steps import DemoResult, Line, free_name, take_steps

if TYPE_CHECKING:
    from azuraforge.client import Client
    from azuraforge.demo.hook import Hook


def run_loop_demo(
    client: Client,
    terminal: Terminal,
    hook: Hook | None,
    plan: Plan | None = None,
    *,
    pages: bool = True,
    ends_soon: bool = False,
) -> int:
    """Run the loop demo on a running platform. Return 0 if every step of the loop was taken, otherwise 1.

    Raises DemoError if the demo cannot continue.

    Args:
        hook: receiver of webhook calls on this machine; None if the platform may not call it.
        plan: number of rows and other parameters of the demo; None: the default.
        pages: whether the platform serves the dashboard.
        ends_soon: whether the platform stops with this command, so that no links are printed.
    """
    loop = Loop(client, free_name(client), hook, plan)
    lasts = pages and not ends_soon
    result = take_steps(client, loop, hook, lambda line: _say(terminal, client, loop, line, lasts=lasts))
    return _close(terminal, client, loop, hook, result, lasts=lasts)


def _say(terminal: Terminal, client: Client, loop: Loop, line: Line, *, lasts: bool) -> None:
    text = terminal.text
    if line.event == "connected":
        if lasts:
            terminal.say(text("demo_watch", url=client.sessions.link(_path(client, loop)).url))
    elif line.event == "series":
        terminal.say(text("loop_series", name=loop.name, rows=line.of, more=line.more))
    elif line.event == "trained":
        terminal.say(text("loop_trained", row=line.row, decision=_decision(terminal, client, line)))
    elif line.event in ("row", "no_hook", "waiting"):
        terminal.note(text(f"loop_line.{line.event}", row=line.row, of=line.of, runs=line.runs))
    else:
        terminal.say(text(f"loop_line.{line.event}", name=loop.name, row=line.row, version=line.version))


def _decision(terminal: Terminal, client: Client, line: Line) -> str:
    """Return the gate's decision as a sentence, or the run's state if there is no decision."""
    if line.decision is None:
        return terminal.state(client.runs.get(str(line.run_id)).state)
    names = {"champion": line.champion, "approved": line.approved, "candidate": line.candidate}
    return terminal.text(f"decision.{line.decision}", **names)


def _close(
    terminal: Terminal, client: Client, loop: Loop, hook: Hook | None, result: DemoResult, *, lasts: bool
) -> int:
    """Print the result and return the exit code: 0, or 1 if there were problems."""
    text = terminal.text
    terminal.console.print()
    terminal.table(
        [text("loop_stretch"), text("loop_rows"), text("loop_error"), text("loop_unchanged"), text("loop_naive")],
        [
            [
                text(f"loop_phase.{each.name}"),
                text.number(each.rows, 0),
                text.number(each.error, 2),
                text.number(each.unchanged_error, 2),
                text.number(each.naive_error, 2),
            ]
            for each in result.phases
        ],
        right=(1, 2, 3, 4),
    )
    terminal.note(text("loop_measured"))
    if hook is not None:
        terminal.say(text("loop_hook", calls=len(hook.received), alarms=result.alarms))
    for problem in result.problems:
        terminal.error(text(f"loop_problem.{problem}"))
    if lasts:
        terminal.say(text("loop_open", url=page_url(client, _path(client, loop))))
    return 1 if result.problems else 0


def _path(client: Client, loop: Loop) -> str:
    return f"/p/{client.projects.current().slug}/models/{loop.name}"
