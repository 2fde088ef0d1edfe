"""Client for schedules: runs that are queued repeatedly, by cron or interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.run import RunError
from azuraforge.client.shapes import Shape
from azuraforge.client.starting import START_SECONDS, kind_of

Unit = Literal["seconds", "minutes", "hours", "days"]
Misfire = Literal["once", "all", "skip"]


@dataclass(frozen=True, kw_only=True)
class Fire(Shape):
    """One fire of a schedule, with the run that it queued or the error."""

    fire_time: datetime
    cause: str = "due"
    fired_at: datetime | None = None
    run_id: str | None = None
    run_name: str | None = None
    run_state: str | None = None
    error: RunError | None = None


@dataclass(frozen=True, kw_only=True)
class Interval(Shape):
    """The interval of a schedule: a number (``every``) of seconds, minutes, hours or days (``unit``)."""

    every: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class Schedule(Shape):
    """A schedule with the times of its next fires and its newest fires."""

    id: str
    name: str
    cron: str | None = None
    interval: Interval | None = None
    timezone: str = "UTC"
    anchor_at: datetime | None = None
    misfire: str = "once"
    grace_seconds: int = 60
    run: dict[str, object] = field(default_factory=dict)
    paused: bool = False
    next_fires: list[datetime] = field(default_factory=list)
    fires: int = 0
    left_out: int = 0
    newest_fires: list[Fire] = field(default_factory=list)
    created_at: datetime | None = None


ScheduleList: TypeAlias = list[Schedule]
FireList: TypeAlias = list[Fire]


class Schedules:
    """Methods of ``client.schedules``. A schedule is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        run: Mapping[str, object],
        *,
        cron: str | None = None,
        every: int | None = None,
        unit: Unit = "hours",
        timezone: str = "UTC",
        anchor_at: datetime | None = None,
        misfire: Misfire = "once",
        grace_seconds: int = 60,
        paused: bool = False,
    ) -> Schedule:
        """Create a schedule that queues a run repeatedly.

        Args:
            run: body of ``POST /runs``: ``plugin``, ``dataset``, ``config`` and more. Without ``kind``, the kind is
                derived from the plugin.
            cron: cron expression with five fields, such as ``30 6 * * MON-FRI``; None if ``every`` is given.
            every: number of ``unit`` between two fires, instead of ``cron``.
            timezone: time zone of ``cron`` and of intervals in days, such as ``Europe/Istanbul``.
            anchor_at: start of the interval (an aware datetime); None: now.
            misfire: handling of missed fires: one run for all (``once``), one run each (``all``), or none (``skip``).
            grace_seconds: delay after which a fire counts as missed.

        Example::

            run = {"plugin": "forecasting.lstm", "dataset": "weather"}
            client.schedules.create("nightly", run, cron="30 2 * * *", timezone="Europe/Berlin")

        Raises:
            ApiError: the times or the run are invalid, or the name is taken.
        """
        body = {
            "name": name,
            "run": self._with_kind(run),
            "cron": cron,
            "interval": None if every is None else {"every": every, "unit": unit},
            "timezone": timezone,
            "anchor_at": anchor_at.isoformat() if anchor_at else None,
            "misfire": misfire,
            "grace_seconds": grace_seconds,
            "paused": paused,
        }
        return Schedule.from_json(self._connection.post("/schedules", body, timeout_seconds=START_SECONDS))

    def replace(
        self,
        schedule: str,
        *,
        name: str | None = None,
        run: Mapping[str, object] | None = None,
        cron: str | None = None,
        every: int | None = None,
        unit: Unit = "hours",
        timezone: str | None = None,
        anchor_at: datetime | None = None,
        misfire: Misfire | None = None,
        grace_seconds: int | None = None,
    ) -> Schedule:
        """Change the given fields of a schedule. Arguments that are None keep their values, and past fires are kept.

        ``run`` replaces the whole request; ``cron`` replaces an interval, and ``every`` replaces a cron expression.

        Example::

            client.schedules.replace("nightly", cron="0 4 * * *")

        Raises:
            ApiError: as for ``create``; with status 404 if the schedule does not exist.
        """
        found = self.get(schedule)
        interval = found.interval
        body = {
            "name": name or found.name,
            "run": self._with_kind(run) if run is not None else found.run,
            "cron": cron if every is None else None,
            "interval": None if every is None else {"every": every, "unit": unit},
            "timezone": timezone or found.timezone,
            "anchor_at": anchor_at.isoformat() if anchor_at else None,
            "misfire": misfire or found.misfire,
            "grace_seconds": grace_seconds or found.grace_seconds,
            "paused": found.paused,
        }
        if cron is None and every is None:
            body["cron"] = found.cron
            body["interval"] = {"every": interval.every, "unit": interval.unit} if interval else None
        return Schedule.from_json(
            self._connection.request("PUT", f"/schedules/{segment(schedule)}", json=body, timeout_seconds=START_SECONDS)
        )

    def _with_kind(self, run: Mapping[str, object]) -> dict[str, object]:
        request = dict(run)
        if "kind" not in request and "plugin" in request:
            request["kind"] = kind_of(self._connection, str(request["plugin"]))
        return request

    def list(self, *, limit: int | None = None) -> ScheduleList:
        """Return the schedules, sorted by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/schedules", Schedule, limit)

    def fires(self, schedule: str, *, limit: int | None = None) -> FireList:
        """Return the fires of a schedule, newest first; at most ``limit`` of them (None: all stored fires)."""
        return listed(self._connection, f"/schedules/{segment(schedule)}/fires", Fire, limit)

    def get(self, schedule: str) -> Schedule:
        """Return one schedule, with more of its fires than ``list`` returns."""
        return Schedule.from_json(self._connection.get(f"/schedules/{segment(schedule)}"))

    def pause(self, schedule: str) -> Schedule:
        """Pause a schedule until it is resumed."""
        return Schedule.from_json(self._connection.post(f"/schedules/{segment(schedule)}/pause"))

    def resume(self, schedule: str) -> Schedule:
        """Resume a schedule. Firings that were due during the pause are skipped."""
        return Schedule.from_json(self._connection.post(f"/schedules/{segment(schedule)}/resume"))

    def run_now(self, schedule: str) -> Fire:
        """Queue the schedule's run once now, in addition to its regular firings."""
        return Fire.from_json(
            self._connection.post(f"/schedules/{segment(schedule)}/run", timeout_seconds=START_SECONDS)
        )

    def delete(self, schedule: str) -> None:
        """Delete a schedule. The runs that it queued are kept."""
        self._connection.delete(f"/schedules/{segment(schedule)}")
