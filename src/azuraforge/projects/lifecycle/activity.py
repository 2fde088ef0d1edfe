"""The rule that a project with work that has not ended is neither archived nor deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from azuraforge.database import Session
from azuraforge.errors import Conflict

#: Returns the number of the session's project's runs, or other work, that has not ended.
CountsWork = Callable[[Session], int]


def refuse_activity(session: Session, slug: str, work: Sequence[CountsWork]) -> None:
    """Raise Conflict if the session's project has work that has not ended."""
    if count := sum(each(session) for each in work):
        raise Conflict(
            "the project {slug!r} has {count} runs that have not ended",
            next_step="wait for them, or cancel them with azuraforge runs cancel",
            code="runs_active",
            slug=slug,
            count=count,
        )
