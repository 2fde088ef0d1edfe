"""The unfinished runs of the demo, and the cause if it stalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.client import Client, Run

#: Number of the project's newest runs that are searched for the cause.
_NEWEST = 20


@dataclass(frozen=True)
class OwnWork:
    """The unfinished work of the demo.

    Attributes:
        active: whether a run of the demo is queued or running.
        behind: number of other runs ahead of its queued runs; 0 if one of its runs is running or none is queued.
    """

    active: bool
    behind: int


def own_work(client: Client, name: str) -> OwnWork:
    """Return the unfinished work of the demo, whose model and dataset are both called ``name``."""
    running = client.runs.list(state="running", limit=None)
    queued = client.runs.list(state="queued", limit=None)
    own = [run for run in queued if is_own(run, name)]
    if any(is_own(run, name) for run in running):
        return OwnWork(active=True, behind=0)
    if not own:
        return OwnWork(active=False, behind=0)
    since = min((run.created_at for run in own if run.created_at is not None), default=None)
    before = [
        run
        for run in queued
        if not is_own(run, name) and (since is None or run.created_at is None or run.created_at <= since)
    ]
    return OwnWork(active=True, behind=len(running) + len(before))


def is_own(run: Run, name: str) -> bool:
    """Return whether a run belongs to the demo: a run of its model, or a refresh of its dataset."""
    return run.model == name or (run.kind == "refresh" and run.dataset_name == name)


def cause_of_halt(client: Client, name: str, automations: list[str]) -> str | None:
    """Return why the demo has stalled, if known: a paused automation, or a run that did not succeed."""
    for automation in automations:
        found = client.automations.get(automation)
        if found.paused:
            return f"the automation '{automation}' is paused"
        if found.problem is not None:
            return f"the automation '{automation}' has a problem: {found.problem}"
    for run in client.runs.list(limit=_NEWEST):
        if is_own(run, name) and run.state not in ("queued", "running"):
            if run.state == "succeeded":
                return None
            why = f": {run.error.message}" if run.error is not None else ""
            return f"its run {run.id} ended as {run.state}{why}"
    return None
