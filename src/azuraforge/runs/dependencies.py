"""Dependencies between runs: the runs that a run waits for, and the consequences when they end.

A request names the runs of the same project that the new run depends on. These runs must exist, and dependencies never
change, so no cycle can arise. The row's ``waiting_on`` counts the dependencies that have not ended; a claim reads only
this count.
"""

from __future__ import annotations

from collections.abc import Sequence

from azuraforge.database import Session
from azuraforge.errors import Conflict, InvalidInput
from azuraforge.messages import Message
from azuraforge.runs import store
from azuraforge.runs.schemas import RunRequest
from azuraforge.runs.tables import Run

_GOING = ("queued", "running")
_UNMET = "needed_run"


def needed_by(session: Session, request: RunRequest) -> Sequence[Run]:
    """Lock and return the runs that a request depends on.

    Raises InvalidInput if one does not exist or is in the trash, or if an external run would depend on others.
    """
    wanted = sorted(set(request.depends_on))
    if not wanted:
        return []
    if request.kind == "external":
        raise InvalidInput(
            "a run that a client executes cannot wait for other runs",
            where="depends_on",
            next_step="wait for the other runs in your code: client.runs.wait(ID)",
        )
    found = store.lock_named(session, wanted)
    if missing := sorted(set(wanted) - {run.id for run in found}):
        raise InvalidInput(
            "the run depends on run {missing!r}, which does not exist",
            where="depends_on",
            next_step="azuraforge runs list",
            missing=missing[0],
        )
    if deleted := next((run for run in found if run.deleted_at is not None), None):
        raise InvalidInput(
            "the run depends on run {deleted!r}, which is in the trash",
            where="depends_on",
            next_step="azuraforge runs restore {deleted}",
            deleted=deleted.id,
        )
    return found


def link(session: Session, run: Run, needed: Sequence[Run]) -> None:
    """Store the dependencies of a new run, and the number of unfinished ones in ``waiting_on``."""
    store.add_dependencies(session, run.id, [each.id for each in needed])
    store.change(session, run, waiting_on=unfinished(needed))


def unfinished(needed: Sequence[Run]) -> int:
    """Return how many of the runs have not ended."""
    return sum(each.state in _GOING for each in needed)


def still_waits(session: Session, run: Run) -> bool:
    """Update a run's count of unfinished dependencies; return whether any are left."""
    left = unfinished(store.needs(session, run.id))
    store.change(session, run, waiting_on=left)
    return left > 0


def obstacle(run: Run, needed: Sequence[Run]) -> Run | None:
    """Return a dependency that did not succeed and so prevents ``run`` from starting; None if there is none."""
    if run.on_failure == "run":
        return None
    return next((each for each in needed if each.state not in (*_GOING, "succeeded")), None)


def unmet(ended: Run) -> Conflict:
    """Return the error of a run that is cancelled because ``ended`` did not succeed."""
    values = {"run": ended.id, "name": ended.name}
    reasons = {
        "failed": Message("the run depends on run {run} ({name}), which failed", values),
        "cancelled": Message("the run depends on run {run} ({name}), which was cancelled", values),
        "quarantined": Message("the run depends on run {run} ({name}), which was quarantined", values),
    }
    return Conflict(
        "{reason}",
        where="run {run}",
        next_step="resume that run, then this one: azuraforge runs resume ID",
        code=_UNMET,
        reason=reasons[ended.state],
        run=ended.id,
    )


def lock_needed(session: Session, run_id: str) -> Sequence[Run]:
    """Lock and return a run's dependencies.

    Call it before locking the run itself: a run that ends is also locked before the runs that depend on it.
    """
    ids = [each.id for each in store.needs(session, run_id)]
    return store.lock_named(session, ids) if ids else []


def wait_again(session: Session, run: Run, needed: Sequence[Run]) -> None:
    """Make a resumed run wait for its unfinished dependencies. Raises Conflict if a dependency did not succeed."""
    if (gone := _purged(run, needed)) is not None:
        raise Conflict(
            "the run depends on run {gone}, which did not succeed and was purged",
            where="run {run}",
            next_step="start a new run without this dependency: azuraforge runs start",
            code=_UNMET,
            gone=gone,
            run=run.id,
        )
    if (lost := obstacle(run, needed)) is not None:
        raise unmet(lost)
    store.change(session, run, waiting_on=unfinished(needed))


def _purged(run: Run, needed: Sequence[Run]) -> str | None:
    """Return the id of a purged dependency that caused the cancellation of ``run``; None if there is none.

    The run's error is the only record of a purged dependency.
    """
    error = run.error or {}
    if error.get("code") != _UNMET:
        return None
    lost = str(error.get("where", "")).removeprefix("run ")
    return lost if lost not in {each.id for each in needed} else None
