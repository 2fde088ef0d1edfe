"""The trash of a project: deleted items can be restored until the policy or a user purges them.

Each package has its own bin and purges its own items; this module only iterates over the bins. Models come before runs
and datasets, because a model's runs and datasets are kept as long as the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from azuraforge.bounds import Moment
from azuraforge.database import Database, Session
from azuraforge.events.service import EventLog
from azuraforge.paging import PAGE, Order
from azuraforge.projects import store
from azuraforge.projects.events import PolicyChanged, TrashPurged
from azuraforge.projects.history import LEAST_DAYS
from azuraforge.projects.schemas import PurgeOut, RetentionPolicy, TrashItem, TrashOut

#: Maximum number of items of a bin that one call purges.
AT_ONCE = 500
#: Sort key of an item in the list: time of deletion, noun, id and version (0 for a whole item).
Position = tuple[datetime, str, str, int]
_LATEST: Order[Position] = Order("trash", tuple[Moment, str, str, int])


def position(item: TrashItem) -> Position:
    """Return the sort key of an item; the list starts with the highest one."""
    return item.deleted_at, item.noun, item.id, item.version or 0


@dataclass
class Purged:
    """Result of a purge: numbers of items by their field in ``PurgeOut``, and the bytes of their files.

    ``kept`` is the number of items that are still needed. ``left`` is true if more items remain for another call.
    """

    counts: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    kept: int = 0
    left: bool = False

    def add(self, other: Purged) -> None:
        """Add the counts of ``other`` to this result."""
        self.counts.update(other.counts)
        self.bytes += other.bytes
        self.kept += other.kept
        self.left = self.left or other.left


@dataclass(frozen=True)
class Contents:
    """A page of a bin's contents, latest first, with the number and bytes of all its items."""

    items: list[TrashItem]
    count: int
    bytes: int


class Bin(Protocol):
    """Protocol of a package's trash."""

    def contents(
        self, session: Session, project_id: str, policy: RetentionPolicy, after: Position | None, limit: int
    ) -> Contents:
        """Return the restorable items after the position ``after``, latest first, with totals of the whole bin."""
        ...

    def expire(self, project_id: str, policy: RetentionPolicy) -> None:
        """Move items that the policy no longer keeps to the trash."""
        ...

    def purge(self, project_id: str, before: datetime | None) -> Purged:
        """Purge items that were deleted before ``before`` (None: all): first their rows, then their files."""
        ...

    def sweep(self, project_id: str, older_than_seconds: float) -> int:
        """Remove files that no row has used for ``older_than_seconds``, such as files of killed processes.

        Return the freed bytes.
        """
        ...


class Trash:
    """Retention policies and trash of all projects."""

    def __init__(self, database: Database, events: EventLog, bins: Sequence[Bin]) -> None:
        self._database = database
        self._events = events
        self._bins = bins

    def policy(self, project_id: str) -> RetentionPolicy:
        """Return the project's retention policy."""
        with self._database.read(project_id) as session:
            return policy_of(session)

    def set_policy(self, project_id: str, policy: RetentionPolicy, by: str) -> RetentionPolicy:
        """Store the policy, which applies from the next housekeeping round, and return it.

        If ``keep_prediction_days`` is not set, its current value is kept.
        """
        if "keep_prediction_days" not in policy.model_fields_set:
            present = self.policy(project_id).keep_prediction_days
            policy = policy.model_copy(update={"keep_prediction_days": present})

        def work(session: Session) -> None:
            store.save_policy(session, policy.model_dump())
            self._events.append(session, "project", PolicyChanged(**policy.model_dump(), by=by))

        self._database.write(project_id, work)
        return policy

    def list(self, project_id: str, *, limit: int = PAGE, after: str | None = None) -> TrashOut:
        """Return a page of the trash, latest first."""
        place = _LATEST.read(after)
        with self._database.read(project_id) as session:
            policy = policy_of(session)
            found = [each.contents(session, project_id, policy, place, limit + 1) for each in self._bins]
        items = sorted((item for one in found for item in one.items), key=position, reverse=True)
        page, cursor = _LATEST.cut(items, limit, position)
        count, held = sum(one.count for one in found), sum(one.bytes for one in found)
        return TrashOut(items=list(page), next=cursor, count=count, bytes=held, policy=policy)

    def empty(self, project_id: str, by: str) -> PurgeOut:
        """Purge items that are not needed; ``left`` of the result is true if more items remain for another call."""
        return self._purge(project_id, None, by)

    def tend(self, project_id: str) -> PurgeOut:
        """Apply the policy once: move old runs to the trash, purge old trash and remove unused files.

        Unused files are kept as long as the trash, but at least ``LEAST_DAYS`` days.
        """
        policy = self.policy(project_id)
        for each in self._bins:
            each.expire(project_id, policy)
        before = self._database.clock() - timedelta(days=policy.trash_days)
        period = timedelta(days=max(policy.trash_days, LEAST_DAYS)).total_seconds()
        swept = sum(each.sweep(project_id, period) for each in self._bins)
        return self._purge(project_id, before, "policy", swept)

    def _purge(self, project_id: str, before: datetime | None, by: str, swept: int = 0) -> PurgeOut:
        purged = Purged(bytes=swept)
        for each in self._bins:
            purged.add(each.purge(project_id, before))
        out = PurgeOut(**purged.counts, bytes_freed=purged.bytes, kept=purged.kept, left=purged.left)
        if purged.counts.total() or purged.bytes:
            body = TrashPurged.model_validate({**purged.counts, "bytes_freed": purged.bytes, "by": by})
            self._database.write(project_id, lambda session: self._events.append(session, "project", body))
        return out


def policy_of(session: Session) -> RetentionPolicy:
    """Return the project's stored policy, or else the default policy."""
    row = store.policy(session)
    return (
        RetentionPolicy()
        if row is None
        else RetentionPolicy(**{name: getattr(row, name) for name in RetentionPolicy.model_fields})
    )
