"""The steps of the demo, from its first row to its closing table, reported as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from azuraforge.demo.driving import FIRST, Loop, Plan, Seen
from azuraforge.demo.table import Phase, judged_rows, phases

if TYPE_CHECKING:
    from azuraforge.client import Client, Run
    from azuraforge.demo.hook import Hook

#: Name of the demo's dataset and model; a number is appended if it is taken.
NAME = "loop"
_SAID_EVERY = 12
_HOOK_SECONDS = 10.0

Event = Literal["series", "first", "no_hook", "connected", "waiting", "changes", "drift", "trained", "champion", "row"]
Problem = Literal["same_champion", "no_drift", "hook_wrong"]


@dataclass(frozen=True)
class Line:
    """An event of the demo. Its type determines which fields are set.

    Attributes:
        row: number of the row in the series, from 1.
        of: number of rows at the start (``series``) or at the end (``row``).
        more: number of rows that will arrive.
        runs: number of other runs ahead of the demo's queued ones (``waiting``).
        version: the version that drifted or became champion.
        run_id: id of the training run.
        decision: the gate's headline for the training run.
        champion: the champion after the training run.
        approved: the approved version in the verdict.
        candidate: name of the candidate; empty if the evaluation has none.
    """

    event: Event
    row: int | None = None
    of: int | None = None
    more: int | None = None
    runs: int | None = None
    version: int | None = None
    run_id: str | None = None
    decision: str | None = None
    champion: str | None = None
    approved: str | None = None
    candidate: str | None = None


@dataclass(frozen=True)
class DemoResult:
    """The result of the demo: the phases of the closing table, the problems found, and the number of drift alarms."""

    phases: list[Phase]
    problems: list[Problem] = field(default_factory=list)
    alarms: int = 0


Say = Callable[[Line], None]


def take_steps(client: Client, loop: Loop, hook: Hook | None, say: Say) -> DemoResult:
    """Drive the demo to its end and return its result; ``say`` receives its events.

    ``hook`` is the webhook of ``loop``; None if ``loop`` has none. Raises DemoError if the demo cannot continue, and
    DemoCancelled if it is cancelled.
    """
    series = loop.plan
    loop.on_waiting = lambda runs: say(Line("waiting", runs=runs))
    say(Line("series", of=series.rows_at_first, more=series.rows - series.rows_at_first))
    loop.begin()
    say(Line("first"))
    if hook is None:
        say(Line("no_hook"))
    loop.connect()
    say(Line("connected"))
    before = Seen(series.rows_at_first, FIRST, alarm=False)
    for seen in loop.rows():
        for line in _caused(client, series, before, seen):
            say(line)
        before = seen
    loop.end()
    return _close(client, loop, hook, before)


def free_name(client: Client) -> str:
    """Return a name that no dataset, model or notification target has, so that the demo can be repeated."""
    taken = {each.name for each in client.datasets.list(limit=None)}
    taken |= {each.name for each in client.notifications.targets()}
    taken |= {each.name for each in client.models.list(limit=None)}
    number = 1
    while (name := NAME if number == 1 else f"{NAME}-{number}") in taken:
        number += 1
    return name


def _caused(client: Client, plan: Plan, before: Seen, seen: Seen) -> Iterator[Line]:
    row = seen.row
    if before.row <= plan.changes_after < row:
        yield Line("changes", row=plan.changes_after + 1)
    if seen.alarm and not before.alarm:
        yield Line("drift", row=row, version=before.champion)
    for run in seen.trained:
        yield _trained(client, row, run)
    if seen.champion != before.champion:
        yield Line("champion", row=row, version=seen.champion)
    if plan.arrivals(row) % _SAID_EVERY == 0:
        yield Line("row", row=row, of=plan.rows)


def _trained(client: Client, row: int, run: Run) -> Line:
    found = client.runs.evaluation(run.id)
    if found is None:
        return Line("trained", row=row, run_id=run.id)
    verdict, candidate = found.verdict, found.evaluation.candidate
    return Line(
        "trained",
        row,
        run_id=run.id,
        decision=verdict.headline or verdict.decision,
        champion=verdict.champion,
        approved=verdict.approved,
        candidate=candidate.name if candidate is not None else "",
    )


def _close(client: Client, loop: Loop, hook: Hook | None, last: Seen) -> DemoResult:
    lines = [client.predictions.get(each.prediction_id) for each in client.predictions.list(loop.name, limit=None)]
    start = min(each.origin for each in lines)
    changes = start + timedelta(hours=loop.plan.changes_after - loop.plan.rows_at_first + 1)
    found = phases(judged_rows(lines, FIRST), changes, FIRST)
    alarms = client.automations.get(loop.automation("drift")).fires
    problems: list[Problem] = []
    if {each.name for each in found} != {"before", "until", "after"} or last.champion == FIRST:
        problems.append("same_champion")
    if not alarms:
        problems.append("no_drift")
    if hook is not None:
        hook.wait_for(alarms, _HOOK_SECONDS)
        if len(hook.received) != alarms or hook.refused:
            problems.append("hook_wrong")
    return DemoResult(found, problems, alarms)
