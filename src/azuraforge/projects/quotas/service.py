"""Enforcement of quotas: each is checked in the transaction that creates the resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from azuraforge.database import Database, Session
from azuraforge.errors import Conflict
from azuraforge.projects.quotas import store
from azuraforge.projects.quotas.schemas import Limited, UsageOut, Use

#: Called in the transaction that creates ``more`` of a limited resource; raises QuotaExceeded if it does not fit.
ChecksQuota = Callable[[Session, Limited, int], None]


class QuotaExceeded(Conflict):
    """The project has reached a limit that an administrator of the platform set."""


@dataclass(frozen=True)
class Measure:
    """A figure of a project, counted in a session of the project. Figures with the same name are added.

    ``name`` is a limited resource, or another figure that administrators see: ``rows`` or ``all_runs``.
    """

    name: str
    count: Callable[[Session], int]


def no_quotas(_session: Session, _limited: Limited, _more: int) -> None:
    """Accept everything, for services without quotas."""


class Quotas:
    """Service for quotas.

    Args:
        measures: figures of the other packages.
    """

    def __init__(self, database: Database, measures: Sequence[Measure]) -> None:
        self._database = database
        self._measures = (*measures, Measure("members", store.count_members))

    def check(self, session: Session, limited: Limited, more: int = 1) -> None:
        """Raise QuotaExceeded if ``more`` of a resource do not fit into the quota of the session's project.

        Call it in the transaction that creates the resource, before the resource is added: until the commit, it blocks
        other transactions of the project that check a limit.
        """
        quota = store.limits(session)
        limit: int | None = getattr(quota, limited, None)
        if limit is None:
            return
        store.serialise(session)
        used = self.measured(session, limited)
        if used + more > limit:
            raise _exceeded(limited, used, limit, more)

    def admit_run(self, session: Session) -> None:
        """Raise QuotaExceeded if another active run, or any byte of it, does not fit.

        What a run stores later is not refused, so that a run that has started can finish.
        """
        self.check(session, "runs")
        self.check(session, "stored_bytes")

    def usage(self, project_id: str) -> UsageOut:
        """Return what a project uses, and its limits."""
        with self._database.read(project_id) as session:
            return self.used(session)

    def used(self, session: Session) -> UsageOut:
        """Return what the session's project uses, and its limits."""
        quota = store.limits(session)
        found = {
            each: Use(used=self.measured(session, each), limit=getattr(quota, each, None)) for each in get_args(Limited)
        }
        return UsageOut.model_validate(found)

    def measured(self, session: Session, name: str) -> int:
        """Return a figure of the session's project."""
        return sum(each.count(session) for each in self._measures if each.name == name)


def _exceeded(limited: Limited, used: int, limit: int, more: int) -> QuotaExceeded:
    match limited:
        case "stored_bytes":
            return QuotaExceeded(
                "the project's quota is {limit:,} bytes of stored files, of which {used:,} are used; {more:,} more do"
                " not fit",
                next_step="delete datasets or runs and empty the trash, or ask an administrator of the platform for a"
                " higher quota",
                code="quota_exceeded",
                more=more,
                used=used,
                limit=limit,
            )
        case "runs":
            return QuotaExceeded(
                "the project's quota is {limit} queued or running runs, and it has {used}",
                next_step="wait until runs end or cancel some: azuraforge runs cancel RUN; or ask an administrator of"
                " the platform for a higher quota",
                code="quota_exceeded",
                used=used,
                limit=limit,
            )
        case "datasets":
            return QuotaExceeded(
                "the project's quota is {limit} datasets, and it has {used}",
                next_step="delete a dataset, or ask an administrator of the platform for a higher quota",
                code="quota_exceeded",
                used=used,
                limit=limit,
            )
        case "members":
            return QuotaExceeded(
                "the project's quota is {limit} members, and it has {used}",
                next_step="remove a member, or ask an administrator of the platform for a higher quota",
                code="quota_exceeded",
                used=used,
                limit=limit,
            )
