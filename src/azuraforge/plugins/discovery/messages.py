"""Requests to the child processes that describe plugins and validate configs, and their responses."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from azuraforge.plugins.discovery.loading import EntryPoint
from azuraforge.strict_json import JsonObject


class DescribeInput(BaseModel):
    """Request to describe plugins: installed ones by entry point, dropped-in ones by file."""

    entry_points: list[EntryPoint] = []
    files: list[Path] = []


class ValidateInput(BaseModel):
    """Request to validate the config, options or request of the plugin ``name``."""

    kind: str
    name: str
    plugins_folder: str | None = None
    config: JsonObject = {}


class Described(BaseModel):
    """Response of a child: descriptions with the fields of ``PluginOut``, which the catalogue validates one by one."""

    plugins: list[JsonObject]


class CheckedConfig(BaseModel):
    """Response of a child: a config in its canonical form, and the task kind if the plugin is a pipeline."""

    config: JsonObject
    task: str | None = None
