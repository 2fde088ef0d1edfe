"""The demo of the loop in the terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from azuraforge.cli.loop_demo.driving import FIRST, Loop, Plan, Seen
from azuraforge.cli.loop_demo.hook import Hook
from azuraforge.cli.loop_demo.table import judged_rows, phases
from azuraforge.cli.output.results import page_url
from azuraforge.cli.terminal import Terminal

if TYPE_CHECKING:
    from azuraforge.client import Client, Run

NAME = "loop"
_SAID_EVERY = 12
_HOOK_SECONDS = 10.0


def run_loop_demo(
    client: Client,
    terminal: Terminal,
    hook: Hook | None,
    plan: Plan | None = None,
    *,
    pages: bool = True,
    ends_soon: bool = False,
) -> int:
    """Run the demo on a running platform; return the exit code: 0 where every step of the loop was taken."""
    text = terminal.text
    loop = Loop(client, _free_name(client), hook, plan)
    series = loop.plan
    terminal.say(
        text("loop_series", name=loop.name, rows=series.rows_at_first, more=series.rows - series.rows_at_first)
    )
    loop.begin()
    terminal.say(text("loop_first", name=loop.name))
    if hook is None:
        terminal.note(text("loop_no_hook"))
    loop.connect()
    if pages and not ends_soon:
        path = f"/p/{client.sessions.current().project_slug}/models/{loop.name}"
        terminal.say(text("demo_watch", url=client.sessions.link(path).url))
    before = Seen(series.rows_at_first, FIRST, alarm=False)
    for seen in loop.rows():
        _say(terminal, client, series, before, seen)
        before = seen
    loop.end()
    return _close(terminal, client, loop, hook, before, lasts=pages and not ends_soon)


def _say(terminal: Terminal, client: Client, plan: Plan, before: Seen, seen: Seen) -> None:
    text, row = terminal.text, seen.row
    if before.row <= plan.changes_after < row:
        terminal.say(text("loop_changes", row=plan.changes_after + 1))
    if seen.alarm and not before.alarm:
        terminal.say(text("loop_drift", row=row, version=before.champion))
    for run in seen.trained:
        terminal.say(text("loop_trained", row=row, name=run.name, decision=_decision(terminal, client, run)))
    if seen.champion != before.champion:
        terminal.say(text("loop_champion", row=row, version=seen.champion))
    if plan.arrivals(row) % _SAID_EVERY == 0:
        terminal.note(text("loop_row", row=row, of=plan.rows))


def _decision(terminal: Terminal, client: Client, run: Run) -> str:
    """Return what the gate decided, in words."""
    evaluation = client.runs.evaluation(run.id)
    if evaluation is None:
        return terminal.state(run.state)
    verdict, candidate = evaluation.verdict, evaluation.evaluation.candidate
    names = {
        "champion": verdict.champion,
        "approved": verdict.approved,
        "candidate": candidate.name if candidate is not None else "",
    }
    return terminal.text(f"decision.{verdict.headline or verdict.decision}", **names)


def _close(terminal: Terminal, client: Client, loop: Loop, hook: Hook | None, last: Seen, *, lasts: bool) -> int:
    """Print what came of it; 1 where a step of the loop was not taken."""
    text = terminal.text
    lines = [client.predictions.get(each.prediction_id) for each in client.predictions.list(loop.name, limit=None)]
    start = min(each.origin for each in lines)
    judged = judged_rows(lines, FIRST)
    found = phases(judged, start + timedelta(hours=loop.plan.changes_after - loop.plan.rows_at_first + 1), FIRST)
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
            for each in found
        ],
        right=(1, 2, 3, 4),
    )
    terminal.note(text("loop_measured"))
    alarms = client.automations.get(loop.automation("drift")).fires
    problems = []
    if {each.name for each in found} != {"before", "until", "after"} or last.champion == FIRST:
        problems.append(text("loop_same_champion"))
    if not alarms:
        problems.append(text("loop_no_drift"))
    if hook is not None:
        hook.wait_for(alarms, _HOOK_SECONDS)
        terminal.say(text("loop_hook", calls=len(hook.received), alarms=alarms))
        if len(hook.received) != alarms or hook.refused:
            problems.append(text("loop_hook_wrong"))
    for problem in problems:
        terminal.error(problem)
    if lasts:
        path = f"/p/{client.sessions.current().project_slug}/models/{loop.name}"
        terminal.say(text("loop_open", url=page_url(client, path)))
    return 1 if problems else 0


def _free_name(client: Client) -> str:
    """Return a name that no dataset and no target has, so that the demo can be repeated."""
    taken = {each.name for each in client.datasets.list(limit=None)} | {
        each.name for each in client.notifications.targets()
    }
    taken |= {each.name for each in client.models.list(limit=None)}
    number = 1
    while (name := NAME if number == 1 else f"{NAME}-{number}") in taken:
        number += 1
    return name
