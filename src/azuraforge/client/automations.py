"""Client for automations: steps that follow an event, a time or a measured value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.run import RunError
from azuraforge.client.shapes import Shape
from azuraforge.client.starting import START_SECONDS


@dataclass(frozen=True, kw_only=True)
class AutomationStep(Shape):
    """One step of a firing, with its state, its number of retries (``tries``), and the run or study that it created."""

    position: int
    do: str
    state: str
    tries: int = 0
    run_id: str | None = None
    study_name: str | None = None
    ended_at: datetime | None = None
    started_at: datetime | None = None
    error: RunError | None = None


@dataclass(frozen=True, kw_only=True)
class Firing(Shape):
    """One firing of an automation, with its newest cause, the number of its causes, and its steps."""

    id: str
    cause: str
    causes: int = 1
    data: dict[str, object] = field(default_factory=dict)
    state: str = "running"
    fired_at: datetime | None = None
    ended_at: datetime | None = None
    steps: list[AutomationStep] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Automation(Shape):
    """An automation with its newest firings."""

    id: str
    name: str
    revision: int = 1
    when: dict[str, object] = field(default_factory=dict)
    steps: list[dict[str, object]] = field(default_factory=list)
    cool_down_seconds: int = 60
    cool_down_group: str | None = None
    most_per_day: int = 24
    paused: bool = False
    next_at: datetime | None = None
    value: float | None = None
    problem: str | None = None
    last_fired_at: datetime | None = None
    pending: int = 0
    fires: int = 0
    grouped: int = 0
    withheld: int = 0
    newest_firings: list[Firing] = field(default_factory=list)
    pending_at: datetime | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WouldFire(Shape):
    """A firing that an automation would have had in the period of a dry run."""

    at: datetime
    cause: str
    data: dict[str, object] = field(default_factory=dict)
    causes: int = 1


@dataclass(frozen=True, kw_only=True)
class DryRun(Shape):
    """Result of a dry run of an automation over the past month."""

    since: datetime
    until: datetime
    seen: int = 0
    causes: int = 0
    fires: int = 0
    grouped: int = 0
    withheld: int = 0
    firings: list[WouldFire] = field(default_factory=list)
    complete: bool = True
    note: str | None = None


AutomationList: TypeAlias = list[Automation]
FiringList: TypeAlias = list[Firing]


class Automations:
    """Methods of ``client.automations``. An automation is given by its id or name.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        when: Mapping[str, object],
        steps: Sequence[Mapping[str, object]],
        *,
        cool_down_seconds: int = 60,
        cool_down_group: str | None = None,
        most_per_day: int = 24,
        paused: bool = False,
    ) -> Automation:
        """Create an automation, which executes steps in order after an event, at a time or on a measured value.

        Args:
            when: ``{"on": "event", "type": …, "where": […]}``, ``{"on": "schedule", "cron": …}`` or
                ``{"on": "measure", "measure": …, "above": …}``.
            steps: each with ``do``: ``refresh``, ``forecast``, ``predict``, ``train``, ``study``, ``notify``,
                ``promote``, ``roll_back``.
            cool_down_seconds: causes within this time after a firing are combined into one later firing.
            cool_down_group: automations of one group fire one at a time and share the cool-down.
            most_per_day: maximum number of firings within 24 hours; further ones are withheld.

        Raises:
            ApiError: the automation is invalid, refers to something that does not exist, or would trigger itself.
        """
        body = {
            "name": name,
            "when": dict(when),
            "steps": [dict(step) for step in steps],
            "cool_down_seconds": cool_down_seconds,
            "cool_down_group": cool_down_group,
            "most_per_day": most_per_day,
            "paused": paused,
        }
        return Automation.from_json(self._connection.post("/automations", body, timeout_seconds=START_SECONDS))

    def edit(
        self,
        automation: str | Automation,
        *,
        name: str | None = None,
        when: Mapping[str, object] | None = None,
        steps: Sequence[Mapping[str, object]] | None = None,
        cool_down_seconds: int | None = None,
        cool_down_group: str | None = None,
        most_per_day: int | None = None,
        paused: bool | None = None,
    ) -> Automation:
        """Change an automation. Arguments that are None keep their values, and the firings are kept.

        Args:
            automation: its id or name, or the ``Automation`` as it was read, in which case a change made since then is
                not overwritten.
            cool_down_group: group with a common cool-down; an empty text removes the automation from its group.

        Raises:
            ApiError: as for ``create``; with status 409 if the automation was changed since it was read.
        """
        found = automation if isinstance(automation, Automation) else self.get(automation)
        body = {
            "name": found.name if name is None else name,
            "when": found.when if when is None else dict(when),
            "steps": found.steps if steps is None else [dict(step) for step in steps],
            "cool_down_seconds": found.cool_down_seconds if cool_down_seconds is None else cool_down_seconds,
            "cool_down_group": found.cool_down_group if cool_down_group is None else cool_down_group or None,
            "most_per_day": found.most_per_day if most_per_day is None else most_per_day,
            "paused": found.paused if paused is None else paused,
            "revision": found.revision,
        }
        path = f"/automations/{segment(found.id)}"
        return Automation.from_json(self._connection.request("PUT", path, json=body, timeout_seconds=START_SECONDS))

    def list(self, *, limit: int | None = None) -> AutomationList:
        """Return the automations, sorted by name; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/automations", Automation, limit)

    def get(self, automation: str) -> Automation:
        """Return one automation, with more of its firings than ``list`` returns."""
        return Automation.from_json(self._connection.get(f"/automations/{segment(automation)}"))

    def firings(self, automation: str, *, limit: int | None = None) -> FiringList:
        """Return an automation's firings, newest first; at most ``limit`` of them (None: all)."""
        return listed(self._connection, f"/automations/{segment(automation)}/firings", Firing, limit)

    def dry_run(self, automation: str) -> DryRun:
        """Return the firings that an automation would have had over the past month. No steps are executed."""
        return DryRun.from_json(self._connection.get(f"/automations/{segment(automation)}/dry-run"))

    def pause(self, automation: str) -> Automation:
        """Pause an automation until it is resumed."""
        return Automation.from_json(self._connection.post(f"/automations/{segment(automation)}/pause"))

    def resume(self, automation: str) -> Automation:
        """Resume a paused automation."""
        return Automation.from_json(self._connection.post(f"/automations/{segment(automation)}/resume"))

    def fire(self, automation: str) -> Automation:
        """Fire an automation once now. The cool-down and the daily limit apply."""
        return Automation.from_json(self._connection.post(f"/automations/{segment(automation)}/fire"))

    def delete(self, automation: str) -> None:
        """Delete an automation with its firings. The runs that it queued are kept."""
        self._connection.delete(f"/automations/{segment(automation)}")
