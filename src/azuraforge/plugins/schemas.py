"""Response models of the plugin routes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from azuraforge.paging import Page
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import Texts
from azuraforge.plugins.contract.task_kind import TaskKindFacts


class PluginOut(BaseModel):
    """An installed plugin, with its error if it cannot be used."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    kind: Literal[
        "pipeline", "source", "agent", "notifier", "task_kind", "metric", "learner", "features", "unknown"
    ] = Field(description="kind of plugin; unknown: a file in the plugins folder that could not be imported")
    task: str | None = Field(
        default=None, description="name of the task kind of a pipeline, metric or learner; null for other plugins"
    )
    version: str
    origin: str = Field(description="distribution package that provides it, or its file in the plugins folder")
    title: dict[str, str] = Field(default_factory=dict, description="title by language code")
    summary: dict[str, str] = Field(default_factory=dict, description="one-line description by language code")
    capabilities: list[str] = Field(default_factory=list)
    config_schema: dict[str, JsonValue] | None = Field(
        default=None,
        alias="schema",
        description="JSON schema of the config, the options or the request; null if there is none",
    )
    task_kind: TaskKindFacts | None = Field(
        default=None, description="metrics, slices and baselines of a task kind; null for other plugins"
    )
    metric: MetricFacts | None = Field(default=None, description="description of a metric; null for other plugins")
    error: Texts | None = Field(
        default=None, description="error in one line, by language code; null if the plugin works"
    )


class PluginPage(Page[PluginOut]):
    """A page of plugins, ordered by kind and name."""


class TaskKindPage(Page[TaskKindFacts]):
    """A page of task kinds, ordered by name."""
