"""The runs of the demo that have not ended, and the cause of its coming to a halt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azuraforge.client import Client, Run

#: The cause is among so many of the project's newest runs, if it is a run.
_NEWEST = 20


@dataclass(frozen=True)
class OwnWork:
    """The work of the demo that has not ended.

    Attributes:
        active: whether a run of the demo is queued or running.
        behind: number of other runs that its queued runs wait for; 0: one of its own is running, or none is queued.
    """

    active: bool
    behind: int


def own_work(client: Client, name: str) -> OwnWork:
    """Return the state of the runs of a model, and of the refreshes of its dataset, both called ``name``."""
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
    """Return whether a run is the demo's: of its model, or a refresh of its dataset."""
    return run.model == name or (run.kind == "refresh" and run.dataset_name == name)


def cause_of_halt(client: Client, name: str, automations: list[str]) -> str | None:
    """Return why nothing more happens, if it can be seen: a paused automation, or a run that did not succeed."""
    for automation in automations:
        found = client.automations.get(automation)
        if found.paused:
            return f"the automation '{automation}' is paused"
        if found.problem is not None:
            return f"the automation '{automation}' has a problem: {found.problem}"
    for run in client.runs.list(limit=_NEWEST):
        if is_own(run, name):
            if run.state == "succeeded":
                return None
            why = f": {run.error.message}" if run.error is not None else ""
            return f"its run {run.id} ended as {run.state}{why}"
    return None
