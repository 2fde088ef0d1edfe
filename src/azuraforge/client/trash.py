"""The trash: deleted things that can be restored, purging, and the project's retention policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from azuraforge.client.http.connection import Connection
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_object

#: Seconds for removing many files.
_EMPTY_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class NeededBy(Shape):
    """The reason why something in the trash is kept."""

    noun: str
    name: str
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrashItem(Shape):
    """A thing in the trash; ``version`` if only that version was deleted."""

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
    """A project's retention, in days; ``keep_run_days`` None: runs that succeeded are kept for ever."""

    trash_days: int
    keep_run_days: int | None
    keep_work_days: int
    keep_prediction_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class TrashContents(Shape):
    """Contents of the trash, the latest first; ``count`` and ``bytes`` include what is not listed."""

    items: list[TrashItem]
    count: int
    bytes: int
    policy: RetentionPolicy


@dataclass(frozen=True, kw_only=True)
class Purged(Shape):
    """The result of purging. ``kept`` things are needed by others."""

    runs: int = 0
    studies: int = 0
    datasets: int = 0
    dataset_versions: int = 0
    models: int = 0
    model_versions: int = 0
    predictions: int = 0
    notifications: int = 0
    bytes_freed: int = 0
    left: bool = False
    kept: int = 0


class Trash:
    """``client.trash``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> TrashContents:
        """Return the contents of the trash, the latest first; ``limit``: the first so many, None: all."""
        found = TrashContents.from_json(self._connection.get("/projects/trash", limit=1))
        items = listed(self._connection, "/projects/trash", TrashItem, limit)
        return replace(found, items=items, raw={**found.raw, "items": [each.raw for each in items]})

    def empty(self) -> Purged:
        """Purge everything not needed, for ever; only an admin may. Return the purged things and freed bytes."""
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
        """Change the project's retention policy; only an admin may.

        Args:
            trash_days: how long the trash can be restored from.
            keep_run_days: runs that succeeded go to the trash then, unless pinned or needed; None: never.
            keep_work_days: how long a run that did not succeed can be resumed.
            keep_prediction_days: lines of the ledger are purged then; None: never.
        """
        body = {"trash_days": trash_days, "keep_run_days": keep_run_days, "keep_work_days": keep_work_days}
        body["keep_prediction_days"] = keep_prediction_days
        return RetentionPolicy.from_json(self._connection.request("PUT", "/projects/policy", json=body))
