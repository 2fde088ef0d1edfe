"""Questions to the children that describe plugins, and their answers."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from azuraforge.plugins.discovery.loading import EntryPoint
from azuraforge.strict_json import JsonObject


class DescribeInput(BaseModel):
    """Request to describe plugins in a child."""

    entry_points: list[EntryPoint] = []
    files: list[Path] = []


class ValidateInput(BaseModel):
    """Request to check a config (or options, or a request) in a plugin's child."""

    kind: str
    name: str
    plugins_folder: str | None = None
    config: JsonObject = {}


class Described(BaseModel):
    """A child's answer: descriptions with the fields of ``PluginOut``, which are validated one by one later."""

    plugins: list[JsonObject]


class CheckedConfig(BaseModel):
    """A child's answer: a config in its canonical form, and the task kind of a pipeline."""

    config: JsonObject
    task: str | None = None
