"""API shapes of plugins."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from azuraforge.paging import Page
from azuraforge.plugins.contract.metric import MetricFacts
from azuraforge.plugins.contract.shape import Texts
from azuraforge.plugins.contract.task_kind import TaskKindFacts


class PluginOut(BaseModel):
    """An installed plugin, or the reason why it cannot be used."""

    model_config = ConfigDict(populate_by_name=True)

    name: str
    kind: Literal["pipeline", "source", "agent", "notifier", "task_kind", "metric", "unknown"] = Field(
        description="unknown: a dropped-in file that could not be imported"
    )
    task: str | None = Field(default=None, description="of a pipeline or a metric: the name of its task kind")
    version: str
    origin: str = Field(description="the distribution that brought it, or the file in the plugins folder")
    title: dict[str, str] = Field(default_factory=dict, description="by language code")
    summary: dict[str, str] = Field(default_factory=dict, description="by language code")
    capabilities: list[str] = Field(default_factory=list)
    config_schema: dict[str, JsonValue] | None = Field(
        default=None, alias="schema", description="JSON schema of the config, the options or the request"
    )
    task_kind: TaskKindFacts | None = Field(default=None, description="of a task kind: its metrics, slices, baselines")
    metric: MetricFacts | None = Field(default=None, description="of a metric")
    error: Texts | None = Field(default=None, description="one line, by language code; null if the plugin works")


class PluginPage(Page[PluginOut]):
    """A page of plugins, by kind and name."""


class TaskKindPage(Page[TaskKindFacts]):
    """A page of task kinds, by name."""
