"""Installed plugins, the settings that each accepts, and the errors of broken ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from azuraforge.client.evaluation import MetricFacts
from azuraforge.client.http.connection import Connection, segment
from azuraforge.client.http.pages import listed
from azuraforge.client.shapes import Shape, json_object

#: Seconds for the first listing, which imports every plugin in its own child.
_CATALOGUE_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class Plugin(Shape):
    """An installed plugin, or the reason (``error``) why it cannot be used."""

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
        """Return the JSON schema of the config, the options or the request."""
        found = self.raw.get("schema")
        return None if found is None else json_object(found)


@dataclass(frozen=True, kw_only=True)
class SliceKey(Shape):
    """A key for slices of a task's targets, such as the hour of the day."""

    name: str
    title: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskKind(Shape):
    """A kind of task: its metrics, the one that ranks, and how versions answer (``serving``; None: they do not)."""

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
        """Return the metric of this name, None if the kind has none."""
        return next((each for each in self.metrics if each.name == name), None)


PluginList: TypeAlias = list[Plugin]


class Plugins:
    """``client.plugins``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, *, limit: int | None = None) -> PluginList:
        """Return the plugins that were found, by kind and name, broken ones with their error.

        ``limit``: the first so many; None: all.
        """
        return listed(self._connection, "/plugins", Plugin, limit, timeout_seconds=_CATALOGUE_SECONDS)

    def task_kinds(self, *, limit: int | None = None) -> Sequence[TaskKind]:
        """Return the kinds of task that models can be trained for; ``limit``: the first so many, None: all."""
        return listed(self._connection, "/task-kinds", TaskKind, limit, timeout_seconds=_CATALOGUE_SECONDS)

    def get(self, name: str) -> Plugin:
        """Return one plugin with the schema of its settings."""
        return Plugin.from_json(self._connection.get(f"/plugins/{segment(name)}", timeout_seconds=_CATALOGUE_SECONDS))
