"""Client for the platform's projects and settings, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_list, json_object


@dataclass(frozen=True, kw_only=True)
class QuotaLimits(Shape):
    """Limits of a project; None: no limit. ``runs`` counts queued and running ones."""

    stored_bytes: int | None = None
    runs: int | None = None
    datasets: int | None = None
    members: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProjectSize(Shape):
    """A project of the platform with its sizes."""

    slug: str
    name: str
    state: str
    created_at: datetime
    members: int
    datasets: int
    rows: int
    stored_bytes: int
    runs: int
    active_runs: int
    quota: QuotaLimits


@dataclass(frozen=True, kw_only=True)
class Setting(Shape):
    """A setting in effect. ``value`` is None if it is not set, or hidden."""

    name: str
    variable: str
    default: bool
    hidden: bool
    description: str
    value: str | None = None


ProjectSizeList: TypeAlias = list[ProjectSize]
SettingList: TypeAlias = list[Setting]


class Platform:
    """Methods of ``client.platform``, for administrators of the platform.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def projects(self, *, limit: int | None = None) -> ProjectSizeList:
        """Return all projects with their sizes, ordered by slug; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/platform/projects", ProjectSize, limit)

    def set_quota(
        self,
        slug: str,
        *,
        stored_bytes: int | None = None,
        runs: int | None = None,
        datasets: int | None = None,
        members: int | None = None,
    ) -> ProjectSize:
        """Set all limits of a project; None: no limit."""
        body = {"stored_bytes": stored_bytes, "runs": runs, "datasets": datasets, "members": members}
        path = f"/platform/projects/{segment(slug)}/quota"
        return ProjectSize.from_json(self._connection.request("PUT", path, json=body))

    def settings(self) -> SettingList:
        """Return the settings in effect, without secrets."""
        found = json_object(self._connection.get("/platform/settings"))
        return [Setting.from_json(each) for each in json_list(found["settings"])]
