"""Client for plugins: installed plugins with their config schemas, and task kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from azuraforge.client.evaluation import MetricFacts
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_object

#: Timeout of the first listing, which imports each plugin in a child process of its own.
_CATALOGUE_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class Plugin(Shape):
    """An installed plugin. ``error`` is the reason why it cannot be used; None if it can."""

    name: str
    kind: str
    version: str | None = None
    origin: str = ""
    task: str | None = None
    title: dict[str, str] = field(default_factory=dict)
    summary: dict[str, str] = field(default_factory=dict)
    error: dict[str, str] | None = None
    capabilities: list[str] = field(default_factory=list)

    @property
    def config_schema(self) -> Mapping[str, object] | None:
        """JSON schema of the plugin's config, options or request; None if there is none."""
        found = self.raw.get("schema")
        return None if found is None else json_object(found)


@dataclass(frozen=True, kw_only=True)
class SliceKey(Shape):
    """A key by which a task's targets can be sliced, such as the hour of the day."""

    name: str
    title: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskKind(Shape):
    """A kind of task, with its metrics and the ranking metric.

    ``serving`` is the form of prediction requests (``series`` or ``image``); None if versions serve no predictions.
    """

    name: str
    title: dict[str, str] = field(default_factory=dict)
    metrics: list[MetricFacts] = field(default_factory=list)
    ranked_by: str = ""
    serving: str | None = None
    baselines: list[str] = field(default_factory=list)
    config_fields: list[str] = field(default_factory=list)
    data: str = ""
    gate_metrics: list[str] = field(default_factory=list)
    objectives: list[str] = field(default_factory=list)
    origin: str = ""
    pipeline: str | None = None
    slices: list[SliceKey] = field(default_factory=list)
    summary: dict[str, str] = field(default_factory=dict)

    def metric(self, name: str) -> MetricFacts | None:
        """Return the facts of the metric ``name``; None if the kind does not have it."""
        return next((each for each in self.metrics if each.name == name), None)


PluginList: TypeAlias = list[Plugin]


class Plugins:
    """Methods of ``client.plugins``.

    Each method raises ApiError if the platform refuses the request, and PlatformUnreachable if it does not respond.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> PluginList:
        """Return all installed plugins, sorted by kind and name; broken plugins have an ``error``.

        Return at most ``limit`` of them (None: all).
        """
        return listed(self._connection, "/plugins", Plugin, limit, timeout_seconds=_CATALOGUE_SECONDS)

    def task_kinds(self, *, limit: int | None = None) -> Sequence[TaskKind]:
        """Return the kinds of task that models can be trained for; at most ``limit`` of them (None: all)."""
        return listed(self._connection, "/task-kinds", TaskKind, limit, timeout_seconds=_CATALOGUE_SECONDS)

    def get(self, name: str) -> Plugin:
        """Return one plugin with the schema of its config."""
        return Plugin.from_json(self._connection.get(f"/plugins/{segment(name)}", timeout_seconds=_CATALOGUE_SECONDS))
