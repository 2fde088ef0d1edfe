"""Client for the trash: deleted items, purging, and the project's retention policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from azuraforge.client.http.connection import Connection
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_object

#: Timeout of requests that delete many files.
_EMPTY_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class NeededBy(Shape):
    """The object that needs an item in the trash, so that the item is not purged."""

    noun: str
    name: str
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrashItem(Shape):
    """An item in the trash. ``version`` is set if only that version was deleted."""

    noun: str
    id: str
    name: str
    deleted_at: datetime
    deleted_by: str
    purged_after: datetime
    bytes: int = 0
    version: int | None = None
    needed_by: NeededBy | None = None


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy(Shape):
    """A project's retention policy, in days. Successful runs are kept forever if ``keep_run_days`` is None."""

    trash_days: int
    keep_run_days: int | None
    keep_work_days: int
    keep_prediction_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrashContents(Shape):
    """Items in the trash, latest first. ``count`` and ``bytes`` are totals, which include unlisted items."""

    items: list[TrashItem]
    count: int
    bytes: int
    policy: RetentionPolicy


@dataclass(frozen=True, kw_only=True)
class Purged(Shape):
    """The number of purged objects and the freed bytes. ``kept`` counts the items that other objects need."""

    runs: int = 0
    studies: int = 0
    datasets: int = 0
    dataset_versions: int = 0
    feeds: int = 0
    learners: int = 0
    models: int = 0
    model_versions: int = 0
    predictions: int = 0
    notifications: int = 0
    bytes_freed: int = 0
    left: bool = False
    kept: int = 0


class Trash:
    """Methods of ``client.trash``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> TrashContents:
        """Return the items in the trash, latest first; at most ``limit`` of them (None: all)."""
        found = TrashContents.from_json(self._connection.get("/projects/trash", limit=1))
        items = listed(self._connection, "/projects/trash", TrashItem, limit)
        return replace(found, items=items, raw={**found.raw, "items": [each.raw for each in items]})

    def empty(self) -> Purged:
        """Permanently delete all items in the trash that no other object needs. Requires the role admin."""
        total: dict[str, int] = {}
        while True:
            answer = self._connection.request("DELETE", "/projects/trash", timeout_seconds=_EMPTY_SECONDS)
            found = {name: count for name, count in json_object(answer).items() if isinstance(count, int)}
            kept, left = found.pop("kept"), found.pop("left")
            total = {name: total.get(name, 0) + count for name, count in found.items()}
            if not left:
                return Purged.from_json({**total, "kept": kept})

    def policy(self) -> RetentionPolicy:
        """Return the project's retention policy."""
        return RetentionPolicy.from_json(self._connection.get("/projects/policy"))

    def set_policy(
        self,
        *,
        trash_days: int,
        keep_run_days: int | None,
        keep_work_days: int,
        keep_prediction_days: int | None = None,
    ) -> RetentionPolicy:
        """Set the project's retention policy. Requires the role admin.

        Args:
            trash_days: days for which deleted items can be restored.
            keep_run_days: days after which successful runs that are not pinned or needed move to the trash; None:
                never.
            keep_work_days: days for which unsuccessful runs can be resumed.
            keep_prediction_days: days after which predictions in the ledger are purged; None: never.
        """
        body = {"trash_days": trash_days, "keep_run_days": keep_run_days, "keep_work_days": keep_work_days}
        body["keep_prediction_days"] = keep_prediction_days
        return RetentionPolicy.from_json(self._connection.request("PUT", "/projects/policy", json=body))
